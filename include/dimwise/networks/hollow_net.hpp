// networks/hollow_net.hpp: HollowNets f_i = tau(x_i, h_i), h_i = c_i(x without x_i), and conditioners by themselves.
#pragma once
#include "masked_layers.hpp"

namespace dimwise {

#define DIMWISE_CONDITIONER_OPERAND                                                                                   \
  "an operand of this conditioner already mixes coordinates: the result would see x_i through it and not be hollow. " \
  "Give it the state, time, inputs, or functions of them coordinate by coordinate"
#define DIMWISE_CONDITIONER_LEVEL \
  "a conditioner needs a value for each dimension (the state, or an input_per_dim) among its operands"

namespace detail {
template <class A>
concept UnmixedOperand = Operand<A> &&(!known<A>() || unmixed(kind_of<A>()));
template <class A>
concept MaybePerDim = Term<A> &&(!A::typed || A::k.l == level::dim);
template <class... A>
concept ConditionerOperands = (UnmixedOperand<A> && ...) && (MaybePerDim<A> || ...);
template <class... A>
concept MixedOperands = (Operand<A> && ...) && (Term<A> || ...) && !(UnmixedOperand<A> && ...);
template <class... A>
concept PointOperandsOnly = (Operand<A> && ...) && (Term<A> || ...) && (UnmixedOperand<A> && ...) && !(MaybePerDim<A> || ...);

template <class A, class... Rest>
constexpr recorder& recorder_of_any(const A& a, const Rest&... rest) {
  if constexpr (Term<A>) return *a.m;
  else return recorder_of_any(rest...);
}
}  // namespace detail

/// See `conditioner`.
template <fixed_string Name, int Width>
struct conditioner_network {
  static constexpr auto name = Name;
  masked_mlp hidden;

  template <class... A>
  requires detail::ConditionerOperands<A...>
  constexpr auto operator()(A... a) const {
    detail::recorder& m = detail::recorder_of_any(a...);
    const handle operands[] = {detail::recorded(m, a)...};
    detail::parameter_scope scope(m, detail::naming<Name>, "conditioner");
    const value h = detail::conditioner_layers(scope, detail::split_operands(m, operands, int(sizeof...(A))), hidden, Width, {});
    scope.finish();
    if (m.refusal) m.refusal();
    return detail::make<result<A...>, Name, (detail::known<A>() && ...)>(h);
  }
  template <class... A>
  requires detail::MixedOperands<A...> DIMWISE_REFUSE(DIMWISE_CONDITIONER_OPERAND)
  constexpr auto operator()(A... a) const { return refused<A...>(a...); }
  template <class... A>
  requires detail::PointOperandsOnly<A...> DIMWISE_REFUSE(DIMWISE_CONDITIONER_LEVEL)
  constexpr auto operator()(A... a) const { return refused<A...>(a...); }

 private:
  template <class... A>
  static constexpr kind result = conditioner_kind(detail::united_kind<A...>(), Width);
  template <class... A>
  static constexpr auto refused(const A&... a) {
    constexpr kind k{level::dim, depends::hollow, true, Width, because::it_is_not_dense};
    return detail::make<k, Name>(detail::recorder_of_any(a...).poison());
  }
};

/// Width features h_i of all coordinates but the i-th: masked two-stream MLP, tanh. Called with the state (and other values of
/// their own coordinate), time and inputs; returns a dim-level value that is constant along its own coordinate.
template <fixed_string Name, int Width = 1>
constexpr auto conditioner(masked_mlp hidden) {
  static_assert(Width >= 1, "conditioner<name, width>(masked_mlp{...}): width at least 1");
  return conditioner_network<Name, Width>{hidden};
}

/// See `hollow_net`.
template <fixed_string Name>
struct hollow_network {
  static constexpr auto name = Name;
  masked_mlp hidden;
  features width;
  mlp transformer;
  detail::network_options options;

  template <class... A>
  requires detail::ConditionerOperands<A...>
  constexpr auto operator()(A... a) const {
    detail::recorder& m = detail::recorder_of_any(a...);
    const handle operands[] = {detail::recorded(m, a)...};
    const handle h = record(m, operands, int(sizeof...(A)));
    if (m.refusal) m.refusal();
    return detail::make<result<A...>, Name, (detail::known<A>() && ...)>(h);
  }
  template <class... A>
  requires detail::MixedOperands<A...> DIMWISE_REFUSE(DIMWISE_CONDITIONER_OPERAND)
  constexpr auto operator()(A... a) const { return refused<A...>(a...); }
  template <class... A>
  requires detail::PointOperandsOnly<A...> DIMWISE_REFUSE(DIMWISE_CONDITIONER_LEVEL)
  constexpr auto operator()(A... a) const { return refused<A...>(a...); }

 private:
  template <class... A>
  static constexpr kind result = linear_kind(joined_kind(detail::united_kind<A...>(),
                                                         conditioner_kind(detail::united_kind<A...>(), 1), op::concat),
                                             1, false);
  template <class... A>
  static constexpr auto refused(const A&... a) {
    constexpr kind k{level::dim, depends::everything, true, 1, because::it_is_not_dense};
    return detail::make<k, Name>(detail::recorder_of_any(a...).poison());
  }
  constexpr handle record(detail::recorder& m, const handle* operands, int count) const {
    detail::parameter_scope scope(m, detail::naming<Name>, "hollow_net");
    const value h = detail::conditioner_layers(scope, detail::split_operands(m, operands, count), hidden, width.count,
                                               detail::conditioner_inside);
    value in{handle{}};
    for (const level l : {level::dim, level::point})
      for (int i = 0; i < count; i++)
        if (operands[i].m == &m && m.kind_of(operands[i]).l == l) in = detail::joined(in, operands[i]);
    const value f = detail::mlp_layers(scope, detail::joined(in, h), transformer, 1, options, "transformer");
    scope.finish();
    return f;
  }
};

/// f_i = tau(x_i, ..., t, ..., h_i) with features h_i = c_i(x without x_i, t, ...) of a masked two-stream conditioner (Chen &
/// Duvenaud, 2019): one number for each dimension, whose D<k> costs only tau's own Taylor coefficients. Called with the state
/// (and other values of their own coordinate), time and inputs. With d = 1 the conditioner sees time and inputs only. tau is one
/// mlp for all dimensions; options: own_weights{} (one for each dimension), last_layer_scale{s}.
template <fixed_string Name, detail::NetworkOption... Options>
constexpr auto hollow_net(masked_mlp hidden, features width, mlp transformer, Options... options) {
  return hollow_network<Name>{hidden, width, transformer, detail::network_options(options...)};
}

}  // namespace dimwise
