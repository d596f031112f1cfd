// kernel/split_steps.hpp: the steps that make bf16 parts and multiply them (simd/split_tile.hpp), two blocks of samples in turns.
#pragma once
#include <algorithm>

#include "../simd/split_tile.hpp"
#include "matrix_steps.hpp"
#include "plan.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

namespace split_detail {
constexpr int blocks_of(int depth) { return (depth + simd::tile_depth - 1) / simd::tile_depth; }
}  // namespace split_detail

#if defined(DIMWISE_SIMD_SPLIT)
namespace steps {

/// Writes the parts of an operand, or of those of its rows that a strip has just made.
inline void split_operand(const step<float>& st, const call<float>& c) {
  const matrix_product& p = *st.products;
  simd::split_operand(c.workspace + p.b + (c.i & p.b_turn) * p.b_dim, p.b_row, p.depth, p.columns,
                      reinterpret_cast<std::uint16_t*>(c.workspace + st.out.base), c.first_row, c.end_row(p.depth));
}

/// What follows a strip of products and has not run yet: a little at a time, so that it can run while the tile registers are busy
/// with another block. An elementary function takes some vectors of samples of two rows in a turn and splits them from registers:
/// that is short enough for the processor to hold tile products on both sides of it. Other steps take whole rows, after each
/// other.
class pending_rows {
 public:
  pending_rows() = default;
  pending_rows(const step<float>& products, const call<float>& c, int first, int rows) : follower_(products.follower), part_(c) {
    if (!follower_) return;
    part_.first_row = part_.strip_row = first;
    end_ = first + rows;
    const int coefficients = std::max(1, count(follower_->out_set));
    vectors_ = follower_->samples / simd::tile_lines;
    // nothing but parts is made of it, and of whole tiles: what fills up the last one is written with whole rows
    const step<float>* const next = follower_->follower;
    const bool parts_alone = !next || (next->run == steps::split_operand && !next->follower);
    if (follower_->by_vectors && parts_alone && rows % simd::tile_depth == 0)
      of_turn_ = std::clamp(most_vectors / coefficients, 1, most_vectors / 2);
    else rows_ = std::max(2, least_vectors / (vectors_ * coefficients) / 2 * 2);  // even: two rows are split together
  }
  bool of(const call<float>& c) const { return part_.workspace == c.workspace; }
  int turns() const {
    const int rows = (end_ - part_.first_row + rows_ - 1) / rows_;
    return of_turn_ ? rows * ((vectors_ + of_turn_ - 1) / of_turn_) - part_.first_vector / of_turn_ : rows;
  }
  void run_some() {
    part_.rows = std::min(rows_, end_ - part_.first_row);
    if (of_turn_) {
      part_.vectors = std::min(of_turn_, vectors_ - part_.first_vector);
      follower_->run(*follower_, part_);
      part_.first_vector += part_.vectors;
      if (part_.first_vector < vectors_) return;
      part_.first_vector = 0;
    } else {
      for (const step<float>* next = follower_; next; next = next->follower) next->run(*next, part_);
    }
    part_.first_row += part_.rows;
  }
  void finish() {
    while (part_.first_row < end_) run_some();
  }

 private:
  static constexpr int most_vectors = 6;    // coefficients of a turn, and twice its vectors of samples
  static constexpr int least_vectors = 12;  // of whole rows: fewer are not worth the calls
  const step<float>* follower_ = nullptr;
  call<float> part_;
  int end_ = 0, rows_ = 2;
  int vectors_ = 0, of_turn_ = 0;  // of samples; 0 of a turn: whole rows
};

namespace detail {

/// Calls f(first term) for each sum of a step.
template <class F>
void each_sum(const step<float>& st, F&& f) {
  for (int first = 0; first < st.product_count; first += std::max(st.products[first].terms, 1)) f(first);
}

/// The terms of sum `first` of a step that are multiplied as they are: rows [r, r + height) of C = its start and they.
inline void whole_terms(const step<float>& st, const call<float>& c, int first, float* to, int r, int height) {
  const matrix_product& p = st.products[first];
  for (int at = 0, lines; at < height; at += lines) {
    lines = simd::strip_rows<0>(height - at);
    simd::gemm_strip<float> g;
    g.c = to + at * p.c_row;
    g.c_stride = p.c_row;
    g.columns = p.columns;
    g.start = p.accumulate ? simd::gemm_start::accumulate : p.bias >= 0 ? simd::gemm_start::bias : simd::gemm_start::zero;
    if (p.bias >= 0) g.bias = c.parameters + p.bias + c.i * p.bias_dim + r + at;
    g.bias_columns = st.samples;
    for (int j = first; j < first + p.terms; j++) {
      const matrix_product& q = st.products[j];
      if (st.split[j].b >= 0) continue;
      const simd::gemm_range k = depth_range(q, st.d, c.i, r + at, r + at + lines);
      g.terms[g.count++] = {
          c.parameters + q.a + c.i * q.a_dim + (r + at) * q.a_row + k.begin * q.a_col, q.a_row, q.a_col,
          c.workspace + q.b + (c.i & q.b_turn) * q.b_dim + k.begin * q.b_row,          q.b_row, k.end - k.begin};
    }
    simd::compute(g, lines, st.products->rows);
  }
}

/// Sum `first` of a step, rows [r, r + height).
inline simd::split_strip strip_of(const step<float>& st, const call<float>& c, int first, int r, int height) {
  const matrix_product& p = st.products[first];
  simd::split_strip s;
  s.c = c.workspace + p.c + c.i * p.c_dim + (st.strip ? 0 : r * p.c_row);
  s.c_stride = p.c_row;
  s.rows = height;
  s.columns = p.columns;
  s.add = p.accumulate;
  for (int j = first; j < first + p.terms; j++) {
    const split_product& q = st.split[j];
    if (q.b < 0) {
      s.add = true;
      continue;
    }
    const simd::gemm_range k = depth_range(st.products[j], st.d, c.i, r, r + height);
    const std::ptrdiff_t next =
        std::ptrdiff_t(split_detail::blocks_of(st.products[j].depth)) * simd::split_parts * simd::tile_numbers;
    s.terms[s.count++] = {
        reinterpret_cast<const std::uint16_t*>(c.split_weights + q.a + c.i * q.a_dim) + r / simd::tile_lines * next,
        next,
        reinterpret_cast<const std::uint16_t*>(c.workspace + q.b),
        p.columns / simd::tile_lines,
        k.begin / simd::tile_depth,
        split_detail::blocks_of(k.end)};
  }
  if (!s.add && st.split[first].bias >= 0) {
    s.bias = c.split_weights + st.split[first].bias + c.i * st.split[first].bias_dim + r * simd::tile_lines;
    s.bias_groups = st.samples / simd::tile_lines;
  }
  return s;
}

/// Rows [r, r + height) of steps::products from parts, at most two tiles; `other`, which is of another block, runs meanwhile.
template <class Tiles>
void strip_from_parts(const step<float>& st, const call<float>& c, int r, int height, pending_rows& other) {
  Tiles tiles;
  if (st.ahead.size) ask_ahead(st, c, r, r + height, st.products->rows);
  each_sum(st, [&](int first) {
    const simd::split_strip s = strip_of(st, c, first, r, height);
    if (s.add) whole_terms(st, c, first, s.c, r, height);
    if (s.add && s.count == 0) return;
    const int turns = other.turns(), pauses = s.pauses();
    int due = 0;
    simd::multiply(tiles, s, [&] {
      for (due += turns; due >= pauses; due -= pauses) other.run_some();
    });
  });
  other.finish();
}

}  // namespace detail

}  // namespace steps

/// Runs the steps of a phase for blocks of a group, two at a time: while the tile registers are busy with a strip of one, what
/// follows the last strip of the other is computed.
template <class Tiles>
class interleaved_steps {
 public:
  template <class Select>
  void operator()(const plan<float>& p, const phase& f, int i, int blocks, call<float>& c, Select&& select) {
    for (int pair = 0; pair < blocks; pair += 2) {
      const auto each = [&](auto&& run) {
        for (int b = pair; b < std::min(pair + 2, blocks); b++) {
          select(b);
          c.i = i;
          run();
        }
      };
      for (std::size_t at = f.begin; at < f.end; at++) {
        const step<float>& st = p.steps[at];
        if (!st.split) {
          pending_.finish();
          each([&] { st.run(st, c); });
          continue;
        }
        if (st.inputs)
          each([&] {
            if (c.next_valid) steps::detail::ask_for_inputs(st, c);
          });
        for (int r = 0, height; r < st.products->rows; r += height) {
          height = std::min(2 * simd::tile_lines, st.products->rows - r);
          each([&] {
            if (pending_.of(c)) pending_.finish();
            steps::detail::strip_from_parts<Tiles>(st, c, r, height, pending_);
            pending_ = steps::pending_rows(st, c, r, height);
          });
        }
      }
    }
  }
  /// Behind the last step.
  void finish() { pending_.finish(); }

 private:
  steps::pending_rows pending_;
};
#endif

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
