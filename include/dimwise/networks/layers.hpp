// networks/layers.hpp: layers on recorded values whose widths are numbers, the parts that all networks are made of.
#pragma once
#include "../language/features.hpp"
#include "../language/parameters.hpp"
#include "../language/sums.hpp"
#include "sizes.hpp"

namespace dimwise::detail {

constexpr double square_root(double a) {
  double r = a > 1 ? a : 1;
  for (int i = 0; i < 64; i++) {
    const double better = 0.5 * (r + a / r);
    if (!(better < r)) break;
    r = better;
  }
  return r;
}
constexpr double bias_deviation = 0.1;

/// How the last or any linear layer starts: weights N(0, scale^2 / fan_in), biases N(0, (0.1 scale)^2).
struct layer_start {
  double scale = 1;
  double bias = bias_deviation;
};

/// W a + b over features, weights shared or [d][out][in].
constexpr value linear_layer(parameter_scope& scope, value a, int out, bool own, std::string_view part, int number,
                             layer_start start = {}) {
  recorder& m = scope.m;
  if (!m.owns(a)) return m.poison();
  if (out < 1) m.refuse(refused::every_width_must_be_at_least_1);
  const kind k = m.kind_of(a);
  if (k.l == level::units) return m.refuse(refused::hidden_units_cannot_be_used_here);
  tensor_shape w, b;
  w.rank = own ? 3 : 2;
  b.rank = own ? 2 : 1;
  int j = 0;
  if (own) w.shape[j] = b.shape[j] = m.d, j++;
  w.shape[j] = b.shape[j] = out;
  w.shape[j + 1] = k.width;
  w.scale = start.scale / square_root(k.width);
  b.scale = start.scale * start.bias;
  node x;
  x.o = op::linear;
  x.a = a.id;
  x.k = linear_kind(k, out, own);
  x.weight =
      scope.tensor(w, {part, "weight", number}, own ? "weights of a layer, one matrix for each dimension" : "weights of a layer");
  x.bias =
      scope.tensor(b, {part, "bias", number}, own ? "biases of a layer, one vector for each dimension" : "biases of a layer");
  return m.put(x);
}

/// Hidden layers with tanh, numbered from 0.
constexpr value hidden_layers(parameter_scope& scope, value a, const layer_widths& hidden, bool own, std::string_view part) {
  for (int i = 0; i < hidden.count; i++) a = tanh(linear_layer(scope, a, hidden.width[i], own, part, i));
  return a;
}
/// An mlp with a linear last layer.
constexpr value mlp_layers(parameter_scope& scope, value a, const layer_widths& hidden, int out, const network_options& options,
                           std::string_view part) {
  a = hidden_layers(scope, a, hidden, options.own, part);
  return linear_layer(scope, a, out, options.own, part, hidden.count, {options.last_scale});
}

/// The features of values in order, left-nested.
constexpr value joined(value so_far, value next) { return so_far.id < 0 ? next : so_far.m->binary(op::concat, so_far, next); }

/// A table of parameters: point [width], or dim [d][width].
constexpr value parameter_table(parameter_scope& scope, level l, int width, double deviation, std::string_view leaf,
                                std::string_view meaning) {
  tensor_shape s;
  s.scale = deviation;
  if (l == level::dim) s.rank = 2, s.shape[0] = scope.m.d, s.shape[1] = width;
  else s.shape[0] = width;
  node x;
  x.o = op::parameter;
  x.k = leaf_kind(l, width);
  x.weight = scope.tensor(s, {{}, leaf}, meaning);
  return scope.m.put(x);
}

/// The union of the classes of several operands, as one vector of features.
template <class... A>
constexpr kind united_kind() {
  kind r;
  bool first = true;
  ((r = first ? kind_of<A>() : joined_kind(r, kind_of<A>(), op::concat), first = false), ...);
  return r;
}

}  // namespace dimwise::detail
