// networks/masked_layers.hpp: the two masked streams of a conditioner and their readout, on recorded values.
#pragma once
#include "layers.hpp"

namespace dimwise::detail {

/// Operands of a conditioner: those at dim level, and the point-level context, each as one vector of features (id -1: none).
struct conditioner_operands {
  value dim{handle{}}, context{handle{}};
};
/// Operands of a conditioner whose component i sees what comes before i: {before, own} at dim level.
constexpr bool conditioner_operand(const kind& k, sight s) { return unmixed(k) || (s == sight::before && lower_operand(k)); }
constexpr conditioner_operands split_operands(recorder& m, const handle* a, int count, sight s = sight::others) {
  conditioner_operands r;
  for (int i = 0; i < count; i++) {
    if (!m.owns(a[i])) continue;
    const kind& k = m.kind_of(a[i]);
    if (!conditioner_operand(k, s)) m.refuse(refused::the_operand_of_a_conditioner_mixes_coordinates, a[i]);
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

/// Whether hidden units come from a right stream.
constexpr bool in_right_stream(const recorder& m, handle units) {
  int i = units.id;
  while (i >= 0 && m.nodes[i].o != op::masked_input) i = m.nodes[i].a;
  return i >= 0 && m.nodes[i].n == 1;
}

struct readout_names {
  std::string_view left, right, bias;
};
/// Features of each dimension from the units of both streams that have not seen its coordinate, or of one of them (right: id -1).
constexpr value readout_layer(parameter_scope& scope, value left, value right, int width, const readout_names& names,
                              layer_start start = {}) {
  recorder& m = scope.m;
  if (width < 1) m.refuse(refused::every_width_must_be_at_least_1);
  const bool both = right.id >= 0;
  tensor_shape w, b;
  w.rank = 3;
  b.rank = 2;
  w.shape[0] = b.shape[0] = w.dims = m.d;
  w.shape[1] = b.shape[1] = width;
  w.scale = start.scale / square_root(m.kind_of(left).width + (both ? m.kind_of(right).width : 0));
  b.scale = start.scale * start.bias;
  node x;
  x.o = op::readout;
  x.a = left.id;
  x.b = right.id;
  x.k = readout_kind(m.kind_of(left), both ? m.kind_of(right) : kind{}, width);
  const auto weight = [&](const value& stream, std::string_view part) {
    const bool after = in_right_stream(m, stream);
    w.shape[2] = m.kind_of(stream).width;
    w.masked = after ? mask::readout_right : mask::readout_left;
    return scope.tensor(
        w, {part, "weight"},
        after ? "masked readout of the right stream for each dimension" : "masked readout of the left stream for each dimension");
  };
  x.weight = weight(left, both || !in_right_stream(m, left) ? names.left : names.right);
  if (both) x.weight2 = weight(right, names.right);
  x.bias = scope.tensor(b, {names.bias, "bias"}, "biases of the readout for each dimension");
  return m.put(x);
}

/// Names of the tensors of a conditioner that is a network of its own, or a part of one.
struct conditioner_names {
  std::string_view left = "left", right = "right";
  readout_names readout{"readout.left", "readout.right", "readout"};
};
inline constexpr conditioner_names conditioner_alone{};
inline constexpr conditioner_names conditioner_inside{
    "conditioner.left", "conditioner.right", {"conditioner.readout.left", "conditioner.readout.right", "conditioner.readout"}};

/// h_i = tanh(R_left a_left + R_right a_right + r) of both streams (workload definition "masked two-stream conditioner"), or of
/// the left stream alone where h_i sees what comes before i (Germain et al., MADE, 2015).
constexpr value conditioner_layers(parameter_scope& scope, const conditioner_operands& in, const masked_mlp& hidden, int width,
                                   sight seen, bool inside) {
  if (hidden.count == 0) return scope.m.refuse(refused::a_conditioner_needs_a_hidden_layer);
  const conditioner_names& names = inside ? conditioner_inside : conditioner_alone;
  value stream[2]{handle{}, handle{}};
  for (const bool right : {false, true}) {
    if (right && seen == sight::before) continue;
    const std::string_view part = right ? names.right : names.left;
    value a = tanh(masked_input_layer(scope, in, hidden.width[0], right, part));
    for (int i = 1; i < hidden.count; i++) a = tanh(masked_hidden_layer(scope, a, hidden.width[i], right, part, i));
    stream[right] = a;
  }
  return tanh(readout_layer(scope, stream[0], stream[1], width, names.readout));
}

/// The class of a conditioner of operands whose union is a.
constexpr kind conditioned_kind(kind a, int width, sight seen) {
  return seen == sight::others ? conditioner_kind(a, width) : readout_kind(masked_input_kind(a, 1, false), kind{}, width);
}

}  // namespace dimwise::detail
