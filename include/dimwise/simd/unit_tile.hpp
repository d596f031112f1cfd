// simd/unit_tile.hpp: the matrix product for few samples, in register tiles: rows of weights, one lane for each unit, times broadcast numbers of
// the samples. It adds up in the order of simd/gemm.hpp, so that both give the same digits.
#pragma once
#include "gemm.hpp"

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// W[k][u] x[n][k], k < depth: row k of W starts at w + k * w_row, column n of x at x + n * x_column.
template <class T>
struct unit_term {
  const T* w;
  std::ptrdiff_t w_row;
  const T* x;
  std::ptrdiff_t x_column;
  int depth;
};

/// C[n][u] = start + sum of the terms, n < columns; the start is bias[u] in the first `bias_columns` columns and zero in the others.
template <class T>
struct unit_product {
  unit_term<T> terms[most_gemm_terms];
  int count = 0;
  T* c = nullptr;
  std::ptrdiff_t c_column = 0;
  int columns = 0;
  const T* bias = nullptr;
  int bias_columns = 0;
};

namespace detail {

/// Packs of units and columns of the largest tile: accumulators, the packs of a row of weights and one number must fit.
inline constexpr int unit_packs = vector_registers >= 32 ? 4 : 2;
inline constexpr int unit_columns = vector_registers >= 32 ? 6 : 4;

/// Packs x Columns packs of C: all pointers are at the first unit, `column` is the first column. Split: how many sums gemm_tile has for as many
/// rows as there are units.
template <class T, int Packs, int Columns, int Split>
[[gnu::noinline]] void unit_tile(const unit_product<T>& g, int column) {
  pack<T> sum[Split][Columns][Packs];
#pragma GCC unroll 8
  for (int n = 0; n < Columns; ++n)
#pragma GCC unroll 8
    for (int v = 0; v < Packs; ++v) {
      sum[0][n][v] = g.bias && column + n < g.bias_columns ? load(g.bias + v * lanes<T>) : broadcast<T>(0);
#pragma GCC unroll 4
      for (int s = 1; s < Split; ++s) sum[s][n][v] = broadcast<T>(0);
    }
  constexpr int groups = (Columns + 2) / 3;  // three columns share a pointer
  for (const unit_term<T>*t = g.terms, *last = g.terms + g.count; t != last; ++t) {
    const std::ptrdiff_t w_row = t->w_row, x_column = t->x_column;
    const T* x[groups];
#pragma GCC unroll 4
    for (int i = 0; i < groups; ++i) x[i] = t->x + (column + 3 * i) * x_column;
    const T* w = t->w;
    const auto step = [&](pack<T>(&into)[Columns][Packs]) DIMWISE_INLINE_LAMBDA {
      pack<T> y[Packs];
#pragma GCC unroll 8
      for (int v = 0; v < Packs; ++v) y[v] = in_register(load(w + v * lanes<T>));
#pragma GCC unroll 8
      for (int n = 0; n < Columns; ++n) {
        const pack<T> z = in_register(broadcast<T>(x[n / 3][n % 3 * x_column]));
#pragma GCC unroll 8
        for (int v = 0; v < Packs; ++v) into[n][v] = fma(y[v], z, into[n][v]);
      }
#pragma GCC unroll 4
      for (int i = 0; i < groups; ++i) ++x[i];
      w += w_row;
    };
    int k = t->depth;
    if constexpr (Split > 1) {
#pragma GCC unroll 1
      for (; k >= Split; k -= Split) {
        step(sum[0]);
        step(sum[1]);
        if constexpr (Split > 2) {
          step(sum[2]);
          step(sum[3]);
        }
      }
    }
#pragma GCC unroll 1
    for (; k > 0; --k) step(sum[0]);
  }
#pragma GCC unroll 8
  for (int n = 0; n < Columns; ++n)
#pragma GCC unroll 8
    for (int v = 0; v < Packs; ++v) {
      pack<T> total = sum[0][n][v];
      if constexpr (Split == 2) total = total + sum[1][n][v];
      if constexpr (Split == 4) total = (total + sum[1][n][v]) + (sum[2][n][v] + sum[3][n][v]);
      simd::store(g.c + (column + n) * g.c_column + v * lanes<T>, total);
    }
}

template <class T>
using unit_function = void (*)(const unit_product<T>&, int);

/// The tile of p + 1 packs and n + 1 columns is entry unit_columns * p + n.
template <class T, int Split, int Packs>
inline constexpr auto unit_tiles = []<int... I>(std::integer_sequence<int, I...>) {
  struct {
    unit_function<T> of[Packs * unit_columns];
  } all{{unit_tile<T, I / unit_columns + 1, I % unit_columns + 1, Split>...}};
  return all;
}
(std::make_integer_sequence<int, Packs * unit_columns>{});

/// The four sums of a product with one row or unit (see gemm_tile): numbers 0, 4, 8 ... are added to the first.
template <class T>
struct four_sums {
  T x[4];
  explicit four_sums(T first) : x{first, 0, 0, 0} {}
  DIMWISE_INLINE static T multiply_add(T a, T b, T c) { return has_fused_multiply_add ? (sizeof(T) == 4 ? T(__builtin_fmaf(float(a), float(b), float(c))) : T(__builtin_fma(a, b, c))) : a * b + c; }
  DIMWISE_INLINE void add(const T* a, const T* b) {
    for (int i = 0; i < 4; ++i) x[i] = multiply_add(a[i], b[i], x[i]);
  }
  DIMWISE_INLINE void add_to_first(T a, T b) { x[0] = multiply_add(a, b, x[0]); }
  DIMWISE_INLINE T total() const { return (x[0] + x[1]) + (x[2] + x[3]); }
};
#if defined(DIMWISE_SIMD_AVX2)
template <>
struct four_sums<float> {
  __m128 x;
  explicit four_sums(float first) : x(_mm_set_ss(first)) {}
  DIMWISE_INLINE void add(const float* a, const float* b) { x = _mm_fmadd_ps(_mm_loadu_ps(a), _mm_loadu_ps(b), x); }
  DIMWISE_INLINE void add_to_first(float a, float b) { x = _mm_fmadd_ps(_mm_set_ss(a), _mm_set_ss(b), x); }
  DIMWISE_INLINE float total() const {
    const __m128 pairs = _mm_add_ps(x, _mm_movehdup_ps(x));
    return _mm_cvtss_f32(_mm_add_ss(pairs, _mm_movehl_ps(pairs, pairs)));
  }
};
template <>
struct four_sums<double> {
  __m256d x;
  explicit four_sums(double first) : x(_mm256_setr_pd(first, 0, 0, 0)) {}
  DIMWISE_INLINE void add(const double* a, const double* b) { x = _mm256_fmadd_pd(_mm256_loadu_pd(a), _mm256_loadu_pd(b), x); }
  DIMWISE_INLINE void add_to_first(double a, double b) { x = _mm256_fmadd_pd(_mm256_setr_pd(a, 0, 0, 0), _mm256_setr_pd(b, 0, 0, 0), x); }
  DIMWISE_INLINE double total() const {
    const __m256d pairs = _mm256_hadd_pd(x, x);
    return _mm_cvtsd_f64(_mm_add_sd(_mm256_castpd256_pd128(pairs), _mm256_extractf128_pd(pairs, 1)));
  }
};
#endif

/// Parts of at most `most`, none much smaller than the others.
constexpr int even_part(int left, int most) { return left <= most ? left : left < 2 * most ? (left + 1) / 2 : most; }

}  // namespace detail

/// How many of `left` packs of units the next tile takes.
constexpr int next_unit_packs(int left) { return detail::even_part(left, detail::unit_packs); }

/// All columns of `packs` packs, as many as next_unit_packs gives. units: of the whole product, at least two; two have only one pack.
template <class T>
void compute_units(const unit_product<T>& g, int packs, int units) {
  for (int n = 0, part; n < g.columns; n += part) {
    part = detail::even_part(g.columns - n, detail::unit_columns);
    const int entry = detail::unit_columns * (packs - 1) + part - 1;
    if (units == 2) detail::unit_tiles<T, 2, 1>.of[entry](g, n);
    else detail::unit_tiles<T, 1, detail::unit_packs>.of[entry](g, n);
  }
}

/// A product with a single unit, whose weights lie side by side: w_row is not used. The result fills a vector.
template <class T>
void compute_single_unit(const unit_product<T>& g) {
  for (int n = 0; n < g.columns; ++n) {
    detail::four_sums<T> sum(g.bias && n < g.bias_columns ? *g.bias : T(0));
    for (const unit_term<T>*t = g.terms, *last = g.terms + g.count; t != last; ++t) {
      const T *w = t->w, *x = t->x + n * t->x_column;
      int k = 0;
      for (; k + 4 <= t->depth; k += 4) sum.add(w + k, x + k);
      for (; k < t->depth; ++k) sum.add_to_first(w[k], x[k]);
    }
    simd::store(g.c + n * g.c_column, broadcast<T>(sum.total()));
  }
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
