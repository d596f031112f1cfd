// analysis/kind_rules.hpp: the class of a result from the classes of its operands; used by the types and by the recorded table.
#pragma once
#include "../ir/node.hpp"
#include "dependence.hpp"

namespace dimwise {

/// A function of each feature of each component, and dt, frozen, detach.
constexpr kind pointwise_kind(kind a) {
  if (a.d == depends::scaled_own) a.d = depends::everything;
  return a;
}

/// add, sub, mul, div and concat of two operands. Sums of point-level factors times values of their own coordinate stay
/// `scaled_own` under + and -, under products with point-level or own values, and under division by point-level values.
constexpr kind joined_kind(kind a, kind b, op o) {
  kind r;
  r.l = a.l == level::dim || b.l == level::dim ? level::dim : level::point;
  r.width = o == op::concat ? concatenated_width(a.width, b.width) : joined_width(a.width, b.width);
  r.dimwise = a.dimwise && b.dimwise;
  if (!a.dimwise && !b.dimwise && a.why != b.why) r.why = because::two_mixing_values_met;
  else r.why = a.dimwise ? b.why : a.why;
  int seen = bits(a.d) | bits(b.d);
  if (seen & 16) {
    r.d = depends::single_coordinate;
    return r;
  }
  const bool scaled_a = a.d == depends::scaled_own || own_only(a), scaled_b = b.d == depends::scaled_own || own_only(b);
  bool scaled = false;
  if (o == op::add || o == op::sub) scaled = (scaled_a || point_factor(a)) && (scaled_b || point_factor(b));
  if (o == op::mul) scaled = (scaled_a && (own_only(b) || point_factor(b))) || (scaled_b && (own_only(a) || point_factor(a)));
  if (o == op::div) scaled = scaled_a && point_factor(b);
  seen &= 7;
  r.d = depends(seen);
  if (r.l == level::dim && r.dimwise && scaled && seen == 7) r.d = depends::scaled_own;
  return r;
}

/// Features of one of two values, `width` of each: depends on both and on the condition.
constexpr kind choice_kind(kind condition, kind branches, int width) {
  kind r = pointwise_kind(joined_kind(condition, branches, op::choose));
  r.width = width;
  return r;
}

/// A matrix over features; weights of its own for each dimension raise a point-level value to dim level.
constexpr kind linear_kind(kind a, int width, bool own_weights) {
  a = pointwise_kind(a);
  a.width = width;
  if (own_weights) a.l = level::dim;
  return a;
}
/// logsumexp and sum over features, and slices.
constexpr kind of_width(kind a, int width) {
  a = pointwise_kind(a);
  a.width = width;
  return a;
}
/// Features dealt out over dimensions.
constexpr kind unstack_kind(kind a, int width) {
  a.l = level::dim;
  a.width = width;
  return a;
}

/// Sum over dimensions (point-level factors have been taken out of a recorded one).
constexpr kind sum_kind(kind a) {
  const bool stays = sum_stays_dimwise(a);
  if (!stays && a.dimwise) a.why = because::it_sums_values_that_see_other_coordinates;
  a.dimwise = stays;
  a.l = level::point;
  if (a.d != depends::nothing && !single(a)) a.d = depends::everything;
  return a;
}
/// One component (point-level factors have been taken out of a recorded one): as a sum of which all other terms are 0.
constexpr kind component_kind(kind a) {
  kind r = sum_kind(a);
  if (a.dimwise && !r.dimwise) r.why = because::it_is_one_component_of_values_that_see_other_coordinates;
  return r;
}
/// The sum over dimensions in the first layer of a plain network: dense unless d = 1.
constexpr kind mixing_sum_kind(kind a) {
  a = sum_kind(a);
  if (a.d == depends::nothing || single(a)) return a;
  if (a.dimwise) a.why = because::a_network_mixed_all_coordinates;
  a.dimwise = false;
  return a;
}

/// Components before (side < 0), after (side > 0) or other than i (0) brought to i: constant along the own coordinate. With one
/// coordinate there are none.
constexpr kind others_kind(kind a, int side) {
  kind r;
  r.l = level::dim;
  r.width = a.width;
  if (a.d != depends::nothing && !single(a)) r.d = side < 0 ? depends::before : side > 0 ? depends::after : depends::hollow;
  return r;
}

/// Masked coupling into the units of a stream: strictly lower (left) or strictly upper (right). With one coordinate nothing is
/// seen.
constexpr kind masked_input_kind(kind a, int width, bool right) {
  kind r;
  r.l = level::units;
  r.width = width;
  r.d = a.d == depends::nothing || single(a) ? depends::nothing : right ? depends::after : depends::before;
  return r;
}
/// Left and right streams read out for each dimension: at most hollow.
constexpr kind readout_kind(kind left, kind right, int width) {
  kind r;
  r.l = level::dim;
  r.width = width;
  r.d = depends(bits(left.d) | bits(right.d));
  return r;
}
/// A whole conditioner of operands whose union is a: both streams and the readout.
constexpr kind conditioner_kind(kind a, int width) {
  return readout_kind(masked_input_kind(a, 1, false), masked_input_kind(a, 1, true), width);
}

/// The derivative of a along a direction that depends on the state.
constexpr kind product_kind(kind a) {
  return {a.l, depends::everything, false, a.width, because::it_is_a_product_with_a_direction_that_depends_on_x};
}
/// A held value, see held_flag.
constexpr kind held_kind(kind a, int flags) {
  a = pointwise_kind(a);
  if (flags & held_for_each_dimension) a.l = level::dim;
  if (flags & holds_nothing_of_x) a.d = depends::nothing;
  if (flags & held_along_x) a.dimwise = true, a.why = because::it_is_not_dense;  // constant along its own coordinate
  if (flags & held_product) return product_kind(a);
  return a;
}

/// D: the product rule has a term in the factor, so nothing stays `scaled`; the derivative of a point-level value by x_i is
/// dim-level.
constexpr kind derivative_kind(kind a) {
  a = pointwise_kind(a);
  if (a.d != depends::nothing) a.l = level::dim;
  return a;
}

}  // namespace dimwise
