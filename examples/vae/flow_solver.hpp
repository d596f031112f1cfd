// examples/vae/flow_solver.hpp: the solve of a dimwise flow as a function that torch differentiates.
#pragma once
#include <torch/types.h>

#include <string>
#include <vector>

#include <dimwise/solvers/adjoint.hpp>

namespace vae {

/// Moved samples [samples][d] and what the move adds to the logarithm of their density [samples].
struct moved {
  torch::Tensor z, log_density;
};

/// Solves dz/dt = f(z, t) from t = 0 to 1 with the carried log density. T: float or double, the element type of all tensors.
template <class T>
class flow_solver {
 public:
  flow_solver(const dimwise::table& recording, const dimwise::ode_kernels<T>& kernels, dimwise::explicit_options<T> how,
              int threads = 1);
  flow_solver(const flow_solver&) = delete;

  const dimwise::table& recording() const { return recording_; }
  /// z [samples][d]; parameters: the model's vector; inputs [samples][width] or [samples][d][width], in the order of the
  /// recording. Gradients are those of the steps that were taken; the backward pass solves once more, forward and back. Throws
  /// dimwise::error where a solve fails.
  moved operator()(const torch::Tensor& z, const torch::Tensor& parameters, const std::vector<torch::Tensor>& inputs);

  /// For another accuracy at evaluation.
  dimwise::explicit_options<T>& options() { return how_; }

 private:
  struct function;
  const dimwise::table& recording_;
  const dimwise::ode_kernels<T>& kernels_;
  dimwise::explicit_options<T> how_;
  dimwise::team workers_;
  dimwise::explicit_memory<T> memory_;
  dimwise::adjoint_memory<T> adjoint_memory_;
};

}  // namespace vae
