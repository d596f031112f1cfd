// networks/pieces.hpp: named layers for networks of one's own: linear, masked streams, readout, linear terms of the other
// coordinates.
#pragma once
#include "gaussian_mixture.hpp"

namespace dimwise {

/// A layer W v + b over features, with Width outputs. Options: own_weights{} (a matrix for each dimension), last_layer_scale{s}.
template <fixed_string Name, int Width, Term A, detail::NetworkOption... Options>
constexpr auto linear(A a, Options... options) {
  const detail::network_options o(options...);
  detail::parameter_scope scope(*a.m, detail::naming<Name>, "linear");
  const value h = detail::linear_layer(scope, a, Width, o.own, {}, -1, {o.last_scale});
  scope.finish();
  constexpr kind k = linear_kind(A::k, Width, detail::with_own_weights<Options...>);
  return detail::make<k, Name, A::typed>(h);
}

/// A residual layer v + W tanh(V v + a) + b with Units hidden units, of the features of each dimension by itself (or of a
/// point-level value): as wide as v, and depends on what v depends on. Options as for `linear`; last_layer_scale{0} starts it as
/// v.
template <fixed_string Name, int Units, Term A, detail::NetworkOption... Options>
constexpr auto residual(A v, Options... options) {
  const detail::network_options o(options...);
  detail::parameter_scope scope(*v.m, detail::naming<Name>, "residual");
  const int width = v.m->kind_of(v).width;
  const value inner = tanh(detail::linear_layer(scope, v, Units, o.own, {}, 0));
  const value h = value(v) + detail::linear_layer(scope, inner, width, o.own, {}, 1, {o.last_scale});
  scope.finish();
  constexpr kind k = joined_kind(A::k, linear_kind(A::k, A::k.width, detail::with_own_weights<Options...>), op::add);
  return detail::make<k, Name, A::typed>(h);
}

/// A gated layer (W v + b) sigmoid(G c + g) with Width outputs, of the features of each dimension by itself: the gate reads c,
/// which is v where it is left out (Dauphin et al., 2017); with time as c, the layer of Grathwohl et al. (2019). Depends on what
/// v and c depend on. Options as for `linear`.
template <fixed_string Name, int Width, Term A, Term C, detail::NetworkOption... Options>
constexpr auto gated(A v, C c, Options... options) {
  const detail::network_options o(options...);
  detail::parameter_scope scope(*v.m, detail::naming<Name>, "gated");
  const value out = detail::linear_layer(scope, v, Width, o.own, "value", -1, {o.last_scale});
  const value h = out * sigmoid(detail::linear_layer(scope, c, Width, o.own, "gate", -1));
  scope.finish();
  constexpr bool own = detail::with_own_weights<Options...>;
  constexpr kind k = joined_kind(linear_kind(A::k, Width, own), linear_kind(C::k, Width, own), op::mul);
  return detail::make < k, Name, A::typed && C::typed > (h);
}
template <fixed_string Name, int Width, Term A, detail::NetworkOption... Options>
constexpr auto gated(A v, Options... options) {
  return gated<Name, Width>(v, v, options...);
}

namespace detail {
template <class A>
concept LowerOperand = Term<A> &&(!A::typed || lower_operand(A::k));
template <class A>
concept UpperOperand = Term<A> &&(!A::typed || upper_operand(A::k));
template <class A>
concept HiddenUnits = Term<A> &&(!A::typed || A::k.l == level::units);

/// The first layer of a stream by itself; context: id -1 where there is none.
constexpr value stream_layer(parameter_scope& scope, value a, value context, int units, bool right) {
  recorder& m = scope.m;
  if (!m.owns(a)) return m.poison();
  if (!(right ? upper_operand(m.kind_of(a)) : lower_operand(m.kind_of(a))))
    return m.refuse(refused::the_operand_of_a_conditioner_mixes_coordinates, a);
  if (context.id >= 0 && (m.kind_of(context).l != level::point || m.kind_of(context).d != depends::nothing))
    return m.refuse(refused::the_context_of_a_stream_depends_on_the_state, context);
  conditioner_operands in;
  in.dim = a;
  in.context = context;
  return masked_input_layer(scope, in, units, right, {});
}
constexpr value hidden_stream_layer(parameter_scope& scope, value v, int units) {
  recorder& m = scope.m;
  if (!m.owns(v)) return m.poison();
  if (m.kind_of(v).l != level::units) return m.refuse(refused::masked_hidden_and_readout_take_hidden_units, v);
  return masked_hidden_layer(scope, v, units, in_right_stream(m, v), {}, -1);
}
/// right: id -1 where one stream is read.
constexpr value stream_readout(parameter_scope& scope, value left, value right, int width) {
  recorder& m = scope.m;
  for (const value& v : {left, right}) {
    if (v.id < 0) continue;
    if (!m.owns(v)) return m.poison();
    if (m.kind_of(v).l != level::units) return m.refuse(refused::masked_hidden_and_readout_take_hidden_units, v);
  }
  return readout_layer(scope, left, right, width, {"left", "right", {}});
}

template <fixed_string Name, int Units, bool Right, class A, class... Context>
constexpr auto record_stream(A a, Context... context) {
  recorder& m = *a.m;
  value all{handle{}};
  ((all = m.owns(recorded(m, context)) ? joined(all, recorded(m, context)) : all), ...);
  parameter_scope scope(m, naming<Name>, Right ? "masked_right" : "masked_left");
  const value h = stream_layer(scope, a, all, Units, Right);
  scope.finish();
  constexpr kind k = masked_input_kind(A::k, Units, Right);
  return make<k, Name, (A::typed && ... && known<Context>())>(h);
}
}  // namespace detail

#define DIMWISE_STREAM_OPERAND                                                                                              \
  "masked_left takes a value that depends on coordinates before and its own, masked_right one that depends on its own and " \
  "those after"

/// Units of a left stream: unit j sees coordinates before its degree, and the point-level context. v depends on {before, own} at
/// most.
template <fixed_string Name, int Units, detail::LowerOperand A, detail::PointContext... Context>
constexpr auto masked_left(A v, Context... context) {
  return detail::record_stream<Name, Units, false>(v, context...);
}
template <fixed_string Name, int Units, TypedTerm A, class... Context>
requires(!detail::LowerOperand<A>) DIMWISE_REFUSE(DIMWISE_STREAM_OPERAND)
constexpr auto masked_left(A v, Context...) { return detail::make<masked_input_kind(A::k, Units, false), Name>(v.m->poison()); }
/// Units of a right stream, from coordinates after. v depends on {own, after} at most.
template <fixed_string Name, int Units, detail::UpperOperand A, detail::PointContext... Context>
constexpr auto masked_right(A v, Context... context) {
  return detail::record_stream<Name, Units, true>(v, context...);
}
template <fixed_string Name, int Units, TypedTerm A, class... Context>
requires(!detail::UpperOperand<A>) DIMWISE_REFUSE(DIMWISE_STREAM_OPERAND)
constexpr auto masked_right(A v, Context...) { return detail::make<masked_input_kind(A::k, Units, true), Name>(v.m->poison()); }
/// A further masked layer of units of either stream.
template <fixed_string Name, int Units, detail::HiddenUnits A>
constexpr auto masked_hidden(A v) {
  detail::parameter_scope scope(*v.m, detail::naming<Name>, "masked_hidden");
  const value h = detail::hidden_stream_layer(scope, v, Units);
  scope.finish();
  return detail::make<of_width(A::k, Units), Name, A::typed>(h);
}
/// Width features of each dimension from the units of a left and a right stream that have not seen its coordinate: hollow. (Each
/// stream is masked as its own side, whichever comes first.)
template <fixed_string Name, int Width, detail::HiddenUnits L, detail::HiddenUnits R>
constexpr auto readout(L left, R right) {
  detail::parameter_scope scope(*left.m, detail::naming<Name>, "readout");
  const value h = detail::stream_readout(scope, left, right, Width);
  scope.finish();
  constexpr kind k = readout_kind(L::k, R::k, Width);
  return detail::make < k, Name, L::typed && R::typed > (h);
}

/// Width features of each dimension from the units of one stream: they depend on what comes before i (a left stream) or after i.
template <fixed_string Name, int Width, detail::HiddenUnits L>
constexpr auto readout(L stream) {
  detail::parameter_scope scope(*stream.m, detail::naming<Name>, "readout");
  const value h = detail::stream_readout(scope, stream, value(handle{}), Width);
  scope.finish();
  return detail::make<readout_kind(L::k, kind{}, Width), Name, L::typed>(h);
}

/// h_i = b_i + sum over j != i of C_ij x_j, starting at 0: the linear term of the other coordinates. (C is kept as a product of
/// masked matrices through d - 1 units a stream, which leaves every C possible.)
template <fixed_string Name, Term A>
requires(!A::typed || (A::k.l == level::dim && unmixed(A::k))) constexpr auto linear_of_others(A x) {
  detail::recorder& m = *x.m;
  detail::parameter_scope scope(m, detail::naming<Name>, "linear_of_others");
  const handle operand = x;
  const detail::conditioner_operands in = detail::split_operands(m, &operand, 1);
  const int units = m.d > 1 ? (m.d - 1) * m.kind_of(x).width : 1;
  const value left = detail::masked_input_layer(scope, in, units, false, "left", {1, 0}, false);
  const value right = detail::masked_input_layer(scope, in, units, true, "right", {1, 0}, false);
  const value h = detail::readout_layer(scope, left, right, 1, {"readout.left", "readout.right", "readout"}, {0, 0});
  scope.finish();
  return detail::make<conditioner_kind(A::k, 1), Name, A::typed>(h);
}
template <fixed_string Name, TypedTerm A>
requires(!(A::k.l == level::dim && unmixed(A::k))) DIMWISE_REFUSE(DIMWISE_CONDITIONER_OPERAND)
constexpr auto linear_of_others(A x) {
  constexpr kind k{level::dim, depends::hollow, true, 1, because::it_is_not_dense};
  return detail::make<k, Name>(x.m->poison());
}

}  // namespace dimwise
