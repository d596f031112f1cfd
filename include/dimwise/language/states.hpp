// language/states.hpp: D by one of several states: D<k>(f, v), and what is made of it.
#pragma once
#include "dense_operators.hpp"

namespace dimwise {

namespace detail {

constexpr handle record_D_by(handle v, handle state, int order, bool dense) {
  recorder& m = *v.m;
  if (!m.owns(v) || !m.owns(state)) return m.poison();
  const int q = m.number_of_state(state.id);
  if (q < 0) return m.refuse(refused::D_is_by_a_state);
  if (m.kind_of(v).l == level::units) return m.refuse(refused::hidden_units_cannot_be_used_here);
  if (m.states.count == 1) return dense ? record_dense_D(v, order) : record_D(v, order);
  if (!m.kind_of(v).dimwise && !dense) return m.refuse(refused::D_of_a_dense_value);
  if (m.kind_of(v).dimwise && !sees_own(m.kind_of(v))) return m.literal(0);
  if (m.kind_of(v).dimwise || m.facts_of(v.id) & has_own_series) {
    const handle moving = moving_by(v, q);
    return m.broken ? m.poison() : m.unary(op::D, moving, q, order);
  }
  return record_copies(v, state.id, order);
}
}  // namespace detail

/// Component i: the Order-th derivative of v_i by component i of `state`, one of the model's states, the other states held. Costs
/// and classes are those of D<Order>(v). D by one state of what holds a D by another is refused; mixed derivatives are those of
/// jvp(D<k>(v, state), u, other).
template <int Order = 1, detail::OwnDifferentiable A, Term S>
constexpr auto D(A v, S state) {
  static_assert(1 <= Order && Order <= 7, "D<k>(v, state): k from 1 to 7");
  constexpr kind k = derivative_kind(A::k);
  const handle h = detail::record_D_by(v, state, Order, false);
  if (h.m->refusal) h.m->refusal();
  return detail::make<k, A::name, A::typed>(h);
}
template <int Order = 1, detail::ConstantAlongOwn A, Term S>
[[deprecated("D<k>(v, state): v does not depend on its own coordinate, so this is zero")]] constexpr auto D(A v, S) {
  return detail::make<kind{}, "">(v.m->literal(0));
}
template <int Order = 1, TypedTerm A, Term S>
requires(!DimwiseDifferentiable<A>) DIMWISE_REFUSE(DIMWISE_D_OF_DENSE)
constexpr auto D(A v, S) {
  return detail::make<kind{level::dim, depends::everything, true, A::k.width, because::it_is_not_dense}, A::name>(v.m->poison());
}

namespace dense {
/// dense::D<Order>(v) by one of several states, the others held.
template <int Order = 1, Term A, Term S>
constexpr auto D(A v, S state) {
  if constexpr (A::typed && A::k.dimwise) {
    return dimwise::D<Order>(v, state);
  } else {
    constexpr kind k = derivative_kind(A::k);
    const handle h = detail::record_D_by(v, state, Order, true);
    if (h.m->refusal) h.m->refusal();
    return detail::make<k, A::name, A::typed>(h);
  }
}
}  // namespace dense

/// sum(D<1>(f, state)).
template <Term A, Term S>
constexpr auto divergence(A f, S state) {
  return sum(D<1>(f, state));
}
/// The gradient of one number a sample by one of several states.
template <detail::OneForAll A, Term S>
constexpr auto grad(A u, S state) {
  return dense::D<1>(u, state);
}

}  // namespace dimwise
