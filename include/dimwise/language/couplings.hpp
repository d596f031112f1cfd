// language/couplings.hpp: what other dimensions give to each one: sums over those before it, after it, or all others, and shifts.
#pragma once
#include "sums.hpp"

namespace dimwise {

namespace detail {
template <class A, int Side>
concept OthersOperand = Term<A> &&(!A::typed || others_operand(A::k, Side));

constexpr handle record_sum_of_others(handle v, int side) {
  recorder& m = *v.m;
  if (!m.owns(v)) return m.poison();
  if (m.kind_of(v).l != level::dim) return m.refuse(refused::a_sum_of_others_needs_a_value_for_each_dimension, v);
  if (!others_operand(m.kind_of(v), side)) return m.refuse(refused::the_operand_of_a_sum_of_others_mixes_coordinates, v);
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
/// A value of the class that the coupling would have had.
template <int Side, class A>
constexpr auto refused_coupling(A v) {
  constexpr kind k = others_kind(A::k, Side);
  return make<k, A::name>(v.m->poison());
}
}  // namespace detail

#define DIMWISE_SUM_BEFORE                                                                                         \
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
constexpr auto sum_before(A v) { return detail::refused_coupling<-1>(v); }

/// Component i: the sum of the components of v after i (0 for the last). v depends on {own, after} at most.
template <detail::OthersOperand<1> A>
constexpr auto sum_after(A v) {
  return detail::sum_of_others<1>(v);
}
template <TypedTerm A>
requires(!detail::OthersOperand<A, 1>) DIMWISE_REFUSE(DIMWISE_SUM_AFTER)
constexpr auto sum_after(A v) { return detail::refused_coupling<1>(v); }

/// Component i: the sum of all components of v but the i-th: hollow. v depends on its own coordinate at most. Added up from both
/// ends, so that nothing is lost by cancellation and no digit of x_i enters. Cost: O(d).
template <detail::OthersOperand<0> A>
constexpr auto sum_others(A v) {
  return detail::sum_of_others<0>(v);
}
template <TypedTerm A>
requires(!detail::OthersOperand<A, 0>) DIMWISE_REFUSE(DIMWISE_SUM_OTHERS)
constexpr auto sum_others(A v) { return detail::refused_coupling<0>(v); }

/// Option of shift: beyond the border comes the other side, instead of 0.
struct periodic_border {};
inline constexpr periodic_border periodic{};
/// The dimensions as a lattice: dimension i is in row i / columns and column i % columns.
struct grid {
  int rows = 1, columns = 1;
};

namespace detail {
constexpr handle record_shift(handle v, grid g, grid_offset offset) {
  recorder& m = *v.m;
  if (!m.owns(v)) return m.poison();
  if (g.rows < 1 || g.columns < 1 || g.rows * g.columns != m.d) return m.refuse(refused::the_grid_has_another_number_of_places);
  const kind k = m.kind_of(v);
  if (offset.rows == 0 && offset.columns == 0) return v;
  if (k.l != level::dim) return m.refuse(refused::a_shift_needs_a_value_for_each_dimension);
  offset.width = g.columns;
  if (offset.periodic && offset.source(0, m.d) == 0) {
    if (single(k) || k.d == depends::nothing) return v;
    // the type, which does not know d, takes this for hollow
    return m.refuse(refused::this_periodic_shift_brings_every_component_to_itself);
  }
  if (!others_operand(k, offset.side())) return m.refuse(refused::the_operand_of_a_shift_mixes_coordinates);
  node x;
  x.o = op::shift;
  x.a = v.id;
  x.offset = offset;
  x.k = others_kind(k, offset.side());
  return m.put(x);
}
/// -1, 0 or 1 as grid_offset::side().
template <int Rows, int Columns, class... Border>
inline constexpr int side_of = grid_offset{Rows, Columns, 1, sizeof...(Border) == 1}.side();

/// h, the shift of an A, in its type.
template <int Rows, int Columns, class A, class... Border>
constexpr auto shifted(handle h) {
  if constexpr ((Rows == 0 && Columns == 0) || (sizeof...(Border) == 1 && A::typed && single(A::k))) {
    return A(h);
  } else {
    constexpr kind k = others_kind(A::k, side_of<Rows, Columns, Border...>);
    return make<k, A::name, A::typed>(h);
  }
}
template <class A, int Rows, int Columns, class... Border>
concept ShiftOperand = Term<A> &&((Rows == 0 && Columns == 0) || OthersOperand<A, side_of<Rows, Columns, Border...>>);
template <class... Border>
concept OneBorder = sizeof...(Border) == 0 || (sizeof...(Border) == 1 && (std::is_same_v<Border, periodic_border> && ...));
}  // namespace detail

#define DIMWISE_SHIFT                                                                                                           \
  "shift<n>(v) brings component i + n of v to i: v must be a value for each dimension that sees its own coordinate only (also " \
  "those before it for n < 0, those after it for n > 0, without `periodic`), or component i would see x_i through it"

/// Component i is v_{i+N}: `shift<-1>(x)` is the neighbour before. Beyond the border it is 0; with `shift<N>(v, periodic)`, the
/// other side. Constant along the own coordinate; derivatives by time pass. v depends on its own coordinate at most (for N < 0
/// also on those before it, for N > 0 also on those after it, unless periodic); the result on what comes before, after, or on
/// both: hollow. N = 0 is v; a periodic shift by a multiple of d is refused. Cost: a copy.
template <int N, Term A, class... Border>
requires(detail::OneBorder<Border...>&& detail::ShiftOperand<A, 0, N, Border...>) constexpr auto shift(A v, Border...) {
  const handle h = detail::record_shift(v, {1, v.m->d}, {0, N, 1, sizeof...(Border) == 1});
  if (h.m->refusal) h.m->refusal();
  return detail::shifted<0, N, A, Border...>(h);
}
template <int N, TypedTerm A, class... Border>
requires(detail::OneBorder<Border...> && !detail::ShiftOperand<A, 0, N, Border...>) DIMWISE_REFUSE(DIMWISE_SHIFT)
constexpr auto shift(A v, Border...) { return detail::refused_coupling<detail::side_of<0, N, Border...>>(v); }

/// The same on a lattice: component i is the one Rows below and Columns to the right of it, `shift<-1, 0>(x, grid{8, 8})` the
/// neighbour above; periodic in both directions or in none. What is in a row above, or to the left in the same row, comes before.
template <int Rows, int Columns, Term A, class... Border>
requires(detail::OneBorder<Border...>&& detail::ShiftOperand<A, Rows, Columns, Border...>) constexpr auto shift(A v, grid g,
                                                                                                                Border...) {
  const handle h = detail::record_shift(v, g, {Rows, Columns, 1, sizeof...(Border) == 1});
  if (h.m->refusal) h.m->refusal();
  return detail::shifted<Rows, Columns, A, Border...>(h);
}
template <int Rows, int Columns, TypedTerm A, class... Border>
requires(detail::OneBorder<Border...> && !detail::ShiftOperand<A, Rows, Columns, Border...>) DIMWISE_REFUSE(DIMWISE_SHIFT)
constexpr auto shift(A v, grid, Border...) { return detail::refused_coupling<detail::side_of<Rows, Columns, Border...>>(v); }

}  // namespace dimwise
