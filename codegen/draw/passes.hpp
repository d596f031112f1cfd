// codegen/draw/passes.hpp: a recording after each pass of the compiler, as pictures.
#pragma once
#include <string>
#include <vector>

#include "dimwise/ir/table.hpp"

namespace dimwise::draw {

/// A named value of a recording.
struct named_root {
  std::string name;
  int node = -1;
};

struct picture {
  std::string file;         ///< name without ending: "1-recorded"
  std::string title, text;  ///< what it shows
  std::string dot;          ///< empty where `svg` is given
  std::string svg;
};

/// The recorded table; orders and cost; the expanded program of jets; the reverse pass; the schedule; the memory plan: of the
/// kernel that computes `roots` and the gradient of their sum.
std::vector<picture> pictures_of_passes(const table& recording, const std::vector<named_root>& roots);

}  // namespace dimwise::draw
