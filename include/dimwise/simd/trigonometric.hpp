// simd/trigonometric.hpp: sin, cos and tan on packs.
#pragma once
#include <cmath>
#include <dimwise/simd/polynomial.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
namespace detail {

/// |x| up to here is reduced in vector registers; beyond, each lane goes through the standard library.
template <class T>
inline constexpr T trigonometric_limit = sizeof(T) == 4 ? T(12000) : T(1e6);

/// x - n pi/2. The products of n with all parts of pi/2 but the last are exact, with or without fma, up to the limit.
DIMWISE_INLINE pack<float> reduce_quarter(const pack<float>& x, const pack<float>& n) {
  if constexpr (has_fused_multiply_add) {
    pack<float> r = fnma(n, pack<float>(1.57079637051f), x);
    r = fnma(n, pack<float>(-4.37113882867e-8f), r);
    return fnma(n, pack<float>(-1.71512451001e-15f), r);
  } else {
    pack<float> r = fnma(n, pack<float>(1.5703125f), x);
    r = fnma(n, pack<float>(0.00048375129699707f), r);
    r = fnma(n, pack<float>(7.54953362047672e-8f), r);
    return fnma(n, pack<float>(2.56334415159452e-12f), r);
  }
}
DIMWISE_INLINE pack<double> reduce_quarter(const pack<double>& x, const pack<double>& n) {
  pack<double> r = fnma(n, pack<double>(1.570796326734125614166), x);
  r = fnma(n, pack<double>(6.077100506303965976596e-11), r);
  return fnma(n, pack<double>(2.0222662487959507324e-21), r);
}

/// sin r for |r| <= pi/4; relative error of the polynomials 3.8e-9 and 2.0e-21.
DIMWISE_INLINE pack<float> sin_quarter(const pack<float>& r, const pack<float>& z) {
  return fma(r * z, polynomial(z, -0.166666545731f, 0.00833215840645f, -0.000195149571609f), r);
}
DIMWISE_INLINE pack<double> sin_quarter(const pack<double>& r, const pack<double>& z) {
  return fma(r * z,
             polynomial(z, -0.16666666666666630511, 0.0083333333333220617366, -0.00019841269829542281178,
                        2.7557313604427269644e-6, -2.5050745024274511357e-8, 1.5896066821006401568e-10),
             r);
}

/// cos r for |r| <= pi/4; relative error of the polynomials 1.2e-10 and 5.6e-20.
DIMWISE_INLINE pack<float> cos_quarter(const pack<float>& z) {
  return fma(z * z, polynomial(z, 0.0416666456188f, -0.0013887313063f, 2.4432785125e-5f),
             fnma(z, pack<float>(0.5f), pack<float>(1.0f)));
}
DIMWISE_INLINE pack<double> cos_quarter(const pack<double>& z) {
  // 1 - z/2 loses up to half an ULP, which is added back.
  const pack<double> one(1.0), h = z * pack<double>(0.5), w = one - h;
  const pack<double> p = polynomial(z, 0.041666666666666592471, -0.0013888888888872975989, 0.000024801587288800056225,
                                    -2.7557314163983748701e-7, 2.0875698709357494544e-9, -1.1358423553465750614e-11);
  return w + fma(z * z, p, (one - w) - h);
}

template <class T>
struct sine_and_cosine {
  pack<T> sine, cosine;
};

template <class T>
[[gnu::noinline]] inline sine_and_cosine<T> sincos_by_lane(const pack<T>& x) {
  alignas(64) T in[lanes<T>], s[lanes<T>], c[lanes<T>];
  store(in, x);
  for (int i = 0; i < lanes<T>; ++i) {
    s[i] = std::sin(in[i]);
    c[i] = std::cos(in[i]);
  }
  return {load(s), load(c)};
}

template <bool Sine, bool Cosine, class T>
DIMWISE_INLINE sine_and_cosine<T> sincos(const pack<T>& x) {
  const pack<T> size = abs(x);  // the sign comes back at the end, so that -0 keeps it
  if (xsimd::any(size > broadcast<T>(trigonometric_limit<T>))) return sincos_by_lane(x);
  const pack<T> magic = broadcast<T>(rounder<T>(0));
  const pack<T> rounded = fma(size, broadcast<T>(T(0.63661977236758134308)), magic);
  const pack<T> n = rounded - magic;
  const pack<T> r = reduce_quarter(size, n), z = r * r;
  const pack<T> s = sin_quarter(r, z), c = cos_quarter(z);
  using integer = typename layout<T>::integer;
  const lane_bits<T> quadrant = to_bits(rounded);
  const lane_bits<T> one(integer(1)), two(integer(2));
  const lane_mask<T> swap = from_bits<T>(quadrant & one) != broadcast<T>(0);  // bits of the smallest subnormal, or zero
  constexpr int to_sign = static_cast<int>(sizeof(T)) * 8 - 2;
  sine_and_cosine<T> result{};
  if constexpr (Sine) {
    const lane_bits<T> sign = to_bits(x) & lane_bits<T>(layout<T>::sign);
    result.sine = from_bits<T>(to_bits(select(swap, c, s)) ^ ((quadrant & two) << to_sign) ^ sign);
  }
  if constexpr (Cosine) result.cosine = from_bits<T>(to_bits(select(swap, s, c)) ^ (((quadrant + one) & two) << to_sign));
  return result;
}

}  // namespace detail

/// sin x. Error <= 2 ULP for every x; fast for |x| <= 12000 (float) or 1e6 (double).
template <class T>
DIMWISE_INLINE pack<T> sin(const pack<T>& x) {
  return detail::sincos<true, false, T>(x).sine;
}

/// cos x. Error and speed as those of sin.
template <class T>
DIMWISE_INLINE pack<T> cos(const pack<T>& x) {
  return detail::sincos<false, true, T>(x).cosine;
}

/// Both at little more than the price of one.
template <class T>
DIMWISE_INLINE void sincos(const pack<T>& x, pack<T>& sine, pack<T>& cosine) {
  const auto both = detail::sincos<true, true, T>(x);
  sine = both.sine;
  cosine = both.cosine;
}

/// tan x. Error <= 4 ULP for every x, near its poles too (where xsimd's loses digits); speed as that of sin.
template <class T>
DIMWISE_INLINE pack<T> tan(const pack<T>& x) {
  const auto both = detail::sincos<true, true, T>(x);
  return both.sine / both.cosine;
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
