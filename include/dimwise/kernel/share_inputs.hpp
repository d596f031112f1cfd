// kernel/share_inputs.hpp: which product of a plan asks for which part of what the next block reads of the caller's arrays.
#pragma once
#include <algorithm>
#include <vector>

#include "../lowering/schedule.hpp"
#include "matrix_steps.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// Every product asks for an equal share. `inputs` must outlive the steps.
template <class T>
void share_out(inputs_ahead& inputs, const table& t, const jet_program_view& p, const schedule& order,
               const std::vector<phase>& phases, std::vector<step<T>>& steps) {
  for (int i = 0; i < p.count; i++) {
    const jet_node& x = p.nodes[i];
    if (order.stage_of[std::size_t(i)] < 0) continue;
    if (x.o == jet_op::load_state) inputs.arrays.push_back({0, t.d});
    if (x.o == jet_op::load_time) inputs.arrays.push_back({1, 1});
    if (x.o == jet_op::load_input) inputs.arrays.push_back({2 + x.n, x.width});
    if (x.o == jet_op::load_input_per_dim) inputs.arrays.push_back({2 + x.n, t.d * x.width});
  }
  const auto is_product = [](const step<T>& s) {
    return s.run == steps::products<T> || s.run == steps::products<T, simd::outer_tile>;
  };
  for (const phase& f : phases) {
    const auto first = steps.begin() + std::ptrdiff_t(f.begin), last = steps.begin() + std::ptrdiff_t(f.end);
    const int n = int(std::count_if(first, last, is_product));
    int share = inputs.shares;
    for (auto s = first; s != last; ++s)
      if (is_product(*s)) {
        s->inputs = &inputs;
        s->share = share++;
        s->shares_of_dimension = f.each_dimension ? n : 0;
      }
    inputs.shares += f.each_dimension ? n * t.d : n;
  }
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
