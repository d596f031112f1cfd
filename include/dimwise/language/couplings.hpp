// language/couplings.hpp: what other dimensions give to each one: sums over those before it, after it, or all others.
#pragma once
#include "sums.hpp"

namespace dimwise {

namespace detail {
template <class A, int Side>
concept OthersOperand = Term<A> &&(!A::typed || others_operand(A::k, Side));

constexpr handle record_sum_of_others(handle v, int side) {
  recorder& m = *v.m;
  if (!m.owns(v)) return m.poison();
  if (m.kind_of(v).l != level::dim) return m.refuse(refused::a_sum_of_others_needs_a_value_for_each_dimension);
  if (!others_operand(m.kind_of(v), side)) return m.refuse(refused::the_operand_of_a_sum_of_others_mixes_coordinates);
  node x;
  x.o = op::sum_others;
  x.a = v.id;
  x.n = side;
  x.k = others_kind(m.kind_of(v), side);
  return m.put(x);
}
template <int Side, class A>
constexpr auto sum_of_others(A v) {
  constexpr kind k = others_kind(A::k, Side);
  return make<k, A::name, A::typed>(record_sum_of_others(v, Side));
}
template <int Side, class A>
constexpr auto refused_sum_of_others(A v) {
  constexpr kind k = others_kind(A::k, Side);
  return make<k, A::name>(v.m->poison());
}
}  // namespace detail

#define DIMWISE_SUM_BEFORE                                                                                           \
  "sum_before(v) adds up the components before i: v must be a value for each dimension that sees the coordinates " \
  "before and its own only, or the result would see x_i through it"
#define DIMWISE_SUM_AFTER                                                                                               \
  "sum_after(v) adds up the components after i: v must be a value for each dimension that sees its own coordinate and " \
  "those after only, or the result would see x_i through it"
#define DIMWISE_SUM_OTHERS                                                                                     \
  "sum_others(v) adds up all components but the i-th: v must be a value for each dimension that sees its own " \
  "coordinate only, or the result would see x_i through it"

/// Component i: the sum of the components of v before i (0 for the first). v depends on {before, own} at most; the result on what
/// comes before. Constant along the own coordinate; derivatives by time pass. Cost: O(d).
template <detail::OthersOperand<-1> A>
constexpr auto sum_before(A v) {
  return detail::sum_of_others<-1>(v);
}
template <TypedTerm A>
requires(!detail::OthersOperand<A, -1>) DIMWISE_REFUSE(DIMWISE_SUM_BEFORE)
constexpr auto sum_before(A v) { return detail::refused_sum_of_others<-1>(v); }

/// Component i: the sum of the components of v after i (0 for the last). v depends on {own, after} at most.
template <detail::OthersOperand<1> A>
constexpr auto sum_after(A v) {
  return detail::sum_of_others<1>(v);
}
template <TypedTerm A>
requires(!detail::OthersOperand<A, 1>) DIMWISE_REFUSE(DIMWISE_SUM_AFTER)
constexpr auto sum_after(A v) { return detail::refused_sum_of_others<1>(v); }

/// Component i: the sum of all components of v but the i-th: hollow. v depends on its own coordinate at most. Added up from both
/// ends, so that nothing is lost by cancellation and no digit of x_i enters. Cost: O(d).
template <detail::OthersOperand<0> A>
constexpr auto sum_others(A v) {
  return detail::sum_of_others<0>(v);
}
template <TypedTerm A>
requires(!detail::OthersOperand<A, 0>) DIMWISE_REFUSE(DIMWISE_SUM_OTHERS)
constexpr auto sum_others(A v) { return detail::refused_sum_of_others<0>(v); }

}  // namespace dimwise
