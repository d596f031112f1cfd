// codegen/draw/programs.hpp: the pictures of a jet program: expanded, reversed, scheduled, placed in memory.
#pragma once
#include "codegen/draw/passes.hpp"

namespace dimwise::draw {

const char* colour_of(level l);
const char* level_words(level l);
std::vector<picture> pictures_of_programs(const table& recording, const std::vector<named_root>& roots);

/// Time from left to right, addresses upward: one rectangle for each buffer. `late`: buffers of the reverse pass.
struct placed_buffer {
  std::string name;
  double offset = 0, size = 0;  ///< KiB
  int first = 0, last = 0;      ///< steps
  bool late = false;
};
struct time_mark {
  int at = 0;
  std::string words;
};
std::string memory_svg(const std::vector<placed_buffer>& buffers, const std::vector<time_mark>& marks, double total,
                       const std::string& title, const std::string& text);

}  // namespace dimwise::draw
