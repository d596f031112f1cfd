// simd/pack.hpp: one vector register of float or double, and the operations every kernel is made of.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>
#if defined(__GNUC__) && !defined(__clang__)
// The AVX-512 intrinsics of g++ 12 read a deliberately undefined register, and its warning ends up in the code that uses them.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <xsimd/xsimd.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#include <dimwise/core/inline.hpp>
#include <dimwise/simd/isa.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// A vector register of T (float or double). + - * / and comparisons work lane by lane.
template <class T>
using pack = xsimd::batch<T>;

/// One truth value for each lane, as comparisons of packs return it.
template <class T>
using lane_mask = xsimd::batch_bool<T>;

/// Unsigned integers as wide as T, one for each lane.
template <class T>
using lane_bits = xsimd::batch<std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>;

/// Number of elements of a pack.
template <class T>
inline constexpr int lanes = static_cast<int>(pack<T>::size);

/// lanes<T> elements from `p`, which need not be aligned.
template <class T>
DIMWISE_INLINE pack<T> load(const T* p) {
  return pack<T>::load_unaligned(p);
}

/// lanes<T> elements to `p`, which need not be aligned. Not templates, so that they win over xsimd's own `store`, which an
/// unqualified call finds too and which takes `p` for aligned.
DIMWISE_INLINE void store(float* p, const pack<float>& x) { x.store_unaligned(p); }
DIMWISE_INLINE void store(double* p, const pack<double>& x) { x.store_unaligned(p); }

/// `x` in every lane.
template <class T>
DIMWISE_INLINE pack<T> broadcast(std::type_identity_t<T> x) {
  return pack<T>(x);
}

/// The first `count` (0 <= count <= lanes) elements from `p` and zeros after them; reads nothing beyond.
template <class T>
DIMWISE_INLINE pack<T> load_first(const T* p, int count) {
#if defined(DIMWISE_SIMD_AVX512)
  if constexpr (sizeof(T) == 4) return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), p);
  else return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1), p);
#else
  alignas(64) T buffer[lanes<T>] = {};
  for (int i = 0; i < count; ++i) buffer[i] = p[i];
  return load(buffer);
#endif
}

/// Writes the first `count` (0 <= count <= lanes) elements to `p` and nothing beyond.
template <class T>
DIMWISE_INLINE void store_first(T* p, const std::type_identity_t<pack<T>>& x, int count) {
#if defined(DIMWISE_SIMD_AVX512)
  if constexpr (sizeof(T) == 4) _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1), x);
  else _mm512_mask_storeu_pd(p, static_cast<__mmask8>((1u << count) - 1), x);
#else
  alignas(64) T buffer[lanes<T>];
  store(buffer, x);
  for (int i = 0; i < count; ++i) p[i] = buffer[i];
#endif
}

// xsimd 8.1 has no AVX-512 multiply-add of its own, and clang does not contract its a * b + c; so the instruction is named here.
#if defined(DIMWISE_SIMD_AVX512)
/// a * b + c in one instruction, rounded once.
DIMWISE_INLINE pack<float> fma(const pack<float>& a, const pack<float>& b, const pack<float>& c) {
  return _mm512_fmadd_ps(a, b, c);
}
DIMWISE_INLINE pack<double> fma(const pack<double>& a, const pack<double>& b, const pack<double>& c) {
  return _mm512_fmadd_pd(a, b, c);
}
/// c - a * b in one instruction, rounded once.
DIMWISE_INLINE pack<float> fnma(const pack<float>& a, const pack<float>& b, const pack<float>& c) {
  return _mm512_fnmadd_ps(a, b, c);
}
DIMWISE_INLINE pack<double> fnma(const pack<double>& a, const pack<double>& b, const pack<double>& c) {
  return _mm512_fnmadd_pd(a, b, c);
}
#elif defined(DIMWISE_SIMD_AVX2)
/// a * b + c in one instruction, rounded once.
DIMWISE_INLINE pack<float> fma(const pack<float>& a, const pack<float>& b, const pack<float>& c) {
  return _mm256_fmadd_ps(a, b, c);
}
DIMWISE_INLINE pack<double> fma(const pack<double>& a, const pack<double>& b, const pack<double>& c) {
  return _mm256_fmadd_pd(a, b, c);
}
/// c - a * b in one instruction, rounded once.
DIMWISE_INLINE pack<float> fnma(const pack<float>& a, const pack<float>& b, const pack<float>& c) {
  return _mm256_fnmadd_ps(a, b, c);
}
DIMWISE_INLINE pack<double> fnma(const pack<double>& a, const pack<double>& b, const pack<double>& c) {
  return _mm256_fnmadd_pd(a, b, c);
}
#else
/// a * b + c; rounded once where has_fused_multiply_add.
DIMWISE_INLINE pack<float> fma(const pack<float>& a, const pack<float>& b, const pack<float>& c) { return xsimd::fma(a, b, c); }
DIMWISE_INLINE pack<double> fma(const pack<double>& a, const pack<double>& b, const pack<double>& c) {
  return xsimd::fma(a, b, c);
}
/// c - a * b; rounded once where has_fused_multiply_add.
DIMWISE_INLINE pack<float> fnma(const pack<float>& a, const pack<float>& b, const pack<float>& c) { return xsimd::fma(-a, b, c); }
DIMWISE_INLINE pack<double> fnma(const pack<double>& a, const pack<double>& b, const pack<double>& c) {
  return xsimd::fma(-a, b, c);
}
#endif

/// The smaller of the two; `b` where either is NaN.
template <class T>
DIMWISE_INLINE pack<T> min(const pack<T>& a, const pack<T>& b) {
  return xsimd::min(a, b);
}

/// The larger of the two; `b` where either is NaN.
template <class T>
DIMWISE_INLINE pack<T> max(const pack<T>& a, const pack<T>& b) {
  return xsimd::max(a, b);
}

/// `a` where the mask holds, `b` elsewhere.
template <class T>
DIMWISE_INLINE pack<T> select(const lane_mask<T>& m, const pack<T>& a, const pack<T>& b) {
  return xsimd::select(m, a, b);
}

template <class T>
DIMWISE_INLINE pack<T> abs(const pack<T>& x) {
  return xsimd::abs(x);
}

/// Correctly rounded; NaN below zero.
template <class T>
DIMWISE_INLINE pack<T> sqrt(const pack<T>& x) {
  return xsimd::sqrt(x);
}

/// 1 / x, correctly rounded.
template <class T>
DIMWISE_INLINE pack<T> reciprocal(const pack<T>& x) {
  return pack<T>(T(1)) / x;
}

/// The sum of all lanes, as a tree of halves: the order depends on nothing but lanes<T>.
template <class T>
DIMWISE_INLINE T reduce_add(const pack<T>& x) {
  alignas(64) T part[lanes<T>];
  store(part, x);
  for (int half = lanes<T> / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) part[i] += part[i + half];
  return part[0];
}

/// `x`, kept in a register from here on: g++ may otherwise load an operand again from memory at each of its uses.
template <class T>
DIMWISE_INLINE pack<T> in_register(const pack<T>& x) {
#if defined(DIMWISE_SIMD_AVX512)
  typename pack<T>::register_type r = x;
  asm("" : "+v"(r));
  return r;
#elif defined(__SSE2__)
  typename pack<T>::register_type r = x;
  asm("" : "+x"(r));
  return r;
#else
  return x;
#endif
}

/// The bits of `x` as integers.
template <class T>
DIMWISE_INLINE lane_bits<T> to_bits(const pack<T>& x) {
  return xsimd::bitwise_cast<lane_bits<T>>(x);
}

/// The number whose bits are `x`.
template <class T>
DIMWISE_INLINE pack<T> from_bits(const lane_bits<T>& x) {
  return xsimd::bitwise_cast<pack<T>>(x);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
