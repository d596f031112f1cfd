// language/dense_operators.hpp: what is not cheap, by name: Jacobian-vector products, dense::D, gradients, Laplacians.
#pragma once
#include "derivatives.hpp"
#include "forward_laplacian.hpp"
#include "substitution.hpp"

namespace dimwise {

namespace detail {

/// The class of the derivative of a value of class v along a direction of class u.
constexpr kind jvp_kind(kind v, kind u) {
  if (v.d == depends::nothing) return kind{};
  if (u.d == depends::nothing) return pointwise_kind(v);
  if (single(v) || single(u)) return {v.l, depends::single_coordinate, true, v.width, because::it_is_not_dense};
  return product_kind(v);
}
/// v with all states but number q held along x: its series is that by state q.
constexpr handle moving_by(handle v, int q) {
  substitution s(*v.m);
  s.move_only(q);
  return s(v);
}
/// Along u in one state; the others stay.
constexpr handle record_jvp(handle v, handle u, int order, int state) {
  recorder& m = *v.m;
  if (!m.owns(v) || !m.owns(u)) return m.poison();
  if (state < 0) return m.refuse(refused::this_model_has_no_state);
  const kind kv = m.kind_of(v), ku = m.kind_of(u);
  if (kv.l == level::units) return m.refuse(refused::hidden_units_cannot_be_used_here);
  if (kv.d == depends::nothing) return m.literal(0);
  if (m.d == 1 && ku.d != depends::nothing) {  // one coordinate: u^k D^k v
    if (ku.width != 1) return m.refuse(refused::a_direction_has_one_feature_for_each_dimension);
    if (!sees_own(kv)) return m.literal(0);
    handle r = m.states.count == 1 ? record_D(v, order)
                                   : m.unary(op::D, moving_by(v, m.number_of_state(state)), m.number_of_state(state), order);
    for (int i = 0; i < order; i++) r = m.binary(op::mul, u, r);
    return kv.l == level::point ? record_sum(r) : r;
  }
  substitution s(m);
  s.move_along(u, state);
  const handle copy = s(v);
  if (m.broken) return m.poison();
  return m.held(m.unary(op::dt, copy, 0, order), held_along_t | (ku.d == depends::nothing ? 0 : held_product));
}
constexpr handle record_indicator(recorder& m, int j) {
  return m.leaf(op::indicator, kind{level::dim, depends::nothing, true, 1, because::it_is_not_dense}, j);
}
/// The order-th derivative by coordinate j of a state.
constexpr handle record_partial(handle v, int j, int order, int state) {
  return record_jvp(v, record_indicator(*v.m, j), order, state);
}
constexpr bool needs_copies(handle v) {
  recorder& m = *v.m;
  return m.owns(v) && !m.kind_of(v).dimwise && !(m.facts_of(v.id) & has_own_series);
}
/// The derivatives by every coordinate of a state, one copy of v for each.
constexpr handle record_copies(handle v, int state, int order) {
  recorder& m = *v.m;
  if (m.d > 64) return m.refuse(refused::a_dense_derivative_would_need_more_than_64_copies);
  handle total;
  for (int j = 0; j < m.d && !m.broken; j++) {
    const handle term = m.binary(op::mul, record_indicator(m, j), record_partial(v, j, order, state));
    total = j == 0 ? term : m.binary(op::add, total, term);
  }
  return m.broken ? m.poison() : total;
}
constexpr handle record_dense_D(handle v, int order) {
  recorder& m = *v.m;
  if (!m.owns(v) || !m.has_one_state()) return m.poison();
  if (m.kind_of(v).dimwise || m.kind_of(v).l == level::units) return record_D(v, order);
  if (!needs_copies(v)) return m.unary(op::D, v, 0, order);
  return record_copies(v, m.state_node, order);
}
/// w: weights, or the id -1 for 1.
constexpr handle record_laplacian(handle v, handle w) {
  recorder& m = *v.m;
  if (!m.owns(v) || !m.owns(w) || !m.has_one_state()) return m.poison();
  const bool plain = w.id < 0;
  if (needs_copies(v) && plain && m.d <= 64 && m.kind_of(v).l == level::point) {
    handle total = record_partial(v, 0, 2, m.state_node);
    for (int j = 1; j < m.d && !m.broken; j++) total = m.binary(op::add, total, record_partial(v, j, 2, m.state_node));
    return m.broken ? m.poison() : total;
  }
  if (!m.kind_of(v).dimwise && !needs_copies(v) && (plain || m.kind_of(w).width == 1)) {
    forward_laplacian f(m, w.id);
    const handle r = f(v);
    if (r.id >= 0 && m.kind_of(r).l == level::point && !m.kind_of(r).dimwise) return r;
  }
  const handle second = record_dense_D(v, 2);
  return record_sum(plain ? second : m.binary(op::mul, w, second));
}

template <class A>
concept OneForAll = Term<A> &&(!A::typed || A::k.l == level::point || single(A::k));
}  // namespace detail

/// The Order-th derivative of v(x + s u) by s at s = 0, u held fixed: the Jacobian-vector product for Order 1. u: one number for
/// each dimension (or one for all). Any v but one that holds dt or another jvp. Where u depends on nothing the result is of v's
/// class; else it is dense. It cannot be differentiated by time. Costs one evaluation of v with Order + 1 coefficients.
template <int Order = 1, Term A, Operand U>
constexpr auto jvp(A v, U u) {
  static_assert(1 <= Order && Order <= 7, "jvp<k>(v, u): k from 1 to 7");
  constexpr kind k = detail::jvp_kind(A::k, detail::kind_of<U>());
  v.m->has_one_state();
  const handle h = detail::record_jvp(v, detail::recorded(*v.m, u), Order, v.m->state_node);
  if (h.m->refusal) h.m->refusal();
  return detail::make < k, A::name, A::typed && detail::known<U>() > (h);
}
/// Along u in one of several states, the others held fixed: the Order-th derivative of v(..., state + s u, ...).
template <int Order = 1, Term A, Operand U, Term S>
constexpr auto jvp(A v, U u, S state) {
  static_assert(1 <= Order && Order <= 7, "jvp<k>(v, u, state): k from 1 to 7");
  constexpr kind k = detail::jvp_kind(A::k, detail::kind_of<U>());
  if (v.m->owns(state) && v.m->number_of_state(state.id) < 0) v.m->refuse(refused::D_is_by_a_state);
  const handle h = detail::record_jvp(v, detail::recorded(*v.m, u), Order, state.id);
  if (h.m->refusal) h.m->refusal();
  return detail::make < k, A::name, A::typed && detail::known<U>() > (h);
}

namespace dense {

/// D<Order>(v) for any v. Where v is dimension-wise differentiable it is D<Order>(v). A plain `network`, and whatever is made of
/// networks and own values pointwise, costs a pass per dimension through its layers: d times Order coefficients, in a loop.
/// Values that sum what sees other coordinates (a sum of HollowNets) cost d copies of v, d <= 64.
template <int Order = 1, Term A>
constexpr auto D(A v) {
  static_assert(1 <= Order && Order <= 7, "dense::D<k>(v): k from 1 to 7");
  if constexpr (A::typed && A::k.dimwise) {
    return dimwise::D<Order>(v);
  } else {
    constexpr kind k = derivative_kind(A::k);
    const handle h = detail::record_dense_D(v, Order);
    if (h.m->refusal) h.m->refusal();
    return detail::make<k, A::name, A::typed>(h);
  }
}

}  // namespace dense

/// The gradient of one number a sample: component i is its derivative by x_i. Costs what dense::D costs.
template <detail::OneForAll A>
constexpr auto grad(A u) {
  return dense::D<1>(u);
}
template <Term A>
requires(!detail::OneForAll<A>) DIMWISE_REFUSE(
    "grad(u): u must be one number a sample; component i by x_i is D<1>(u) or dense::D<1>(u), "
    "the derivative along a direction is jvp(u, direction)")
constexpr auto grad(A u) {
  u.m->poison();
  return u;
}

/// The sum over i of the second derivatives of u by x_i: point level. Of a plain network it costs d first derivatives and one
/// more column (forward Laplacian), half of dense::D<2>; else what dense::D<2> costs.
template <detail::OneForAll A>
constexpr auto laplacian(A u) {
  if constexpr (A::typed && A::k.dimwise) {
    return sum(D<2>(u));
  } else {
    constexpr kind k = sum_kind(derivative_kind(A::k));
    const handle h = detail::record_laplacian(u, handle{u.m, -1});
    if (h.m->refusal) h.m->refusal();
    return detail::make<k, A::name, A::typed>(h);
  }
}
/// The sum over i of w_i times the second derivative of u by x_i.
template <detail::OneForAll A, Operand W>
constexpr auto laplacian(A u, W w) {
  if constexpr (A::typed && A::k.dimwise) {
    return sum(w * D<2>(u));
  } else {
    constexpr kind k = sum_kind(joined_kind(detail::kind_of<W>(), derivative_kind(A::k), op::mul));
    const handle h = detail::record_laplacian(u, detail::recorded(*u.m, w));
    if (h.m->refusal) h.m->refusal();
    return detail::make < k, A::name, A::typed && detail::known<W>() > (h);
  }
}

/// The vector-Jacobian product: component j is the sum over i of w_i times the derivative of v_i by x_j. Costs what grad(dot(v,
/// w)) costs.
template <Term A, Term W>
constexpr auto vjp(A v, W w) {
  return grad(dot(v, held(w)));
}

}  // namespace dimwise
