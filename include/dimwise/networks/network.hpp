// networks/network.hpp: plain networks, and networks applied to each dimension by itself.
#pragma once
#include "hollow_net.hpp"

namespace dimwise {

namespace detail {
constexpr value joined_operands(recorder& m, const handle* a, int count) {
  value r{handle{}};
  for (const level l : {level::dim, level::point})
    for (int i = 0; i < count; i++) {
      if (!m.owns(a[i])) continue;
      if (m.kind_of(a[i]).l == level::units) m.refuse(refused::hidden_units_cannot_be_used_here);
      if (m.kind_of(a[i]).l == l) r = joined(r, a[i]);
    }
  return r.id < 0 ? value(m.poison()) : r;
}
/// The class of a plain network: at point level as its operands; at dim level mixed, unless there is one coordinate.
constexpr kind network_kind(kind a, int width) {
  if (a.l == level::dim && !single(a)) a = mixing_sum_kind(a);
  return linear_kind(a, width, false);
}
/// First layer over all coordinates: a matrix for each dimension, summed.
constexpr value mixing_layer(parameter_scope& scope, value a, int out, layer_start start) {
  recorder& m = scope.m;
  const int in = m.kind_of(a).width;
  tensor_shape w;
  w.rank = 3;
  w.shape[0] = m.d, w.shape[1] = out, w.shape[2] = in;
  w.scale = start.scale / square_root(m.d * in);
  node x, s;
  x.o = op::linear;
  x.a = a.id;
  x.k = linear_kind(m.kind_of(a), out, true);
  x.weight = scope.tensor(w, {{}, "weight", 0}, "weights of the first layer, one matrix for each dimension");
  const handle each = m.put(x);
  s.o = op::sum;
  s.a = each.id;
  s.n = 1;
  s.k = mixing_sum_kind(m.kind_of(each));
  const value total = m.put(s);
  tensor_shape b;
  b.shape[0] = out;
  b.scale = start.scale * start.bias;
  node p;
  p.o = op::parameter;
  p.k = leaf_kind(level::point, out);
  p.weight = scope.tensor(b, {{}, "bias", 0}, "biases of the first layer");
  return total + value(m.put(p));
}
}  // namespace detail

/// See `network`. Width 0: given as outputs{n}, known to the recording only.
template <fixed_string Name, int Width>
struct plain_network {
  static constexpr auto name = Name;
  mlp hidden;
  int width;
  detail::network_options options;

  template <class... A>
  requires((Operand<A> && ...) && (Term<A> || ...)) constexpr auto operator()(A... a) const {
    detail::recorder& m = detail::recorder_of_any(a...);
    const handle operands[] = {detail::recorded(m, a)...};
    constexpr kind k = detail::network_kind(detail::united_kind<A...>(), Width);
    const handle h = record(m, operands, int(sizeof...(A)));
    if (m.refusal) m.refusal();
    return detail::make<k, Name, (detail::known<A>() && ...)>(h);
  }

 private:
  constexpr handle record(detail::recorder& m, const handle* operands, int count) const {
    detail::parameter_scope scope(m, detail::naming<Name>, "network");
    value a = detail::joined_operands(m, operands, count);
    const detail::layer_start last{options.last_scale};
    const kind& k = m.kind_of(a);
    if (k.l == level::dim && !single(k)) {
      a = detail::mixing_layer(scope, a, hidden.count ? hidden.width[0] : width, hidden.count ? detail::layer_start{} : last);
      for (int i = 1; i < hidden.count; i++) a = detail::linear_layer(scope, tanh(a), hidden.width[i], false, {}, i);
      if (hidden.count) a = detail::linear_layer(scope, tanh(a), width, false, {}, hidden.count, last);
    } else {
      a = detail::mlp_layers(scope, a, hidden, width, options, {});
    }
    scope.finish();
    return a;
  }
};

/// A plain fully connected network of all its operands: of time and inputs at point level; of the state where d = 1. Of values at
/// dim level with d > 1 it mixes all coordinates (point level) and is dense: D refuses it. `network<"v">(mlp{64, 64})` has one
/// output, `network<"v", 3>(mlp{64})` three that types know of, `network<"v">(mlp{64}, outputs{n})` n that only the recording
/// knows. Option: last_layer_scale{s}.
template <fixed_string Name, int Width = 1, detail::NetworkOption... Options>
constexpr auto network(mlp hidden, Options... options) {
  return plain_network<Name, Width>{hidden, Width, detail::network_options(options...)};
}
template <fixed_string Name, detail::NetworkOption... Options>
constexpr auto network(mlp hidden, outputs width, Options... options) {
  return plain_network<Name, recorded_width>{hidden, width.count, detail::network_options(options...)};
}

namespace detail {
template <class... Options>
inline constexpr bool with_own_weights = (std::is_same_v<Options, own_weights> || ...);
}

/// See `transformer`.
template <fixed_string Name, int Width, bool Own>
struct transformer_network {
  static constexpr auto name = Name;
  mlp hidden;
  int width;
  detail::network_options options;

  template <class... A>
  requires((Operand<A> && ...) && (Term<A> || ...)) constexpr auto operator()(A... a) const {
    detail::recorder& m = detail::recorder_of_any(a...);
    const handle operands[] = {detail::recorded(m, a)...};
    detail::parameter_scope scope(m, detail::naming<Name>, "transformer");
    value in{handle{}};
    for (const handle& h : operands)
      if (m.owns(h)) in = detail::joined(in, h);
    const value f = detail::mlp_layers(scope, in, hidden, width, options, {});
    scope.finish();
    constexpr kind k = linear_kind(detail::united_kind<A...>(), Width, Own);
    return detail::make<k, Name, (detail::known<A>() && ...)>(f);
  }
};

/// An mlp of the features of each dimension by itself (pointwise: it depends on what its operands depend on), in the order given;
/// point-level operands are repeated. Options: own_weights{} (one network for each dimension), last_layer_scale{s}. Widths as for
/// `network`.
template <fixed_string Name, int Width = 1, detail::NetworkOption... Options>
constexpr auto transformer(mlp hidden, Options... options) {
  return transformer_network<Name, Width, detail::with_own_weights<Options...>>{hidden, Width,
                                                                                detail::network_options(options...)};
}
template <fixed_string Name, detail::NetworkOption... Options>
constexpr auto transformer(mlp hidden, outputs width, Options... options) {
  return transformer_network<Name, recorded_width, detail::with_own_weights<Options...>>{hidden, width.count,
                                                                                         detail::network_options(options...)};
}

}  // namespace dimwise
