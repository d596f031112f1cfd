// networks/full_gaussian.hpp: log densities of Gaussians with full covariance, and of mixtures of them.
#pragma once
#include "../language/where.hpp"
#include "gaussian_mixture.hpp"

namespace dimwise {

namespace detail {
/// Features 0, 1, ..., n - 1 (point level), of about log2(n) operations.
constexpr value feature_numbers(recorder& m, int n) {
  value v = m.literal(0);
  int have = 1;
  for (; 2 * have <= n; have *= 2) v = joined(v, v + double(have));
  return have == n ? v : joined(v, value(record_slice(v, 0, n - have)) + double(have));
}
/// d features for each dimension: feature i of dimension i is 1, all others are 0.
constexpr value unit_vector_features(recorder& m) {
  const value number = feature_numbers(m, m.d);
  return relu(1.0 - sq(number - value(m.leaf(op::index, leaf_kind(level::dim, 1)))));
}
/// d trained numbers for each dimension: those of features behind its own; the others are 0.
constexpr value strictly_upper_table(parameter_scope& scope, initial_value start, std::string_view leaf,
                                     std::string_view meaning) {
  tensor_shape s;
  s.rank = 2;
  s.shape[0] = s.shape[1] = s.dims = scope.m.d;
  s.init = start.init, s.scale = start.scale;
  s.masked = mask::strictly_upper;
  node x;
  x.o = op::parameter;
  x.k = leaf_kind(level::dim, scope.m.d);
  x.weight = scope.tensor(s, {{}, leaf}, meaning);
  return scope.m.put(x);
}

/// Features z = A (x - mean), standard normal where x has the density, and log det A.
struct whitened {
  value z, log_determinant;
};
/// A = (I + L) diag(exp(log_scale)), L strictly lower triangular: row i of the table holds column i of L.
constexpr whitened whitening(parameter_scope& scope, value x, value time) {
  recorder& m = scope.m;
  const auto changing = [&](auto table, std::string_view now, std::string_view rate) {
    const value at_zero = table(now);
    return time.id < 0 ? at_zero : at_zero + table(rate) * time;
  };
  const value mean = changing(
      [&](std::string_view leaf) {
        return parameter_table(scope, level::dim, 1, leaf == "mean" ? 1 : 0.1, leaf, "means, and their change in time");
      },
      "mean", "mean_rate");
  const value log_scale = changing(
      [&](std::string_view leaf) {
        return parameter_table(scope, level::dim, 1, 0.1, leaf, "logarithms of the diagonal of A, and their change in time");
      },
      "log_scale", "log_scale_rate");
  value a = unit_vector_features(m);
  if (m.d > 1)
    a = a + changing(
                [&](std::string_view leaf) {
                  return strictly_upper_table(scope, normal{0.3 / square_root(m.d)}, leaf, "L: columns as rows");
                },
                "lower", "lower_rate");
  return {sum(a * (exp(log_scale) * (x - mean))), sum(log_scale)};
}
constexpr value log_density_of(const whitened& w) {
  const double log_root_two_pi = 0.918938533204672742;
  return -0.5 * sum_features(sq(w.z)) + w.log_determinant - w.z.m->d * log_root_two_pi;
}
}  // namespace detail

/// d features for each dimension of the model m: feature i of dimension i is 1, all others are 0. Needs the state first.
constexpr auto unit_vectors(detail::recorder& m) {
  const handle h = m.state_node < 0 ? m.refuse(refused::this_model_has_no_state) : handle(detail::unit_vector_features(m));
  if (m.refusal) m.refusal();
  return detail::make<detail::leaf_kind(level::dim, recorded_width), "unit_vectors">(h);
}
/// d trained numbers for each dimension of m, of which those of features behind the own one are free and the others 0: with
/// U = strictly_upper<"U">(m, normal{0.1}), sum((unit_vectors(m) + U) * x) is a triangular matrix times x, feature k the k-th
/// row. Needs the state first.
template <fixed_string Name>
constexpr auto strictly_upper(detail::recorder& m, initial_value start) {
  if (m.state_node < 0) m.refuse(refused::this_model_has_no_state);
  detail::parameter_scope scope(m, detail::naming<Name>, "strictly_upper");
  const handle h = detail::strictly_upper_table(scope, start, {}, "numbers for each dimension, those of features behind its own");
  scope.finish();
  if (m.refusal) m.refusal();
  return detail::make<detail::leaf_kind(level::dim, recorded_width), Name>(h);
}

#define DIMWISE_FULL_GAUSSIAN_OPERANDS                                                                                      \
  "a full_gaussian is called with the state (or another value of one feature of its own coordinate), then with time where " \
  "its parameters are linear in it"

/// See `full_gaussian` and `full_gaussian_mixture`.
template <fixed_string Name, bool Mixture>
struct full_gaussian_network {
  static constexpr auto name = Name;
  mixture_components components;

  /// log p(x), log p(x, t): point level.
  template <detail::MixtureArgument X, detail::PointContext... A>
  requires(sizeof...(A) <= 1) constexpr auto operator()(X x, A... a) const {
    const handle h = record(x, detail::recorded(*x.m, a)...);
    if (x.m->refusal) x.m->refusal();
    return detail::make<detail::log_density_kind<X>, Name, (X::typed && ... && detail::known<A>())>(h);
  }
  template <class X, class... A>
  requires(Term<X> && (Operand<A> && ...) &&
           !(detail::MixtureArgument<X> && (detail::PointContext<A> && ...) && sizeof...(A) <= 1))
      DIMWISE_REFUSE(DIMWISE_FULL_GAUSSIAN_OPERANDS)
  constexpr auto operator()(X x, A...) const {
    constexpr kind k{level::point, depends::everything, true, 1, because::it_is_not_dense};
    return detail::make<k, Name>(x.m->poison());
  }

 private:
  constexpr handle record(value x, value time = handle{}) const {
    detail::recorder& m = *x.m;
    if (components.count < 1) return m.refuse(refused::every_width_must_be_at_least_1);
    if (!m.owns(x) || (time.id >= 0 && !m.owns(time))) return m.poison();
    const kind& k = m.kind_of(x);
    if (k.l != level::dim || k.width != 1 || !unmixed(k)) return m.refuse(refused::the_operands_of_a_full_gaussian);
    if (time.id >= 0 &&
        (m.kind_of(time).l != level::point || m.kind_of(time).width != 1 || m.kind_of(time).d != depends::nothing))
      return m.refuse(refused::the_operands_of_a_full_gaussian);
    detail::parameter_scope scope(m, detail::naming<Name>, Mixture ? "full_gaussian_mixture" : "full_gaussian");
    value log_weights{handle{}}, l{handle{}};
    if (Mixture) {
      const value w =
          detail::parameter_table(scope, level::point, components.count, 1, "log_weights", "log weights, before normalising");
      log_weights = w - logsumexp(w);
    }
    char number[3]{};
    for (int i = 0; i < components.count; i++) {
      if (Mixture) {
        number[0] = char('0' + i / 10 % 10), number[1] = char('0' + i % 10);
        scope.prefix = std::string_view(number, 2);
      }
      l = detail::joined(l, detail::log_density_of(detail::whitening(scope, x, time)));
    }
    scope.finish();
    return Mixture ? handle(logsumexp(log_weights + l)) : handle(l);
  }
};

/// A Gaussian with full covariance: p(x) is log p, with trained mean and covariance; p(x, t) with both changing in time. Point
/// level and dimension-wise differentiable. z = A (x - mean) is standard normal, A lower triangular with positive diagonal; A is
/// kept as (I + L) diag(exp(log_scale)), and mean, log_scale and L are linear in t: the covariance (A^T A)^-1 is positive
/// definite for all values of the parameters. Cost: O(d^2) for each sample, and for each order of D.
template <fixed_string Name>
constexpr auto full_gaussian() {
  return full_gaussian_network<Name, false>{{1}};
}
/// A mixture of such Gaussians with trained weights, at most 100. Cost: O(d^2) for each component.
template <fixed_string Name>
constexpr auto full_gaussian_mixture(mixture_components components) {
  return full_gaussian_network<Name, true>{components};
}

}  // namespace dimwise
