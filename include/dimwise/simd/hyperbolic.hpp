// simd/hyperbolic.hpp: sinh, cosh, expm1, log1p and cbrt on packs: mostly xsimd's, whose errors are within 3 ULP.
#pragma once
#include <dimwise/simd/logarithm.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// sinh x. Error <= 3 ULP, near 0 too; +-inf beyond the largest number.
template <class T, class A>
DIMWISE_INLINE pack<T> sinh(const xsimd::batch<T, A>& x) {
  return xsimd::sinh(x);
}
/// cosh x. Error <= 3 ULP; inf beyond the largest number.
template <class T, class A>
DIMWISE_INLINE pack<T> cosh(const xsimd::batch<T, A>& x) {
  return xsimd::cosh(x);
}
/// e^x - 1 without cancellation. Error <= 2 ULP.
template <class T, class A>
DIMWISE_INLINE pack<T> expm1(const xsimd::batch<T, A>& x) {
  const pack<T> y = max(broadcast<T>(T(-60)), min(broadcast<T>(detail::exp_highest<T>), x));
  const auto e = detail::split_exp(pack<T>(y), detail::layout<T>::bias - 1);
  const pack<T> half_power = detail::power_of_two(e.rounded);  // 2^(n - 1): 2^n itself would overflow for the largest results
  const pack<T> value = broadcast<T>(2) * fma(half_power, e.q, half_power - broadcast<T>(T(0.5)));
  return select(abs(x) < broadcast<T>(std::numeric_limits<T>::min()), x, value);  // half of a subnormal number may not be one
}
/// log(1 + x) without cancellation. Error <= 2 ULP; log1p(-1) = -inf, NaN below.
template <class T, class A>
DIMWISE_INLINE pack<T> log1p(const xsimd::batch<T, A>& x) {
  return xsimd::log1p(x);
}
/// The real cube root, of negative numbers too. Error <= 1 ULP: an estimate from exp and log and one step of Newton's method with
/// an exact residual. (xsimd's loses subnormal numbers, and does not compile without optimisation on AVX-512.)
template <class T, class A>
DIMWISE_INLINE pack<T> cbrt(const xsimd::batch<T, A>& x) {
  constexpr bool single = sizeof(T) == 4;
  constexpr T far = single ? T(0x1p75) : T(0x1p600), near = single ? T(0x1p-75) : T(0x1p-600),
              limit = single ? T(0x1p75) : T(0x1p900);
  constexpr T root_of_far = single ? T(0x1p25) : T(0x1p200), root_of_near = single ? T(0x1p-25) : T(0x1p-200);
  const pack<T> one = broadcast<T>(1), size = abs(x);
  const lane_mask<T> small = size<broadcast<T>(1 / limit), large = size> broadcast<T>(limit);
  const pack<T> u = size * select(small, broadcast<T>(far), select(large, broadcast<T>(near), one));
  const pack<T> y = exp(log(u) * broadcast<T>(T(1.0 / 3)));
  const pack<T> square = y * y, cube = square * y;
  const pack<T> residual = ((u - cube) - detail::product_tail<T>(square, y, cube)) - detail::product_tail<T>(y, y, square) * y;
  const pack<T> root = (y + residual / (broadcast<T>(3) * square)) *
                       select(small, broadcast<T>(root_of_near), select(large, broadcast<T>(root_of_far), one));
  return select((size > broadcast<T>(0)) & (size < broadcast<T>(detail::infinity<T>)), detail::with_sign<T>(root, x), x);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
