// oracle/oracle.hpp: values and dense derivatives of any node of a recording in high precision, without anything that the passes
// know.
#pragma once
#include <memory>
#include <vector>

#include "number.hpp"
#include "sample.hpp"

namespace dimwise {

/// Evaluates the recorded table as it stands. Derivatives are central differences of second order with a step u = 10^(-digits /
/// (q + 2)), q the total order that is asked for (nested ones added): D^k changes x_i in the whole input and evaluates component
/// i again, dt changes t, and weights are dense as stored. Nothing is read of `kind` but level and width. Every value is kept for
/// each changed input, so a table of n nodes costs n evaluations for each distinct input; loops only, no recursion over depth.
///
/// frozen(a) and detach(a) are a; detach(a) stays at the unchanged x and t when others differentiate it, and both stay at the
/// unchanged parameters. exp_relative(a) is exp(a - value of a at the unchanged x and t), so it is 1 for all parameters, and a
/// gradient of an expression made relative to p is that of the quotient by p.
///
/// Not for use by several threads at once.
template <class Number>
class basic_oracle {
 public:
  /// The recording's arrays must outlive the oracle.
  explicit basic_oracle(const table& recording);
  ~basic_oracle();
  basic_oracle(basic_oracle&&) noexcept;

  const table& recording() const;
  /// Throws `error` where the length is not that of the recording.
  void set_parameters(const std::vector<double>& parameters);
  void set_sample(const sample_inputs& sample);
  /// Parameters, state and time with all digits, in place of those of the sample; for solutions that are computed from the
  /// oracle.
  void set_exactly(const std::vector<Number>& parameters, const std::vector<Number>& state, const Number& time);

  /// All numbers of a node: point [W], dim [d][W], units [H].
  std::vector<Number> value(int node);
  /// The [W] numbers of component i.
  std::vector<Number> component(int node, int i);
  /// k-th derivative of component i (of the whole value, for a point-level node) by x_i, and l-th by time: [W].
  std::vector<Number> dense_derivative(int node, int i, int k, int l = 0);
  /// First derivatives of component `of` (of the whole value, for a point-level node) by coordinate i, or by time for i = -1:
  /// [W].
  std::vector<Number> input_derivative(int node, int of, int i);
  /// Derivatives of all numbers of a node by entry `parameter` of the parameter vector, by a central difference. Only what the
  /// entry changes is evaluated again.
  std::vector<Number> parameter_derivatives(int node, int parameter);
  Number parameter_derivative(int node, int parameter) { return parameter_derivatives(node, parameter)[0]; }
  /// Whether an entry reaches a node other than through frozen or detach.
  static bool reaches(const table& recording, int parameter, int node);

  /// Evaluates requests of smaller total order on the lattice of this order, so that nodes of several orders share values.
  void share_lattice_of_order(int q);

  /// residual / p of an equation with a relative form, p = exp(a) evaluated as it stands (its exponent does not underflow here)
  /// for the a of the `exp_relative` under it. Throws `error` where there is none or more than one.
  Number exact_relative(int equation);

  /// For each number of a node the largest magnitude among the terms that are added up at the top of its expression. The walk
  /// goes down through + - sum sum_features frozen detach concat slice unstack, through products and quotients with the
  /// magnitudes of the other factor, through matrix products (terms W_rc a_c), through tanh with its slope and, by the product
  /// rule, through D and dt of all of these but tanh; it stops at anything else with the magnitude of the value there, and takes
  /// 1e-12 of an operand as the least term of its derivative.
  std::vector<Number> largest_terms(int node);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

using oracle = basic_oracle<wide_number>;

extern template class basic_oracle<wide_number>;
extern template class basic_oracle<fifty_digits>;

}  // namespace dimwise
