// kernel/describe_roots.hpp: names and shapes of what a kernel of a model computes.
#pragma once
#include <string>
#include <vector>

#include "compiled_model.hpp"
#include "kernel_purpose.hpp"

namespace dimwise {

/// In the order of roots_of.
inline std::vector<output_info> describe_roots(const table& t, kernel_purpose what, int index) {
  std::vector<output_info> r;
  each_root(t, what, index, [&](std::string_view before, std::string_view name, std::string_view behind, int i) {
    if (i >= 0) r.push_back({std::string(before).append(name).append(behind), i, t.nodes[i].k.l, t.nodes[i].k.width});
  });
  return r;
}

}  // namespace dimwise
