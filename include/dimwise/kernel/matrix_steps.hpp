// kernel/matrix_steps.hpp: steps that are matrix products on all coefficients of a block at once; masked blocks are skipped.
#pragma once
#include <algorithm>
#include <utility>

#include "../ir/tensor.hpp"
#include "../simd/gemm.hpp"
#include "../simd/transpose.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {
namespace steps {

namespace detail {
inline int readable_units(const matrix_product& p, int d, int i) {
  if (p.rule == extent_rule::readout_left || p.rule == extent_rule::readout_left_rows) return units_up_to(i, p.units_in, d);
  return units_up_to(d - 1 - i, p.units_in, d);
}
/// The part [first, last) of the inner index in which rows [begin, end) of a masked product can differ from zero.
inline simd::gemm_range depth_range(const matrix_product& p, int d, int i, int begin, int end) {
  switch (p.rule) {
    case extent_rule::hidden: return {0, units_up_to(degree(end - 1, p.units_out, d), p.units_in, d)};
    case extent_rule::hidden_transposed: return {units_up_to(degree(begin, p.units_in, d) - 1, p.units_out, d), p.depth};
    case extent_rule::input_left: return {0, degree(end - 1, p.units_out, d) * p.coordinate_width};
    case extent_rule::input_right: return {(d - degree(end - 1, p.units_out, d)) * p.coordinate_width, p.depth};
    case extent_rule::input_left_transposed: return {units_up_to(i, p.units_out, d), p.depth};
    case extent_rule::input_right_transposed: return {units_up_to(d - i - 1, p.units_out, d), p.depth};
    case extent_rule::readout_left:
    case extent_rule::readout_right: return {0, readable_units(p, d, i)};
    default: return {0, p.depth};
  }
}
/// Depth ranges of the products of a step in one dimension. Those that are the same for all rows are found once: a unit's degree
/// takes a division, a tenth of the time of a small strip.
class depth_ranges {
 public:
  depth_ranges(const matrix_product* products, int count, int dims, int dimension) : p(products), d(dims), i(dimension) {
    for (int j = 0; j < count && j < most; j++) {
      const extent_rule rule = p[j].rule;
      by_rows[j] = rule == extent_rule::hidden || rule == extent_rule::hidden_transposed || rule == extent_rule::input_left ||
                   rule == extent_rule::input_right;
      if (!by_rows[j]) range[j] = depth_range(p[j], d, i, 0, p[j].rows);
    }
  }
  /// Of product j, for rows [begin, end).
  simd::gemm_range of(std::ptrdiff_t j, int begin, int end) const {
    return j < most && !by_rows[j] ? range[j] : depth_range(p[j], d, i, begin, end);
  }

 private:
  static constexpr int most = 12;
  const matrix_product* p;
  int d, i;
  bool by_rows[most];
  simd::gemm_range range[most];
};
/// Asks for rows of the next dimension's entries while this one is computed; what fits in the nearer caches anyway is not asked
/// for. Always inline: g++ takes a function that only asks for memory for one that does nothing, and drops calls of it.
template <class T>
DIMWISE_INLINE void prefetch_next(const step<T>& st, const call<T>& c, const T* entries, std::ptrdiff_t dim, std::ptrdiff_t row,
                                  int rows, int columns) {
  if (c.i + 1 == st.d || dim * st.d * std::ptrdiff_t(sizeof(T)) < 262144) return;
  constexpr int line = 64 / int(sizeof(T));
  for (const T* p = entries + dim; rows > 0; rows--, p += row)
    for (int k = 0; k < columns; k += line) __builtin_prefetch(p + k, 0, 2);
}
/// Asks for the share of rows [begin, end) of `rows` in what the step is to ask for ahead: a few lines at a time, because more
/// than the processor can wait for would hold up the product.
template <class T>
DIMWISE_INLINE void ask_ahead(const step<T>& st, const call<T>& c, int begin, int end, int rows) {
  if (c.i + st.ahead.distance >= st.d) return;
  const T* from = c.workspace + st.ahead.rows.base + (c.i + st.ahead.distance) * st.ahead.rows.dim;
  constexpr int line = 64 / int(sizeof(T));
  const std::ptrdiff_t first = st.ahead.size * begin / rows / line * line, last = st.ahead.size * end / rows;
  if (st.ahead.written)
    for (std::ptrdiff_t k = first; k < last; k += line) __builtin_prefetch(from + k, 1, 3);
  else
    for (std::ptrdiff_t k = first; k < last; k += line) __builtin_prefetch(from + k, 0, 3);
}
/// Asks for this product's share of what the next block reads of the caller's arrays. They are read row after row only once, so
/// that a block would wait for their lines; to ask for all at once would hold up the product. Small arrays are in some cache.
template <class T>
DIMWISE_INLINE void ask_for_inputs(const step<T>& st, const call<T>& c) {
  const std::ptrdiff_t share = st.share + c.i * st.shares_of_dimension, shares = st.inputs->shares;
  for (const inputs_ahead::array& a : st.inputs->arrays) {
    if (c.in->samples * std::size_t(a.width) * sizeof(T) < 262144) continue;
    const T* from = c.in->of_leaf(a.leaf) + c.next * std::size_t(a.width);
    constexpr int line = 64 / int(sizeof(T));
    const std::ptrdiff_t lines = (std::ptrdiff_t(c.next_valid) * a.width + line - 1) / line, last = lines * (share + 1) / shares;
    for (std::ptrdiff_t k = lines * share / shares; k < last; k++) __builtin_prefetch(from + k * line, 0, 2);
  }
}
/// What row r and those behind it of the sum that begins with p start from.
template <class T>
DIMWISE_INLINE void set_start(simd::gemm_strip<T>& g, const matrix_product& p, const step<T>& st, const call<T>& c, int r) {
  g.columns = p.columns;
  g.start = p.accumulate ? simd::gemm_start::accumulate : p.bias >= 0 ? simd::gemm_start::bias : simd::gemm_start::zero;
  if (p.bias >= 0) g.bias = c.parameters + p.bias + c.i * p.bias_dim + r;
  g.bias_columns = st.samples;
}
/// The part k of the inner index of a product, from row r on.
template <class T>
DIMWISE_INLINE simd::gemm_term<T> term_of(const matrix_product& p, const call<T>& c, int r, const simd::gemm_range& k) {
  return {c.parameters + p.a + c.i * p.a_dim + r * p.a_row + k.begin * p.a_col, p.a_row, p.a_col,
          c.workspace + p.b + (c.i & p.b_turn) * p.b_dim + k.begin * p.b_row,   p.b_row, k.end - k.begin};
}
/// Whether a product can be a term of simd::compute_outer_products.
inline bool is_outer_product(const matrix_product& p) { return p.depth == 1 && p.rows > 2 && p.rule == extent_rule::full; }
/// Rows [r, r + height) of the sum of products that begins with p: all but where they go.
template <class T>
DIMWISE_INLINE void set_sum(simd::gemm_strip<T>& g, const matrix_product* p, const step<T>& st, const call<T>& c,
                            const depth_ranges& ranges, int r, int height) {
  set_start(g, *p, st, c, r);
  g.count = p->terms;
  for (int j = 0; j < g.count; j++) {
    const simd::gemm_range k = ranges.of(p + j - st.products, r, r + height);
    if (p[j].a_dim) {
      const T* weights = c.parameters + p[j].a + c.i * p[j].a_dim + r * p[j].a_row;
      if (p[j].a_col == 1) prefetch_next(st, c, weights, p[j].a_dim, p[j].a_row, height, k.end);
      else prefetch_next(st, c, weights, p[j].a_dim, p[j].a_col, k.end, height);
    }
    g.terms[j] = term_of(p[j], c, r, k);
  }
}
/// Rows [r, r + height) of it, and of the strip that begins with row `begin`.
template <class T>
DIMWISE_INLINE void set_rows(simd::gemm_strip<T>& g, const matrix_product* p, const step<T>& st, const call<T>& c,
                             const depth_ranges& ranges, int begin, int r, int height) {
  g.c = c.workspace + p->c + c.i * p->c_dim + (st.strip ? r - begin : r) * p->c_row;
  g.c_stride = p->c_row;
  set_sum(g, p, st, c, ranges, r, height);
}
/// Bytes of a column of the operands of the sum that begins with p, and of a row of its weights.
template <class T>
std::ptrdiff_t bytes_of_column(const matrix_product* p) {
  std::ptrdiff_t depth = 0;
  for (int j = 0; j < p->terms; j++) depth += p[j].depth;
  return depth * std::ptrdiff_t(sizeof(T));
}
/// Whether a step asks for memory with the rows of each tile, a little at a time: for what lies ahead, or for the weights of the
/// next dimension.
template <class T>
bool asks_with_each_tile(const step<T>& st) {
  return st.ahead.size ||
         std::any_of(st.products, st.products + st.product_count, [](const matrix_product& p) { return p.a_dim; });
}
/// Whether strips of `rows` rows are computed by columns: as many as a tile has, for all rows, then the next. The operand then
/// comes from the second cache once for a strip, not once for each tile's rows. It should, where the nearest cache holds those
/// columns and the strip's weights, but not all columns (4 % of W1 with four derivatives).
template <int Tile, class T>
bool goes_by_columns(const step<T>& st, int rows) {
  if (asks_with_each_tile(st)) return false;
  const std::ptrdiff_t column = bytes_of_column<T>(st.products), weights = rows * column;
  return weights + st.products->columns * column > nearest_cache &&
         weights + simd::tile_shapes[Tile].packs * simd::lanes<T> * column <= nearest_cache;
}
/// Computes a strip of `of_strip` rows, or as many as there are, from row `begin` of `rows` on, by columns. Returns its end.
template <int Tile, class T>
[[gnu::noinline]] int strip_by_columns(const step<T>& st, const call<T>& c, const depth_ranges& ranges, int begin, int rows,
                                       int of_strip) {
  constexpr int most_tiles = most_strip_rows / 2;  // no tile has fewer rows, but the last
  simd::gemm_strip<T> g[most_tiles];
  int height[most_tiles];
  int tiles = 0, end = begin;
  for (; end < rows && end - begin < of_strip; end += height[tiles++]) height[tiles] = simd::strip_rows<Tile>(rows - end);
  for (const matrix_product *p = st.products, *last = p + st.product_count; p != last; p += std::max(p->terms, 1)) {
    for (int j = 0, r = begin; j < tiles; r += height[j++]) set_rows(g[j], p, st, c, ranges, begin, r, height[j]);
    for (int left = p->columns / simd::lanes<T>, column = 0, packs; left > 0; left -= packs, column += packs * simd::lanes<T>) {
      packs = simd::strip_packs<Tile>(left);
      for (int j = 0; j < tiles; j++) simd::compute_packs<Tile>(g[j], height[j], rows, column, packs);
    }
  }
  return end;
}
}  // namespace detail

/// Products of parameters with blocks: linear layers, masked layers, readouts, and their transposes. A strip of rows at a time,
/// all terms and coefficients, and then what follows; from the call's first row on. Tile: of simd::tile_shapes, or
/// simd::outer_tile; digits do not depend on it.
template <class T, int Tile = 0>
void products(const step<T>& st, const call<T>& c) {
  constexpr bool outer = Tile == simd::outer_tile;
  int rows = st.products->rows;
  if (const extent_rule rule = st.products->rule;
      rule == extent_rule::readout_left_rows || rule == extent_rule::readout_right_rows)
    rows = detail::readable_units(*st.products, st.d, c.i);
  const detail::depth_ranges ranges(st.products, st.product_count, st.d, c.i);
  if (st.inputs && c.next_valid) detail::ask_for_inputs(st, c);
  call<T> part = c;
  simd::gemm_strip<T> g;
  const int of_strip = strip_rows(st.products->c_row * std::ptrdiff_t(sizeof(T)));
  bool by_columns = false;
  if constexpr (!outer) by_columns = detail::goes_by_columns<Tile>(st, std::min(rows, of_strip));
  for (int begin = c.first_row, end; begin < rows; begin = end) {
    end = begin;
    if constexpr (!outer)
      if (by_columns) end = detail::strip_by_columns<Tile>(st, c, ranges, begin, rows, of_strip);
    for (int height; end < rows && end - begin < of_strip; end += height) {
      if constexpr (outer) height = std::min(rows - end, of_strip);
      else height = simd::strip_rows<Tile>(rows - end);
      if (st.ahead.size) detail::ask_ahead(st, c, end, end + height, rows);
      for (const matrix_product *p = st.products, *last = p + st.product_count; p != last; p += std::max(p->terms, 1)) {
        detail::set_rows(g, p, st, c, ranges, begin, end, height);
        if constexpr (outer) simd::compute_outer_products(g, height);
        else simd::compute<Tile>(g, height, rows);
      }
    }
    part.first_row = part.strip_row = begin;
    part.rows = end - begin;
    for (const step<T>* next = st.follower; next; next = next->follower) next->run(*next, part);
  }
}

/// Writes a cotangent with samples outside: row c S + s of the result holds feature w of coefficient c at sample s. Where only
/// some rows are handled, those that are complete squares by now. Bias: adds the samples of the value, which is the first
/// coefficient, to the accumulators of a bias.
template <class T, bool Bias>
void transpose_cotangent(const step<T>& st, const call<T>& c) {
  const int last = c.end_row(st.width), begin = c.first_row / simd::lanes<T> * simd::lanes<T>,
            end = last == st.width ? last : last / simd::lanes<T> * simd::lanes<T>;
  int place = 0;
  for (orders m = st.in_set[0]; m; m &= m - 1, place++) {
    const row_reference& r = st.in[0][place];
    T* to = c.at(st.out) + place * st.samples * st.out.row + begin;
    if (Bias && place == 0)
      simd::transpose_and_sum(c.at(r, begin), r.row, end - begin, st.samples, to, st.out.row,
                              c.accumulators + st.parameter + c.i * st.parameter_dim + begin);
    else simd::transpose(c.at(r, begin), r.row, end - begin, st.samples, to, st.out.row);
  }
}

/// Adds to the accumulators of a weight: C[in][out] += U[in][n] A^T[n][out].
template <class T, int Tile = 0>
void weight_gradient(const step<T>& st, const call<T>& c) {
  for (int j = 0; j < st.product_count; j++) {
    const matrix_product& p = st.products[j];
    simd::gemm_arguments<T> g;
    g.a = c.workspace + p.a + c.i * p.a_dim;
    g.a_row = p.a_row;
    g.a_col = p.a_col;
    g.b = c.workspace + p.b + c.i * p.b_dim;
    g.b_stride = p.b_row;
    g.c = c.accumulators + p.c + c.i * p.c_dim;
    g.c_stride = p.c_row;
    g.rows = p.rows;
    g.depth = p.depth;
    g.columns = p.columns;
    if (p.rule == extent_rule::readout_left_rows || p.rule == extent_rule::readout_right_rows)
      g.rows = detail::readable_units(p, st.d, c.i);
    if (p.rule != extent_rule::hidden_gradient) {
      const bool first = st.starts && c.begins && j == 0;
      simd::gemm<Tile>(g, first ? simd::gemm_start::zero : simd::gemm_start::accumulate, [&](int begin, int end) {
        if (p.c_dim) detail::prefetch_next(st, c, g.c + begin * g.c_stride, p.c_dim, g.c_stride, end - begin, g.columns);
        return simd::gemm_range{0, p.depth};
      });
      continue;
    }
    constexpr int chunk = 16;  // of input units: later ones reach only units of higher degree
    for (int begin = 0; begin < p.rows; begin += chunk) {
      const int first = units_up_to(degree(begin, p.units_in, st.d) - 1, p.units_out, st.d) / simd::lanes<T> * simd::lanes<T>;
      if (first >= p.columns) break;
      simd::gemm_arguments<T> part = g;
      part.a += begin * g.a_row;
      part.b += first;
      part.c += begin * g.c_stride + first;
      part.rows = std::min(chunk, p.rows - begin);
      part.columns = p.columns - first;
      simd::gemm<Tile>(part, simd::gemm_start::accumulate);
    }
  }
}

namespace detail {
/// Adds, lane by lane, the products of all terms for Rows rows of operands and one output, or for one and Outputs.
template <int Rows, int Outputs, class T>
DIMWISE_INLINE void add_by_lanes(const step<T>& st, const call<T>& c, int row, int output) {
  static_assert(Rows == 1 || Outputs == 1);
  constexpr int n = Rows * Outputs;
  const matrix_product& first = *st.products;
  T* const to = c.accumulators + first.c + c.i * first.c_dim + row * first.c_row + output * simd::lanes<T>;
  const std::ptrdiff_t next = Rows > 1 ? first.c_row : simd::lanes<T>;
  simd::pack<T> sum[n];
#pragma GCC unroll 8
  for (int r = 0; r < n; r++) sum[r] = simd::load(to + r * next);
  for (const matrix_product *p = st.products, *last = p + st.product_count; p != last; p++) {
    const T* u = c.workspace + p->a + c.i * p->a_dim + row * p->a_row;
    const T* a = c.workspace + p->b + c.i * p->b_dim + output * p->b_row;
    const T *one = Rows > 1 ? a : u, *many = Rows > 1 ? u : a;
    const std::ptrdiff_t row_of_many = Rows > 1 ? p->a_row : p->b_row;
    for (int s = 0; s < st.samples; s += simd::lanes<T>) {
      const simd::pack<T> x = simd::load(one + s);
#pragma GCC unroll 8
      for (int r = 0; r < n; r++) sum[r] = simd::fma(simd::load(many + r * row_of_many + s), x, sum[r]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < n; r++) simd::store(to + r * next, sum[r]);
}
/// The same for `left` rows from `row` on, or (OfOutputs) outputs from `output` on: eight at once keep two units of multiply-adds
/// of four cycles busy.
template <bool OfOutputs, int Many = 8, class T>
DIMWISE_INLINE void add_all_by_lanes(const step<T>& st, const call<T>& c, int row, int output, int left) {
  for (; left >= Many; left -= Many, (OfOutputs ? output : row) += Many)
    add_by_lanes<OfOutputs ? 1 : Many, OfOutputs ? Many : 1>(st, c, row, output);
  if constexpr (Many > 1)
    if (left > 0) add_all_by_lanes<OfOutputs, Many == 8 ? 4 : 1>(st, c, row, output, left);
}
}  // namespace detail

/// What follows it, some rows at a time, which stay in the nearest cache from one to the next.
template <class T>
void strips(const step<T>& st, const call<T>& c) {
  call<T> part = c;
  for (int r = 0; r < st.width; r += simd::lanes<T>) {
    part.first_row = part.strip_row = r;
    part.rows = std::min(simd::lanes<T>, st.width - r);
    for (const step<T>* next = st.follower; next; next = next->follower) next->run(*next, part);
  }
}

/// Adds to the accumulators of a weight with few outputs: C[in][out][lane] += sum over coefficients and vectors of samples of
/// U[in] A[out].
template <class T>
void weight_gradient_by_lanes(const step<T>& st, const call<T>& c) {
  if (st.product_count == 0) return;
  const matrix_product& p = *st.products;
  const bool some = p.rule == extent_rule::readout_left_rows || p.rule == extent_rule::readout_right_rows;
  const int rows = some ? detail::readable_units(p, st.d, c.i) : c.end_row(p.rows);
  for (int output = 0; output < p.columns; output++)
    detail::add_all_by_lanes<false>(st, c, c.first_row, output, rows - c.first_row);
}

/// The same with few inputs; what may be some rows only are outputs.
template <class T>
void weight_gradient_of_few_inputs(const step<T>& st, const call<T>& c) {
  if (st.product_count == 0) return;
  const matrix_product& p = *st.products;
  const int outputs = c.end_row(p.columns) - c.first_row;
  for (int input = 0; input < p.rows; input++) detail::add_all_by_lanes<true>(st, c, input, c.first_row, outputs);
}

/// Adds the value of a cotangent to the accumulators of a bias with few outputs, lane by lane.
template <class T>
void bias_gradient_by_lanes(const step<T>& st, const call<T>& c) {
  if (!contains(st.in_set[0], 0)) return;
  T* to = c.accumulators + st.parameter + c.i * st.parameter_dim;
  for (int w = 0; w < st.width; w++, to += simd::lanes<T>) {
    const T* a = c.at(st.in[0][0], w);
    auto total = simd::load(to);
    for (int s = 0; s < st.samples; s += simd::lanes<T>) total = total + simd::load(a + s);
    simd::store(to, total);
  }
}

namespace detail {
/// Adds the samples of Packs vectors of columns: several at once, because each sum waits for the one before it.
template <int Packs, class T>
DIMWISE_INLINE void add_samples(const T* from, std::ptrdiff_t row, int samples, T* to) {
  simd::pack<T> total[Packs];
#pragma GCC unroll 4
  for (int v = 0; v < Packs; v++) total[v] = simd::load(to + v * simd::lanes<T>);
  for (; samples > 0; samples--, from += row)
#pragma GCC unroll 4
    for (int v = 0; v < Packs; v++) total[v] = total[v] + simd::load(from + v * simd::lanes<T>);
#pragma GCC unroll 4
  for (int v = 0; v < Packs; v++) simd::store(to + v * simd::lanes<T>, total[v]);
}
}  // namespace detail

/// Adds the samples of the value coefficient of a transposed cotangent.
template <class T>
void bias_gradient(const step<T>& st, const call<T>& c) {
  T* to = c.accumulators + st.parameter + c.i * st.parameter_dim;
  const T* from = c.at(st.out);
  int left = int(st.out.row) / simd::lanes<T>;
  for (; left >= 4; left -= 4, from += 4 * simd::lanes<T>, to += 4 * simd::lanes<T>)
    detail::add_samples<4>(from, st.out.row, st.samples, to);
  if (left >= 2) detail::add_samples<2>(from, st.out.row, st.samples, to);
  if (left % 2)
    detail::add_samples<1>(from + (left - 1) * simd::lanes<T>, st.out.row, st.samples, to + (left - 1) * simd::lanes<T>);
}

/// Adds, for each sample by itself, to the accumulators of a weight: C[in][out][s] += sum over coefficients of U[in][s]
/// A[out][s]. One product for each coefficient; only samples, not coefficients, stay apart.
template <class T>
void weight_jacobian(const step<T>& st, const call<T>& c) {
  for (int j = 0; j < st.product_count; j++) {
    const matrix_product& p = st.products[j];
    const T* u = c.workspace + p.a + c.i * p.a_dim;
    const T* a = c.workspace + p.b + c.i * p.b_dim;
    T* to = c.accumulators + (p.c + c.i * p.c_dim) * st.samples;
    for (int k = 0; k < p.rows; k++)
      for (int o = 0; o < p.columns; o++) {
        T* entry = to + (k * p.c_row + o) * st.samples;
        for (int s = 0; s < st.samples; s += simd::lanes<T>)
          simd::store(entry + s,
                      simd::fma(simd::load(u + k * p.a_row + s), simd::load(a + o * p.b_row + s), simd::load(entry + s)));
      }
  }
}

/// Adds, for each sample by itself, the value of a cotangent to the accumulators of a bias or parameter.
template <class T>
void vector_jacobian(const step<T>& st, const call<T>& c) {
  if (!contains(st.in_set[0], 0)) return;
  T* to = c.accumulators + (st.parameter + c.i * st.parameter_dim) * st.samples;
  for (int w = 0; w < st.width; w++) {
    const T* a = c.at(st.in[0][0], w);
    for (int s = 0; s < st.samples; s += simd::lanes<T>)
      simd::store(to + w * st.samples + s, simd::load(to + w * st.samples + s) + simd::load(a + s));
  }
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
