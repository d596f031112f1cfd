// kernel/split_weights.hpp: the bf16 parts of all weights of a kernel: where they lie among the prepared parameters.
#pragma once
#include <algorithm>
#include <vector>

#include "../simd/split_tile.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

namespace split_detail {
constexpr int blocks_of(int depth) { return (depth + simd::tile_depth - 1) / simd::tile_depth; }
constexpr int least_rows = 16, least_depth = 16;   // smaller products would leave most of a tile register empty
constexpr std::ptrdiff_t most_prepared = 8 << 20;  // elements; larger tables of weights are multiplied as they are
constexpr int numbers_in_float = 2;                // bf16 numbers in the memory of a single-precision one
constexpr std::ptrdiff_t elements(int tiles) {
  return std::ptrdiff_t(tiles) * simd::split_parts * simd::tile_numbers / numbers_in_float;
}
}  // namespace split_detail

/// Where the parts of all weights lie that some product needs, and tiles of the biases that their sums start from.
class split_weights {
 public:
  /// The first of the parts of a product's weights, and the distance of those of the next dimension; false where there is no room
  /// for them.
  bool place(const matrix_product& p, int d, split_product& to) {
    for (const entry& e : entries_)
      if (!e.bias && e.a == p.a && e.a_dim == p.a_dim && e.a_row == p.a_row && e.rows == p.rows && e.depth == p.depth)
        return to.a = e.at, to.a_dim = e.each, true;
    const std::ptrdiff_t each = split_detail::elements(row_tiles(p.rows) * split_detail::blocks_of(p.depth));
    if (size_ + each * (p.a_dim ? d : 1) > split_detail::most_prepared) return false;
    to.a = add({false, p.a, p.a_dim, p.a_row, p.rows, p.depth}, each, d);
    to.a_dim = entries_.back().each;
    return true;
  }
  void place_bias(const matrix_product& p, int d, split_product& to) {
    for (const entry& e : entries_)
      if (e.bias && e.a == p.bias && e.a_dim == p.bias_dim && e.rows == p.rows)
        return void((to.bias = e.at, to.bias_dim = e.each));
    to.bias = add({true, p.bias, p.bias_dim, 0, p.rows, 0}, row_tiles(p.rows) * simd::tile_lines * simd::tile_lines, d);
    to.bias_dim = entries_.back().each;
  }
  std::ptrdiff_t size() const { return size_; }
  void prepare(const float* parameters, float* prepared) const {
    for (const entry& e : entries_)
      for (int i = 0; i < e.dims; i++) {
        const float* from = parameters + e.a + i * e.a_dim;
        float* to = prepared + e.at + i * e.each;
        if (e.bias)
          for (int r = 0; r < row_tiles(e.rows) * simd::tile_lines; r++)
            std::fill_n(to + r * simd::tile_lines, simd::tile_lines, r < e.rows ? from[r] : 0.0f);
        else simd::split_weights(from, e.a_row, e.rows, e.depth, reinterpret_cast<std::uint16_t*>(to));
      }
  }

 private:
  struct entry {
    bool bias;
    std::ptrdiff_t a, a_dim, a_row;
    int rows, depth, dims = 1;
    std::ptrdiff_t at = 0, each = 0;
  };
  std::vector<entry> entries_;
  std::ptrdiff_t size_ = 0;

  static int row_tiles(int rows) { return (rows + simd::tile_lines - 1) / simd::tile_lines; }
  std::ptrdiff_t add(entry e, std::ptrdiff_t each, int d) {
    e.at = size_;
    if (e.a_dim) e.dims = d, e.each = each;
    entries_.push_back(e);
    size_ += each * e.dims;
    return e.at;
  }
};

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
