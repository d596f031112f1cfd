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
template <class V>
DIMWISE_INLINE V expm1_tail(const V& r) {
  if constexpr (sizeof(element<V>) == 4)
    return polynomial(r, 0.499999981501f, 0.166665434231f, 0.0416672006007f, 0.00836654724651f, 0.0013882522282f);
  else
    return polynomial(r, 0.50000000000000052, 0.16666666666666588975, 0.041666666666576467812, 0.0083333333333897298519,
                      0.0013888888931667112229, 0.00019841269718715997628, 0.00002480150514271147135, 2.7557407682993812012e-6,
                      2.7626092822104318779e-7, 2.5053776308475817301e-8);
}

/// tanh v for |v| <= ln(2) / 4, minimax for the relative error: 5.6e-8 and 4.2e-18.
template <class V>
DIMWISE_INLINE V tanh_near_zero(const V& v) {
  const V z = v * v;
  if constexpr (sizeof(element<V>) == 4) return fma(v * z, polynomial(z, -0.333312647784f, 0.131102334283f), v);
  else
    return fma(v * z,
               polynomial(z, -0.33333333333332475928, 0.13333333332778826128, -0.053968252773533129286, 0.021869370085115687764,
                          -0.0088572877691648523632, 0.0034445793403569147467),
               v);
}

#if defined(DIMWISE_SIMD_AVX512)
/// x 2^n, rounded once, for any n; 2^floor(n) where n is not whole.
DIMWISE_INLINE pack<float> scale(const pack<float>& x, const pack<float>& n) {
  return _mm512_maskz_scalef_ps(__mmask16(-1), x, n);
}
DIMWISE_INLINE pack<double> scale(const pack<double>& x, const pack<double>& n) {
  return _mm512_maskz_scalef_pd(__mmask8(-1), x, n);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> scale(const packs<T, N>& x, const packs<T, N>& n) {
  return by_parts([](const pack<T>& a, const pack<T>& b) DIMWISE_INLINE_LAMBDA { return scale(a, b); }, x, n);
}
#endif

/// e^x = 2^n (1 + q): n as a number, the sum from which power_of_two makes 2^(n + offset - bias), and q.
template <class V>
struct exp_parts {
  V n, rounded, q;
};

/// Requires |x| small enough for n + offset to be a valid exponent.
template <class V>
DIMWISE_INLINE exp_parts<V> split_exp(const V& x, int offset) {
  using T = element<V>;
  const V magic(rounder<T>(offset));
  const V rounded = fma(x, V(T(log2_e)), magic);
  const V n = rounded - magic;
  const V r = fnma(n, V(ln2_tail<T>), fnma(n, V(ln2_head<T>), x));
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

#if defined(DIMWISE_SIMD_AVX512)
/// The number of sixteen that the last four bits of `rounded` name.
DIMWISE_INLINE pack<float> of_sixteen(const pack<float>& rounded, const float* numbers) {
  return _mm512_maskz_permutexvar_ps(__mmask16(-1), to_bits(rounded), load(numbers));
}
template <int N>
DIMWISE_INLINE packs<float, N> of_sixteen(const packs<float, N>& rounded, const float* numbers) {
  return by_parts([&](const pack<float>& x) DIMWISE_INLINE_LAMBDA { return of_sixteen(x, numbers); }, rounded);
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
template <class V>
DIMWISE_INLINE V exp_in_sixteenths(const V& x) {
  const V magic(0x1.8p19f);
  const V rounded = fma(x, V(static_cast<float>(log2_e)), magic), n = rounded - magic;
  const V r = fnma(n, V(ln2_tail<float>), fnma(n, V(ln2_head<float>), x)) + of_sixteen(rounded, sixteenth_root_of_two_tail);
  const V t = of_sixteen(rounded, sixteenth_root_of_two);
  return scale(fma(t * r, polynomial(r, 1.0f, 0.5f, 0.16667f), t), n);  // e^r within 9e-9
}
#endif

template <class V>
DIMWISE_INLINE V exp(const V& x) {
  using T = element<V>;
  // The argument is the second operand, which min and max return if it is NaN.
  const V y = max(V(exp_lowest<T>), min(V(exp_highest<T>), x));
#if defined(DIMWISE_SIMD_AVX512)
  if constexpr (sizeof(T) == 4) return exp_in_sixteenths(y);
#endif
  // 2 (1 + q) 2^(n - 1), because 2^n itself would overflow for the largest results.
  const auto e = split_exp(y, layout<T>::bias - 1);
#if defined(DIMWISE_SIMD_AVX512)
  return scale(e.q + V(T(1)), e.n);
#else
  return fma(e.q, V(T(2)), V(T(2))) * power_of_two(e.rounded);
#endif
}

/// e^(x + tail) f, rounded about once: for a |tail| of a few units of the last place of x, which x alone would lose.
template <class T>
DIMWISE_INLINE pack<T> exp_times(const pack<T>& x, const pack<T>& tail, const pack<T>& f) {
  const pack<T> y = max(broadcast<T>(exp_lowest<T>), min(broadcast<T>(exp_highest<T>), x));
  const auto e = split_exp(y, layout<T>::bias - 1);
  const pack<T> q = fma(tail, e.q, e.q + tail);
#if defined(DIMWISE_SIMD_AVX512)
  return scale(fma(q, f, f), e.n);
#else
  const pack<T> f2 = f + f;
  return fma(q, f2, f2) * power_of_two(e.rounded);
#endif
}

/// tanh |x| = a / d and 1 - tanh^2 from b = tanh v and s = 2^n, where |x| = v - n ln(2) / 2. E = e^(-2|x|) = s (1 - b) / (1 + b),
/// so
///   tanh |x| = (1 - E) / (1 + E) = (1 + b - s (1 - b)) / (1 + b + s (1 - b)) = a / d:
/// no cancellation near 0, where s = 1. And 1 - tanh |x| = 2 s (1 - b) / d: none in saturation either.
template <bool WithSlope, class V>
DIMWISE_INLINE V tanh_of_parts(const V& b, const V& s, const V& sign, V* slope) {
  const V one(element<V>(1)), difference = one - s, sum = one + s;
  const V a = fma(b, sum, difference), d = fma(b, difference, sum);
  if constexpr (WithSlope) {
    const V r = reciprocal(d), y = a * r, twice = s + s, rest = fnma(b, twice, twice) * r;  // 1 - y
    *slope = fma(rest, y, rest);
    return with_sign(y, sign);
  } else {
    return with_sign(a / d, sign);
  }
}

/// tanh of multiples of tanh_step, rounded.
#if defined(DIMWISE_SIMD_AVX512)
inline constexpr float tanh_step = 0.5f;
alignas(64) inline constexpr float tanh_of_steps[32] = {0,
                                                        0x1.d9353ep-2f,
                                                        0x1.85efacp-1f,
                                                        0x1.cf6f98p-1f,
                                                        0x1.ed9506p-1f,
                                                        0x1.f92582p-1f,
                                                        0x1.fd77d2p-1f,
                                                        0x1.ff112cp-1f,
                                                        0x1.ffa818p-1f,
                                                        0x1.ffdfa8p-1f,
                                                        0x1.fff41ap-1f,
                                                        0x1.fffbap-1f,
                                                        0x1.fffe64p-1f,
                                                        0x1.ffff68p-1f,
                                                        0x1.ffffc8p-1f,
                                                        0x1.ffffecp-1f,
                                                        0x1.fffff8p-1f,
                                                        0x1.fffffep-1f,
                                                        0x1.fffffep-1f,
                                                        1,
                                                        1,
                                                        1,
                                                        1,
                                                        1,
                                                        1,
                                                        1,
                                                        1,
                                                        1,
                                                        1,
                                                        1,
                                                        1,
                                                        1};
/// The number of 32 that the last five bits of `rounded` name.
DIMWISE_INLINE pack<float> of_tanh_steps(const pack<float>& rounded) {
  return _mm512_permutex2var_ps(load(tanh_of_steps), to_bits(rounded), load(tanh_of_steps + 16));
}
#elif defined(DIMWISE_SIMD_AVX2)
inline constexpr float tanh_step = 1.28125f;
alignas(32) inline constexpr float tanh_of_steps[8] = {
    0, 0x1.b6b0ccp-1f, 0x1.f9f272p-1f, 0x1.ff87dcp-1f, 0x1.fff6bcp-1f, 0x1.ffff4ap-1f, 0x1.fffff2p-1f, 1,  // the last: 1 - 3e-8
};
/// The number of eight that the last three bits of `rounded` name.
DIMWISE_INLINE pack<float> of_tanh_steps(const pack<float>& rounded) {
  return _mm256_permutevar8x32_ps(load(tanh_of_steps), to_bits(rounded));
}
#endif

#if defined(DIMWISE_SIMD_AVX2)
template <int N>
DIMWISE_INLINE packs<float, N> of_tanh_steps(const packs<float, N>& rounded) {
  return by_parts([](const pack<float>& x) DIMWISE_INLINE_LAMBDA { return of_tanh_steps(x); }, rounded);
}

/// tanh alone in single precision. |x| = w + f, w a multiple of a step, t = tanh w from a register, and c = f / tanh f:
///   tanh |x| = (t + tanh f) / (1 + t tanh f) = (t c + f) / (c + t f).
/// c is a polynomial in f^2 with fewer terms than that of tanh f, and division by it comes with the other one.
template <class V>
DIMWISE_INLINE V tanh_without_slope(const V& x) {
#if defined(DIMWISE_SIMD_AVX512)
  // Steps of a power of two, which additions find, beside the multiply-adds.
  constexpr float furthest = 15.5f;
  const V y = min(V(furthest), abs(x)), magic(1.5f * 0x1p23f * tanh_step);
  const V rounded = y + magic, f = y - (rounded - magic), z = f * f;
  const V c = polynomial(z, 1.0f, 0.33332982183f, -0.0220396611903f);  // relative error 1.9e-8
#else
  constexpr float furthest = 9.6f;
  const V y = min(V(furthest), abs(x)), magic(0x1.8p23f);
  const V rounded = fma(y, V(1 / tanh_step), magic), f = fnma(rounded - magic, V(tanh_step), y), z = f * f;
  const V c = polynomial(z, 1.0f, 0.333330959335f, -0.0221861231311f, 0.00195989743556f);  // relative error 4.6e-8
#endif
  const V t = of_tanh_steps(rounded);
  return with_sign(fma(t, c, f) / fma(t, f, c), x);
}
#endif

#if defined(DIMWISE_SIMD_AVX512)
/// tanh and its slope in single precision, from E = e^(-2|x|) = s (1 + v p), where s = 2^n, n counts sixteenths, and
/// e^(-2v) = 1 + v p:
///   tanh |x| = (1 - E) / (1 + E), with 1 - E = (1 - s) - s v p: no cancellation near 0, where s = 1;
///   1 - tanh^2 = E (1 + tanh |x|)^2.
template <class V>
DIMWISE_INLINE V tanh_in_sixteenths(const V& x, V* slope) {
  constexpr float furthest = 64;  // far beyond where s becomes 0
  const V y = min(V(furthest), abs(x)), magic(0x1.8p19f), one(1.0f);
  const V rounded = fma(y, V(static_cast<float>(-2 * log2_e)), magic), n = rounded - magic;
  const V s = scale(of_sixteen(rounded, sixteenth_root_of_two), n);
  const V v = fma(n, V(0.34657359027997265471f), y);  // the error of the constant is felt in the slope only, far out
  // Minimax for the relative error of 1 - E, that of s included, which is largest where s is next to 1: 1.3e-7.
  const V p = polynomial(v, -2.0f, 2.00007367f, -1.33560467f), sv = s * v;
  const V e = fma(sv, p, s), value = fnma(sv, p, one - s) / (one + e), half = fma(e, value, e);
  *slope = fma(half, value, half);
  return with_sign(value, x);
}

/// The number of eight that the last three bits of `rounded` name.
DIMWISE_INLINE pack<double> of_eight(const pack<double>& rounded, const double* numbers) {
  return _mm512_maskz_permutexvar_pd(__mmask8(-1), to_bits(rounded), load(numbers));
}
template <int N>
DIMWISE_INLINE packs<double, N> of_eight(const packs<double, N>& rounded, const double* numbers) {
  return by_parts([&](const pack<double>& x) DIMWISE_INLINE_LAMBDA { return of_eight(x, numbers); }, rounded);
}

/// 2^(j/8), rounded; and (log(2^(j/8) rounded) - j/8 log 2) / 2, which the rounding adds to v.
alignas(64) inline constexpr double root_of_two[8] = {
    1,
    0x1.172b83c7d517bp+0,
    0x1.306fe0a31b715p+0,
    0x1.4bfdad5362a27p+0,
    0x1.6a09e667f3bcdp+0,
    0x1.8ace5422aa0dbp+0,
    0x1.ae89f995ad3adp+0,
    0x1.d5818dcfba487p+0,
};
alignas(64) inline constexpr double root_of_two_tail[8] = {
    0,
    0x1.01b15eaa59348p-56,
    -0x1.34d754db0abb6p-56,
    -0x1.690cebb7aafb0p-57,
    0x1.3b3efbf5e2229p-55,
    -0x1.db72fc1f0eab4p-56,
    -0x1.c1a7792cb3387p-56,
    -0x1.4a385a63d07a7p-57,
};

/// In double precision n counts eighths, and 2^n is one of eight numbers, scaled: three coefficients instead of six.
template <bool WithSlope, class V>
DIMWISE_INLINE V tanh_in_eighths(const V& x, V* slope) {
  constexpr double furthest = 1000;  // far beyond where s becomes 0
  const V y = min(V(furthest), abs(x)), magic(0x1.8p49);
  const V rounded = fma(y, V(-2 * log2_e), magic), n = rounded - magic;
  const V s = scale(of_eight(rounded, root_of_two), n), tail = of_eight(rounded, root_of_two_tail);
  V v;
  if constexpr (WithSlope) v = fma(n, V(ln2_tail<double> / 2), fma(n, V(ln2_head<double> / 2), y)) + tail;
  else v = fma(n, V(0.34657359027997265471), y) + tail;  // the error of the constant is felt in the slope only, far out
  // tanh v for |v| <= ln(2) / 32, relative error 1e-17.
  const V z = v * v, b = fma(v * z, polynomial(z, -0.33333333333291879203, 0.13333332797243015921, -0.053948545258321988819), v);
  return tanh_of_parts<WithSlope>(b, s, x, slope);
}
#endif

/// tanh, and 1 - tanh^2 if asked for.
template <bool WithSlope, class V>
DIMWISE_INLINE V tanh(const V& x, V* slope) {
  using T = element<V>;
#if defined(DIMWISE_SIMD_AVX512)
  if constexpr (sizeof(T) == 8) return tanh_in_eighths<WithSlope>(x, slope);
  else if constexpr (WithSlope) return tanh_in_sixteenths(x, slope);
  else return tanh_without_slope(x);
#else
#if defined(DIMWISE_SIMD_AVX2)
  if constexpr (sizeof(T) == 4 && !WithSlope) return tanh_without_slope(x);
  else
#endif
  {
    constexpr T saturated = sizeof(T) == 4 ? T(44.02) : T(354.55);  // here s becomes 0
    const V y = min(V(saturated), abs(x)), magic(rounder<T>(layout<T>::bias));
    const V rounded = fma(y, V(T(-2 * log2_e)), magic), n = rounded - magic;
    V v;
    if constexpr (has_fused_multiply_add && (sizeof(T) == 4 || !WithSlope))
      v = fma(n, V(T(0.34657359027997265471)), y);  // the error of the constant is felt in the slope only, far out
    else v = fma(n, V(ln2_tail<T> / 2), fma(n, V(ln2_head<T> / 2), y));
    return tanh_of_parts<WithSlope>(tanh_near_zero(v), power_of_two(rounded), x, slope);
  }
#endif
}

/// e^x from sigmoid_lowest on, where it is 0, up to the largest number.
template <class T>
inline constexpr T sigmoid_lowest = sizeof(T) == 4 ? T(-88) : T(-709);
#if defined(DIMWISE_SIMD_AVX512)
template <>
inline constexpr float sigmoid_lowest<float> = exp_lowest<float>;
#endif
template <class V>
DIMWISE_INLINE V exp_for_sigmoid(const V& x) {
  using T = element<V>;
#if defined(DIMWISE_SIMD_AVX512)
  if constexpr (sizeof(T) == 4) return exp_in_sixteenths(x);
#endif
  const auto parts = split_exp(x, layout<T>::bias);
  const V s = power_of_two(parts.rounded);
  return fma(s, parts.q, s);
}

/// sigmoid, and sigmoid (1 - sigmoid) if asked for: then from e^-|x|, so that neither loses digits on one side.
template <bool WithSlope, class V>
DIMWISE_INLINE V sigmoid(const V& x, V* slope) {
  using T = element<V>;
  const V one(T(1)), lowest(sigmoid_lowest<T>);
  if constexpr (WithSlope) {
    const V e = exp_for_sigmoid(max(lowest, with_sign(x, V(T(-1)))));
    const V above = reciprocal(e + one), below = e * above;
    *slope = fnma(below, below, below);
    return by_parts([](const pack<T>& of, const pack<T>& a, const pack<T>& b)
                        DIMWISE_INLINE_LAMBDA { return select(of < broadcast<T>(0), b, a); },
                    x, above, below);
  } else {
    constexpr T highest = sizeof(T) == 4 ? T(87) : T(708);
    const V e = exp_for_sigmoid(max(lowest, min(V(highest), x)));
    return e / (e + one);
  }
}

}  // namespace detail

/// e^x. Error <= 2 ULP. inf above the largest number, 0 below the smallest; without AVX-512 results below 2^-125 (float) or
/// 2^-1021 (double) are 0.
template <class T>
DIMWISE_INLINE pack<T> exp(const pack<T>& x) {
  return detail::exp(x);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> exp(const packs<T, N>& x) {
  return detail::exp(x);
}

/// tanh x. Error <= 4 ULP everywhere, near 0 included; odd to the last bit.
template <class T>
DIMWISE_INLINE pack<T> tanh(const pack<T>& x) {
  return detail::tanh<false, pack<T>>(x, nullptr);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> tanh(const packs<T, N>& x) {
  return detail::tanh<false, packs<T, N>>(x, nullptr);
}

/// tanh x and slope = 1 - tanh^2 x, relative error of the slope <= 8 ULP until it falls below 2^-122 (float) or 2^-1018 (double),
/// from where on it is 0 or subnormal. A subnormal tanh may lose its last 2 bits.
template <class T>
DIMWISE_INLINE pack<T> tanh_with_slope(const pack<T>& x, pack<T>& slope) {
  return detail::tanh<true>(x, &slope);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> tanh_with_slope(const packs<T, N>& x, packs<T, N>& slope) {
  return detail::tanh<true>(x, &slope);
}

/// 1 / (1 + e^-x). Error <= 4 ULP, for very negative x too; below 2^-126 (float) or 2^-1022 (double) 0.
template <class T>
DIMWISE_INLINE pack<T> sigmoid(const pack<T>& x) {
  return detail::sigmoid<false, pack<T>>(x, nullptr);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> sigmoid(const packs<T, N>& x) {
  return detail::sigmoid<false, packs<T, N>>(x, nullptr);
}

/// sigmoid x and slope = sigmoid (1 - sigmoid); relative error of the slope <= 4 ULP for |x| <= 87 (float) or 708 (double);
/// beyond, it is 0 or stays below 2^-125 or 2^-1021.
template <class T>
DIMWISE_INLINE pack<T> sigmoid_with_slope(const pack<T>& x, pack<T>& slope) {
  return detail::sigmoid<true>(x, &slope);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> sigmoid_with_slope(const packs<T, N>& x, packs<T, N>& slope) {
  return detail::sigmoid<true>(x, &slope);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
