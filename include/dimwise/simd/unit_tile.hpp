// simd/unit_tile.hpp: the matrix product for few samples, in the register tiles of simd/gemm.hpp turned round: lanes are units
// (outputs), broadcast are the numbers of the samples. It adds up in the same order, so that both give the same digits.
#pragma once
#include "gemm.hpp"

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

namespace detail {

/// Packs of units and samples of the largest tile: accumulators, the packs of a row of weights and one number must fit.
inline constexpr int unit_packs = vector_registers >= 32 ? 4 : 2;
inline constexpr int unit_rows = vector_registers >= 32 ? 6 : 4;
/// Packs of the largest tile of one sample: with fewer than eight sums, each would wait for the one before it.
inline constexpr int wide_unit_packs = 2 * unit_packs;

/// The four sums of a product with one output (see sums_of): numbers 0, 4, 8 ... are added to the first.
template <class T>
struct four_sums {
  T x[4];
  explicit four_sums(T first) : x{first, 0, 0, 0} {}
  DIMWISE_INLINE static T multiply_add(T a, T b, T c) {
    return has_fused_multiply_add ? (sizeof(T) == 4 ? T(__builtin_fmaf(float(a), float(b), float(c))) : T(__builtin_fma(a, b, c)))
                                  : a * b + c;
  }
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
  DIMWISE_INLINE void add_to_first(double a, double b) {
    x = _mm256_fmadd_pd(_mm256_setr_pd(a, 0, 0, 0), _mm256_setr_pd(b, 0, 0, 0), x);
  }
  DIMWISE_INLINE double total() const {
    const __m256d pairs = _mm256_hadd_pd(x, x);
    return _mm_cvtsd_f64(_mm_add_sd(_mm256_castpd256_pd128(pairs), _mm256_extractf128_pd(pairs, 1)));
  }
};
#endif

/// The tile of Rows samples and a single unit, whose weights B lie side by side. Each result fills a vector.
template <class T, int Rows>
[[gnu::noinline]] void single_unit_tile(const gemm_strip<T>& g, int) {
  const auto sums = [&]<int... R>(std::integer_sequence<int, R...>) {
    four_sums<T> sum[Rows] = {four_sums<T>(R < g.bias_rows ? *g.bias : T(0))...};
    for (const gemm_term<T>*t = g.terms, *last = g.terms + g.count; t != last; ++t) {
      const T *w = t->b, *x = t->a;
      const std::ptrdiff_t row = t->a_row;
      int k = 0;
      for (; k + 4 <= t->depth; k += 4) (sum[R].add(w + k, x + R * row + k), ...);
      for (; k < t->depth; ++k) (sum[R].add_to_first(w[k], x[R * row + k]), ...);
    }
    (simd::store(g.c + R * g.c_stride, broadcast<T>(sum[R].total())), ...);
  };
  sums(std::make_integer_sequence<int, Rows>{});
}

/// First come the tiles of r + 1 samples and p + 1 packs of units, entry unit_rows * p + r, then those of r + 1 samples and two
/// units (as many sums as gemm_tile has for them), then those of r + 1 samples and one; at last those of one sample and more than
/// unit_packs packs.
template <class T>
inline constexpr auto unit_tiles = []<int... P, int... R, int... W>(std::integer_sequence<int, P...>,
                                                                    std::integer_sequence<int, R...>,
                                                                    std::integer_sequence<int, W...>) {
  struct {
    tile_function<T> of[(unit_packs + 2) * unit_rows + wide_unit_packs - unit_packs];
  } all{{gemm_tile<T, P % unit_rows + 1, P / unit_rows + 1, 1, true>..., gemm_tile<T, R + 1, 1, sums_of(2), true>...,
         single_unit_tile<T, R + 1>..., gemm_tile<T, 1, unit_packs + 1 + W, 1, true>...}};
  return all;
}
(std::make_integer_sequence<int, unit_packs * unit_rows>{}, std::make_integer_sequence<int, unit_rows>{},
 std::make_integer_sequence<int, wide_unit_packs - unit_packs>{});

}  // namespace detail

/// How many of `left` samples the next tile takes, and how many of `left` packs of units where the product has `rows` samples.
constexpr int next_unit_rows(int left) { return detail::even_part(left, detail::unit_rows); }
constexpr int next_unit_packs(int left, int rows) {
  return detail::even_part(left, rows == 1 ? detail::wide_unit_packs : detail::unit_packs);
}

/// The tile for `rows` samples and `packs` packs of units in a product of `units` of them. It computes
/// C[n][u] = bias[u] (n < bias_rows, else 0) + sum_k x[n][k] W[k][u], n < rows: A of each term is x, B is W.
constexpr int unit_tile_index(int units, int packs, int rows) {
  if (packs > detail::unit_packs) return (detail::unit_packs + 2) * detail::unit_rows + packs - detail::unit_packs - 1;
  return (units == 1 ? detail::unit_packs + 1 : units == 2 ? detail::unit_packs : packs - 1) * detail::unit_rows + rows - 1;
}
/// Cycles that such a tile takes for each number of the depth: two multiply-adds a cycle, unless each of the sums waits four for
/// the one before it.
constexpr double unit_tile_cycles(int units, int packs, int rows) {
  return units == 1 ? 1 : std::max(4.0 / detail::sums_of(units), packs * rows * 0.5);
}
template <class T>
void compute_unit_tile(const gemm_strip<T>& g, int index) {
  detail::unit_tiles<T>.of[index](g, 0);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
