// ir/grid_offset.hpp: which component a shift brings to each dimension.
#pragma once

namespace dimwise {

/// The dimensions are laid out row by row, `width` to a row (all of them in one row: width = d). Component i of a shift is the
/// one `rows` below and `columns` to the right of i; beyond the border it is 0, or the other side where periodic.
struct grid_offset {
  int rows = 0, columns = 0;
  int width = 1;
  bool periodic = false;
  constexpr bool operator==(const grid_offset&) const = default;

  /// The component that comes to i, or -1 beyond the border.
  constexpr int source(int i, int d) const {
    const int height = d / width;
    int r = i / width + rows, c = i % width + columns;
    if (periodic) {
      r = (r % height + height) % height;
      c = (c % width + width) % width;
    }
    return r < 0 || r >= height || c < 0 || c >= width ? -1 : r * width + c;
  }
  /// The shift that brings everything back: the transpose of this one.
  constexpr grid_offset reversed() const { return {-rows, -columns, width, periodic}; }
  /// -1: every component comes from before, 1: from after, 0: from either side.
  constexpr int side() const { return periodic ? 0 : rows != 0 ? (rows < 0 ? -1 : 1) : columns < 0 ? -1 : columns > 0 ? 1 : 0; }
};

}  // namespace dimwise
