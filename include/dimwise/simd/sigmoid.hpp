// simd/sigmoid.hpp: the logistic function on packs, and its slope.
#pragma once
#include <dimwise/simd/exponential.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
namespace detail {

/// e^x from sigmoid_lowest on, where it is 0, up to the largest number.
template <class T>
inline constexpr T sigmoid_lowest = sizeof(T) == 4 ? T(-88) : T(-709);
#if defined(DIMWISE_SIMD_AVX512)
template <>
inline constexpr float sigmoid_lowest<float> = exp_lowest<float>;
#endif
template <class T>
inline constexpr T sigmoid_highest = sizeof(T) == 4 ? T(87) : T(708);

/// x where only the value is asked for, and -|x| beside the slope: with e = e^-|x| neither loses digits on one side.
template <bool WithSlope, class T>
DIMWISE_INLINE pack<T> argument_of_sigmoid(const pack<T>& x) {
  return max(broadcast<T>(sigmoid_lowest<T>),
             WithSlope ? with_sign<T>(x, broadcast<T>(-1)) : pack<T>(min(broadcast<T>(sigmoid_highest<T>), x)));
}

#if defined(DIMWISE_SIMD_AVX512)
/// sigmoid in single precision in stages.
template <bool WithSlope>
struct sigmoid_in_sixteenths : exp_in_sixteenths {
  static constexpr int stages = WithSlope ? 6 : 3;
  V e, e1, above, above1, below, slope;
  using exp_in_sixteenths::stage;
  DIMWISE_INLINE void stage(stage_number<0> first, const V& x) {
    exp_in_sixteenths::stage(first, argument_of_sigmoid<WithSlope, float>(x));
  }
  DIMWISE_INLINE void stage(stage_number<3>) { e = exp_in_sixteenths::value(); }
  DIMWISE_INLINE void stage(stage_number<4>) {
    above = reciprocal(e + V(1.0f));
    e1 = e;
  }
  DIMWISE_INLINE void stage(stage_number<5>) {
    below = e1 * above;
    slope = fnma(below, below, below);
    above1 = above;
  }
  DIMWISE_INLINE V value(const V& x) const {
    if constexpr (WithSlope) return select<float>(x < V(0.0f), below, above1);
    const V f = exp_in_sixteenths::value();
    return f / (f + V(1.0f));
  }
};
#endif

/// e^y, y = argument_of_sigmoid(x).
template <bool WithSlope, class T>
DIMWISE_INLINE pack<T> exp_of_sigmoid(const pack<T>& x) {
  const pack<T> y = argument_of_sigmoid<WithSlope, T>(x);
#if defined(DIMWISE_SIMD_AVX512)
  if constexpr (sizeof(T) == 4) {
    exp_in_sixteenths f;
    run_stages(f, y);
    return f.value();
  }
#endif
  const auto parts = split_exp<T>(y, layout<T>::bias);
  const pack<T> s = power_of_two<T>(parts.rounded);
  return fma(s, parts.q, s);
}

}  // namespace detail

#if defined(DIMWISE_SIMD_AVX512)
/// sigmoid in single precision in stages, with the slope if asked for.
template <bool WithSlope>
using sigmoid_stages = detail::sigmoid_in_sixteenths<WithSlope>;
#endif

/// sigmoid x before its last operation, a division: the digits of sigmoid for loops that divide elsewhere.
template <class T>
struct sigmoid_quotient {
  pack<T> numerator, denominator;
  DIMWISE_INLINE explicit sigmoid_quotient(const pack<T>& x)
      : numerator(detail::exp_of_sigmoid<false, T>(x)), denominator(numerator + broadcast<T>(1)) {}
};

namespace detail {
/// sigmoid, and sigmoid (1 - sigmoid) if asked for.
template <bool WithSlope, class T>
DIMWISE_INLINE pack<T> sigmoid(const pack<T>& x, [[maybe_unused]] pack<T>* slope) {
  if constexpr (!WithSlope) {
    const sigmoid_quotient<T> q(x);
    return q.numerator / q.denominator;
  } else {
#if defined(DIMWISE_SIMD_AVX512)
    if constexpr (sizeof(T) == 4) {
      sigmoid_in_sixteenths<true> f;
      run_stages(f, x);
      *slope = f.slope;
      return f.value(x);
    }
#endif
    const pack<T> e = exp_of_sigmoid<true, T>(x), above = reciprocal(e + broadcast<T>(1)), below = e * above;
    *slope = fnma(below, below, below);
    return select(x < broadcast<T>(0), below, above);
  }
}

}  // namespace detail

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
