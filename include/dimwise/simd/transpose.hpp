// simd/transpose.hpp: transposes of any size, in square blocks of registers.
#pragma once
#include <algorithm>
#include <cstddef>
#include <dimwise/simd/pack.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
namespace detail {

#if defined(DIMWISE_SIMD_AVX512)
inline constexpr bool has_squares = true;

// Within quarters of 128 bits, then quarters as a whole: these shuffles run twice as often as the interleaving of any two
// elements.
DIMWISE_INLINE void transpose_square(pack<float> (&x)[16]) {
  __m512 a[16], b[16];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    a[2 * i] = _mm512_unpacklo_ps(x[2 * i], x[2 * i + 1]);
    a[2 * i + 1] = _mm512_unpackhi_ps(x[2 * i], x[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < 2; ++j) {  // b[4 i + k]: columns k, 4 + k, 8 + k, 12 + k of rows 4 i .. 4 i + 3
      const __m512d u = _mm512_castps_pd(a[4 * i + j]), v = _mm512_castps_pd(a[4 * i + 2 + j]);
      b[4 * i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(u, v));
      b[4 * i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(u, v));
    }
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) {
    const __m512 low = _mm512_shuffle_f32x4(b[k], b[4 + k], 0x88), high = _mm512_shuffle_f32x4(b[8 + k], b[12 + k], 0x88);
    const __m512 low_odd = _mm512_shuffle_f32x4(b[k], b[4 + k], 0xdd), high_odd = _mm512_shuffle_f32x4(b[8 + k], b[12 + k], 0xdd);
    x[k] = _mm512_shuffle_f32x4(low, high, 0x88);
    x[8 + k] = _mm512_shuffle_f32x4(low, high, 0xdd);
    x[4 + k] = _mm512_shuffle_f32x4(low_odd, high_odd, 0x88);
    x[12 + k] = _mm512_shuffle_f32x4(low_odd, high_odd, 0xdd);
  }
}
DIMWISE_INLINE void transpose_square(pack<double> (&x)[8]) {
  __m512d a[8];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {  // a[2 i + k]: columns k, 2 + k, 4 + k, 6 + k of rows 2 i, 2 i + 1
    a[2 * i] = _mm512_unpacklo_pd(x[2 * i], x[2 * i + 1]);
    a[2 * i + 1] = _mm512_unpackhi_pd(x[2 * i], x[2 * i + 1]);
  }
#pragma GCC unroll 2
  for (int k = 0; k < 2; ++k) {
    const __m512d low = _mm512_shuffle_f64x2(a[k], a[2 + k], 0x88), high = _mm512_shuffle_f64x2(a[4 + k], a[6 + k], 0x88);
    const __m512d low_odd = _mm512_shuffle_f64x2(a[k], a[2 + k], 0xdd), high_odd = _mm512_shuffle_f64x2(a[4 + k], a[6 + k], 0xdd);
    x[k] = _mm512_shuffle_f64x2(low, high, 0x88);
    x[4 + k] = _mm512_shuffle_f64x2(low, high, 0xdd);
    x[2 + k] = _mm512_shuffle_f64x2(low_odd, high_odd, 0x88);
    x[6 + k] = _mm512_shuffle_f64x2(low_odd, high_odd, 0xdd);
  }
}
#else
// interleave: a0 b0 a1 b1 ... of the first halves (low) and of the second halves (high).
#if defined(__AVX__)
DIMWISE_INLINE pack<float> interleave_low(const pack<float>& a, const pack<float>& b) {
  return _mm256_permute2f128_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b), 0x20);
}
DIMWISE_INLINE pack<float> interleave_high(const pack<float>& a, const pack<float>& b) {
  return _mm256_permute2f128_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b), 0x31);
}
DIMWISE_INLINE pack<double> interleave_low(const pack<double>& a, const pack<double>& b) {
  return _mm256_permute2f128_pd(_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b), 0x20);
}
DIMWISE_INLINE pack<double> interleave_high(const pack<double>& a, const pack<double>& b) {
  return _mm256_permute2f128_pd(_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b), 0x31);
}
inline constexpr bool has_squares = true;
#elif defined(__SSE2__)
DIMWISE_INLINE pack<float> interleave_low(const pack<float>& a, const pack<float>& b) { return _mm_unpacklo_ps(a, b); }
DIMWISE_INLINE pack<float> interleave_high(const pack<float>& a, const pack<float>& b) { return _mm_unpackhi_ps(a, b); }
DIMWISE_INLINE pack<double> interleave_low(const pack<double>& a, const pack<double>& b) { return _mm_unpacklo_pd(a, b); }
DIMWISE_INLINE pack<double> interleave_high(const pack<double>& a, const pack<double>& b) { return _mm_unpackhi_pd(a, b); }
inline constexpr bool has_squares = true;
#else
inline constexpr bool has_squares = false;
#endif

/// Interleaving rows i and i + lanes/2, log2(lanes) times over, transposes a square of lanes x lanes.
template <class T>
DIMWISE_INLINE void transpose_square(pack<T> (&x)[lanes<T>]) {
  constexpr int n = lanes<T>;
#pragma GCC unroll 4
  for (int stage = 1; stage < n; stage *= 2) {
    pack<T> y[n];
#pragma GCC unroll 8
    for (int i = 0; i < n / 2; ++i) {
      y[2 * i] = interleave_low(x[i], x[i + n / 2]);
      y[2 * i + 1] = interleave_high(x[i], x[i + n / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) x[i] = y[i];
  }
}
#endif

/// The sum of a square's rows.
template <class T>
DIMWISE_INLINE pack<T> sum_of(pack<T> (&x)[lanes<T>]) {
#pragma GCC unroll 4
  for (int n = lanes<T> / 2; n > 0; n /= 2)
#pragma GCC unroll 8
    for (int i = 0; i < n; ++i) x[i] = x[i] + x[i + n];
  return x[0];
}

/// One block of rows x columns <= lanes x lanes; a whole one if Whole. Sums: what it adds up goes to sums[rows].
template <bool Whole, bool Sums, class T>
[[gnu::noinline]] inline void transpose_block(const T* in, std::ptrdiff_t in_stride, int rows, int columns, T* out,
                                              std::ptrdiff_t out_stride, [[maybe_unused]] T* sums) {
  constexpr int n = lanes<T>;
  pack<T> x[n];
#pragma GCC unroll 16
  for (int i = 0; i < n; ++i) {
    if constexpr (Whole) x[i] = load(in + i * in_stride);
    else x[i] = i < rows ? load_first(in + i * in_stride, columns) : broadcast<T>(0);
  }
  transpose_square(x);
#pragma GCC unroll 16
  for (int i = 0; i < n; ++i) {
    if constexpr (Whole) store(out + i * out_stride, x[i]);
    else if (i < columns) store_first(out + i * out_stride, x[i], rows);
  }
  if constexpr (Sums) {
    if constexpr (Whole) store(sums, load(sums) + sum_of(x));
    else store_first(sums, load_first(sums, rows) + sum_of(x), rows);
  }
}

template <bool Sums, class T>
void transpose(const T* in, std::ptrdiff_t in_stride, int rows, int columns, T* out, std::ptrdiff_t out_stride, T* sums) {
  constexpr int n = lanes<T>;
  if constexpr (has_squares) {
    for (int r = 0; r < rows; r += n)
      for (int c = 0; c < columns; c += n) {
        const T* from = in + r * in_stride + c;
        T *to = out + c * out_stride + r, *sum = Sums ? sums + r : sums;
        if (r + n <= rows && c + n <= columns) transpose_block<true, Sums>(from, in_stride, n, n, to, out_stride, sum);
        else transpose_block<false, Sums>(from, in_stride, std::min(n, rows - r), std::min(n, columns - c), to, out_stride, sum);
      }
  } else {
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) {
        out[c * out_stride + r] = in[r * in_stride + c];
        if constexpr (Sums) sums[r] += in[r * in_stride + c];
      }
  }
}

}  // namespace detail

/// out[c * out_stride + r] = in[r * in_stride + c] for r < rows, c < columns. Strides count elements; any sizes; nothing else is
/// read or written; the two must not overlap. Cost: about 1/8 cycle an element in cache with AVX-512.
template <class T>
void transpose(const T* in, std::ptrdiff_t in_stride, int rows, int columns, T* out, std::ptrdiff_t out_stride) {
  detail::transpose<false>(in, in_stride, rows, columns, out, out_stride, static_cast<T*>(nullptr));
}

/// The same, and sums[r] += sum_c in[r * in_stride + c]: additions have ports of their own beside those of the shuffles.
template <class T>
void transpose_and_sum(const T* in, std::ptrdiff_t in_stride, int rows, int columns, T* out, std::ptrdiff_t out_stride, T* sums) {
  detail::transpose<true>(in, in_stride, rows, columns, out, out_stride, sums);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
