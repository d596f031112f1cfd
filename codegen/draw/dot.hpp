// codegen/draw/dot.hpp: directed graphs as text for Graphviz, and their pictures.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dimwise::draw {

/// A box: a title, small lines below it, and rows of a table.
struct dot_node {
  std::string id, title;
  std::vector<std::string> lines;
  struct row {
    std::string fill;
    std::vector<std::string> cells;
  };
  std::vector<row> rows;
  std::string fill = "#ffffff", border = "#64748b";
  bool dashed = false, thick = false, flag = false;  ///< flag: a result, drawn as a note
  std::vector<std::string> cluster;                  ///< names of the frames around it, outermost first
};

class dot_graph {
 public:
  /// explanation: a sentence or two below the picture's title.
  dot_graph(std::string title, std::string explanation);
  void add(dot_node n);
  void edge(const std::string& from, const std::string& to, const std::string& attributes = "");
  /// What colours and frames mean: (fill, border, words).
  void legend(std::string fill, std::string border, std::string words);
  std::string text() const;
  std::size_t nodes() const { return nodes_.size(); }

 private:
  std::string title_, explanation_;
  std::vector<dot_node> nodes_;
  std::vector<std::string> edges_;
  std::vector<std::vector<std::string>> legend_;
};

/// Draws `name`.dot as `name`.svg with the program `dot` of Graphviz; false where that is not installed. Throws `error` with its
/// own message where it fails.
bool render(const std::string& name);

}  // namespace dimwise::draw
