// kernel/products_with_function.hpp: which step computes a layer together with its elementary function.
#pragma once
#include "layer_steps.hpp"
#include "quotient_steps.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {
namespace steps {

/// What does the products of `st` and what follows them, of which x is the first, in one; null where nothing does, or the
/// products are more than one sum of all coefficients of a function.
template <class T>
step_function<T> products_with_function(const step<T>& st, const jet_node& x) {
  const step<T>& next = *st.follower;
  if (x.o != jet_op::unary || next.follower || st.products->accumulate || st.product_count != std::max(st.products->terms, 1) ||
      st.products->columns != count(next.in_set[0]) * st.samples)
    return nullptr;
  if (!x.slope && next.in_set[0] == value_only && next.out_set == value_only)
    return products_before<T>(x.f, st.products->rows, st.samples);
  step_function<T> both = nullptr;
  call<T> question;
  question.layer = &both;
  next.run(next, question);
  return both;
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
