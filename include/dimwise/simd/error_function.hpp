// simd/error_function.hpp: erf, erfc, the normal distribution function and exp(-x^2) on packs.
#pragma once
#include <dimwise/simd/exponential.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
namespace detail {

/// erf(x) / x - 1 as a polynomial in z = x^2 for |x| <= 1. Relative error of erf: 1.2e-9 and 7.3e-18.
DIMWISE_INLINE pack<float> erf_near_zero(const pack<float>& z) {
  return polynomial(z, 0.12837916573f, -0.376126258375f, 0.112835852486f, -0.0268538145821f, 0.00518833048259f,
                    -0.000801020269927f, 7.85384982843e-5f);
}
DIMWISE_INLINE pack<double> erf_near_zero(const pack<double>& z) {
  return polynomial(z, 0.12837916709551256568, -0.376126389031835200248, 0.112837916709442003082, -0.0268661706431134137151,
                    0.00522397760613084216672, -0.000854832592976624429752, 0.000120552935869369499755,
                    -0.0000149247124395348141081, 0.00000164471326997866210086, -1.62063187529692090037e-7,
                    1.37109887041905231184e-8, -7.77946297176159689193e-10);
}

/// (1 + 2 x) exp(x^2) erfc(x) for x >= 0 until erfc underflows: a polynomial in (x - k) / (x + k), k = 2 and 4. Relative error
/// 1.4e-8 and 4.0e-17.
DIMWISE_INLINE pack<float> scaled_erfc(const pack<float>& x) {
  const pack<float> t = (x - pack<float>(2.0f)) / (x + pack<float>(2.0f));
  return polynomial(t, 1.27697839448f, -0.0927639891134f, -0.16603149714f, 0.164055502514f, -0.0542034669981f, -0.00806039911865f,
                    0.00862851586106f, 0.00131307737776f, -0.00122609601603f, -0.000398327408795f);
}
DIMWISE_INLINE pack<double> scaled_erfc(const pack<double>& x) {
  const pack<double> t = (x - pack<double>(4.0)) / (x + pack<double>(4.0));
  return polynomial(t, 1.23299511862555255012, -0.139621116840563205346, 0.0153796521026066010777, 0.0680970542547669974201,
                    -0.10103906603558457258, 0.0937328349960841069635, -0.0663303658277987007071, 0.0371675155677562982397,
                    -0.0161977338831222565051, 0.00503196976969002985087, -0.000757774436450400662196,
                    -0.000199255929281521275515, 0.00015062637041620836989, -0.00002440051316414871208,
                    -0.0000112342376180175509616, 0.00000570946724730136586903, 3.13762226031916629256e-7,
                    -8.20362521760504832545e-7, 5.51978711535198166651e-8, 1.01589136296650314717e-7, -8.01858117457941043159e-9,
                    -8.37963301194985768725e-9);
}

/// Beyond this exp(-x^2) and erfc(x) are 0, subnormal numbers included.
template <class T>
inline constexpr T error_function_end = sizeof(T) == 4 ? T(11) : T(28);

/// exp(-s x^2) f for s = 1 or 1/2, the rounding of x^2 made good.
template <class T>
DIMWISE_INLINE pack<T> gaussian(const pack<T>& x, T s, const pack<T>& f) {
  const pack<T> square = x * x, tail = product_tail(x, x, square);
  return exp_times<T>(square * broadcast<T>(-s), tail * broadcast<T>(-s), f);
}

}  // namespace detail

/// exp(-x^2). Error <= 2 ULP everywhere: the rounding of x^2, which the exponential would magnify, is made good. Underflows as
/// exp does.
template <class T, class A>
DIMWISE_INLINE pack<T> exp_minus_square(const xsimd::batch<T, A>& x) {
  return detail::gaussian<T>(min(broadcast<T>(detail::error_function_end<T>), abs(x)), T(1), broadcast<T>(1));
}

/// exp(-x^2 / 2), as exp_minus_square.
template <class T, class A>
DIMWISE_INLINE pack<T> exp_minus_half_square(const xsimd::batch<T, A>& x) {
  return detail::gaussian<T>(min(broadcast<T>(sizeof(T) == 4 ? T(15) : T(39)), abs(x)), T(0.5), broadcast<T>(1));
}

/// 1 - erf(x) without cancellation: <= 4 ULP. Underflows as exp does: without AVX-512 it is 0 below the normal numbers.
template <class T, class A>
DIMWISE_INLINE pack<T> erfc(const xsimd::batch<T, A>& x) {
  const pack<T> y = min(broadcast<T>(detail::error_function_end<T>), abs(x));
  const pack<T> upper = detail::gaussian<T>(y, T(1), detail::scaled_erfc(y) / fma(y, broadcast<T>(2), broadcast<T>(1)));
  return select(x < broadcast<T>(0), broadcast<T>(2) - upper, upper);
}

/// 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x; +-1 at +-infinity. Error <= 2 ULP; odd to the last bit.
template <class T, class A>
DIMWISE_INLINE pack<T> erf(const xsimd::batch<T, A>& x) {
  const pack<T> y = min(broadcast<T>(detail::error_function_end<T>), abs(x));
  const pack<T> near_zero = fma(y, detail::erf_near_zero(y * y), y);
  const pack<T> further =
      broadcast<T>(1) - detail::gaussian<T>(y, T(1), detail::scaled_erfc(y) / fma(y, broadcast<T>(2), broadcast<T>(1)));
  return detail::with_sign<T>(select(y <= broadcast<T>(1), near_zero, further), x);
}

/// The standard normal distribution function, erfc(-x / sqrt(2)) / 2. Error <= 4 ULP in both tails; underflows as exp does.
template <class T, class A>
DIMWISE_INLINE pack<T> normal_cdf(const xsimd::batch<T, A>& x) {
  const pack<T> y = min(broadcast<T>(sizeof(T) == 4 ? T(15) : T(39)), abs(x));
  const pack<T> z = y * broadcast<T>(T(0.70710678118654752440));
  const pack<T> lower =
      detail::gaussian<T>(y, T(0.5), (broadcast<T>(0.5) * detail::scaled_erfc(z)) / fma(z, broadcast<T>(2), broadcast<T>(1)));
  return select(x > broadcast<T>(0), broadcast<T>(1) - lower, lower);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
