// simd/gemm.hpp: the matrix product of every kernel, in register tiles: broadcast weights times columns of samples.
#pragma once
#include <algorithm>
#include <cstddef>
#include <dimwise/simd/pack.hpp>
#include <utility>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// Operands of C[r][n] (+)= sum_k A(r, k) B[k][n] for r < rows, k < depth, n < columns.
/// A(r, k) = a[r * a_row + k * a_col] (a_row = 1 or a_col = 1 are the usual two); row k of B starts at b + k * b_stride, row r of
/// C at c + r * c_stride. `columns` is a multiple of lanes<T>; rows and depth are any numbers. Strides count elements. Nothing
/// needs to be aligned; nothing outside the operands is read or written. C must not overlap A or B.
template <class T>
struct gemm_arguments {
  const T* a;
  std::ptrdiff_t a_row, a_col;
  const T* b;
  std::ptrdiff_t b_stride;
  T* c;
  std::ptrdiff_t c_stride;
  int rows, depth, columns;
};

/// What C holds before the sum: zeros, what is in memory, or a number for each row.
enum class gemm_start { zero, accumulate, bias };

/// Range of k that a strip of rows sums over.
struct gemm_range {
  int begin, end;
};

/// A product that is one term of a sum; the meaning of its members is that of gemm_arguments.
template <class T>
struct gemm_term {
  const T* a;
  std::ptrdiff_t a_row, a_col;
  const T* b;
  std::ptrdiff_t b_stride;
  int depth;
};

inline constexpr int most_gemm_terms = 4;

/// Some rows of C: what they start from plus a sum of products. All pointers are at the first of these rows.
template <class T>
struct gemm_strip {
  gemm_term<T> terms[most_gemm_terms];
  int count = 0;
  T* c = nullptr;
  std::ptrdiff_t c_stride = 0;
  int columns = 0;
  gemm_start start = gemm_start::zero;
  const T* bias = nullptr;  ///< for gemm_start::bias
  int bias_columns = 0;     ///< columns that start from the bias, a multiple of lanes<T>; the others start from zero
  int bias_rows = 0;        ///< where the bias has a number for each column (simd/unit_tile.hpp): rows that start from it
};

namespace detail {

/// Rows and packs of columns of the largest register tile: accumulators, a weight and the packs of a row of B must fit. On every
/// machine with 32 registers that was measured, 8 x 3, 8 x 2 and 4 x 3 run at the load-fed rate; on those with 16, 6 x 2 does.
inline constexpr int tile_rows = vector_registers >= 32 ? 8 : 6;
inline constexpr int tile_packs = vector_registers >= 32 ? 3 : 2;

/// Parts that the sum over k is split into. One or two outputs of a layer have so few accumulators that they would wait for each other. The split
/// depends on nothing but their number, so that digits do not depend on how many samples are computed together.
constexpr int sums_of(int outputs) { return outputs == 1 ? 4 : outputs == 2 ? 2 : 1; }

/// Rows x Packs packs of C. Outputs of the layer are rows, and `at` is the tile's first column; or, `OutputsAlong`, they are columns, `at` is the
/// tile's first row, and the bias has a number for each column.
template <class T, int Rows, int Packs, int split = sums_of(Rows), bool OutputsAlong = false>
[[gnu::noinline]] void gemm_tile(const gemm_strip<T>& g, int at) {
  pack<T> sum[split][Rows][Packs];
  const int row = OutputsAlong ? at : 0, column = OutputsAlong ? 0 : at;
  const std::ptrdiff_t c_stride = g.c_stride;
  T* const c = g.c + row * c_stride + column;
  if constexpr (OutputsAlong) {
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) sum[0][r][v] = row + r < g.bias_rows ? load(g.bias + v * lanes<T>) : broadcast<T>(0);
  } else if (g.start == gemm_start::accumulate) {
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) sum[0][r][v] = load(c + r * c_stride + v * lanes<T>);
  } else if (g.start == gemm_start::bias && column < g.bias_columns) {
    const int biased = (g.bias_columns - column) / lanes<T>;
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) sum[0][r][v] = v < biased ? broadcast<T>(g.bias[r]) : broadcast<T>(0);
  } else {
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) sum[0][r][v] = broadcast<T>(0);
  }
#pragma GCC unroll 4
  for (int s = 1; s < split; ++s)
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) sum[s][r][v] = broadcast<T>(0);

  // Three rows share a pointer: offsets 0, 1 and 2 strides are addressing modes.
  constexpr int groups = (Rows + 2) / 3;
  for (const gemm_term<T>*t = g.terms, *last = g.terms + g.count; t != last; ++t) {
    const std::ptrdiff_t a_row = t->a_row, a_col = t->a_col, b_stride = t->b_stride;
    const T* a[groups];
#pragma GCC unroll 8
    for (int i = 0; i < groups; ++i) a[i] = t->a + (row + 3 * i) * a_row;
    const T* b = t->b + column;
    const auto step = [&](pack<T>(&into)[Rows][Packs]) DIMWISE_INLINE_LAMBDA {
      pack<T> x[Packs];
#pragma GCC unroll 32
      for (int v = 0; v < Packs; ++v) x[v] = in_register(load(b + v * lanes<T>));
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r) {
        const pack<T> w = in_register(broadcast<T>(a[r / 3][r % 3 * a_row]));
#pragma GCC unroll 32
        for (int v = 0; v < Packs; ++v) into[r][v] = fma(w, x[v], into[r][v]);
      }
#pragma GCC unroll 8
      for (int i = 0; i < groups; ++i) a[i] += a_col;
      b += b_stride;
    };
    int k = t->depth;
    if constexpr (split > 1) {
#pragma GCC unroll 1
      for (; k >= split; k -= split) {
        step(sum[0]);
        step(sum[1]);
        if constexpr (split > 2) {
          step(sum[2]);
          step(sum[3]);
        }
      }
    }
#pragma GCC unroll 1
    for (; k > 0; --k) step(sum[0]);
  }

#pragma GCC unroll 32
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
    for (int v = 0; v < Packs; ++v) {
      pack<T> total = sum[0][r][v];
      if constexpr (split == 2) total = total + sum[1][r][v];
      if constexpr (split == 4) total = (total + sum[1][r][v]) + (sum[2][r][v] + sum[3][r][v]);
      simd::store(c + r * c_stride + v * lanes<T>, total);
    }
}

/// The next part of what is left: at most `most`, and so that no part is much smaller than the others.
constexpr int even_part(int left, int most) { return left <= most ? left : left < 2 * most ? (left + 1) / 2 : most; }

template <class T>
using tile_function = void (*)(const gemm_strip<T>&, int);

/// The tile of r + 1 rows and p + 1 packs is entry tile_packs * r + p.
template <class T>
inline constexpr auto tiles = []<int... I>(std::integer_sequence<int, I...>) {
  struct {
    tile_function<T> of[tile_rows * tile_packs];
  } all{{gemm_tile<T, I / tile_packs + 1, I % tile_packs + 1>...}};
  return all;
}
(std::make_integer_sequence<int, tile_rows * tile_packs>{});

}  // namespace detail

/// How many of `left` rows the next strip takes.
constexpr int strip_rows(int left) { return detail::even_part(left, detail::tile_rows); }

/// Computes `rows` rows, as many as strip_rows gives; all columns.
template <class T>
void compute(const gemm_strip<T>& g, int rows) {
  const detail::tile_function<T>* const tile = detail::tiles<T>.of + detail::tile_packs * (rows - 1) - 1;
  int left = g.columns / lanes<T>, column = 0;
  while (left > 0) {
    // a single pack is bound by its loads, so 4 are 2 and 2
    const int packs = left <= detail::tile_packs ? left : detail::tile_packs == 3 && left == 4 ? 2 : detail::tile_packs;
    tile[packs](g, column);
    column += packs * lanes<T>;
    left -= packs;
  }
}

/// The product over the range of k that `limits(r_begin, r_end)` (a gemm_range within 0..depth) gives for a strip of rows: how a
/// block-triangular mask skips its zeros. Cost: 2 * rows * k range * columns flop.
template <class T, class Limits>
void gemm(const gemm_arguments<T>& g, gemm_start start, Limits limits, const T* bias = nullptr, int bias_columns = 0) {
  gemm_strip<T> s;
  s.count = 1;
  s.c_stride = g.c_stride;
  s.columns = g.columns;
  s.start = start;
  s.bias_columns = bias_columns;
  for (int r = 0, rows; r < g.rows; r += rows) {
    rows = strip_rows(g.rows - r);
    const gemm_range k = limits(r, r + rows);
    s.terms[0] = {
        g.a + r * g.a_row + k.begin * g.a_col, g.a_row, g.a_col, g.b + k.begin * g.b_stride, g.b_stride, k.end - k.begin};
    s.c = g.c + r * g.c_stride;
    s.bias = bias == nullptr ? nullptr : bias + r;
    compute(s, rows);
  }
}

/// The product over the whole depth.
template <class T>
void gemm(const gemm_arguments<T>& g, gemm_start start) {
  gemm(g, start, [&](int, int) { return gemm_range{0, g.depth}; });
}

/// The product added to bias[r] in the first `bias_columns` columns (a multiple of lanes<T>) and to zero in the others.
template <class T, class Limits>
void gemm_bias(const gemm_arguments<T>& g, const T* bias, int bias_columns, Limits limits) {
  gemm(g, gemm_start::bias, limits, bias, bias_columns);
}

/// The same over the whole depth.
template <class T>
void gemm_bias(const gemm_arguments<T>& g, const T* bias, int bias_columns) {
  gemm_bias(g, bias, bias_columns, [&](int, int) { return gemm_range{0, g.depth}; });
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
