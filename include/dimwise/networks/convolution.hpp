// networks/convolution.hpp: convolution conditioners over dimensions in a line or on a grid: one centre-masked layer, or stacks
// of causal ones from both sides.
#pragma once
#include "../language/couplings.hpp"
#include "conditioner.hpp"

namespace dimwise {

/// A convolution conditioner over dimensions in a line, weights shared by all positions, tanh after each layer.
///
/// convolution{reach}: one centre-masked layer, h_i = tanh(W (v_{i-reach}, ..., v_{i+reach} without v_i, t, ...) + b); 0 beyond
/// the border, or with `periodic` the other side. h_i sees reach coordinates to each side. convolution{reach, mlp{16, 16}}: two
/// causal stacks with these channels, one from each side: their first layer reads the reach components strictly before (after) i,
/// later ones those and i itself, so that no layer ever sees x_i; joined in a layer for each position by itself. h_i sees reach *
/// layers coordinates to each side. (Centre-masked layers cannot be stacked: the second would see x_i through its neighbours, and
/// is refused.)
struct convolution {
  int reach = 1;
  mlp channels{};
  bool wraps = false;
  constexpr explicit convolution(int reach_, mlp channels_ = {}) : reach(reach_), channels(channels_) {}
  constexpr convolution(int reach_, periodic_border) : reach(reach_), wraps(true) {}
};

/// The same over a grid of rows x columns dimensions in raster order, with windows of (2 reach + 1)^2. Before i in raster order
/// are the rows above and, in the row of i, what is to the left; so the causal stacks of convolution_2d{grid{8, 8}, 1, mlp{16,
/// 16}} read the upper and the lower half of the window. What h_i sees of the row m above it ends m * reach to the right of i
/// (the blind spot of van den Oord et al., Pixel Recurrent Neural Networks, 2016), that of the row m below m * reach to the left.
struct convolution_2d {
  grid places;
  int reach = 1;
  mlp channels{};
  bool wraps = false;
  constexpr explicit convolution_2d(grid places_, int reach_, mlp channels_ = {})
      : places(places_), reach(reach_), channels(channels_) {}
  constexpr convolution_2d(grid places_, int reach_, periodic_border) : places(places_), reach(reach_), wraps(true) {}
};

namespace detail {
template <>
inline constexpr bool is_conditioner_form<convolution> = true;
template <>
inline constexpr bool is_conditioner_form<convolution_2d> = true;

/// A window of positions around each, without the middle.
struct window {
  grid places;
  int rows = 0, columns = 1;
  bool wraps = false;
};
/// Features of values begin .. end - 1, joined two by two.
constexpr value joined_between(const list<handle>& parts, int begin, int end) {
  if (end - begin == 1) return parts.data[begin];
  const int middle = (begin + end) / 2;
  return joined(joined_between(parts, begin, middle), joined_between(parts, middle, end));
}
/// v at the positions of the window on one side (-1 before, 1 after, 0 both).
constexpr value neighbours(const value& v, const window& w, int side) {
  if (v.m->d == 1) return record_sum_of_others(v, 0);  // there is nothing to see: 0
  list<handle> parts;
  for (int r = -w.rows; r <= w.rows; r++)
    for (int c = -w.columns; c <= w.columns; c++) {
      const int at = r != 0 ? r : c;
      if (at == 0 || at * side < 0) continue;
      parts.push_back(record_shift(v, w.places, grid_offset{r, c, w.places.columns, w.wraps}));
    }
  return joined_between(parts, 0, parts.count);
}
struct convolution_names {
  std::string_view window = "window", before = "before", after = "after", readout = "readout";
};
inline constexpr convolution_names convolution_alone{};
inline constexpr convolution_names convolution_inside{"conditioner.window", "conditioner.before", "conditioner.after",
                                                      "conditioner.readout"};

constexpr value window_layers(parameter_scope& scope, const conditioner_operands& in, const window& w, const mlp& channels,
                              int width, sight seen, bool inside) {
  recorder& m = scope.m;
  if (!m.owns(in.dim)) return m.poison();
  if (w.columns < 1) return m.refuse(refused::every_width_must_be_at_least_1);
  if (w.wraps && seen == sight::before) return m.refuse(refused::a_periodic_convolution_sees_both_sides);
  const convolution_names& names = inside ? convolution_inside : convolution_alone;
  const auto with_context = [&](const value& v) { return in.context.id < 0 ? v : joined(v, in.context); };
  if (channels.count == 0) {
    const value v = neighbours(in.dim, w, seen == sight::before ? -1 : 0);
    return tanh(linear_layer(scope, with_context(v), width, false, names.window, -1));
  }
  const auto stack = [&](int side, std::string_view part) {
    value u = tanh(linear_layer(scope, with_context(neighbours(in.dim, w, side)), channels.width[0], false, part, 0));
    for (int i = 1; i < channels.count; i++)
      u = tanh(linear_layer(scope, joined(u, neighbours(u, w, side)), channels.width[i], false, part, i));
    return u;
  };
  value u = stack(-1, names.before);
  if (seen == sight::others) u = joined(u, stack(1, names.after));
  return tanh(linear_layer(scope, u, width, false, names.readout, -1));
}
constexpr value conditioner_layers(parameter_scope& scope, const conditioner_operands& in, const convolution& c, int width,
                                   sight seen, bool inside) {
  return window_layers(scope, in, {{1, scope.m.d}, 0, c.reach, c.wraps}, c.channels, width, seen, inside);
}
constexpr value conditioner_layers(parameter_scope& scope, const conditioner_operands& in, const convolution_2d& c, int width,
                                   sight seen, bool inside) {
  return window_layers(scope, in, {c.places, c.reach, c.reach, c.wraps}, c.channels, width, seen, inside);
}
}  // namespace detail

}  // namespace dimwise
