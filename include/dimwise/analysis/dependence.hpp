// analysis/dependence.hpp: questions about the class of a value, asked alike of types and of the recorded table.
#pragma once
#include "../ir/kind.hpp"

namespace dimwise {

/// Dependence as bits: before 1, own 2, after 4, and two marks: scaled 8, single coordinate 16.
constexpr int bits(depends d) { return int(d); }
/// Component i depends on x_i.
constexpr bool sees_own(kind k) { return (bits(k.d) & 2) != 0; }
/// Component i depends on some x_j, j != i.
constexpr bool sees_others(kind k) { return (bits(k.d) & 5) != 0; }
/// One coordinate in all (d = 1): every value is dimension-wise differentiable.
constexpr bool single(kind k) { return k.d == depends::single_coordinate; }
/// The same number for every dimension, with a jet along each coordinate: a factor that a sum over dimensions lets through.
constexpr bool point_factor(kind k) { return k.l == level::point && k.dimwise; }
/// One number for each dimension, made of nothing but its own coordinate.
constexpr bool own_only(kind k) { return k.l == level::dim && k.dimwise && (k.d == depends::nothing || k.d == depends::own); }
/// What a conditioner may read: values of their own coordinate, and point-level values that do not depend on the state (not even
/// on the only coordinate: no mask stands before them).
constexpr bool unmixed(kind k) {
  return k.dimwise && k.l != level::units &&
         (k.d == depends::nothing || (k.l == level::dim && (k.d == depends::own || single(k))));
}
/// Within {before, own}: a strictly lower coupling of it depends on what comes before (with one coordinate, on nothing).
constexpr bool lower_operand(kind k) { return k.dimwise && k.l == level::dim && (single(k) || (bits(k.d) & ~3) == 0); }
/// Within {own, after}.
constexpr bool upper_operand(kind k) { return k.dimwise && k.l == level::dim && (single(k) || (bits(k.d) & ~6) == 0); }
/// Whether component i of a sum of the components before i (side < 0), after i (side > 0) or of both (0) is free of x_i.
constexpr bool others_operand(kind k, int side) {
  if (k.l != level::dim || !k.dimwise) return false;
  return single(k) || (side < 0 ? lower_operand(k) : side > 0 ? upper_operand(k) : own_only(k));
}
/// A sum over dimensions of it is dimension-wise differentiable, once point-level factors are taken out.
constexpr bool sum_stays_dimwise(kind k) {
  return k.dimwise && (k.l == level::point || own_only(k) || k.d == depends::scaled_own || k.d == depends::nothing || single(k));
}

/// Feature widths in types may be 0: known to the recording only (`features{32}` is a value, not a type). Recorded widths never
/// are.
constexpr int recorded_width = 0;
/// Equal, or one of them is 1 and repeated.
constexpr bool widths_fit(kind a, kind b) {
  return a.width == b.width || a.width == 1 || b.width == 1 || a.width == recorded_width || b.width == recorded_width;
}
constexpr int joined_width(int a, int b) {
  if (a == recorded_width) return b > 1 ? b : recorded_width;
  if (b == recorded_width) return a > 1 ? a : recorded_width;
  return a > b ? a : b;
}
constexpr int concatenated_width(int a, int b) { return a == recorded_width || b == recorded_width ? recorded_width : a + b; }

}  // namespace dimwise
