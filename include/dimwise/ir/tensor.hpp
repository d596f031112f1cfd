// ir/tensor.hpp: a named block of parameters: shape, place in the parameter vector, initial values, mask.
#pragma once
#include <cstdint>

#include "../core/fixed_string.hpp"

namespace dimwise {

/// Which entries of a weight are structurally zero (section "Masks" of docs/explanation/table.md).
enum class mask : std::uint8_t { none, input_left, input_right, hidden, readout_left, readout_right, strictly_upper };

/// How a tensor starts: N(0, scale^2), or every entry equal to `scale`.
enum class initial : std::uint8_t { normal, constant };

struct tensor {
  short_name name;           ///< unique in a model, e.g. "drift.conditioner.left.0.weight"
  int rank = 1;              ///< 1..3
  int shape[3] = {1, 1, 1};  ///< row-major; entries beyond rank are 1
  int offset = 0;            ///< first entry in the parameter vector
  initial init = initial::normal;
  double scale = 0;  ///< standard deviation, or the constant
  mask masked = mask::none;
  int dims = 1;              ///< d, for masks
  int coordinate_width = 1;  ///< input masks: columns per coordinate (context columns follow all coordinates)
  bool trained = true;       ///< false: kept as it is by training
  short_name meaning;        ///< for `info`
  constexpr int size() const { return shape[0] * shape[1] * shape[2]; }
};

/// Degree of hidden unit j of H over d coordinates: 1 + floor(j (d-1) / H), in 1..d-1; 0 where d = 1 (Germain et al., MADE,
/// 2015).
constexpr int degree(int j, int hidden, int d) { return d == 1 ? 0 : 1 + int((long long)(j) * (d - 1) / hidden); }

/// Number of hidden units with degree <= limit (degrees are sorted, so these come first).
constexpr int units_up_to(int limit, int hidden, int d) {
  if (d == 1) return limit >= 0 ? hidden : 0;
  if (limit < 1) return 0;
  if (limit >= d - 1) return hidden;
  // smallest j with floor(j (d-1) / H) >= limit
  return int(((long long)(limit)*hidden + d - 2) / (d - 1));
}

/// Whether entry (i, r, c) may be different from zero; i is 0 for rank 2. Unit counts are read off the shape.
constexpr bool allowed(const tensor& w, int i, int r, int c) {
  const int d = w.dims;
  switch (w.masked) {
    case mask::none: return true;
    case mask::input_left: {
      const int j = c / w.coordinate_width;
      return j >= d || j < degree(r, w.shape[0], d);
    }
    case mask::input_right: {
      const int j = c / w.coordinate_width;
      return j >= d || j >= d - degree(r, w.shape[0], d);
    }
    case mask::hidden: return degree(c, w.shape[1], d) <= degree(r, w.shape[0], d);
    case mask::readout_left: return degree(c, w.shape[2], d) <= i;
    case mask::readout_right: return degree(c, w.shape[2], d) <= d - 1 - i;
    case mask::strictly_upper: return c > r;
  }
  return true;
}

}  // namespace dimwise
