// kernel/kernel_purpose.hpp: the kernels that a model has, and the nodes that each computes.
#pragma once
#include <cstdint>
#include <string_view>

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

/// Calls f(before, name, behind, node) for each root of a kernel in its order; its name is the three texts together. node -1: the
/// model does not have it.
template <class F>
constexpr void each_root(const table& t, kernel_purpose what, int index, F f) {
  switch (what) {
    case kernel_purpose::outputs:
      for (int i = 0; i < t.output_count; i++) f("", t.outputs[i].name.view(), "", t.outputs[i].node);
      for (int i = 0; i < t.equation_count; i++) {
        const auto& e = t.equations[i];
        f("", e.name.view(), ".lhs", e.lhs);
        f("", e.name.view(), ".rhs", e.rhs);
        f("", e.name.view(), ".residual", e.residual);
        f("", e.name.view(), ".relative", e.relative);
      }
      break;
    case kernel_purpose::objective: f("objective.", t.objectives[index].name.view(), "", t.objectives[index].node); break;
    case kernel_purpose::residual:
      f("residual.", t.objectives[index].name.view(), "", t.objectives[index].residual);
      f("sample_weight.", t.objectives[index].name.view(), "", t.objectives[index].sample_weight);
      break;
    case kernel_purpose::integral: f("integral.", t.integrals[index].name.view(), "", t.integrals[index].node); break;
    case kernel_purpose::sde:
      f("", "drift", "", t.sdes[index].drift);
      f("", "noise", "", t.sdes[index].noise);
      f("", "noise_derivative", "", t.sdes[index].noise_derivative);
      break;
    case kernel_purpose::mixture:
      f("", "log_weights", "", t.mixtures[index].log_weights);
      f("", "mean", "", t.mixtures[index].mean);
      f("", "log_deviation", "", t.mixtures[index].log_deviation);
      f("", "log_density", "", t.mixtures[index].log_density);
      break;
    case kernel_purpose::ode_field: f("", "field", "", t.odes[index].field); break;
    case kernel_purpose::ode_carried:
      f("", "field", "", t.odes[index].field);
      for (int i = 0; i < t.odes[index].carried_count; i++)
        f("", t.odes[index].carried[i].name.view(), "", t.odes[index].carried[i].node);
      break;
    case kernel_purpose::ode_diagonal:
      f("", "field", "", t.odes[index].field);
      f("", "diagonal", "", t.odes[index].diagonal);
      break;
  }
}

constexpr root_list roots_of(const table& t, kernel_purpose what, int index) {
  root_list r;
  each_root(t, what, index, [&r](std::string_view, std::string_view, std::string_view, int node) { r.add(node); });
  return r;
}

}  // namespace dimwise
