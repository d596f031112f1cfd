// simd/gemm.hpp: the matrix product of every kernel, in register tiles: broadcast weights times columns of samples.
#pragma once
#include <algorithm>
#include <cstddef>
#include <dimwise/simd/pack.hpp>

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

/// What C holds before the sum: zeros, or what is in memory.
enum class gemm_start { zero, accumulate };

/// Range of k that a tile of rows sums over.
struct gemm_range {
  int begin, end;
};

namespace detail {

/// Rows of the register tile for a number of packs of columns: as many accumulators as fit beside the operands, 25 at most.
constexpr int tile_rows(int packs) {
#if defined(__clang__)
  if (vector_registers == 16 && packs == 3) return 3;  // clang 19 spills at 4, which needs all 16: 82 instead of 126 GFLOP/s
#endif
  for (int rows = 12; rows > 1; --rows) {
    const int accumulators = rows * packs, operands = std::min(rows, packs) + 1;
    if (accumulators <= 25 && accumulators + operands <= vector_registers) return rows;
  }
  return 1;
}

/// Packs of columns of the widest tile of a plain product: wider ones do not load less per product.
inline constexpr int widest_tile = 4;

/// One tile's operands; the pointers are at its first row and column.
template <class T>
struct tile_arguments {
  const T* a;
  std::ptrdiff_t a_row, a_col;
  const T* b;
  std::ptrdiff_t b_stride;
  T* c;
  std::ptrdiff_t c_stride;
  int depth;
  bool accumulate;
  const T* bias;     ///< of the tile's first row, or null
  int biased_packs;  ///< packs of the tile that start from the bias
};

struct no_epilogue {};

/// Rows x (Parts x Packs) packs of C. Pack p of part q is at column q * PartStride + p * lanes. The epilogue sees, for each row
/// and p, the Parts packs, and may change them before they are stored.
template <class T, int Rows, int Parts, int Packs, int PartStride, class Epilogue>
[[gnu::noinline]] void gemm_tile(const tile_arguments<T>& t, const Epilogue& epilogue, int row, int column) {
  constexpr int width = Parts * Packs;
  constexpr auto at = [](int v) { return v / Packs * PartStride + v % Packs * lanes<T>; };
  // Few accumulators would wait for each other: split the sum over k so that at least 8 are in flight.
  constexpr int split = Rows * width >= 8 ? 1 : Rows * width >= 4 ? 2 : 4;
  pack<T> sum[split][Rows][width];
  T* const c = t.c;  // copies, because a store to C might change `t` for all the compiler knows
  const std::ptrdiff_t c_stride = t.c_stride;
  if (t.accumulate) {
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < width; ++v) sum[0][r][v] = load(c + r * c_stride + at(v));
  } else if (t.bias != nullptr) {
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < width; ++v) sum[0][r][v] = v < t.biased_packs ? broadcast<T>(t.bias[r]) : broadcast<T>(0);
  } else {
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < width; ++v) sum[0][r][v] = broadcast<T>(0);
  }
#pragma GCC unroll 4
  for (int s = 1; s < split; ++s)
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int v = 0; v < width; ++v) sum[s][r][v] = broadcast<T>(0);

  // Three rows share a pointer (offsets 0, 1 and 2 strides are addressing modes), so that 12 rows leave registers free.
  constexpr int groups = (Rows + 2) / 3;
  const T* a[groups];
#pragma GCC unroll 8
  for (int g = 0; g < groups; ++g) a[g] = t.a + 3 * g * t.a_row;
  const T* b = t.b;
  const std::ptrdiff_t a_row = t.a_row, a_col = t.a_col, b_stride = t.b_stride;
  const auto step = [&](pack<T>(&into)[Rows][width]) DIMWISE_INLINE_LAMBDA {
    if constexpr (Rows >= width) {
      pack<T> x[width];
#pragma GCC unroll 32
      for (int v = 0; v < width; ++v) x[v] = in_register(load(b + at(v)));
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r) {
        const pack<T> w = in_register(broadcast<T>(a[r / 3][r % 3 * a_row]));
#pragma GCC unroll 32
        for (int v = 0; v < width; ++v) into[r][v] = fma(w, x[v], into[r][v]);
      }
    } else {
      pack<T> w[Rows];
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r) w[r] = in_register(broadcast<T>(a[r / 3][r % 3 * a_row]));
#pragma GCC unroll 32
      for (int v = 0; v < width; ++v) {
        const pack<T> x = in_register(load(b + at(v)));
#pragma GCC unroll 32
        for (int r = 0; r < Rows; ++r) into[r][v] = fma(w[r], x, into[r][v]);
      }
    }
#pragma GCC unroll 8
    for (int g = 0; g < groups; ++g) a[g] += a_col;
    b += b_stride;
  };
  int k = 0;
  if constexpr (split > 1) {
#pragma GCC unroll 1
    for (; k + split <= t.depth; k += split) {
      step(sum[0]);
      step(sum[1]);
      if constexpr (split > 2) {
        step(sum[2]);
        step(sum[3]);
      }
    }
  }
#pragma GCC unroll 1
  for (; k < t.depth; ++k) step(sum[0]);

#pragma GCC unroll 32
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
    for (int v = 0; v < width; ++v) {
      if constexpr (split == 2) sum[0][r][v] += sum[1][r][v];
      if constexpr (split == 4) sum[0][r][v] = (sum[0][r][v] + sum[1][r][v]) + (sum[2][r][v] + sum[3][r][v]);
    }
  if constexpr (!std::is_same_v<Epilogue, no_epilogue>) {
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
      for (int p = 0; p < Packs; ++p) {
        pack<T> jet[Parts];
#pragma GCC unroll 32
        for (int q = 0; q < Parts; ++q) jet[q] = sum[0][r][q * Packs + p];
        epilogue(jet, row + r, column + p * lanes<T>);
#pragma GCC unroll 32
        for (int q = 0; q < Parts; ++q) sum[0][r][q * Packs + p] = jet[q];
      }
  }
#pragma GCC unroll 32
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 32
    for (int v = 0; v < width; ++v) simd::store(c + r * c_stride + at(v), sum[0][r][v]);
}

/// All rows of one tile's columns.
template <class T, int Parts, int Packs, int PartStride, class Limits, class Epilogue>
void gemm_column(const gemm_arguments<T>& g, gemm_start start, const T* bias, int biased_packs, Limits limits,
                 const Epilogue& epilogue, int column) {
  constexpr int rows = tile_rows(Parts * Packs);
  int r = 0;
  const auto tiles = [&]<int Rows>() {
    for (; r + Rows <= g.rows; r += Rows) {
      const gemm_range k = limits(r, r + Rows);
      const tile_arguments<T> t{g.a + r * g.a_row + k.begin * g.a_col,
                                g.a_row,
                                g.a_col,
                                g.b + k.begin * g.b_stride + column,
                                g.b_stride,
                                g.c + r * g.c_stride + column,
                                g.c_stride,
                                std::max(0, k.end - k.begin),
                                start == gemm_start::accumulate,
                                bias == nullptr ? nullptr : bias + r,
                                biased_packs};
      gemm_tile<T, Rows, Parts, Packs, PartStride>(t, epilogue, r, column);
    }
  };
  tiles.template operator()<rows>();
  if constexpr (rows > 4) tiles.template operator()<4>();
  if constexpr (rows > 2) tiles.template operator()<2>();
  if constexpr (rows > 1) tiles.template operator()<1>();
}

/// Plain columns in tiles of the widest kind; the rest in tiles of 2 packs or more where it can be, since a single one is load
/// bound.
template <class T, class Limits>
void gemm_columns(const gemm_arguments<T>& g, gemm_start start, const T* bias, int bias_columns, Limits limits) {
  int column = 0;
  const auto next = [&]<int Packs>() {
    gemm_column<T, 1, Packs, 0>(g, start, bias, (bias_columns - column) / lanes<T>, limits, no_epilogue{}, column);
    column += Packs * lanes<T>;
  };
  while (column < g.columns) {
    const int left = (g.columns - column) / lanes<T>;
    if (left >= widest_tile && left != widest_tile + 1) {
      next.template operator()<widest_tile>();
    } else if (left >= widest_tile - 1) {
      next.template operator()<widest_tile - 1>();
    } else if (left == 2) {
      next.template operator()<2>();
    } else {
      next.template operator()<1>();
    }
  }
}

struct whole_depth {
  int depth;
  gemm_range operator()(int, int) const { return {0, depth}; }
};

}  // namespace detail

/// The product over the range of k that `limits(r_begin, r_end)` (a gemm_range within 0..depth) gives for a tile of rows: how a
/// block-triangular mask skips its zeros. Cost: 2 * rows * k range * columns flop.
template <class T, class Limits>
void gemm(const gemm_arguments<T>& g, gemm_start start, Limits limits) {
  detail::gemm_columns<T>(g, start, nullptr, 0, limits);
}

/// The product over the whole depth.
template <class T>
void gemm(const gemm_arguments<T>& g, gemm_start start) {
  gemm(g, start, detail::whole_depth{g.depth});
}

/// The product added to bias[r] in the first `bias_columns` columns (a multiple of lanes<T>) and to zero in the others.
template <class T, class Limits>
void gemm_bias(const gemm_arguments<T>& g, const T* bias, int bias_columns, Limits limits) {
  detail::gemm_columns<T>(g, gemm_start::zero, bias, bias_columns, limits);
}

/// The same over the whole depth.
template <class T>
void gemm_bias(const gemm_arguments<T>& g, const T* bias, int bias_columns) {
  gemm_bias(g, bias, bias_columns, detail::whole_depth{g.depth});
}

/// The product on jets, with a function of each jet fused in before it is stored. Columns are [Coefficients][Samples], Samples a
/// multiple of lanes<T>; g.columns is not read. Rows start from bias[r] in coefficient 0 (zeros if `bias` is null).
/// `epilogue(pack<T> (&jet)[Coefficients], int row, int sample)` gets the coefficients of the samples sample .. sample + lanes -
/// 1 of a row and may change them, or store something elsewhere; it should be forced inline.
template <int Coefficients, int Samples, class T, class Limits, class Epilogue>
void gemm_jets(const gemm_arguments<T>& g, const T* bias, Limits limits, const Epilogue& epilogue) {
  static_assert(Samples % lanes<T> == 0, "dimwise: samples of a block must fill whole vector registers");
  constexpr int all = Samples / lanes<T>;
  constexpr int packs = all % 2 == 0 && 2 * Coefficients <= detail::widest_tile ? 2 : 1;
  for (int sample = 0; sample < Samples; sample += packs * lanes<T>)
    detail::gemm_column<T, Coefficients, packs, Samples>(g, gemm_start::zero, bias, packs, limits, epilogue, sample);
}

/// The same over the whole depth.
template <int Coefficients, int Samples, class T, class Epilogue>
void gemm_jets(const gemm_arguments<T>& g, const T* bias, const Epilogue& epilogue) {
  gemm_jets<Coefficients, Samples>(g, bias, detail::whole_depth{g.depth}, epilogue);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
