// simd/polynomial.hpp: polynomials and the bit layout of numbers, shared by the elementary functions.
#pragma once
#include <cstdint>
#include <limits>
#include <dimwise/simd/pack.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
namespace detail {

/// c0 + c1 x + c2 x^2 + ..., by Horner's rule: one fma a coefficient.
template <class T>
DIMWISE_INLINE pack<T> polynomial(const xsimd::batch<T>&, std::type_identity_t<T> c0) {
  return broadcast<T>(c0);
}
template <class T, class... Rest>
DIMWISE_INLINE pack<T> polynomial(const xsimd::batch<T>& x, std::type_identity_t<T> c0, Rest... rest) {
  return fma(polynomial<T>(x, rest...), x, broadcast<T>(c0));
}

/// Layout of a float.
template <class T>
struct layout {
  using integer = std::uint32_t;
  static constexpr int mantissa_bits = 23, bias = 127;
  static constexpr float two_to_mantissa = 0x1p23f;
  static constexpr integer one = 0x3f800000u, mantissa = 0x007fffffu, sign = 0x80000000u, sqrt_half = 0x3f3504f3u;
};

/// Layout of a double.
template <>
struct layout<double> {
  using integer = std::uint64_t;
  static constexpr int mantissa_bits = 52, bias = 1023;
  static constexpr double two_to_mantissa = 0x1p52;
  static constexpr integer one = 0x3ff0000000000000u, mantissa = 0x000fffffffffffffu, sign = 0x8000000000000000u,
                           sqrt_half = 0x3fe6a09e667f3bcdu;
};

/// Adding this to a small number z rounds z to an integer n and leaves n + offset in the low bits of the sum.
template <class T>
constexpr T rounder(int offset) {
  return T(1.5) * layout<T>::two_to_mantissa + T(offset);
}

/// 2^n for a sum z + rounder(bias); 0 for n = -bias.
template <class T>
DIMWISE_INLINE pack<T> power_of_two(const xsimd::batch<T>& rounded) {
  return from_bits<T>(to_bits(rounded) << layout<T>::mantissa_bits);
}

/// a b - product for product = a b rounded: what the rounding lost. The product neither overflows nor underflows.
template <class T>
DIMWISE_INLINE pack<T> product_tail(const pack<T>& a, const pack<T>& b, const pack<T>& product) {
  if constexpr (has_fused_multiply_add) {
    return fma(a, b, -product);
  } else {  // Dekker: products of halves are exact
    const auto high = [](const pack<T>& x) {
      const lane_bits<T> kept(~((typename layout<T>::integer(1) << (layout<T>::mantissa_bits / 2 + 1)) - 1));
      return from_bits<T>(to_bits(x) & kept);
    };
    const pack<T> a1 = high(a), a2 = a - a1, b1 = high(b), b2 = b - b1;
    return ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2;
  }
}

/// |x| with the sign of `sign`, for x >= 0.
template <class T>
DIMWISE_INLINE pack<T> with_sign(const pack<T>& x, const pack<T>& sign) {
#if defined(DIMWISE_SIMD_AVX512)
  constexpr int x_or_sign_and_mask = 0xf8;  // g++ makes two operations of it otherwise
  if constexpr (sizeof(T) == 4)
    return from_bits<T>(
        lane_bits<T>(_mm512_ternarylogic_epi32(to_bits(x), to_bits(sign), lane_bits<T>(layout<T>::sign), x_or_sign_and_mask)));
  else
    return from_bits<T>(
        lane_bits<T>(_mm512_ternarylogic_epi64(to_bits(x), to_bits(sign), lane_bits<T>(layout<T>::sign), x_or_sign_and_mask)));
#else
  return from_bits<T>(to_bits(x) | (to_bits(sign) & lane_bits<T>(layout<T>::sign)));
#endif
}

template <class T>
inline constexpr T infinity = std::numeric_limits<T>::infinity();
template <class T>
inline constexpr T quiet_nan = std::numeric_limits<T>::quiet_NaN();

}  // namespace detail
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
