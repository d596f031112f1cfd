// simd/tanh.hpp: tanh on packs, and its slope without cancellation in saturation.
#pragma once
#include <dimwise/simd/exponential.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
namespace detail {

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

/// tanh |x| = a / d and 1 - tanh^2 from b = tanh v and s = 2^n, where |x| = v - n ln(2) / 2. E = e^(-2|x|) = s (1 - b) / (1 + b),
/// so
///   tanh |x| = (1 - E) / (1 + E) = (1 + b - s (1 - b)) / (1 + b + s (1 - b)) = a / d:
/// no cancellation near 0, where s = 1. And 1 - tanh |x| = 2 s (1 - b) / d: none in saturation either.
template <class T>
struct tanh_fraction {
  pack<T> a, d, rest;  ///< rest: 2 s (1 - b), which is d (1 - tanh |x|)
  DIMWISE_INLINE tanh_fraction() = default;
  DIMWISE_INLINE tanh_fraction(const pack<T>& b, const pack<T>& s) {
    const pack<T> one = broadcast<T>(1), difference = one - s, sum = one + s, twice = s + s;
    a = fma(b, sum, difference);
    d = fma(b, difference, sum);
    rest = fnma(b, twice, twice);
  }
};
/// 1 - y^2 for y = tanh |x| from 1 - y.
template <class T>
DIMWISE_INLINE pack<T> tanh_slope(const pack<T>& rest, const pack<T>& y) {
  return fma(rest, y, rest);
}

#if defined(DIMWISE_SIMD_AVX512) || defined(DIMWISE_SIMD_AVX2)
#if defined(DIMWISE_SIMD_AVX512)
/// tanh of multiples of tanh_step, rounded.
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
#else
/// tanh of multiples of tanh_step, rounded.
inline constexpr float tanh_step = 1.28125f;
alignas(32) inline constexpr float tanh_of_steps[8] = {
    0, 0x1.b6b0ccp-1f, 0x1.f9f272p-1f, 0x1.ff87dcp-1f, 0x1.fff6bcp-1f, 0x1.ffff4ap-1f, 0x1.fffff2p-1f, 1,  // the last: 1 - 3e-8
};
/// The number of eight that the last three bits of `rounded` name.
DIMWISE_INLINE pack<float> of_tanh_steps(const pack<float>& rounded) {
  return _mm256_permutevar8x32_ps(load(tanh_of_steps), to_bits(rounded));
}
#endif

/// tanh alone in single precision. |x| = w + f, w a multiple of a step, t = tanh w from a register, and c = f / tanh f:
///   tanh |x| = (t + tanh f) / (1 + t tanh f) = (t c + f) / (c + t f).
/// c is a polynomial in f^2 with fewer terms than that of tanh f, and division by it comes with the other one.
struct tanh_of_steps_and_rest {
  static constexpr int stages = 3;
  using V = pack<float>;
  V rounded, f, t, c, f1, quotient;
  DIMWISE_INLINE void stage(stage_number<0>, const V& x) {
#if defined(DIMWISE_SIMD_AVX512)
    constexpr int rest_of_halves = 1 << 4;  // of rounding to multiples of 2^-1, to nearest even as the addition rounds
    const V y = abs(x), magic(1.5f * 0x1p23f * tanh_step);
    rounded = min(V(15.5f), y) + magic;
    f = _mm512_reduce_ps(y, rest_of_halves);
#else
    const V y = min(V(9.6f), abs(x)), magic(0x1.8p23f);
    rounded = fma(y, V(1 / tanh_step), magic);
    f = fnma(rounded - magic, V(tanh_step), y);
#endif
  }
  DIMWISE_INLINE void stage(stage_number<1>) {
    const V z = f * f;
#if defined(DIMWISE_SIMD_AVX512)
    c = polynomial(z, 1.0f, 0.33332982183f, -0.0220396611903f);  // relative error 1.9e-8
#else
    c = polynomial(z, 1.0f, 0.333330959335f, -0.0221861231311f, 0.00195989743556f);  // relative error 4.6e-8
#endif
    t = of_tanh_steps(rounded);
    f1 = f;
  }
  DIMWISE_INLINE V numerator() const { return fma(t, c, f1); }
  DIMWISE_INLINE V denominator() const { return fma(t, f1, c); }
  DIMWISE_INLINE void stage(stage_number<2>) { quotient = numerator() / denominator(); }
  DIMWISE_INLINE V value(const V& x) const { return with_sign<float>(quotient, x); }
};
#endif

#if defined(DIMWISE_SIMD_AVX512)
/// tanh and its slope in single precision, from E = e^(-2|x|) = s (1 + v p), where s = 2^n, n counts sixteenths, and
/// e^(-2v) = 1 + v p:
///   tanh |x| = (1 - E) / (1 + E), with 1 - E = (1 - s) - s v p: no cancellation near 0, where s = 1;
///   1 - tanh^2 = E (1 + tanh |x|)^2.
struct tanh_in_sixteenths {
  static constexpr int stages = 6;
  using V = pack<float>;
  V rounded, n, y, s, v, s1, sv, p, e, a, d, e1, quotient, quotient1, slope;
  DIMWISE_INLINE void stage(stage_number<0>, const V& x) {
    constexpr float furthest = 64;  // far beyond where s becomes 0
    const V magic(0x1.8p19f);
    y = min(V(furthest), abs(x));
    rounded = fma(y, V(static_cast<float>(-2 * log2_e)), magic);
    n = rounded - magic;
  }
  DIMWISE_INLINE void stage(stage_number<1>) {
    s = scale(of_sixteen(rounded, sixteenth_root_of_two), n);
    v = fma(n, V(0.34657359027997265471f), y);  // the error of the constant is felt in the slope only, far out
  }
  DIMWISE_INLINE void stage(stage_number<2>) {
    // Minimax for the relative error of 1 - E, that of s included, which is largest where s is next to 1: 1.3e-7.
    p = polynomial(v, -2.0f, 2.00007367f, -1.33560467f);
    sv = s * v;
    s1 = s;
  }
  DIMWISE_INLINE void stage(stage_number<3>) {
    const V one(1.0f);
    e = fma(sv, p, s1);
    a = fnma(sv, p, one - s1);
    d = one + e;
  }
  DIMWISE_INLINE void stage(stage_number<4>) {
    quotient = a / d;
    e1 = e;
  }
  DIMWISE_INLINE void stage(stage_number<5>) {
    const V half = fma(e1, quotient, e1);
    slope = fma(half, quotient, half);
    quotient1 = quotient;
  }
  DIMWISE_INLINE V value(const V& x) const { return with_sign<float>(quotient1, x); }
};

/// The number of eight that the last three bits of `rounded` name.
DIMWISE_INLINE pack<double> of_eight(const pack<double>& rounded, const double* numbers) {
  return _mm512_maskz_permutexvar_pd(__mmask8(-1), to_bits(rounded), load(numbers));
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
template <bool WithSlope>
struct tanh_in_eighths {
  static constexpr int stages = 6;
  using V = pack<double>;
  V rounded, n, y, s, v, s1, b, a, rest, r, quotient, slope;
  tanh_fraction<double> fraction;
  DIMWISE_INLINE void stage(stage_number<0>, const V& x) {
    constexpr double furthest = 1000;  // far beyond where s becomes 0
    const V magic(0x1.8p49);
    y = min(V(furthest), abs(x));
    rounded = fma(y, V(-2 * log2_e), magic);
    n = rounded - magic;
  }
  DIMWISE_INLINE void stage(stage_number<1>) {
    s = scale(of_eight(rounded, root_of_two), n);
    const V tail = of_eight(rounded, root_of_two_tail);
    if constexpr (WithSlope) v = fma(n, V(ln2_tail<double> / 2), fma(n, V(ln2_head<double> / 2), y)) + tail;
    else v = fma(n, V(0.34657359027997265471), y) + tail;  // the error of the constant is felt in the slope only, far out
  }
  DIMWISE_INLINE void stage(stage_number<2>) {
    // tanh v for |v| <= ln(2) / 32, relative error 1e-17.
    const V z = v * v;
    b = fma(v * z, polynomial(z, -0.33333333333291879203, 0.13333332797243015921, -0.053948545258321988819), v);
    s1 = s;
  }
  DIMWISE_INLINE void stage(stage_number<3>) { fraction = tanh_fraction<double>(b, s1); }
  DIMWISE_INLINE void stage(stage_number<4>) {
    if constexpr (WithSlope) {
      r = reciprocal(fraction.d);
      a = fraction.a;
      rest = fraction.rest;
    } else {
      a = fraction.a / fraction.d;
    }
  }
  DIMWISE_INLINE void stage(stage_number<5>) {
    if constexpr (WithSlope) {
      quotient = a * r;
      slope = tanh_slope(rest * r, quotient);
    } else {
      quotient = a;
    }
  }
  DIMWISE_INLINE V value(const V& x) const { return with_sign<double>(quotient, x); }
};
#endif

}  // namespace detail

#if defined(DIMWISE_SIMD_AVX512)
/// tanh x before its last operation, a division: the digits of tanh for loops that divide elsewhere.
template <class T>
struct tanh_quotient {
  pack<T> numerator, denominator;
  DIMWISE_INLINE explicit tanh_quotient(const pack<T>& x) {
    if constexpr (sizeof(T) == 4) {
      detail::tanh_of_steps_and_rest f;
      run_stages<2>(f, x);
      numerator = detail::with_sign<T>(f.numerator(), x);
      denominator = f.denominator();
    } else {
      detail::tanh_in_eighths<false> f;
      run_stages<4>(f, x);
      numerator = detail::with_sign<T>(f.fraction.a, x);
      denominator = f.fraction.d;
    }
  }
};

/// tanh in stages, with the slope if asked for.
template <class T, bool WithSlope>
using tanh_stages = std::conditional_t<sizeof(T) == 8, detail::tanh_in_eighths<WithSlope>,
                                       std::conditional_t<WithSlope, detail::tanh_in_sixteenths, detail::tanh_of_steps_and_rest>>;
#endif

namespace detail {
/// tanh, and 1 - tanh^2 if asked for.
template <bool WithSlope, class T>
DIMWISE_INLINE pack<T> tanh(const pack<T>& x, [[maybe_unused]] pack<T>* slope) {
#if defined(DIMWISE_SIMD_AVX512)
  tanh_stages<T, WithSlope> f;
  run_stages(f, x);
  if constexpr (WithSlope) *slope = f.slope;
  return f.value(x);
#else
#if defined(DIMWISE_SIMD_AVX2)
  if constexpr (sizeof(T) == 4 && !WithSlope) {
    tanh_of_steps_and_rest f;
    run_stages(f, x);
    return f.value(x);
  }
#endif
  constexpr T saturated = sizeof(T) == 4 ? T(44.02) : T(354.55);  // here s becomes 0
  const pack<T> y = min(broadcast<T>(saturated), abs(x)), magic = broadcast<T>(rounder<T>(layout<T>::bias));
  const pack<T> rounded = fma(y, broadcast<T>(T(-2 * log2_e)), magic), n = rounded - magic;
  pack<T> v;
  if constexpr (has_fused_multiply_add && (sizeof(T) == 4 || !WithSlope))
    v = fma(n, broadcast<T>(T(0.34657359027997265471)), y);  // the error of the constant is felt in the slope only, far out
  else v = fma(n, broadcast<T>(ln2_tail<T> / 2), fma(n, broadcast<T>(ln2_head<T> / 2), y));
  const tanh_fraction<T> f(tanh_near_zero(v), power_of_two<T>(rounded));
  if constexpr (!WithSlope) return with_sign<T>(f.a / f.d, x);
  const pack<T> r = reciprocal(f.d), quotient = f.a * r;
  *slope = tanh_slope<T>(f.rest * r, quotient);
  return with_sign<T>(quotient, x);
#endif
}

}  // namespace detail

/// tanh x. Error <= 4 ULP everywhere, near 0 included; odd to the last bit.
template <class T>
DIMWISE_INLINE pack<T> tanh(const pack<T>& x) {
  return detail::tanh<false, T>(x, nullptr);
}

/// tanh x and slope = 1 - tanh^2 x, relative error of the slope <= 8 ULP until it falls below 2^-122 (float) or 2^-1018 (double),
/// from where on it is 0 or subnormal. A subnormal tanh may lose its last 2 bits.
template <class T>
DIMWISE_INLINE pack<T> tanh_with_slope(const pack<T>& x, pack<T>& slope) {
  return detail::tanh<true, T>(x, &slope);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
