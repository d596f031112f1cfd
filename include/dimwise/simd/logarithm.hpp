// simd/logarithm.hpp: log and softplus on packs.
#pragma once
#include <dimwise/simd/exponential.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
namespace detail {

/// e ln 2 + log(1 + f) for sqrt(1/2) - 1 <= f <= sqrt(2) - 1 and whole e. Relative error of the polynomials: 5.9e-9 and 1.2e-18.
DIMWISE_INLINE pack<float> log_of_parts(const pack<float>& e, const pack<float>& f) {
  const pack<float> p = polynomial(f, 0.333333316848f, -0.25000822727f, 0.200012303861f, -0.166232951525f, 0.142016281255f,
                                   -0.131607019895f, 0.127627989998f, -0.0763460524569f);
  const pack<float> f2 = f * f;
  const pack<float> tail = fnma(f2, pack<float>(0.5f), fma(f2 * f, p, e * pack<float>(ln2_tail<float>)));
  return fma(e, pack<float>(ln2_head<float>), f + tail);
}
// With s = f / (2 + f), log(1 + f) = 2 atanh s = f - f^2/2 + s (f^2/2 + s^2 R(s^2)): the leading terms stay exact.
DIMWISE_INLINE pack<double> log_of_parts(const pack<double>& e, const pack<double>& f) {
  const pack<double> s = f / (f + pack<double>(2.0));
  const pack<double> z = s * s;
  const pack<double> r =
      z * polynomial(z, 0.66666666666667346842, 0.39999999999412441737, 0.28571428742975397094, 0.22222198504111154675,
                     0.18183568348335043109, 0.15313937086072577592, 0.14797186239411909443);
  const pack<double> h = f * f * pack<double>(0.5);
  const pack<double> tail = fma(s, h + r, e * pack<double>(ln2_tail<double>));
  return fma(e, pack<double>(ln2_head<double>), f - (h - tail));
}

}  // namespace detail

/// Natural logarithm. Error <= 2 ULP, subnormal arguments included; log(0) = -inf, NaN below.
template <class T>
DIMWISE_INLINE pack<T> log(const pack<T>& x) {
  using L = detail::layout<T>;
  // Subnormal arguments are brought into the normal range first.
  const lane_mask<T> tiny = x < broadcast<T>(std::numeric_limits<T>::min());
  const pack<T> y = select(tiny, x * broadcast<T>(L::two_to_mantissa), x);
  const pack<T> offset = select(tiny, broadcast<T>(L::two_to_mantissa + T(L::bias + L::mantissa_bits)),
                                broadcast<T>(L::two_to_mantissa + T(L::bias)));
  // y = 2^e (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), by integer arithmetic on its bits.
  const lane_bits<T> shifted = to_bits(y) + lane_bits<T>(L::one - L::sqrt_half);
  const pack<T> e = from_bits<T>((shifted >> L::mantissa_bits) | to_bits(broadcast<T>(L::two_to_mantissa))) - offset;
  const pack<T> m = from_bits<T>((shifted & lane_bits<T>(L::mantissa)) + lane_bits<T>(L::sqrt_half));
  const pack<T> value = detail::log_of_parts(e, m - broadcast<T>(1));
  const pack<T> infinity = broadcast<T>(detail::infinity<T>);
  const pack<T> outside =
      select(x == broadcast<T>(0), -infinity, select(x < broadcast<T>(0), broadcast<T>(detail::quiet_nan<T>), x));
  return select((x > broadcast<T>(0)) & (x < infinity), value, outside);
}

/// log(1 + e^x). Error <= 4 ULP, for very negative x too (where it is e^x and underflows like exp).
template <class T>
DIMWISE_INLINE pack<T> softplus(const pack<T>& x) {
  const pack<T> one = broadcast<T>(1), zero = broadcast<T>(0);
  const pack<T> y = exp(-abs(x));
  // log(1 + y), 0 <= y <= 1: 1 + y = 2^e (1 + f) without rounding y away.
  const lane_mask<T> large = y > broadcast<T>(T(0.41421356237309503));
  const pack<T> e = select(large, one, zero);
  const pack<T> f = select(large, (y - one) * broadcast<T>(T(0.5)), y);
  return max(zero, x) + detail::log_of_parts(e, f);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
