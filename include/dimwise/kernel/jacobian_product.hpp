// kernel/jacobian_product.hpp: exact products of Jacobians by the state with directions, made at run time from a recording.
#pragma once
#include <memory>
#include <vector>

#include "compiled_model.hpp"

namespace dimwise {

/// Whether the derivative of node i of a recording along a direction of the state is known: not where it holds a derivative by
/// time or another product.
bool has_jacobian_product(const table& recording, int i);

/// A recording extended by d/ds v(x + s u) at s = 0 for some of its nodes v (m.ode's field, carried rates, ...), and the kernel
/// that computes them. u is one more input, a number for each sample and dimension, behind those of the model. Costs an
/// evaluation of v with two coefficients. The tensors and literals of the recording must outlive it; no gradients.
class jacobian_product {
 public:
  /// Throws `error` where a node has no product, or the recording has no state.
  jacobian_product(const table& recording, const std::vector<int>& of);
  jacobian_product(const jacobian_product&) = delete;
  jacobian_product& operator=(const jacobian_product&) = delete;

  /// The extended recording: the nodes of the given one keep their indices, the direction is its last input.
  const table& recording() const { return extended_; }
  /// Output j is the product of node of[j], with its level and width.
  const kernel_interface<double>& kernel() const { return *kernel_; }

 private:
  table extended_;
  std::vector<node> nodes_;
  std::vector<input_slot> inputs_;
  std::unique_ptr<kernel_interface<double>> kernel_;
};

}  // namespace dimwise
