// lowering/weight_counts.hpp: how many entries of weights a product reads.
#pragma once
#include <cstddef>

#include "schedule.hpp"
#include "../ir/table.hpp"

namespace dimwise {

/// Entries of the first `columns` columns of a weight that its mask leaves.
inline double masked_entries(const table& t, const tensor& w, int columns) {
  double n = 0;
  const int d = t.d, dims = w.rank == 3 ? w.shape[0] : 1, rows = w.shape[w.rank - 2], all = w.shape[w.rank - 1];
  for (int i = 0; i < dims; i++) {
    if (w.masked == mask::readout_left || w.masked == mask::readout_right) {
      n += double(rows) * units_up_to(w.masked == mask::readout_left ? i : d - 1 - i, all, d);
      continue;
    }
    for (int r = 0; r < rows; r++) {
      const int g = degree(r, rows, d);
      n += w.masked == mask::hidden ? units_up_to(g, all, d) : w.masked == mask::none ? columns : double(g) * w.coordinate_width;
    }
  }
  return n;
}

/// Whether a program has a reverse pass.
inline bool is_reverse(const jet_program_view& p) {
  for (int i = 0; i < p.count; i++)
    if (p.nodes[i].o == jet_op::load_cotangent) return true;
  return false;
}

/// Entries of the weights that every dimension has for itself, in products of a forward program.
inline std::ptrdiff_t own_weight_count(const table& t, const jet_program_view& p, const schedule& order) {
  std::ptrdiff_t n = 0;
  for (int i = 0; i < p.count; i++)
    if (order.stage_of[std::size_t(i)] >= 0 && (p.nodes[i].o == jet_op::readout || p.nodes[i].o == jet_op::linear))
      for (int w : {p.nodes[i].weight, p.nodes[i].weight2})
        if (w >= 0 && t.tensors[w].rank == 3) n += t.tensors[w].size();
  return n;
}

}  // namespace dimwise
