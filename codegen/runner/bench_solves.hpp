// codegen/runner/bench_solves.hpp: times of solving a model's differential equations, and of the gradient.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "dimwise/kernel/compiled_model.hpp"

namespace dimwise::commands {

struct solve_figure {
  std::string variant;  ///< "solve NAME", "solve_gradient NAME"
  double seconds_per_sample = 0, matrix_flop = 0;
};

/// 32 steps of classic RK4 over [0, 1]; with gradient: of the mean of sum_i x_i^2 / 2 plus the change of log density, by all
/// parameters, from the exact discrete adjoint. in: random inputs, as for other figures. Digits do not matter; a call takes as
/// long as one of a training run.
template <class T>
std::vector<solve_figure> measure_solves(const compiled_model& model, const T* parameters, const arguments<T>& in, int threads,
                                         double seconds, const std::function<bool(const std::string&)>& wanted);

}  // namespace dimwise::commands
