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

/// The first ODE of a model in double precision, compiled once.
template <auto Build>
ode_problem<double> double_problem(const double* parameters = nullptr) {
  static const ode_kernels<double> kernels = compile_ode<Build, double>();
  ode_problem<double> p;
  p.recording = &recording<Build>::view;
  p.kernels = &kernels;
  p.parameters = parameters;
  return p;
}

}  // namespace dimwise::testing
