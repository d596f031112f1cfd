// codegen/draw/dot.cpp: see dot.hpp.
#include "codegen/draw/dot.hpp"

#include <algorithm>
#include <sstream>

#include "codegen/support/escaped.hpp"
#include "codegen/support/process.hpp"
#include "dimwise/core/error.hpp"

namespace dimwise::draw {
namespace {

struct frame {
  std::vector<std::string> boxes;
  std::vector<std::pair<std::string, frame>> inside;
  frame& at(const std::string& name) {
    for (auto& [known, f] : inside)
      if (known == name) return f;
    inside.emplace_back(name, frame{});
    return inside.back().second;
  }
};

std::string small(const std::string& text) {
  return text.empty() ? "" : "<font point-size=\"9\" color=\"#475569\">" + escaped(text) + "</font>";
}

std::string box(const dot_node& n) {
  std::string s = "\"" + n.id + "\" [fillcolor=\"" + n.fill + "\", color=\"" + n.border + "\"";
  std::string style = n.flag ? "filled" : "filled,rounded";
  if (n.dashed) style += ",dashed";
  s += ", style=\"" + style + "\", penwidth=" + (n.thick ? "2.6" : "1") + (n.flag ? ", shape=note" : "") + ", label=<";
  if (n.rows.empty()) {
    s += escaped(n.title);
    for (const std::string& line : n.lines)
      if (!line.empty()) s += "<br/>" + small(line);
  } else {
    std::size_t columns = 1;
    for (const auto& r : n.rows) columns = std::max(columns, r.cells.size());
    s += "<table border=\"0\" cellborder=\"0\" cellspacing=\"2\" cellpadding=\"3\"><tr><td align=\"left\" colspan=\"" +
         std::to_string(columns) + "\"><b>" + escaped(n.title) + "</b></td></tr>";
    for (const auto& r : n.rows) {
      s += "<tr>";
      for (std::size_t c = 0; c < columns; c++)
        s += "<td align=\"left\" bgcolor=\"" + r.fill + "\">" +
             (c < r.cells.size() ? c ? small(r.cells[c]) : escaped(r.cells[c]) : "") + "</td>";
      s += "</tr>";
    }
    s += "</table>";
  }
  return s + ">];\n";
}

void write(std::ostringstream& out, const frame& f, int& number, int depth) {
  for (const std::string& b : f.boxes) out << b;
  for (const auto& [name, inner] : f.inside) {
    out << "subgraph cluster_" << number++ << " { label=<<b>" << escaped(name)
        << "</b>>; style=\"rounded,filled\"; color=\"#94a3b8\"; fillcolor=\"" << (depth == 0 ? "#f8fafc" : "#f1f5f9")
        << "\"; fontsize=12;\n";
    write(out, inner, number, depth + 1);
    out << "}\n";
  }
}

}  // namespace

dot_graph::dot_graph(std::string title, std::string explanation)
    : title_(std::move(title)), explanation_(std::move(explanation)) {}
void dot_graph::add(dot_node n) { nodes_.push_back(std::move(n)); }
void dot_graph::edge(const std::string& from, const std::string& to, const std::string& attributes) {
  edges_.push_back("\"" + from + "\" -> \"" + to + "\"" + (attributes.empty() ? "" : " [" + attributes + "]") + ";\n");
}
void dot_graph::legend(std::string fill, std::string border, std::string words) {
  legend_.push_back({std::move(fill), std::move(border), std::move(words)});
}

namespace {
/// Text cut into lines of about 110 letters.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines{""};
  std::istringstream in(text);
  for (std::string w; in >> w;) {
    if (lines.back().size() + w.size() > 110) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + w;
  }
  return lines;
}
}  // namespace

std::string dot_graph::text() const {
  std::ostringstream out;
  out << "digraph {\nrankdir=TB; nodesep=0.22; ranksep=0.35; fontname=\"Helvetica\"; labelloc=t; labeljust=l; "
         "bgcolor=\"white\";\n"
      << "node [shape=box, fontname=\"Helvetica\", fontsize=12, margin=\"0.09,0.05\", height=0.3];\n"
      << "edge [color=\"#94a3b8\", arrowsize=0.6];\n"
      << "label=<<table border=\"0\" cellborder=\"0\" cellspacing=\"4\"><tr><td align=\"left\"><font point-size=\"20\"><b>"
      << escaped(title_) << "</b></font></td></tr>";
  for (const std::string& line : lines_of(explanation_))
    out << "<tr><td align=\"left\"><font point-size=\"12\">" << escaped(line) << "</font></td></tr>";
  if (!legend_.empty()) {
    out << "<tr><td align=\"left\"><table border=\"0\" cellborder=\"0\" cellspacing=\"4\"><tr>";
    for (const auto& l : legend_)
      out << "<td border=\"1\" width=\"18\" fixedsize=\"true\" height=\"14\" bgcolor=\"" << l[0] << "\" color=\"" << l[1]
          << "\"></td><td align=\"left\"><font point-size=\"11\">" << escaped(l[2]) << "  </font></td>";
    out << "</tr></table></td></tr>";
  }
  out << "</table>>;\n";
  frame all;
  for (const dot_node& n : nodes_) {
    frame* f = &all;
    for (const std::string& name : n.cluster) f = &f->at(name);
    f->boxes.push_back(box(n));
  }
  int number = 0;
  write(out, all, number, 0);
  for (const std::string& e : edges_) out << e;
  out << "}\n";
  return out.str();
}

bool render(const std::string& name) {
  const tool::process_result drawn = tool::run_captured({"dot", "-Tsvg", name + ".dot", "-o", name + ".svg"});
  if (drawn.code == 127) return false;
  if (drawn.code != 0) throw error("dot cannot draw " + name + ".dot: " + drawn.output);
  return true;
}

}  // namespace dimwise::draw
