// training/trained_entries.cpp: reachability over the recorded table.
#include <dimwise/training/trained_entries.hpp>

namespace dimwise {
namespace {

// Marks everything below the given nodes; operands come first in a table, so one sweep from the end is enough.
std::vector<bool> below(const table& recording, const std::vector<int>& nodes, bool with_gradient_only) {
  std::vector<bool> seen(std::size_t(recording.node_count), false);
  for (const int n : nodes)
    if (n >= 0) seen[std::size_t(n)] = true;
  for (int i = recording.node_count; i-- > 0;) {
    if (!seen[std::size_t(i)]) continue;
    const node& v = recording.nodes[i];
    if (with_gradient_only && (v.o == op::frozen || v.o == op::detach)) continue;
    if (v.a >= 0) seen[std::size_t(v.a)] = true;
    if (v.b >= 0) seen[std::size_t(v.b)] = true;
  }
  return seen;
}

bool is_layer(op o) { return o == op::linear || o == op::masked_input || o == op::masked_hidden || o == op::readout; }

}  // namespace

std::vector<bool> reached_tensors(const table& recording, const std::vector<int>& nodes) {
  const auto seen = below(recording, nodes, true);
  std::vector<bool> reached(std::size_t(recording.tensor_count), false);
  for (int i = 0; i < recording.node_count; i++) {
    if (!seen[std::size_t(i)]) continue;
    const node& v = recording.nodes[i];
    for (const int w : {v.weight, v.weight2, v.bias})
      if (w >= 0) reached[std::size_t(w)] = recording.tensors[w].trained;
  }
  return reached;
}

bool reads(const table& recording, int node, op what, int number) {
  const auto seen = below(recording, {node}, false);
  for (int i = 0; i < recording.node_count; i++)
    if (seen[std::size_t(i)] && recording.nodes[i].o == what && (number < 0 || recording.nodes[i].n == number)) return true;
  return false;
}

std::vector<entry_range> movable_entries(const table& recording, const std::vector<bool>& tensors) {
  std::vector<bool> decays(std::size_t(recording.tensor_count), false);
  for (int i = 0; i < recording.node_count; i++) {
    const node& v = recording.nodes[i];
    if (!is_layer(v.o)) continue;
    for (const int w : {v.weight, v.weight2})
      if (w >= 0) decays[std::size_t(w)] = true;
  }
  std::vector<entry_range> runs;
  const auto add = [&](std::size_t begin, std::size_t end, bool decay) {
    if (!runs.empty() && runs.back().end == begin && runs.back().decays == decay) runs.back().end = end;
    else runs.push_back({begin, end, decay});
  };
  for (int n = 0; n < recording.tensor_count; n++) {
    if (!tensors[std::size_t(n)]) continue;
    const tensor& t = recording.tensors[n];
    const bool decay = decays[std::size_t(n)];
    const std::size_t offset = std::size_t(t.offset);
    if (t.masked == mask::none) {
      add(offset, offset + std::size_t(t.size()), decay);
      continue;
    }
    const int blocks = t.rank == 3 ? t.shape[0] : 1, rows = t.rank == 3 ? t.shape[1] : t.shape[0];
    const int columns = t.shape[t.rank - 1];
    for (int i = 0; i < blocks; i++)
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
          if (allowed(t, i, r, c)) {
            const std::size_t entry = offset + std::size_t((i * rows + r) * columns + c);
            add(entry, entry + 1, decay);
          }
  }
  return runs;
}

}  // namespace dimwise
