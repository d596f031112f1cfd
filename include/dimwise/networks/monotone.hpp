// networks/monotone.hpp: transformers that increase strictly with their first operand: deep sigmoidal layers.
#pragma once
#include "hollow_net.hpp"

namespace dimwise {

/// Deep sigmoidal transformer (Huang et al., Neural Autoregressive Flows, 2018): one layer for each number, with so many
/// sigmoids.
struct sigmoids : layer_widths {
  using layer_widths::layer_widths;
};

namespace detail {
/// A transformer's result and the logarithm of its slope along its first operand.
struct sloped_value {
  value out, log_slope;
};
struct sigmoid_names {
  std::string_view weight = "log_weight", slope = "slope", shift = "shift";
};
inline constexpr sigmoid_names sigmoids_alone{};
inline constexpr sigmoid_names sigmoids_inside{"transformer.log_weight", "transformer.slope", "transformer.shift"};

/// `out` numbers made of the features h, or trained numbers where there are none (id -1).
constexpr value numbers_from(parameter_scope& scope, value h, int out, bool own, std::string_view part, int number,
                             layer_start start) {
  if (h.id >= 0) return linear_layer(scope, h, out, own, part, number, start);
  tensor_shape s;
  s.scale = start.scale * start.bias;
  if (own) s.rank = 2, s.shape[0] = scope.m.d, s.shape[1] = out;
  else s.shape[0] = out;
  node x;
  x.o = op::parameter;
  x.k = leaf_kind(own ? level::dim : level::point, out);
  x.weight = scope.tensor(s, {part, "bias", number}, "trained numbers of a transformer");
  return scope.m.put(x);
}

/// y = log(sum_k w_k s(a_k x + b_k)) - log(sum_k w_k (1 - s(a_k x + b_k))), s the sigmoid, w_k = exp(...) and a_k = softplus(...)
/// > 0 and b_k linear in h: the logit of a mixture of sigmoids (the weights need no normalising, it cancels), in logarithms, so
/// that nothing saturates: dy/dx = sum_k a_k (p_k (1 - s_k) + q_k s_k) with p, q the shares of the terms in the two sums.
constexpr sloped_value sigmoid_layer(parameter_scope& scope, value x, value h, int count, bool own, const sigmoid_names& names,
                                     int number) {
  if (count < 1) scope.m.refuse(refused::every_width_must_be_at_least_1);
  const value w = numbers_from(scope, h, count, own, names.weight, number, {0.5, 1});
  const double one = 0.541324854612918;  // softplus of it is 1
  const value a = softplus(numbers_from(scope, h, count, own, names.slope, number, {0.5, 1}) + one);
  const value u = a * x + numbers_from(scope, h, count, own, names.shift, number, {1, 2});
  const value below = w - softplus(-u), above = w - softplus(u);  // log of w s(u), of w (1 - s(u))
  const value s = logsumexp(below), rest = logsumexp(above);
  return {s - rest, logsumexp(below - softplus(u) + log(a)) + logsumexp(w) - s - rest};
}
constexpr sloped_value sigmoid_layers(parameter_scope& scope, value x, value h, const layer_widths& widths, bool own,
                                      const sigmoid_names& names) {
  if (widths.count == 0) scope.m.refuse(refused::a_monotone_transformer_needs_a_layer);
  sloped_value y{x, handle{}};
  for (int i = 0; i < widths.count; i++) {
    const sloped_value next = sigmoid_layer(scope, y.out, h, widths.width[i], own, names, i);
    y = {next.out, i == 0 ? next.log_slope : y.log_slope + next.log_slope};
  }
  return y;
}

template <class X>
concept MonotoneOperand = Term<X> &&
    (!X::typed || (X::k.l == level::dim && X::k.dimwise && (X::k.width == 1 || X::k.width == recorded_width)));
/// Constant along the own coordinate.
constexpr bool constant_along_own(const kind& k) { return k.dimwise && k.l != level::units && !sees_own(k); }
template <class A>
concept ConstantOperand = Operand<A> &&(!known<A>() || constant_along_own(kind_of<A>()));
}  // namespace detail

#define DIMWISE_MONOTONE_OPERANDS                                                                                        \
  "a monotone transformer is called with a value of one feature for each dimension, then with what it may depend on in " \
  "any way: time, inputs and conditioner features, none of which sees x_i, or it would not increase with x_i"

/// See `monotone`.
template <fixed_string Name>
struct monotone_network {
  static constexpr auto name = Name;
  sigmoids layers;
  detail::network_options options;

  template <detail::MonotoneOperand X, detail::ConstantOperand... A>
  constexpr auto operator()(X x, A... a) const {
    const handle h = record(x, detail::recorded(*x.m, a)...);
    if (x.m->refusal) x.m->refusal();
    constexpr kind k = of_width(joined_kind(X::k, detail::united_kind<X, A...>(), op::concat), 1);
    return detail::make<k, Name, (X::typed && ... && detail::known<A>())>(h);
  }
  template <Term X, Operand... A>
  requires(!(detail::MonotoneOperand<X> && (detail::ConstantOperand<A> && ...))) DIMWISE_REFUSE(DIMWISE_MONOTONE_OPERANDS)
  constexpr auto operator()(X x, A...) const {
    constexpr kind k{level::dim, depends::everything, true, 1, because::it_is_not_dense};
    return detail::make<k, Name>(x.m->poison());
  }

 private:
  template <class... A>
  constexpr handle record(value x, A... a) const {
    detail::recorder& m = *x.m;
    if (!m.owns(x)) return m.poison();
    const kind& k = m.kind_of(x);
    bool fits = k.l == level::dim && k.width == 1 && k.dimwise;
    value h{handle{}};
    for (const handle& operand : std::initializer_list<handle>{a...}) {
      if (!m.owns(operand)) return m.poison();
      fits = fits && detail::constant_along_own(m.kind_of(operand));
      h = detail::joined(h, operand);
    }
    if (!fits) return m.refuse(refused::the_operands_of_a_monotone_transformer);
    detail::parameter_scope scope(m, detail::naming<Name>, "monotone");
    const detail::sloped_value y = detail::sigmoid_layers(scope, x, h, layers, options.own, detail::sigmoids_alone);
    scope.finish();
    return y.out;
  }
};

/// A transformer tau(x_i, ...) that increases strictly with x_i, from minus to plus infinity, in any way that the other operands
/// say (time, inputs, features of a conditioner): monotone<"tau">(sigmoids{16, 16})(x, h, t). D<1> of it is positive where x is
/// the state: a sum of products of positive numbers (softplus of linear functions of the features), in every layer. Depends on
/// what its operands depend on. Without other operands its numbers are trained ones. Option: own_weights{}.
template <fixed_string Name, detail::NetworkOption... Options>
constexpr auto monotone(sigmoids layers, Options... options) {
  return monotone_network<Name>{layers, detail::network_options(options...)};
}

}  // namespace dimwise
