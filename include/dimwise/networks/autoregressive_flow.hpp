// networks/autoregressive_flow.hpp: densities as autoregressive flows: log p = sum over i of log p(x_i | x before i).
#pragma once
#include "monotone.hpp"

namespace dimwise {

/// Affine transformer of a flow: (x_i - shift_i) exp(-log_scale_i) (Papamakarios et al., Masked Autoregressive Flow, 2017).
struct affine {};
/// Number of steps of a flow, at most 8.
struct flow_steps {
  int count = 1;
};

namespace detail {
template <class T>
concept FlowTransformer = std::is_same_v<T, affine> || std::is_same_v<T, sigmoids>;

constexpr sloped_value flow_transformer(parameter_scope& scope, value x, value h, affine) {
  const value shift = linear_layer(scope, h, 1, false, "transformer.shift", -1);
  const value log_scale = linear_layer(scope, h, 1, false, "transformer.log_scale", -1, {0.3});
  return {(x - shift) * exp(-log_scale), -log_scale};
}
constexpr sloped_value flow_transformer(parameter_scope& scope, value x, value h, const sigmoids& layers) {
  return sigmoid_layers(scope, x, h, layers, false, sigmoids_inside);
}
template <class X>
concept FlowVariable = Term<X> &&(!X::typed || (X::k.l == level::dim && X::k.width == 1 && unmixed(X::k)));
}  // namespace detail

#define DIMWISE_FLOW_OPERANDS                                                                                      \
  "an autoregressive_flow is called with the state (or another value of one feature of its own coordinate), then " \
  "with time or inputs"

/// See `autoregressive_flow`.
template <fixed_string Name, detail::ConditionerForm Form, detail::FlowTransformer Transformer>
struct autoregressive_flow_network {
  static constexpr auto name = Name;
  Form hidden;
  features width;
  Transformer transformer;
  flow_steps steps;

  /// log p(x | ...): point level, dense with d > 1: D refuses it (take D of `terms`).
  template <detail::FlowVariable X, detail::PointContext... A>
  constexpr auto operator()(X x, A... a) const {
    return detail::make<sum_kind(of_each<X, A...>), Name, typed<X, A...>>(detail::record_sum(log_terms(recorded(x, a...))));
  }
  template <class X, class... A>
  requires(Term<X> && (Operand<A> && ...) && !(detail::FlowVariable<X> && (detail::PointContext<A> && ...)))
      DIMWISE_REFUSE(DIMWISE_FLOW_OPERANDS)
  constexpr auto operator()(X x, A...) const {
    constexpr kind k{level::point, depends::everything, true, 1, because::it_is_not_dense};
    return detail::make<k, Name>(x.m->poison());
  }
  /// log p(x_i | x before i, ...): dim level, depends on {before, own}, dimension-wise differentiable.
  template <detail::FlowVariable X, detail::PointContext... A>
  constexpr auto terms(X x, A... a) const {
    return detail::make<of_each<X, A...>, Name, typed<X, A...>>(log_terms(recorded(x, a...)));
  }
  /// z_i, standard normal where x has this density: increases with x_i, depends on {before, own}.
  template <detail::FlowVariable X, detail::PointContext... A>
  constexpr auto base_variables(X x, A... a) const {
    return detail::make<of_each<X, A...>, Name, typed<X, A...>>(recorded(x, a...).out);
  }

 private:
  template <class X, class... A>
  static constexpr bool typed = (X::typed && ... && detail::known<A>());
  template <class X, class... A>
  static constexpr kind of_each = of_width(
      joined_kind(X::k, detail::conditioned_kind(detail::united_kind<X, A...>(), 1, detail::sight::before), op::concat), 1);

  static constexpr value log_terms(const detail::sloped_value& z) {
    const double log_root_two_pi = 0.918938533204672742;
    return -0.5 * sq(z.out) + z.log_slope - log_root_two_pi;
  }
  template <class X, class... A>
  constexpr detail::sloped_value recorded(X x, A... a) const {
    detail::recorder& m = *x.m;
    const detail::sloped_value z = record(m, x, detail::recorded(m, a)...);
    if (m.refusal) m.refusal();
    return z;
  }
  template <class... A>
  constexpr detail::sloped_value record(detail::recorder& m, value x, A... a) const {
    if (steps.count < 1 || steps.count > int(std::size(numbers))) m.refuse(refused::a_flow_has_1_to_8_steps);
    if (m.owns(x) && (m.kind_of(x).l != level::dim || m.kind_of(x).width != 1 || !unmixed(m.kind_of(x))))
      m.refuse(refused::the_operands_of_an_autoregressive_flow);
    detail::parameter_scope scope(m, detail::naming<Name>, "autoregressive_flow");
    detail::sloped_value z{x, handle{}};
    for (int s = 0; s < steps.count && !m.broken; s++) {
      scope.prefix = numbers[s];
      const handle operands[] = {z.out, a...};
      const int count = 1 + int(sizeof...(A));
      const auto in = detail::split_operands(m, operands, count, detail::sight::before);
      const value h = conditioner_layers(scope, in, hidden, width.count, detail::sight::before, true);
      const detail::sloped_value next = detail::flow_transformer(scope, z.out, detail::joined(in.context, h), transformer);
      z = {next.out, s == 0 ? next.log_slope : z.log_slope + next.log_slope};
    }
    scope.finish();
    if (m.broken) return {m.poison(), m.poison()};
    return z;
  }
  static constexpr std::string_view numbers[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
};

/// A density by an autoregressive flow: z_i = tau(x_i, h_i) with h_i of the coordinates before i is standard normal, tau
/// increases with x_i; several steps follow each other in the same order of coordinates. log p = sum over i of log p(x_i | x
/// before i), with log D<1>(z_i) known in closed form: no order of differentiation is spent on it. `p(x, t)` is log p (dense),
/// `p.terms(x, t)` the conditional log densities (autoregressive), `p.base_variables(x, t)` z. tau: affine{} (masked
/// autoregressive flow) or sigmoids{16, 16} (neural autoregressive flow); conditioner: as for autoregressive_net.
template <fixed_string Name, detail::ConditionerForm Form, detail::FlowTransformer Transformer>
constexpr auto autoregressive_flow(Form hidden, features width, Transformer transformer, flow_steps steps = {}) {
  return autoregressive_flow_network<Name, Form, Transformer>{hidden, width, transformer, steps};
}

}  // namespace dimwise
