// networks/exclusive_pool.hpp: a conditioner with full sight at linear cost: sums of features of all coordinates but the own.
#pragma once
#include "../language/couplings.hpp"
#include "conditioner.hpp"

namespace dimwise {

/// Sizes of an exclusive pooling conditioner: exclusive_pool{E, H}, or with several layers exclusive_pool{mlp{64, E}, mlp{H,
/// 64}}.
///
/// e_j = tanh(P (x_j, ..., t, ..., j/d) + b) in R^E for each dimension j = 1..d, s_i = (1/d) sum of e_j over j != i (j < i in an
/// autoregressive one), h_i = tanh(R tanh(Q (s_i, i/d) + c) + r): P, Q, R are shared by all dimensions. Every h_i sees every
/// other coordinate, whatever the sizes; features of different coordinates meet in their sum only. Nothing is subtracted, so that
/// no digit of x_i enters h_i. Cost: O(d).
struct exclusive_pool {
  mlp element, pooled;
  constexpr exclusive_pool(int features_of_each, int hidden) : element{features_of_each}, pooled{hidden} {}
  constexpr exclusive_pool(mlp of_each, mlp of_the_sum) : element(of_each), pooled(of_the_sum) {}
};

namespace detail {
template <>
inline constexpr bool is_conditioner_form<exclusive_pool> = true;

/// Component i: (i + 1) / d.
constexpr value relative_index(recorder& m) { return (value(m.leaf(op::index, leaf_kind(level::dim, 1))) + 1.0) * (1.0 / m.d); }

constexpr value conditioner_layers(parameter_scope& scope, const conditioner_operands& in, const exclusive_pool& sizes, int width,
                                   sight seen, bool inside) {
  recorder& m = scope.m;
  if (!m.owns(in.dim)) return m.poison();
  if (sizes.element.count == 0) return m.refuse(refused::a_pool_needs_features_of_each_coordinate);
  const value at = relative_index(m);
  const value each = joined(in.context.id < 0 ? in.dim : joined(in.dim, in.context), at);
  const value e = hidden_layers(scope, each, sizes.element, false, inside ? "conditioner.element" : "element");
  const value s = (1.0 / m.d) * value(record_sum_of_others(e, seen == sight::before ? -1 : 0));
  const std::string_view after = inside ? "conditioner.pooled" : "pooled";
  const value q = hidden_layers(scope, joined(s, at), sizes.pooled, false, after);
  return tanh(linear_layer(scope, q, width, false, after, sizes.pooled.count));
}
}  // namespace detail

}  // namespace dimwise
