// kernel/describe_roots.hpp: names and shapes of what a kernel of a model computes.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "compiled_model.hpp"
#include "kernel_purpose.hpp"

namespace dimwise {

/// In the order of roots_of.
inline std::vector<output_info> describe_roots(const table& t, kernel_purpose what, int index) {
  std::vector<output_info> r;
  const auto add = [&](std::string name, int i) {
    if (i >= 0) r.push_back({std::move(name), i, t.nodes[i].k.l, t.nodes[i].k.width});
  };
  switch (what) {
    case kernel_purpose::outputs:
      for (int i = 0; i < t.output_count; i++) add(std::string(t.outputs[i].name.view()), t.outputs[i].node);
      for (int i = 0; i < t.equation_count; i++) {
        const std::string name(t.equations[i].name.view());
        add(name + ".lhs", t.equations[i].lhs);
        add(name + ".rhs", t.equations[i].rhs);
        add(name + ".residual", t.equations[i].residual);
        add(name + ".relative", t.equations[i].relative);
      }
      break;
    case kernel_purpose::objective:
      add("objective." + std::string(t.objectives[index].name.view()), t.objectives[index].node);
      break;
    case kernel_purpose::residual:
      add("residual." + std::string(t.objectives[index].name.view()), t.objectives[index].residual);
      add("sample_weight." + std::string(t.objectives[index].name.view()), t.objectives[index].sample_weight);
      break;
    case kernel_purpose::integral: add("integral." + std::string(t.integrals[index].name.view()), t.integrals[index].node); break;
    case kernel_purpose::sde:
      add("drift", t.sdes[index].drift);
      add("noise", t.sdes[index].noise);
      add("noise_derivative", t.sdes[index].noise_derivative);
      break;
    case kernel_purpose::ode_field: add("field", t.odes[index].field); break;
    case kernel_purpose::ode_carried:
      add("field", t.odes[index].field);
      for (int i = 0; i < t.odes[index].carried_count; i++)
        add(std::string(t.odes[index].carried[i].name.view()), t.odes[index].carried[i].node);
      break;
    case kernel_purpose::ode_diagonal:
      add("field", t.odes[index].field);
      add("diagonal", t.odes[index].diagonal);
      break;
    case kernel_purpose::mixture:
      add("log_weights", t.mixtures[index].log_weights);
      add("mean", t.mixtures[index].mean);
      add("log_deviation", t.mixtures[index].log_deviation);
      add("log_density", t.mixtures[index].log_density);
      break;
  }
  return r;
}

}  // namespace dimwise
