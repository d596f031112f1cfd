// simd/exponential.hpp: exp, tanh and sigmoid on packs, and the slopes of the last two without cancellation in saturation.
#pragma once
#include <dimwise/simd/polynomial.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
namespace detail {

inline constexpr double log2_e = 1.4426950408889634074;

/// ln 2 as a head whose product with a small integer is exact, and a tail.
template <class T>
inline constexpr T ln2_head = 0.693359375f;
template <class T>
inline constexpr T ln2_tail = -2.12194440054690583e-4f;
template <>
inline constexpr double ln2_head<double> = 6.93147180369123816490e-01;
template <>
inline constexpr double ln2_tail<double> = 1.90821492927058770002e-10;

/// (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2. Minimax for the relative error of e^r - 1: 1.3e-8 and 1.8e-17.
DIMWISE_INLINE pack<float> expm1_tail(const pack<float>& r) {
  return polynomial(r, 0.499999981501f, 0.166665434231f, 0.0416672006007f, 0.00836654724651f, 0.0013882522282f);
}
DIMWISE_INLINE pack<double> expm1_tail(const pack<double>& r) {
  return polynomial(r, 0.50000000000000052, 0.16666666666666588975, 0.041666666666576467812, 0.0083333333333897298519,
                    0.0013888888931667112229, 0.00019841269718715997628, 0.00002480150514271147135, 2.7557407682993812012e-6,
                    2.7626092822104318779e-7, 2.5053776308475817301e-8);
}

/// (v - (1 - e^(-2v)) / 2) / v^2 for |v| <= ln(2) / 4: the same polynomial at -2v, rescaled.
DIMWISE_INLINE pack<float> half_expm1_tail(const pack<float>& v) {
  return polynomial(v, 2 * 0.499999981501f, -4 * 0.166665434231f, 8 * 0.0416672006007f, -16 * 0.00836654724651f,
                    32 * 0.0013882522282f);
}
DIMWISE_INLINE pack<double> half_expm1_tail(const pack<double>& v) {
  return polynomial(v, 2 * 0.50000000000000052, -4 * 0.16666666666666588975, 8 * 0.041666666666576467812,
                    -16 * 0.0083333333333897298519, 32 * 0.0013888888931667112229, -64 * 0.00019841269718715997628,
                    128 * 0.00002480150514271147135, -256 * 2.7557407682993812012e-6, 512 * 2.7626092822104318779e-7,
                    -1024 * 2.5053776308475817301e-8);
}

/// 1 / d for 1/2 <= d < 2^126, error below 1 ULP.
template <class T>
DIMWISE_INLINE pack<T> reciprocal_of_sum(const pack<T>& d) {
  return reciprocal(d);
}

/// a / d for 1/2 <= d < 2^126, error below 1 ULP.
template <class T>
DIMWISE_INLINE pack<T> quotient_by_sum(const pack<T>& a, const pack<T>& d) {
  return a / d;
}

#if defined(DIMWISE_SIMD_AVX512)
// Two multiply-adds after the 14-bit estimate cost less port time than a division, which is not pipelined.
template <>
DIMWISE_INLINE pack<float> reciprocal_of_sum(const pack<float>& d) {
  const pack<float> r = _mm512_maskz_rcp14_ps(__mmask16(-1), d);
  return fma(r, fnma(d, r, pack<float>(1.0f)), r);
}
template <>
DIMWISE_INLINE pack<float> quotient_by_sum(const pack<float>& a, const pack<float>& d) {
  const pack<float> r = _mm512_maskz_rcp14_ps(__mmask16(-1), d);
  const pack<float> q = a * r;
  return fma(fnma(d, q, a), r, q);
}
#endif

/// e^x = 2^n (1 + q): n as a number, the sum from which power_of_two makes 2^(n + offset - bias), and q.
template <class T>
struct exp_parts {
  pack<T> n, rounded, q;
};

/// Requires |x| small enough for n + offset to be a valid exponent.
template <class T>
DIMWISE_INLINE exp_parts<T> split_exp(const pack<T>& x, int offset) {
  const pack<T> magic = broadcast<T>(rounder<T>(offset));
  const pack<T> rounded = fma(x, broadcast<T>(T(log2_e)), magic);
  const pack<T> n = rounded - magic;
  const pack<T> r = fnma(n, broadcast<T>(ln2_tail<T>), fnma(n, broadcast<T>(ln2_head<T>), x));
  return {n, rounded, fma(r * r, expm1_tail(r), r)};
}

/// Arguments of exp outside these bounds give the same as the bounds.
template <class T>
inline constexpr T exp_highest = sizeof(T) == 4 ? T(89) : T(710);
#if defined(DIMWISE_SIMD_AVX512)
template <class T>
inline constexpr T exp_lowest = sizeof(T) == 4 ? T(-104) : T(-746);
DIMWISE_INLINE pack<float> scale(const pack<float>& x, const pack<float>& n) { return _mm512_maskz_scalef_ps(__mmask16(-1), x, n); }
DIMWISE_INLINE pack<double> scale(const pack<double>& x, const pack<double>& n) { return _mm512_maskz_scalef_pd(__mmask8(-1), x, n); }
#else
template <class T>
inline constexpr T exp_lowest = sizeof(T) == 4 ? T(-87.33) : T(-708.39);
#endif

}  // namespace detail

/// e^x. Error <= 2 ULP. inf above the largest number, 0 below the smallest; without AVX-512 results below 2^-125 (float) or
/// 2^-1021 (double) are 0.
template <class T>
DIMWISE_INLINE pack<T> exp(const pack<T>& x) {
  // The argument is the second operand, which min and max return if it is NaN.
  const pack<T> y = max(broadcast<T>(detail::exp_lowest<T>), min(broadcast<T>(detail::exp_highest<T>), x));
  // 2 (1 + q) 2^(n - 1), because 2^n itself would overflow for the largest results.
  const auto e = detail::split_exp<T>(y, detail::layout<T>::bias - 1);
#if defined(DIMWISE_SIMD_AVX512)
  return detail::scale(e.q + broadcast<T>(1), e.n);
#else
  return fma(e.q, broadcast<T>(2), broadcast<T>(2)) * detail::power_of_two(e.rounded);
#endif
}

namespace detail {

/// tanh, and 1 - tanh^2 if asked for.
template <bool WithSlope, class T>
DIMWISE_INLINE pack<T> tanh(const pack<T>& x, pack<T>* slope) {
  // With E = e^(-2|x|) = 2^n (1 - 2 q): tanh |x| = g / (1 - g) for g = (1 - E) / 2, which is free of cancellation near 0 because
  // the rounded n is 0 there, and 1 - tanh^2 = E / (1 - g)^2, which is free of it in saturation.
  constexpr T saturated = sizeof(T) == 4 ? T(44) : T(354.6);  // here n = -bias, and E becomes 0
  const pack<T> y = min(broadcast<T>(saturated), abs(x));
  const pack<T> magic = broadcast<T>(rounder<T>(layout<T>::bias));
  const pack<T> rounded = fma(y, broadcast<T>(T(-2 * log2_e)), magic);
  const pack<T> n = rounded - magic;
  pack<T> v;
  if constexpr (has_fused_multiply_add && sizeof(T) == 4)
    v = fma(n, broadcast<T>(T(0.34657359027997265)), y);  // one rounding; the constant's error times n stays below 2^-23
  else
    v = fma(n, broadcast<T>(ln2_tail<T> / 2), fma(n, broadcast<T>(ln2_head<T> / 2), y));
  const pack<T> s = power_of_two(rounded);
  const pack<T> q = fnma(v * v, half_expm1_tail(v), v);
  pack<T> t;
  if constexpr (WithSlope) {
    const pack<T> half = s * broadcast<T>(T(0.5));
    const pack<T> g = fma(s, q, broadcast<T>(T(0.5)) - half);
    const pack<T> e = fnma(s, q, half);  // E / 2
    const pack<T> r = reciprocal_of_sum(broadcast<T>(1) - g);
    t = g * r;
    *slope = (e * r) * (r + r);
  } else {
    const pack<T> g = fma(s, q, fnma(s, broadcast<T>(T(0.5)), broadcast<T>(T(0.5))));
    t = quotient_by_sum(g, broadcast<T>(1) - g);
  }
  return with_sign(t, x);
}

/// sigmoid, and sigmoid (1 - sigmoid) if asked for.
template <bool WithSlope, class T>
DIMWISE_INLINE pack<T> sigmoid(const pack<T>& x, pack<T>* slope) {
  constexpr T highest = sizeof(T) == 4 ? T(87) : T(708), lowest = sizeof(T) == 4 ? T(-88) : T(-709);  // lowest: 2^n becomes 0
  const pack<T> y = max(broadcast<T>(lowest), min(broadcast<T>(highest), x));
  const auto parts = split_exp<T>(y, layout<T>::bias);
  const pack<T> s = power_of_two(parts.rounded);
  const pack<T> e = fma(s, parts.q, s);
  if constexpr (WithSlope) {
    const pack<T> r = reciprocal_of_sum(e + broadcast<T>(1));
    const pack<T> y1 = e * r;
    *slope = y1 * r;
    return y1;
  } else {
    return quotient_by_sum(e, e + broadcast<T>(1));
  }
}

}  // namespace detail

/// tanh x. Error <= 4 ULP everywhere, near 0 included; odd to the last bit.
template <class T>
DIMWISE_INLINE pack<T> tanh(const pack<T>& x) {
  return detail::tanh<false, T>(x, nullptr);
}

/// tanh x and slope = 1 - tanh^2 x, relative error of the slope <= 8 ULP until it falls below 2^-124 (float) or 2^-1020 (double),
/// from where on it is 0.
template <class T>
DIMWISE_INLINE pack<T> tanh_with_slope(const pack<T>& x, pack<T>& slope) {
  return detail::tanh<true, T>(x, &slope);
}

/// 1 / (1 + e^-x). Error <= 4 ULP, for very negative x too; below 2^-126 (float) or 2^-1022 (double) 0.
template <class T>
DIMWISE_INLINE pack<T> sigmoid(const pack<T>& x) {
  return detail::sigmoid<false, T>(x, nullptr);
}

/// sigmoid x and slope = sigmoid (1 - sigmoid); relative error of the slope <= 4 ULP for |x| <= 87 (float) or 708 (double); beyond,
/// it stays below 2^-125 or 2^-1021.
template <class T>
DIMWISE_INLINE pack<T> sigmoid_with_slope(const pack<T>& x, pack<T>& slope) {
  return detail::sigmoid<true, T>(x, &slope);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
