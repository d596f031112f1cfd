// simd/inverse_trigonometric.hpp: asin, acos and atan on packs: xsimd's, whose errors are within 3 ULP.
#pragma once
#include <dimwise/simd/pack.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// The angle in [-pi/2, pi/2] whose sine is x. Error <= 3 ULP; NaN for |x| > 1.
template <class T, class A>
DIMWISE_INLINE pack<T> asin(const xsimd::batch<T, A>& x) {
  return xsimd::asin(x);
}
/// The angle in [0, pi] whose cosine is x. Error <= 3 ULP, near 1 too; NaN for |x| > 1.
template <class T, class A>
DIMWISE_INLINE pack<T> acos(const xsimd::batch<T, A>& x) {
  return xsimd::acos(x);
}
/// The angle in [-pi/2, pi/2] whose tangent is x; +-pi/2 at +-infinity. Error <= 3 ULP.
template <class T, class A>
DIMWISE_INLINE pack<T> atan(const xsimd::batch<T, A>& x) {
  return xsimd::atan(x);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
