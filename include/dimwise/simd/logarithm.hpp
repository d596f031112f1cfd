// simd/logarithm.hpp: log and softplus on packs.
#pragma once
#include <dimwise/simd/exponential.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
namespace detail {

/// e ln 2 + log(1 + f) for -0.293 <= f <= 0.5 and whole e. Relative error of the polynomials: 1.2e-8 and 1.4e-19.
DIMWISE_INLINE pack<float> log_of_parts(const pack<float>& e, const pack<float>& f) {
  const pack<float> f2 = f * f;
  // Even and odd coefficients apart: as many operations as Horner's rule, in half the time for one pack.
  const pack<float> even = polynomial(f2, 0.333334716093f, 0.199913491455f, 0.143893924153f, 0.11693888882f);
  const pack<float> odd = polynomial(f2, -0.250010960829f, -0.166075672013f, -0.134803024611f, -0.0557145700035f);
  const pack<float> tail = fnma(f2, pack<float>(0.5f), fma(f2 * f, fma(odd, f, even), e * pack<float>(ln2_tail<float>)));
  return fma(e, pack<float>(ln2_head<float>), f + tail);
}
// With s = f / (2 + f), log(1 + f) = 2 atanh s = f - f^2/2 + s (f^2/2 + s^2 R(s^2)): the leading terms stay exact.
DIMWISE_INLINE pack<double> log_of_parts(const pack<double>& e, const pack<double>& f) {
  const pack<double> s = f / (f + pack<double>(2.0));
  const pack<double> z = s * s, z2 = z * z;
  const pack<double> even =
      polynomial(z2, 0.66666666666666597142, 0.28571428555962992723, 0.18181666745266567082, 0.13174056296583493078);
  const pack<double> odd =
      polynomial(z2, 0.40000000000056106783, 0.22222224281600806166, 0.15391084185484720724, 0.13840005037476954112);
  const pack<double> h = f * f * pack<double>(0.5);
  const pack<double> tail = fma(s, fma(z, fma(odd, z, even), h), e * pack<double>(ln2_tail<double>));
  return fma(e, pack<double>(ln2_head<double>), f - (h - tail));
}

#if defined(DIMWISE_SIMD_AVX512)
// x = 2^e m with 3/4 <= m < 3/2 takes two instructions, for subnormal numbers too: e is that of x less that of m. A negative x
// gives NaN; 0 and infinity give e = -inf and inf, which is the result.
DIMWISE_INLINE pack<float> log(const pack<float>& x) {
  const pack<float> m = _mm512_maskz_getmant_ps(__mmask16(-1), x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
  const pack<float> e = _mm512_sub_ps(_mm512_maskz_getexp_ps(__mmask16(-1), x), _mm512_maskz_getexp_ps(__mmask16(-1), m));
  return _mm512_mask_mov_ps(log_of_parts(e, m - pack<float>(1.0f)), _mm512_fpclass_ps_mask(e, 0x18), e);
}
DIMWISE_INLINE pack<double> log(const pack<double>& x) {
  const pack<double> m = _mm512_maskz_getmant_pd(__mmask8(-1), x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
  const pack<double> e = _mm512_sub_pd(_mm512_maskz_getexp_pd(__mmask8(-1), x), _mm512_maskz_getexp_pd(__mmask8(-1), m));
  return _mm512_mask_mov_pd(log_of_parts(e, m - pack<double>(1.0)), _mm512_fpclass_pd_mask(e, 0x18), e);
}
#else
template <class T>
DIMWISE_INLINE pack<T> log(const pack<T>& x) {
  using L = layout<T>;
  // Subnormal arguments are brought into the normal range first.
  const lane_mask<T> tiny = x < broadcast<T>(std::numeric_limits<T>::min());
  const pack<T> y = select(tiny, x * broadcast<T>(L::two_to_mantissa), x);
  const pack<T> offset = select(tiny, broadcast<T>(L::two_to_mantissa + T(L::bias + L::mantissa_bits)),
                                broadcast<T>(L::two_to_mantissa + T(L::bias)));
  // y = 2^e (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), by integer arithmetic on its bits.
  const lane_bits<T> shifted = to_bits(y) + lane_bits<T>(L::one - L::sqrt_half);
  const pack<T> e = from_bits<T>((shifted >> L::mantissa_bits) | to_bits(broadcast<T>(L::two_to_mantissa))) - offset;
  const pack<T> m = from_bits<T>((shifted & lane_bits<T>(L::mantissa)) + lane_bits<T>(L::sqrt_half));
  const pack<T> value = log_of_parts(e, m - broadcast<T>(1));
  const pack<T> infinity = broadcast<T>(detail::infinity<T>);
  const pack<T> outside = select(x == broadcast<T>(0), -infinity, select(x < broadcast<T>(0), broadcast<T>(quiet_nan<T>), x));
  return select((x > broadcast<T>(0)) & (x < infinity), value, outside);
}
#endif

}  // namespace detail

/// Natural logarithm. Error <= 2 ULP, subnormal arguments included; log(0) = -inf, NaN below.
template <class T>
DIMWISE_INLINE pack<T> log(const pack<T>& x) {
  return detail::log(x);
}

namespace detail {
/// log(1 + e^x) from y = e^-|x|.
template <class T>
DIMWISE_INLINE pack<T> softplus(const pack<T>& x, const pack<T>& y) {
  const pack<T> one = broadcast<T>(1), zero = broadcast<T>(0);
  // log(1 + y), 0 <= y <= 1: 1 + y = 2^e (1 + f) without rounding y away.
  const lane_mask<T> large = y > broadcast<T>(T(0.5));
  const pack<T> e = select(large, one, zero);
  const pack<T> f = select(large, (y - one) * broadcast<T>(T(0.5)), y);
  return max(zero, x) + log_of_parts(e, f);
}
}  // namespace detail

/// log(1 + e^x). Error <= 4 ULP, for very negative x too (where it is e^x and underflows like exp).
template <class T>
DIMWISE_INLINE pack<T> softplus(const pack<T>& x) {
  return detail::softplus<T>(x, exp(-abs(x)));
}

/// The same, with its first and second derivative sigmoid x and sigmoid (1 - sigmoid): from one exponential. Relative errors <= 4
/// and 6 ULP until they underflow, as exp does.
template <class T>
DIMWISE_INLINE pack<T> softplus_with_slopes(const pack<T>& x, pack<T>& first, pack<T>& second) {
  const pack<T> y = exp(-abs(x)), r = reciprocal(broadcast<T>(1) + y), other = y * r;
  first = select(x < broadcast<T>(0), other, r);
  second = other * r;
  return detail::softplus<T>(x, y);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
