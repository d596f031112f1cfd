// kernel/kernel_purpose.hpp: the kernels that a model has, and the nodes that each computes.
#pragma once
#include <cstdint>

#include "../ir/table.hpp"

namespace dimwise {

/// Which values one kernel computes.
enum class kernel_purpose : std::uint8_t {
  outputs,
  objective,
  residual,
  integral,
  sde,
  mixture,
  ode_field,
  ode_carried,
  ode_diagonal
};

constexpr int most_roots = 96;
struct root_list {
  int node[most_roots] = {};
  int count = 0;
  constexpr void add(int i) {
    if (i >= 0 && count < most_roots) node[count++] = i;
  }
};

constexpr root_list roots_of(const table& t, kernel_purpose what, int index) {
  root_list r;
  switch (what) {
    case kernel_purpose::outputs:
      for (int i = 0; i < t.output_count; i++) r.add(t.outputs[i].node);
      for (int i = 0; i < t.equation_count; i++)
        for (int side : {t.equations[i].lhs, t.equations[i].rhs, t.equations[i].residual, t.equations[i].relative}) r.add(side);
      break;
    case kernel_purpose::objective: r.add(t.objectives[index].node); break;
    case kernel_purpose::residual:
      r.add(t.objectives[index].residual);
      r.add(t.objectives[index].sample_weight);
      break;
    case kernel_purpose::integral: r.add(t.integrals[index].node); break;
    case kernel_purpose::sde:
      r.add(t.sdes[index].drift);
      r.add(t.sdes[index].noise);
      r.add(t.sdes[index].noise_derivative);
      break;
    case kernel_purpose::ode_field: r.add(t.odes[index].field); break;
    case kernel_purpose::ode_carried:
      r.add(t.odes[index].field);
      for (int i = 0; i < t.odes[index].carried_count; i++) r.add(t.odes[index].carried[i].node);
      break;
    case kernel_purpose::ode_diagonal:
      r.add(t.odes[index].field);
      r.add(t.odes[index].diagonal);
      break;
    case kernel_purpose::mixture:
      r.add(t.mixtures[index].log_weights);
      r.add(t.mixtures[index].mean);
      r.add(t.mixtures[index].log_deviation);
      r.add(t.mixtures[index].log_density);
      break;
  }
  return r;
}

}  // namespace dimwise
