// kernel/split_steps.hpp: the steps that make bf16 parts and multiply them (simd/split_tile.hpp), two blocks of samples in turns.
#pragma once
#include <algorithm>

#include "../simd/split_tile.hpp"
#include "matrix_steps.hpp"
#include "plan.hpp"
#include "split_weights.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

#if defined(DIMWISE_SIMD_SPLIT)
namespace steps {

/// Writes the parts of an operand, or of those of its rows that a strip has just made. The operand is that of one product, or of
/// several, one after another.
inline void split_operand(const step<float>& st, const call<float>& c) {
  const matrix_product* p = st.products;
  int first = 0;  // row of the operand of *p; rows are asked for in order
  simd::split_operand(
      [&](int k) {
        for (; k - first >= p->depth; p++) first += p->depth;
        return c.workspace + p->b + (c.i & p->b_turn) * p->b_dim + (k - first) * p->b_row;
      },
      st.width, p->columns, reinterpret_cast<std::uint16_t*>(c.workspace + st.out.base), c.first_row, c.end_row(st.width));
}

/// Whether a follower of products can take some vectors of two rows in a turn: nothing but parts is made of its result.
inline bool takes_two_rows(const step<float>& follower) {
  const step<float>* const next = follower.follower;
  return follower.by_vectors && (!next || (next->run == steps::split_operand && !next->follower)) &&
         count(follower.in_set[0]) <= two_rows<float>::most_coefficients;
}

/// What follows a strip of products and has not run yet: a little at a time, so that it can run while the tile registers are busy
/// with another block. An elementary function takes some vectors of samples of two rows in a turn and splits them from registers:
/// that is short enough for the processor to hold tile products on both sides of it. Other steps take whole rows, after each
/// other.
class pending_rows {
 public:
  /// c: of the whole evaluation.
  explicit pending_rows(const call<float>& c) : part_(c) {}
  pending_rows(const pending_rows&) = delete;
  /// What follows rows [first, first + rows) of a step. Members are set one by one: to copy them in wide moves would wait until
  /// they, and so all results before them, have left the processor for the cache.
  void begin(const step<float>& products, const call<float>& c, int first, int rows) {
    follower_ = products.follower;
    end_ = first;
    part_.first_row = first;
    part_.workspace = c.workspace;
    part_.pair = nullptr;
    of_turn_ = 0;
    if (!follower_) return;
    end_ += rows;
    part_.i = c.i;
    part_.strip_row = first;
    const int coefficients = std::max(1, count(follower_->out_set));
    // whole tiles of parts: what fills up the last one is written with whole rows
    if (takes_two_rows(*follower_) && rows % simd::tile_depth == 0) {
      // Turns of one length: g++ takes the end of a shorter one as a minimum in vector registers, behind the tile products.
      const int vectors = follower_->samples / simd::lanes<float>;
      int of_turn = vectors_of_turn(coefficients);
      while (vectors % of_turn != 0) of_turn--;
      of_turn_ = of_turn * simd::lanes<float>;
      part_.pair = &pair_;
      begin_pairs();
    } else {
      const int vectors = follower_->samples / simd::tile_lines;
      rows_ = std::max(2, least_vectors / (vectors * coefficients) / 2 * 2);  // even: two rows are split together
    }
  }
  bool of(const call<float>& c) const { return part_.workspace == c.workspace; }
  /// The rest, in equal shares: `pause` will be called so often.
  void spread_over(int pauses) {
    turns_ = turns();
    pauses_ = pauses;
    due_ = 0;
  }
  DIMWISE_INLINE void pause() {
    due_ += turns_;
    if (due_ >= pauses_) run_due();
  }
  void finish() {
    while (part_.first_row < end_) run_some();
  }

 private:
  static constexpr int least_vectors = 12;  // of whole rows: fewer are not worth the calls
  const step<float>* follower_ = nullptr;
  call<float> part_;
  two_rows<float> pair_;
  int end_ = 0, rows_ = 2;
  int of_turn_ = 0;  // samples of two rows; 0: whole rows
  int turns_ = 0, pauses_ = 0, due_ = 0;

  int turns() const {
    if (of_turn_) return (end_ - part_.first_row) / 2 * (follower_->samples / of_turn_) - pair_.begin / of_turn_;
    return (end_ - part_.first_row + rows_ - 1) / rows_;
  }
  void run_some() {
    if (of_turn_) {
      pair_.run(*follower_, pair_);
      pair_.begin += of_turn_;
      if (pair_.begin < follower_->samples) return;
      pair_.begin = 0;
      pair_.row += 2;
      part_.first_row += 2;
      return;
    }
    part_.rows = std::min(rows_, end_ - part_.first_row);
    for (const step<float>* next = follower_; next; next = next->follower) next->run(*next, part_);
    part_.first_row += part_.rows;
  }
  [[gnu::noinline]] void run_due() {
    for (; due_ >= pauses_; due_ -= pauses_) run_some();
  }
  void begin_pairs() {
    const step<float>& f = *follower_;
    const int w = part_.first_row;
    for (int p = 0; p < count(f.in_set[0]); p++) {
      pair_.operand[p] = part_.at(f.in[0][p], f.strip ? 0 : w);
      pair_.operand_row[p] = f.in[0][p].row;
    }
    pair_.result = f.parts_alone ? nullptr : part_.at(f.out, w);
    pair_.result_row = f.parts_alone ? 0 : f.out.row;
    pair_.row = pair_.begin = 0;
    pair_.samples = of_turn_;
    f.run(f, part_);  // sets pair_.run
    pair_.parts = nullptr;
    pair_.next_part = 0;
    pair_.split_begin = pair_.split_end = 0;
    if (!f.follower) return;
    const matrix_product& m = *f.follower->products;  // its columns are some coefficients of the result
    pair_.next_part = m.columns / simd::tile_lines * simd::tile_depth;
    pair_.split_begin = int(m.b - f.out.base) / f.samples;
    pair_.split_end = pair_.split_begin + m.columns / f.samples;
    pair_.parts = reinterpret_cast<std::uint16_t*>(part_.workspace + f.follower->out.base) +
                  w / 2 * simd::split_parts * pair_.next_part -
                  pair_.split_begin * f.samples / simd::tile_lines * simd::tile_depth;
  }
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
  const matrix_product* terms[simd::most_gemm_terms];
  int count = 0;
  for (int j = first; j < first + p.terms; j++)
    if (st.split[j].b < 0) terms[count++] = st.products + j;
  const bool outer = count > 0 && count <= simd::most_outer_products &&
                     std::all_of(terms, terms + count, [](const matrix_product* q) { return is_outer_product(*q); });
  for (int at = 0, lines; at < height; at += lines) {
    lines = outer ? height : simd::strip_rows<0>(height - at);
    simd::gemm_strip<float> g;
    g.c = to + at * p.c_row;
    g.c_stride = p.c_row;
    set_start(g, p, st, c, r + at);
    for (; g.count < count; g.count++) {
      const matrix_product& q = *terms[g.count];
      g.terms[g.count] = term_of(q, c, r + at, depth_range(q, st.d, c.i, r + at, r + at + lines));
    }
    if (outer) simd::compute_outer_products(g, lines);
    else simd::compute(g, lines, st.products->rows);
  }
}

/// Sum `first` of a step, rows [r, r + height).
inline void set_strip(simd::split_strip& s, const step<float>& st, const call<float>& c, int first, int r, int height) {
  const matrix_product& p = st.products[first];
  s.count = 0;
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
  s.bias_groups = 0;
  if (!s.add && st.split[first].bias >= 0) {
    s.bias = c.split_weights + st.split[first].bias + c.i * st.split[first].bias_dim + r * simd::tile_lines;
    s.bias_groups = st.samples / simd::tile_lines;
  }
}

/// Rows [r, r + height) of steps::products from parts, at most two tiles; `other`, which is of another block, runs meanwhile.
template <class Tiles>
void strip_from_parts(const step<float>& st, const call<float>& c, int r, int height, simd::split_strip& s, pending_rows& other) {
  Tiles tiles;
  if (st.ahead.size) ask_ahead(st, c, r, r + height, st.products->rows);
  each_sum(st, [&](int first) {
    set_strip(s, st, c, first, r, height);
    if (s.add) whole_terms(st, c, first, s.c, r, height);
    if (s.add && s.count == 0) return;
    other.spread_over(s.pauses());
    simd::multiply(tiles, s, [&]() DIMWISE_INLINE_LAMBDA { other.pause(); });
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
  explicit interleaved_steps(const call<float>& c) : pending_(c) {}
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
            steps::detail::strip_from_parts<Tiles>(st, c, r, height, strip_, pending_);
            pending_.begin(st, c, r, height);
          });
        }
      }
    }
  }
  /// Behind the last step.
  void finish() { pending_.finish(); }

 private:
  simd::split_strip strip_;
  steps::pending_rows pending_;
};
#endif

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
