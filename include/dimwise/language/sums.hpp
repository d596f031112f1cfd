// language/sums.hpp: sums, means and inner products over dimensions.
#pragma once
#include "factored_sum.hpp"
#include "functions.hpp"

namespace dimwise {

/// Sum over dimensions: point level. Dimension-wise differentiable where v is of its own coordinate, up to point-level factors;
/// else dense. (The mean over samples is taken by m.minimize.)
template <Term A>
constexpr auto sum(A a) {
  constexpr kind k = sum_kind(A::k);
  return detail::make<k, A::name, A::typed>(detail::record_sum(a));
}
/// Mean over dimensions.
template <Term A>
constexpr auto mean(A a) {
  return (1.0 / a.m->d) * sum(a);
}
/// sum(a * b).
template <class A, class B>
requires detail::TwoOperands<A, B>
constexpr auto dot(A a, B b) { return sum(a * b); }

/// Euclidean length over dimensions, sqrt(sum(a^2)): derivatives are infinite where it is 0.
constexpr auto norm(Term auto a) { return sqrt(sum(sq(a))); }

template <class L, class R>
DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
constexpr auto sum(equation_sides<L, R> a) {
  return a.refused();
}
template <class L, class R>
DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
constexpr auto mean(equation_sides<L, R> a) {
  return a.refused();
}

}  // namespace dimwise
