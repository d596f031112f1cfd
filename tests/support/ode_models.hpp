// tests/support/ode_models.hpp: vector fields that solvers are tested on, and one compiled binary of each.
#pragma once
#include "dimwise/kernel.hpp"
#include "dimwise/solvers/ode.hpp"
#include "dimwise/oracle/sample.hpp"

namespace dimwise::testing {

/// A compiled ODE with parameters of its own.
struct ode_case {
  compiled_model model;
  std::vector<double> parameters;
  std::vector<float> single;
  ode_case(compiled_model m, std::uint64_t seed) : model(std::move(m)), parameters(draw_parameters(model.recording, seed)) {
    single.assign(parameters.begin(), parameters.end());
  }
  ode_problem<double> problem() const { return problem_of<double>(model, "", parameters.data()); }
  ode_problem<float> problem_in_float() const { return problem_of<float>(model, "", single.data()); }
};

}  // namespace dimwise::testing
