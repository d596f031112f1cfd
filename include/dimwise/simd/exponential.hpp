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

/// tanh v for |v| <= ln(2) / 4, minimax for the relative error: 5.6e-8 and 4.2e-18.
DIMWISE_INLINE pack<float> tanh_near_zero(const pack<float>& v) {
  const pack<float> z = v * v;
  return fma(v * z, polynomial(z, -0.333312647784f, 0.131102334283f), v);
}
DIMWISE_INLINE pack<double> tanh_near_zero(const pack<double>& v) {
  const pack<double> z = v * v;
  return fma(v * z,
             polynomial(z, -0.33333333333332475928, 0.13333333332778826128, -0.053968252773533129286, 0.021869370085115687764,
                        -0.0088572877691648523632, 0.0034445793403569147467),
             v);
}

#if defined(DIMWISE_SIMD_AVX512)
/// x 2^n, rounded once, for any n.
DIMWISE_INLINE pack<float> scale(const pack<float>& x, const pack<float>& n) {
  return _mm512_maskz_scalef_ps(__mmask16(-1), x, n);
}
DIMWISE_INLINE pack<double> scale(const pack<double>& x, const pack<double>& n) {
  return _mm512_maskz_scalef_pd(__mmask8(-1), x, n);
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

/// e^(x + tail) f, rounded about once: for a |tail| of a few units of the last place of x, which x alone would lose.
template <class T>
DIMWISE_INLINE pack<T> exp_times(const pack<T>& x, const pack<T>& tail, const pack<T>& f) {
  const pack<T> y = max(broadcast<T>(exp_lowest<T>), min(broadcast<T>(exp_highest<T>), x));
  const auto e = split_exp<T>(y, layout<T>::bias - 1);
  const pack<T> q = fma(tail, e.q, e.q + tail);
#if defined(DIMWISE_SIMD_AVX512)
  return scale(fma(q, f, f), e.n);
#else
  const pack<T> f2 = f + f;
  return fma(q, f2, f2) * power_of_two(e.rounded);
#endif
}

#if defined(DIMWISE_SIMD_AVX512)
/// tanh alone as in `tanh` below, with the two instructions that split and scale by powers of two, 17 port slots instead of 22.
/// z is rounded, which costs half an ULP near 0 and nothing further out; a slope would feel it, and takes the other way.
DIMWISE_INLINE pack<float> tanh_without_slope(const pack<float>& x) {
  const pack<float> z = abs(x) * pack<float>(static_cast<float>(-2 * log2_e));
  const pack<float> f =
      _mm512_maskz_reduce_ps(__mmask16(-1), z, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);  // 0 for infinity
  const pack<float> s = scale(pack<float>(1.0f), z - f), z2 = f * f;
  // tanh(-f ln(2) / 2), the polynomial of tanh_near_zero.
  constexpr float c = -0.34657359028f;
  const pack<float> b = f * polynomial(z2, c, -0.333312647784f * (c * c * c), 0.131102334283f * (c * c * c * c * c));
  const pack<float> difference = pack<float>(1.0f) - s, sum = pack<float>(1.0f) + s;
  return with_sign(fma(b, sum, difference) / fma(b, difference, sum), x);
}
#endif

/// tanh, and 1 - tanh^2 if asked for. The division costs no more than the 14-bit estimate and its refinement, measured, and it
/// leaves the ports of the multiply-adds to others.
template <bool WithSlope, class T>
DIMWISE_INLINE pack<T> tanh(const pack<T>& x, pack<T>* slope) {
  // With |x| = v - n ln(2) / 2, n <= 0 whole, E = e^(-2|x|) = 2^n (1 - b) / (1 + b) for b = tanh v. So
  //   tanh |x| = (1 - E) / (1 + E) = (1 + b - 2^n (1 - b)) / (1 + b + 2^n (1 - b)) = a / d:
  // no cancellation near 0, where n = 0. And 1 - tanh^2 = 4 2^n (1 - b^2) / d^2: none in saturation either.
  // With the slope, a, d and 2^n are divided by 4 throughout, which makes the last formula s (1 - b^2) / d^2 for s = 2^(n - 2).
  constexpr int halvings = WithSlope ? 2 : 0;
  constexpr T saturated = (sizeof(T) == 4 ? T(44.02) : T(354.55)) - halvings * T(0.3466);  // here s becomes 0
  const pack<T> unit = broadcast<T>(WithSlope ? T(0.25) : T(1));
  const pack<T> y = min(broadcast<T>(saturated), abs(x));
  const pack<T> magic = broadcast<T>(rounder<T>(layout<T>::bias - halvings));
  const pack<T> rounded = fma(y, broadcast<T>(T(-2 * log2_e)), magic);
  const pack<T> n = rounded - magic;
  pack<T> v;
  if constexpr (has_fused_multiply_add && (sizeof(T) == 4 || !WithSlope))
    v = fma(n, broadcast<T>(T(0.34657359027997265471)), y);  // the error of the constant is felt in the slope only, far out
  else v = fma(n, broadcast<T>(ln2_tail<T> / 2), fma(n, broadcast<T>(ln2_head<T> / 2), y));
  const pack<T> s = power_of_two(rounded);
  const pack<T> b = tanh_near_zero(v);
  const pack<T> difference = unit - s, sum = unit + s;
  const pack<T> a = fma(b, sum, difference), d = fma(b, difference, sum);
  if constexpr (WithSlope) {
    const pack<T> r = reciprocal(d);
    *slope = (s * r) * (fnma(b, b, broadcast<T>(1)) * r);
    return with_sign(a * r, x);
  } else {
    return with_sign(a / d, x);
  }
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
    const pack<T> r = reciprocal(e + broadcast<T>(1));
    const pack<T> y1 = e * r;
    *slope = select(x > broadcast<T>(highest), broadcast<T>(0), y1 * r);
    return y1;
  } else {
    return e / (e + broadcast<T>(1));
  }
}

}  // namespace detail

/// tanh x. Error <= 4 ULP everywhere, near 0 included; odd to the last bit.
template <class T>
DIMWISE_INLINE pack<T> tanh(const pack<T>& x) {
#if defined(DIMWISE_SIMD_AVX512)
  if constexpr (sizeof(T) == 4) return detail::tanh_without_slope(x);
#endif
  return detail::tanh<false, T>(x, nullptr);
}

/// tanh x and slope = 1 - tanh^2 x, relative error of the slope <= 8 ULP until it falls below 2^-122 (float) or 2^-1018 (double),
/// from where on it is 0.
/// A subnormal tanh may lose its last 2 bits.
template <class T>
DIMWISE_INLINE pack<T> tanh_with_slope(const pack<T>& x, pack<T>& slope) {
  return detail::tanh<true, T>(x, &slope);
}

/// 1 / (1 + e^-x). Error <= 4 ULP, for very negative x too; below 2^-126 (float) or 2^-1022 (double) 0.
template <class T>
DIMWISE_INLINE pack<T> sigmoid(const pack<T>& x) {
  return detail::sigmoid<false, T>(x, nullptr);
}

/// sigmoid x and slope = sigmoid (1 - sigmoid); relative error of the slope <= 4 ULP for |x| <= 87 (float) or 708 (double);
/// beyond, it is 0 or stays below 2^-125 or 2^-1021.
template <class T>
DIMWISE_INLINE pack<T> sigmoid_with_slope(const pack<T>& x, pack<T>& slope) {
  return detail::sigmoid<true, T>(x, &slope);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
