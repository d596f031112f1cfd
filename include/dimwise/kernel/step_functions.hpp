// kernel/step_functions.hpp: the step function of a node: instantiated for its coefficients, or the general one for tables known
// at run time.
#pragma once
#include "pointwise_steps.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// All that a specialised step depends on; nodes that agree share one function.
struct step_signature {
  jet_op o{};
  function f{};
  bool slope = false;
  orders out = 0, a = 0, b = 0, c = 0;
};

constexpr step_signature signature_of(const jet_node* nodes, const jet_node& x) {
  step_signature s;
  if (x.o != jet_op::mul && x.o != jet_op::correlate && x.o != jet_op::unary && x.o != jet_op::unary_vjp) return s;
  s.o = x.o;
  if (x.o == jet_op::unary || x.o == jet_op::unary_vjp) s.f = x.f;
  s.slope = x.slope;
  s.out = x.stored;
  s.a = operand_orders(nodes, x, 0);
  if (x.inputs > 1) s.b = operand_orders(nodes, x, 1);
  if (x.inputs > 2) s.c = operand_orders(nodes, x, 2);
  return s;
}

/// Null where the plan chooses the function itself.
template <class T, step_signature S>
constexpr step_function<T> specialised_step() {
  using Out = static_orders<S.out>;
  using A = static_orders<S.a>;
  using B = static_orders<S.b>;
  using C = static_orders<S.c>;
  if constexpr (S.o == jet_op::mul) return steps::mul<T, Out, A, B>;
  else if constexpr (S.o == jet_op::correlate) return steps::correlate<T, Out, A, B>;
  else if constexpr (S.o == jet_op::unary) return steps::unary<T, S.f, S.slope, Out, A>;
  else if constexpr (S.o == jet_op::unary_vjp) return steps::unary_vjp<T, S.f, Out, A, B, C>;
  else return nullptr;
}

namespace kernel_detail {
template <class T, function F>
step_function<T> general_unary(const jet_node& x) {
  using D = dynamic_orders;
  if (x.o == jet_op::unary_vjp) return steps::unary_vjp<T, F, D, D, D, D>;
  if constexpr (vjp_reads_slope(F))
    if (x.slope) return steps::unary<T, F, true, D, D>;
  if constexpr (steps::follows_from_value(F))  // the last bit of a value made with its slope can be another
    if (x.stored == value_only) return steps::unary<T, F, false, static_orders<value_only>, D>;
  return steps::unary<T, F, false, D, D>;
}
}  // namespace kernel_detail

/// Works for every set of coefficients; several times slower on jets than the specialised step.
template <class T>
step_function<T> general_step(const jet_node& x) {
  using D = dynamic_orders;
  if (x.o == jet_op::mul) return steps::mul<T, D, D, D>;
  if (x.o == jet_op::correlate) return steps::correlate<T, D, D, D>;
  if (x.o != jet_op::unary && x.o != jet_op::unary_vjp) return nullptr;
  return [&]<int... F>(std::integer_sequence<int, F...>) {
    step_function<T> f = nullptr;
    ((int(x.f) == F ? void(f = kernel_detail::general_unary<T, function(F)>(x)) : void()), ...);
    return f;
  }
  (std::make_integer_sequence<int, function_count>{});
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
