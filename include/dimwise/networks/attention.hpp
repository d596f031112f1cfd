// networks/attention.hpp: attention over the other coordinates, with queries that do not see the own one.
#pragma once
#include "../language/couplings.hpp"
#include "../language/where.hpp"
#include "conditioner.hpp"

namespace dimwise {

/// Sizes of an attention conditioner: e_j = tanh(P (x_j, ..., t, ..., j/d) + b) through the layers of `element`, for each head
/// keys k_j (key_width numbers) and values v_j (value_width numbers) linear in e_j, queries q_i of trained numbers for each
/// dimension and of what is linear in time and inputs; o_i = sum over j != i (j < i in an autoregressive one) of softmax_j(q_i
/// k_j / sqrt(key_width)) v_j; h_i = tanh(R (o_i of all heads) + r). Queries never see x_i, so h_i does not. Every h_i sees every
/// other coordinate. Cost: O(d^2) in time, and in the number of recorded operations O(d) for each head: for d up to about 64.
struct attention {
  mlp element;
  int heads = 1, key_width = 8, value_width = 8;
};

namespace detail {
template <>
inline constexpr bool is_conditioner_form<attention> = true;

/// Softmax-weighted sum of v_j over j != i, or over j < i: scores q_i k_j. Point by point around the circle, or backwards with
/// what is beyond the border left out; the logarithm of the sum of exponentials is carried along, so that none overflows.
constexpr value attended(const value& q, const value& k, const value& v, sight seen) {
  recorder& m = *q.m;
  const int d = m.d;
  if (d == 1) return record_sum_of_others(v, 0);  // of nothing: 0
  const value both = joined(k, v);
  const int keys = m.kind_of(k).width, width = m.kind_of(v).width;
  list<handle> scores, values;
  value total{handle{}};
  for (int n = 1; n < d; n++) {
    const bool wraps = seen == sight::others;
    const value other = record_shift(both, grid{1, d}, grid_offset{0, wraps ? n : -n, d, wraps});
    value s = sum_features(q * value(record_slice(other, 0, keys)));
    if (!wraps) s = where(value(m.leaf(op::index, leaf_kind(level::dim, 1))) > n - 0.5, s, -1e30);
    scores.push_back(s);
    values.push_back(record_slice(other, keys, width));
    total = total.id < 0 ? s : value(logsumexp(joined(total, s)));
  }
  value out{handle{}};
  for (int n = 0; n < scores.count; n++) {
    const value term = exp(value(scores.data[n]) - total) * value(values.data[n]);
    out = out.id < 0 ? term : out + term;
  }
  return out;
}

struct attention_names {
  std::string_view element = "element", embedding = "query.embedding", query = "query", key = "key", value = "value",
                   readout = "readout";
};
inline constexpr attention_names attention_alone{};
inline constexpr attention_names attention_inside{"conditioner.element", "conditioner.query.embedding", "conditioner.query",
                                                  "conditioner.key",     "conditioner.value",           "conditioner.readout"};

constexpr value conditioner_layers(parameter_scope& scope, const conditioner_operands& in, const attention& a, int width,
                                   sight seen, bool inside) {
  recorder& m = scope.m;
  if (!m.owns(in.dim)) return m.poison();
  if (a.heads < 1 || a.key_width < 1 || a.value_width < 1) return m.refuse(refused::every_width_must_be_at_least_1);
  const attention_names& names = inside ? attention_inside : attention_alone;
  const value index = m.leaf(op::index, leaf_kind(level::dim, 1)), at = (index + 1.0) * (1.0 / m.d);
  const value e =
      hidden_layers(scope, joined(in.context.id < 0 ? in.dim : joined(in.dim, in.context), at), a.element, false, names.element);
  value out{handle{}};
  for (int h = 0; h < a.heads; h++) {
    const std::string_view embedding = names.embedding;
    tensor_shape s;
    s.rank = 2;
    s.shape[0] = m.d, s.shape[1] = a.key_width;
    s.scale = 1;
    node x;
    x.o = op::parameter;
    x.k = leaf_kind(level::dim, a.key_width);
    x.weight = scope.tensor(s, {embedding, {}, h}, "queries of each dimension");
    value q = m.put(x);
    if (in.context.id >= 0) q = q + linear_layer(scope, in.context, a.key_width, false, names.query, h);
    const value k = linear_layer(scope, e, a.key_width, false, names.key, h);
    const value v = linear_layer(scope, e, a.value_width, false, names.value, h);
    out = joined(out, attended((1.0 / square_root(a.key_width)) * q, k, v, seen));
  }
  return tanh(linear_layer(scope, out, width, false, names.readout, -1));
}

/// Within {own}, of dim level.
template <class A>
concept OwnOperand = Term<A> &&(!A::typed || (A::k.l == level::dim && unmixed(A::k)));
template <class A>
concept QueryOperand = Term<A> &&(!A::typed || (A::k.l != level::units && A::k.d == depends::nothing));
constexpr kind attended_kind(kind key, kind of_each) {
  return others_kind(of_width(joined_kind(key, of_each, op::concat), of_each.width), 0);
}
constexpr handle record_attention(handle q, handle k, handle v) {
  recorder& m = *q.m;
  if (!m.owns(q) || !m.owns(k) || !m.owns(v)) return m.poison();
  const kind &kq = m.kind_of(q), &kk = m.kind_of(k), &kv = m.kind_of(v);
  if (kq.d != depends::nothing || kk.l != level::dim || kv.l != level::dim || !unmixed(kk) || !unmixed(kv))
    return m.refuse(refused::the_operands_of_an_attention);
  if (!widths_fit(kq, kk)) return m.refuse(refused::the_operands_have_different_feature_widths);
  return attended(q, k, v, sight::others);
}
}  // namespace detail

#define DIMWISE_ATTENTION_OPERANDS                                                                                        \
  "attention_to_others(query, key, value): the query must not depend on the state (positions, time and inputs may enter " \
  "it), keys and values on their own coordinate only, or component i would see x_i"

/// For each dimension the weighted sum of the values of all others, weights exp(query_i . key_j) before normalising: hollow. The
/// query (point or dim level) depends on nothing, keys and values on their own coordinate at most. Cost: O(d^2) in time and O(d)
/// recorded operations.
template <Term Q, Term K, Term V>
requires(detail::QueryOperand<Q>&& detail::OwnOperand<K>&& detail::OwnOperand<V>) constexpr auto attention_to_others(Q query,
                                                                                                                     K key,
                                                                                                                     V of_each) {
  constexpr kind k = detail::attended_kind(K::k, V::k);
  return detail::make < k, V::name, Q::typed && K::typed && V::typed > (detail::record_attention(query, key, of_each));
}
template <Term Q, Term K, Term V>
requires(!(detail::QueryOperand<Q> && detail::OwnOperand<K> && detail::OwnOperand<V>)) DIMWISE_REFUSE(DIMWISE_ATTENTION_OPERANDS)
constexpr auto attention_to_others(Q query, K, V) {
  constexpr kind k{level::dim, depends::hollow, true, V::k.width, because::it_is_not_dense};
  return detail::make<k, V::name>(query.m->poison());
}

}  // namespace dimwise
