// language/derivatives.hpp: D<k> along the own coordinate, dt<k> in time, and what is made of them.
#pragma once
#include "sums.hpp"

namespace dimwise {

namespace detail {
template <class A>
concept OwnDifferentiable = DimwiseDifferentiable<A> &&(!A::typed || sees_own(A::k));
template <class A>
concept UnitsOfStream = TypedTerm<A> && A::k.l == level::units;
template <class A>
concept ConstantAlongOwn = TypedTerm<A> && A::k.dimwise && !sees_own(A::k) && !UnitsOfStream<A>;

constexpr handle record_D(handle v, int order) {
  recorder& m = *v.m;
  if (!m.owns(v) || !m.has_one_state()) return m.poison();
  if (m.kind_of(v).l == level::units) return m.refuse(refused::hidden_units_cannot_be_used_here, v);
  if (!m.kind_of(v).dimwise) return m.refuse(refused::D_of_a_dense_value, v);
  return sees_own(m.kind_of(v)) ? m.unary(op::D, v, 0, order) : m.literal(0);
}
}  // namespace detail

#define DIMWISE_D_OF_DENSE                                                                                                \
  "D<k>(v): v is dense, its derivatives need a pass per dimension. Two ways out: differentiate inside the sum, "          \
  "sum(D<k>(f)) and not D<k>(sum(f)), or let v come from a hollow_net in place of a network that mixes all coordinates; " \
  "dense::D<k>(v) pays for the passes"

/// Component i: the Order-th derivative of v_i by x_i (dim level; of a point-level v: its derivative by each coordinate). v must
/// be dimension-wise differentiable. D(v) is D<1>(v). Costs one more Taylor coefficient of v for each order, whatever d is.
/// Orders 1 to 7.
template <int Order = 1, detail::OwnDifferentiable A>
constexpr auto D(A v) {
  static_assert(1 <= Order && Order <= 7, "D<k>(v): k from 1 to 7");
  constexpr kind k = derivative_kind(A::k);
  const handle h = detail::record_D(v, Order);
  if (h.m->refusal) h.m->refusal();
  return detail::make<k, A::name, A::typed>(h);
}
template <int Order = 1, detail::ConstantAlongOwn A>
[[deprecated("D<k>(v): v does not depend on its own coordinate, so this is zero")]] constexpr auto D(A v) {
  return detail::make<kind{}, "">(v.m->literal(0));
}
template <int Order = 1, TypedTerm A>
requires(!DimwiseDifferentiable<A>) DIMWISE_REFUSE(DIMWISE_D_OF_DENSE)
constexpr auto D(A v) {
  return detail::make<kind{level::dim, depends::everything, true, A::k.width, because::it_is_not_dense}, A::name>(v.m->poison());
}
template <int Order = 1, detail::UnitsOfStream A>
DIMWISE_REFUSE("D<k>(v): v are the hidden units of a masked stream, which belong to no dimension: read them out first")
constexpr auto D(A v) {
  return detail::make<kind{}, "">(v.m->poison());
}
template <int Order = 1, class L, class R>
DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
constexpr auto D(equation_sides<L, R> a) {
  return a.refused();
}

/// The Order-th derivative by time, the state held fixed. Orders 1 to 7.
template <int Order = 1, Term A>
constexpr auto dt(A v) {
  static_assert(1 <= Order && Order <= 7, "dt<k>(v): k from 1 to 7");
  if (v.m->owns(v) && v.m->facts_of(v.id) & holds_product) v.m->refuse(refused::dt_of_a_product_is_not_known);
  if (v.m->refusal) v.m->refusal();
  return detail::record_pointwise<op::dt>(v, 0, Order);
}
template <int Order = 1, class L, class R>
DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
constexpr auto dt(equation_sides<L, R> a) {
  return a.refused();
}

/// sum(D<1>(f)).
template <class A>
constexpr auto divergence(A f) {
  return sum(D<1>(f));
}
/// D<1>(f).
template <class A>
constexpr auto jacobian_diagonal(A f) {
  return D<1>(f);
}

}  // namespace dimwise
