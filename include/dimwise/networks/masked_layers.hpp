// networks/masked_layers.hpp: the two masked streams of a conditioner and their readout, on recorded values.
#pragma once
#include "layers.hpp"

namespace dimwise::detail {

/// Operands of a conditioner: those at dim level, and the point-level context, each as one vector of features (id -1: none).
struct conditioner_operands {
  value dim{handle{}}, context{handle{}};
};
constexpr conditioner_operands split_operands(recorder& m, const handle* a, int count) {
  conditioner_operands r;
  for (int i = 0; i < count; i++) {
    if (!m.owns(a[i])) continue;
    const kind& k = m.kind_of(a[i]);
    if (!unmixed(k)) m.refuse(refused::the_operand_of_a_conditioner_mixes_coordinates);
    value& part = k.l == level::dim ? r.dim : r.context;
    part = joined(part, a[i]);
  }
  if (r.dim.id < 0) r.dim = m.refuse(refused::a_conditioner_needs_a_value_for_each_dimension);
  return r;
}

/// First layer of a stream: unit j sees coordinates before (right: after) its degree, and the whole context.
constexpr value masked_input_layer(parameter_scope& scope, const conditioner_operands& in, int units, bool right,
                                   std::string_view part, layer_start start = {}, bool trained_bias = true) {
  recorder& m = scope.m;
  if (units < 1) m.refuse(refused::every_width_must_be_at_least_1);
  const int w = m.kind_of(in.dim).width, c = in.context.id < 0 ? 0 : m.kind_of(in.context).width;
  tensor_shape s, b;
  s.rank = 2;
  s.shape[0] = b.shape[0] = units;
  s.shape[1] = m.d * w + c;
  s.scale = start.scale / square_root(s.shape[1]);
  s.masked = right ? mask::input_right : mask::input_left;
  s.dims = m.d;
  s.coordinate_width = w;
  b.scale = start.scale * start.bias;
  b.trained = trained_bias;
  node x;
  x.o = op::masked_input;
  x.a = in.dim.id;
  x.b = in.context.id;
  x.n = right;
  x.k = masked_input_kind(m.kind_of(in.dim), units, right);
  x.weight = scope.tensor(s, {part, "weight", 0}, "masked weights: columns of all coordinates, then context");
  x.bias = scope.tensor(b, {part, "bias", 0}, "biases of a masked layer");
  return m.put(x);
}

/// A later layer: a unit sees units of its degree and below.
constexpr value masked_hidden_layer(parameter_scope& scope, value a, int units, bool right, std::string_view part, int number) {
  recorder& m = scope.m;
  if (units < 1) m.refuse(refused::every_width_must_be_at_least_1);
  tensor_shape s, b;
  s.rank = 2;
  s.shape[0] = b.shape[0] = units;
  s.shape[1] = m.kind_of(a).width;
  s.scale = 1 / square_root(s.shape[1]);
  s.masked = mask::hidden;
  s.dims = m.d;
  b.scale = bias_deviation;
  node x;
  x.o = op::masked_hidden;
  x.a = a.id;
  x.n = right;
  x.k = of_width(m.kind_of(a), units);
  x.weight = scope.tensor(s, {part, "weight", number}, "masked weights of a hidden layer");
  x.bias = scope.tensor(b, {part, "bias", number}, "biases of a masked layer");
  return m.put(x);
}

struct readout_names {
  std::string_view left, right, bias;
};
/// Features of each dimension from the units of both streams that have not seen its coordinate.
constexpr value readout_layer(parameter_scope& scope, value left, value right, int width, const readout_names& names,
                              layer_start start = {}) {
  recorder& m = scope.m;
  if (width < 1) m.refuse(refused::every_width_must_be_at_least_1);
  const int from_left = m.kind_of(left).width, from_right = m.kind_of(right).width;
  tensor_shape l, r, b;
  l.rank = r.rank = 3;
  b.rank = 2;
  l.shape[0] = r.shape[0] = b.shape[0] = l.dims = r.dims = m.d;
  l.shape[1] = r.shape[1] = b.shape[1] = width;
  l.shape[2] = from_left;
  r.shape[2] = from_right;
  l.scale = r.scale = start.scale / square_root(from_left + from_right);
  l.masked = mask::readout_left;
  r.masked = mask::readout_right;
  b.scale = start.scale * start.bias;
  node x;
  x.o = op::readout;
  x.a = left.id;
  x.b = right.id;
  x.k = readout_kind(m.kind_of(left), m.kind_of(right), width);
  x.weight = scope.tensor(l, {names.left, "weight"}, "masked readout of the left stream for each dimension");
  x.weight2 = scope.tensor(r, {names.right, "weight"}, "masked readout of the right stream for each dimension");
  x.bias = scope.tensor(b, {names.bias, "bias"}, "biases of the readout for each dimension");
  return m.put(x);
}

/// Names of the tensors of a conditioner that is a network of its own, or a part of one.
struct conditioner_names {
  std::string_view left = "left", right = "right";
  readout_names readout{"readout.left", "readout.right", "readout"};
};
inline constexpr conditioner_names conditioner_inside{
    "conditioner.left", "conditioner.right", {"conditioner.readout.left", "conditioner.readout.right", "conditioner.readout"}};

/// h_i = tanh(R_left a_left + R_right a_right + r) of both streams (workload definition "masked two-stream conditioner").
constexpr value conditioner_layers(parameter_scope& scope, const conditioner_operands& in, const layer_widths& hidden, int width,
                                   const conditioner_names& names) {
  if (hidden.count == 0) return scope.m.refuse(refused::a_conditioner_needs_a_hidden_layer);
  value stream[2]{handle{}, handle{}};
  for (const bool right : {false, true}) {
    const std::string_view part = right ? names.right : names.left;
    value a = tanh(masked_input_layer(scope, in, hidden.width[0], right, part));
    for (int i = 1; i < hidden.count; i++) a = tanh(masked_hidden_layer(scope, a, hidden.width[i], right, part, i));
    stream[right] = a;
  }
  return tanh(readout_layer(scope, stream[0], stream[1], width, names.readout));
}

}  // namespace dimwise::detail
