// simd/exponential.hpp: exp on packs.
#pragma once
#include <dimwise/simd/polynomial.hpp>
#include <dimwise/simd/software_pipeline.hpp>

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

#if defined(DIMWISE_SIMD_AVX512)
/// x 2^n, rounded once, for any n; 2^floor(n) where n is not whole.
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
/// The argument is the second operand, which min and max return if it is NaN.
template <class T>
DIMWISE_INLINE pack<T> within_exp(const pack<T>& x) {
  return max(broadcast<T>(exp_lowest<T>), min(broadcast<T>(exp_highest<T>), x));
}

#if defined(DIMWISE_SIMD_AVX512)
/// The number of sixteen that the last four bits of `rounded` name.
DIMWISE_INLINE pack<float> of_sixteen(const pack<float>& rounded, const float* numbers) {
  return _mm512_maskz_permutexvar_ps(__mmask16(-1), to_bits(rounded), load(numbers));
}

/// 2^(j/16), rounded.
alignas(64) inline constexpr float sixteenth_root_of_two[16] = {1,
                                                                0x1.0b5586p+0f,
                                                                0x1.172b84p+0f,
                                                                0x1.2387a6p+0f,
                                                                0x1.306fep+0f,
                                                                0x1.3dea64p+0f,
                                                                0x1.4bfdaep+0f,
                                                                0x1.5ab07ep+0f,
                                                                0x1.6a09e6p+0f,
                                                                0x1.7a1148p+0f,
                                                                0x1.8ace54p+0f,
                                                                0x1.9c4918p+0f,
                                                                0x1.ae89fap+0f,
                                                                0x1.c199bep+0f,
                                                                0x1.d5818ep+0f,
                                                                0x1.ea4afap+0f};

/// j/16 log 2 - log(2^(j/16) rounded), which the rounding takes from r.
alignas(64) inline constexpr float sixteenth_root_of_two_tail[16] = {0,
                                                                     0x1.8d96d4p-25f,
                                                                     -0x1.9c0c22p-27f,
                                                                     0x1.964902p-25f,
                                                                     0x1.125002p-25f,
                                                                     0x1.370be4p-25f,
                                                                     -0x1.0a3552p-25f,
                                                                     -0x1.00d8acp-27f,
                                                                     0x1.26055cp-26f,
                                                                     -0x1.05cb44p-25f,
                                                                     0x1.67a1cap-28f,
                                                                     0x1.a3b5e4p-28f,
                                                                     -0x1.f9c306p-27f,
                                                                     -0x1.6961b4p-28f,
                                                                     -0x1.a5217cp-28f,
                                                                     0x1.61428ep-28f};

/// e^x for |x| < 120 in single precision, n counted in sixteenths: two coefficients instead of five.
struct exp_in_sixteenths {
  static constexpr int stages = 3;
  using V = pack<float>;
  V y, rounded, n, r, t, n1, q, n2;
  DIMWISE_INLINE void stage(stage_number<0>, const V& x) {
    const V magic(0x1.8p19f);
    y = x;
    rounded = fma(x, V(static_cast<float>(log2_e)), magic);
    n = rounded - magic;
  }
  DIMWISE_INLINE void stage(stage_number<1>) {
    r = fnma(n, V(ln2_tail<float>), fnma(n, V(ln2_head<float>), y)) + of_sixteen(rounded, sixteenth_root_of_two_tail);
    t = of_sixteen(rounded, sixteenth_root_of_two);
    n1 = n;
  }
  DIMWISE_INLINE void stage(stage_number<2>) {
    q = fma(t * r, polynomial(r, 1.0f, 0.5f, 0.16667f), t);  // e^r within 9e-9
    n2 = n1;
  }
  DIMWISE_INLINE V value() const { return scale(q, n2); }
};
#endif

}  // namespace detail

#if defined(DIMWISE_SIMD_AVX512)
/// exp in single precision in stages.
struct exp_stages : detail::exp_in_sixteenths {
  using exp_in_sixteenths::stage;
  DIMWISE_INLINE void stage(stage_number<0> first, const V& x) { exp_in_sixteenths::stage(first, detail::within_exp<float>(x)); }
  DIMWISE_INLINE V value(const V&) const { return exp_in_sixteenths::value(); }
};
#endif

namespace detail {
template <class T>
DIMWISE_INLINE pack<T> exp(const pack<T>& x) {
#if defined(DIMWISE_SIMD_AVX512)
  if constexpr (sizeof(T) == 4) {
    exp_stages f;
    run_stages(f, x);
    return f.value(x);
  }
#endif
  // 2 (1 + q) 2^(n - 1), because 2^n itself would overflow for the largest results.
  const auto e = split_exp<T>(within_exp<T>(x), layout<T>::bias - 1);
#if defined(DIMWISE_SIMD_AVX512)
  return scale(e.q + broadcast<T>(1), e.n);
#else
  return fma(e.q, broadcast<T>(2), broadcast<T>(2)) * power_of_two(e.rounded);
#endif
}

/// e^(x + tail) f, rounded about once: for a |tail| of a few units of the last place of x, which x alone would lose.
template <class T>
DIMWISE_INLINE pack<T> exp_times(const pack<T>& x, const pack<T>& tail, const pack<T>& f) {
  const auto e = split_exp<T>(within_exp<T>(x), layout<T>::bias - 1);
  const pack<T> q = fma(tail, e.q, e.q + tail);
#if defined(DIMWISE_SIMD_AVX512)
  return scale(fma(q, f, f), e.n);
#else
  const pack<T> f2 = f + f;
  return fma(q, f2, f2) * power_of_two(e.rounded);
#endif
}

}  // namespace detail

/// e^x. Error <= 2 ULP. inf above the largest number, 0 below the smallest; without AVX-512 results below 2^-125 (float) or
/// 2^-1021 (double) are 0.
template <class T>
DIMWISE_INLINE pack<T> exp(const pack<T>& x) {
  return detail::exp(x);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
