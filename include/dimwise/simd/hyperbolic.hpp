// simd/hyperbolic.hpp: sinh, cosh, expm1, log1p and cbrt on packs: mostly xsimd's, whose errors are within 3 ULP.
#pragma once
#include <dimwise/simd/exponential.hpp>

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
  const auto e = detail::split_exp<T>(y, detail::layout<T>::bias - 1);
  const pack<T> half_power = detail::power_of_two(e.rounded);  // 2^(n - 1): 2^n itself would overflow for the largest results
  return broadcast<T>(2) * fma(half_power, e.q, half_power - broadcast<T>(T(0.5)));
}
/// log(1 + x) without cancellation. Error <= 2 ULP; log1p(-1) = -inf, NaN below.
template <class T, class A>
DIMWISE_INLINE pack<T> log1p(const xsimd::batch<T, A>& x) {
  return xsimd::log1p(x);
}
/// The real cube root, of negative numbers too. Error <= 2 ULP.
template <class T, class A>
DIMWISE_INLINE pack<T> cbrt(const xsimd::batch<T, A>& x) {
  // xsimd's loses subnormal numbers: they are brought into the normal range first, by a power of 8.
  constexpr T up = sizeof(T) == 4 ? T(0x1p24) : T(0x1p54), down = sizeof(T) == 4 ? T(0x1p-8) : T(0x1p-18);
  const lane_mask<T> tiny = abs(x) < broadcast<T>(std::numeric_limits<T>::min());
  const pack<T> root = xsimd::cbrt(select(tiny, x * broadcast<T>(up), x));
  return select(tiny, root * broadcast<T>(down), root);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
