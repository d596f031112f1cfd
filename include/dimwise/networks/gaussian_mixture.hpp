// networks/gaussian_mixture.hpp: log densities of mixtures of Gaussians with diagonal covariance.
#pragma once
#include "network.hpp"

namespace dimwise {

/// Option of gaussian_mixture: weights, means and deviations are trained numbers (the default of density(x)).
struct constant_parameters {};
/// Option: means A + B t and log deviations C + D t, constant weights (the default of density(x, t)).
struct linear_in_time {};
/// Option: log weights, means and log deviations from one network of the point-level operands, with an output layer for each.
struct from_network {
  mlp hidden;
  constexpr explicit from_network(mlp m) : hidden(m) {}
};

namespace detail {
enum class mixture_form : unsigned char { by_operands, constant, linear, network };
struct mixture_settings {
  mixture_form form = mixture_form::by_operands;
  mlp hidden{};
  constexpr mixture_settings() = default;
  constexpr mixture_settings(constant_parameters) : form(mixture_form::constant) {}
  constexpr mixture_settings(linear_in_time) : form(mixture_form::linear) {}
  constexpr mixture_settings(from_network n) : form(mixture_form::network), hidden(n.hidden) {}
};
/// Point [K] (not normalised where marked so), dim [K], dim [K].
struct mixture_parameters {
  value log_weights, mean, log_deviation;
};

constexpr mixture_parameters mixture_layers(parameter_scope& scope, int components, mixture_settings s, value context) {
  const bool with_context = context.id >= 0;
  if (s.form == mixture_form::by_operands) s.form = with_context ? mixture_form::linear : mixture_form::constant;
  if (with_context && scope.m.kind_of(context).d != depends::nothing)
    scope.m.refuse(refused::the_parameters_of_a_mixture_must_not_depend_on_the_state);
  value log_weights{handle{}}, mean{handle{}}, log_deviation{handle{}};
  if (s.form == mixture_form::network) {
    if (!with_context) context = scope.m.refuse(refused::a_mixture_from_a_network_needs_a_point_level_operand);
    const int all = scope.m.d * components;
    const value a = hidden_layers(scope, context, s.hidden, false, {});
    log_weights = linear_layer(scope, a, components, false, "log_weights", -1);
    mean = record_unstack(linear_layer(scope, a, all, false, "mean", -1, {1, 1}), components);
    log_deviation = record_unstack(linear_layer(scope, a, all, false, "log_deviation", -1), components);
  } else {
    log_weights = parameter_table(scope, level::point, components, 1, "log_weights", "log weights, before normalising");
    mean = parameter_table(scope, level::dim, components, 1, "mean", "means of the components for each dimension");
    log_deviation =
        parameter_table(scope, level::dim, components, 0.1, "log_deviation", "log standard deviations for each dimension");
    if (s.form == mixture_form::linear) {
      if (!with_context || scope.m.kind_of(context).width != 1)
        context = scope.m.refuse(refused::a_mixture_that_is_linear_in_time_takes_x_and_t);
      mean = mean + parameter_table(scope, level::dim, components, 0.1, "mean_rate", "change of the means in time") * context;
      log_deviation = log_deviation + parameter_table(scope, level::dim, components, 0.1, "log_deviation_rate",
                                                      "change of the log standard deviations in time") *
                                          context;
    } else if (with_context) {
      scope.m.refuse(refused::a_mixture_with_constant_parameters_takes_x_alone);
    }
  }
  return {log_weights - logsumexp(log_weights), mean, log_deviation};
}

/// log sum_k w_k prod_i N(x_i; mean_ki, exp(log_deviation_ki)^2).
constexpr value mixture_log_density(value x, const mixture_parameters& p) {
  const double log_root_two_pi = 0.918938533204672742;
  const value z = (x - p.mean) * exp(-p.log_deviation);
  return logsumexp(p.log_weights + sum(-0.5 * sq(z) - p.log_deviation)) - x.m->d * log_root_two_pi;
}
constexpr void register_mixture(recorder& m, short_name name, const mixture_parameters& p, handle log_density) {
  for (const mixture_entry& e : m.mixtures)
    if (e.name == name) return;
  m.mixtures.push_back({name, p.log_weights.id, p.mean.id, p.log_deviation.id, log_density.id});
}

template <class X>
concept MixtureArgument = Term<X> &&(!X::typed || (X::k.l == level::dim && X::k.width == 1 && unmixed(X::k)));
template <class X>
constexpr kind log_density_kind = of_width(sum_kind(pointwise_kind(X::k)), 1);
}  // namespace detail

#define DIMWISE_MIXTURE_OPERANDS \
  "a gaussian_mixture is called with the state (or another value of one feature of its own coordinate), then time or inputs"

/// See `gaussian_mixture`.
template <fixed_string Name>
struct gaussian_mixture_network {
  static constexpr auto name = Name;
  mixture_components components;
  detail::mixture_settings settings;

  /// log p(x): point level.
  template <detail::MixtureArgument X, detail::PointContext... A>
  constexpr auto operator()(X x, A... a) const {
    detail::recorder& m = *x.m;
    const detail::mixture_parameters p = record(m, detail::recorded(m, a)...);
    const value l = detail::mixture_log_density(x, p);
    detail::register_mixture(m, Name, p, l);
    return detail::make<detail::log_density_kind<X>, Name, (X::typed && ... && detail::known<A>())>(l);
  }
  template <class X, class... A>
  requires(Term<X> && (Operand<A> && ...) && !(detail::MixtureArgument<X> && (detail::PointContext<A> && ...)))
      DIMWISE_REFUSE(DIMWISE_MIXTURE_OPERANDS)
  constexpr auto operator()(X x, A...) const {
    constexpr kind k{level::point, depends::everything, true, 1, because::it_is_not_dense};
    return detail::make<k, Name>(x.m->poison());
  }

  /// Means, one feature for each component (dim level), as expressions of the same parameters; operands as for the density.
  template <Term X, detail::PointContext... A>
  constexpr auto mean(X x, A... a) const {
    return detail::make<per_dim, Name, (X::typed && ... && detail::known<A>())>(record(*x.m, detail::recorded(*x.m, a)...).mean);
  }
  /// Log standard deviations (dim level).
  template <Term X, detail::PointContext... A>
  constexpr auto log_deviation(X x, A... a) const {
    return detail::make<per_dim, Name, (X::typed && ... && detail::known<A>())>(
        record(*x.m, detail::recorded(*x.m, a)...).log_deviation);
  }
  /// Normalised log weights (point level).
  template <Term X, detail::PointContext... A>
  constexpr auto log_weights(X x, A... a) const {
    return detail::make<per_sample, Name, (X::typed && ... && detail::known<A>())>(
        record(*x.m, detail::recorded(*x.m, a)...).log_weights);
  }

 private:
  static constexpr kind per_dim = detail::leaf_kind(level::dim, recorded_width);
  static constexpr kind per_sample = detail::leaf_kind(level::point, recorded_width);
  template <class... A>
  constexpr detail::mixture_parameters record(detail::recorder& m, A... a) const {
    if (components.count < 1) m.refuse(refused::every_width_must_be_at_least_1);
    detail::parameter_scope scope(m, detail::naming<Name>, "gaussian_mixture");
    value context{handle{}};
    ((context = m.owns(a) ? detail::joined(context, a) : context), ...);
    const detail::mixture_parameters p = detail::mixture_layers(scope, components.count, settings, context);
    scope.finish();
    return p;
  }
};

/// Mixture of Gaussians with diagonal covariance: density(x, t) is log p(x, t), point level and dimension-wise differentiable.
/// Its weights, means and deviations are trained numbers for density(x), linear in t for density(x, t) (workload W4); options
/// constant_parameters{}, linear_in_time{}, from_network{mlp{64, 64}} (of t, or of any point-level features: density(x, sin(w *
/// t), cos(w * t))).
template <fixed_string Name>
constexpr auto gaussian_mixture(mixture_components components, detail::mixture_settings settings = {}) {
  return gaussian_mixture_network<Name>{components, settings};
}

/// log p(x) of a mixture with given log weights (point level, normalised here), means and log deviations (dim level), each with
/// one feature for each component; none may depend on the state. The mixture can be drawn from under its name.
template <fixed_string Name, detail::MixtureArgument X, Term W, Term M, Term S>
constexpr auto gaussian_mixture(X x, W log_weights, M mean, S log_deviation) {
  static_assert(
      (!W::typed || (W::k.l == level::point && W::k.d == depends::nothing)) && (!M::typed || M::k.d == depends::nothing) &&
          (!S::typed || S::k.d == depends::nothing),
      "gaussian_mixture(x, log_weights, means, log_deviations): weights at point level, none of them may depend on the state");
  const value w = log_weights;
  const detail::mixture_parameters p{w - logsumexp(w), mean, log_deviation};
  for (const handle h : {handle(p.log_weights), handle(p.mean), handle(p.log_deviation)})
    if (x.m->kind_of(h).d != depends::nothing) x.m->refuse(refused::the_parameters_of_a_mixture_must_not_depend_on_the_state);
  const value l = detail::mixture_log_density(x, p);
  detail::register_mixture(*x.m, Name, p, l);
  return detail::make < detail::log_density_kind<X>, Name, X::typed && W::typed && M::typed && S::typed > (l);
}

}  // namespace dimwise
