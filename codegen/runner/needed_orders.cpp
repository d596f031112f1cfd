// codegen/runner/needed_orders.cpp: see needed_orders.hpp.
#include "codegen/runner/needed_orders.hpp"

#include <map>

#include "codegen/print/from_table.hpp"
#include "dimwise/calculus/demand.hpp"

namespace dimwise {

std::vector<needed_order> needed_orders(const table& recording, const std::vector<int>& roots) {
  const std::size_t n = std::size_t(recording.node_count);
  std::vector<orders> possible(n), needed(n);
  infer_orders(recording, roots.data(), int(roots.size()), possible.data(), needed.data());
  std::vector<needed_order> result(n);
  for (std::size_t i = 0; i < n; i++) {
    if (!needed[i]) continue;
    result[i] = {max_x(needed[i]), max_t(needed[i])};
  }
  return result;
}

std::vector<std::pair<std::string, int>> network_nodes(const table& t) {
  std::map<std::string, int> last;
  for (int i = 0; i < t.node_count; i++)
    if (t.nodes[i].weight >= 0 && t.nodes[i].o != op::parameter) last[print::network_of(t.tensors[t.nodes[i].weight])] = i;
  for (int i = 0; i < t.mixture_count; i++) last[std::string(t.mixtures[i].name.view())] = t.mixtures[i].log_density;
  return {last.begin(), last.end()};
}

}  // namespace dimwise
