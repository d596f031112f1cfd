// simd/transpose.hpp: transposes of any size, in square blocks of registers.
#pragma once
#include <algorithm>
#include <cstddef>
#include <dimwise/simd/pack.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
namespace detail {

// interleave: a0 b0 a1 b1 ... of the first halves (low) and of the second halves (high).
#if defined(DIMWISE_SIMD_AVX512)
DIMWISE_INLINE pack<float> interleave_low(const pack<float>& a, const pack<float>& b) {
  return _mm512_permutex2var_ps(a, _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), b);
}
DIMWISE_INLINE pack<float> interleave_high(const pack<float>& a, const pack<float>& b) {
  return _mm512_permutex2var_ps(a, _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), b);
}
DIMWISE_INLINE pack<double> interleave_low(const pack<double>& a, const pack<double>& b) {
  return _mm512_permutex2var_pd(a, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), b);
}
DIMWISE_INLINE pack<double> interleave_high(const pack<double>& a, const pack<double>& b) {
  return _mm512_permutex2var_pd(a, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15), b);
}
inline constexpr bool has_interleave = true;
#elif defined(__AVX__)
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
inline constexpr bool has_interleave = true;
#elif defined(__SSE2__)
DIMWISE_INLINE pack<float> interleave_low(const pack<float>& a, const pack<float>& b) { return _mm_unpacklo_ps(a, b); }
DIMWISE_INLINE pack<float> interleave_high(const pack<float>& a, const pack<float>& b) { return _mm_unpackhi_ps(a, b); }
DIMWISE_INLINE pack<double> interleave_low(const pack<double>& a, const pack<double>& b) { return _mm_unpacklo_pd(a, b); }
DIMWISE_INLINE pack<double> interleave_high(const pack<double>& a, const pack<double>& b) { return _mm_unpackhi_pd(a, b); }
inline constexpr bool has_interleave = true;
#else
inline constexpr bool has_interleave = false;
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

/// One block of rows x columns <= lanes x lanes; a whole one if Whole.
template <bool Whole, class T>
[[gnu::noinline]] inline void transpose_block(const T* in, std::ptrdiff_t in_stride, int rows, int columns, T* out,
                                              std::ptrdiff_t out_stride) {
  constexpr int n = lanes<T>;
  pack<T> x[n];
#pragma GCC unroll 16
  for (int i = 0; i < n; ++i) {
    if constexpr (Whole) x[i] = load(in + i * in_stride);
    else x[i] = i < rows ? load_first(in + i * in_stride, columns) : broadcast<T>(0);
  }
  transpose_square<T>(x);
#pragma GCC unroll 16
  for (int i = 0; i < n; ++i) {
    if constexpr (Whole) store(out + i * out_stride, x[i]);
    else if (i < columns) store_first(out + i * out_stride, x[i], rows);
  }
}

}  // namespace detail

/// out[c * out_stride + r] = in[r * in_stride + c] for r < rows, c < columns. Strides count elements; any sizes; nothing else is
/// read or written; the two must not overlap. Cost: about 1/4 cycle an element in cache with AVX-512.
template <class T>
void transpose(const T* in, std::ptrdiff_t in_stride, int rows, int columns, T* out, std::ptrdiff_t out_stride) {
  if constexpr (detail::has_interleave) {
    constexpr int n = lanes<T>;
    for (int r = 0; r < rows; r += n)
      for (int c = 0; c < columns; c += n) {
        const T* from = in + r * in_stride + c;
        T* to = out + c * out_stride + r;
        if (r + n <= rows && c + n <= columns) detail::transpose_block<true>(from, in_stride, n, n, to, out_stride);
        else detail::transpose_block<false>(from, in_stride, std::min(n, rows - r), std::min(n, columns - c), to, out_stride);
      }
  } else {
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) out[c * out_stride + r] = in[r * in_stride + c];
  }
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
