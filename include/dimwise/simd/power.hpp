// simd/power.hpp: packs raised to a power that is the same for all lanes.
#pragma once
#include <dimwise/simd/exponential.hpp>
#include <dimwise/simd/logarithm.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {
namespace detail {

/// x^n for n >= 0 by repeated squaring.
template <class T>
DIMWISE_INLINE pack<T> whole_power(const pack<T>& x, int n) {
  pack<T> result = broadcast<T>(1), square = x;
  for (bool first = true; n > 0; n /= 2) {
    if (n % 2 == 1) {
      result = first ? square : result * square;
      first = false;
    }
    if (n > 1) square = square * square;
  }
  return result;
}

/// 2 / 3 + 2 / 5 z + 2 / 7 z^2 + ... = (log((1 + s) / (1 - s)) - 2 s) / s^3 at z = s^2, for |s| <= 0.2.
DIMWISE_INLINE pack<float> atanh_tail(const pack<float>& z) {
  return polynomial(z, 0.66666666667f, 0.4f, 0.28571428571f, 0.22222222222f, 0.18181818182f);
}
DIMWISE_INLINE pack<double> atanh_tail(const pack<double>& z) {
  return polynomial(z, 0.66666666666666597142, 0.40000000000056106783, 0.28571428555962992723, 0.22222224281600806166,
                    0.18181666745266567082, 0.15391084185484720724, 0.13174056296583493078, 0.13840005037476954112);
}

/// A number as the sum of two.
template <class T>
struct head_and_tail {
  pack<T> head, tail;
};

/// log x for finite x > 0, subnormal numbers included, with 5 bits more than T has.
template <class T>
DIMWISE_INLINE head_and_tail<T> log_with_tail(const pack<T>& x) {
  using L = layout<T>;
  const pack<T> one = broadcast<T>(1);
  const lane_mask<T> tiny = x < broadcast<T>(std::numeric_limits<T>::min());
  const pack<T> y = select(tiny, x * broadcast<T>(L::two_to_mantissa), x);
  const pack<T> offset = select(tiny, broadcast<T>(L::two_to_mantissa + T(L::bias + L::mantissa_bits)),
                                broadcast<T>(L::two_to_mantissa + T(L::bias)));
  // y = 2^e (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), by integer arithmetic on its bits.
  const lane_bits<T> shifted = to_bits(y) + lane_bits<T>(L::one - L::sqrt_half);
  const pack<T> e = from_bits<T>((shifted >> L::mantissa_bits) | to_bits(broadcast<T>(L::two_to_mantissa))) - offset;
  const pack<T> f = from_bits<T>((shifted & lane_bits<T>(L::mantissa)) + lane_bits<T>(L::sqrt_half)) - one;
  // log(1 + f) = 2 s + s^3 (2/3 + ...) for s = f / (2 + f); the quotient is carried with what it lost, the rest is 1 % of it.
  const pack<T> d = f + broadcast<T>(2), d_tail = f - (d - broadcast<T>(2));
  const pack<T> s = f / d, product = s * d;
  const pack<T> s_tail = (((f - product) - product_tail(s, d, product)) - s * d_tail) / d;
  const pack<T> z = s * s, rest = fma(s * z, atanh_tail(z), s_tail + s_tail);
  // The product with the head of ln 2 is exact, and no smaller than the logarithm of 1 + f unless it is 0.
  const pack<T> a = e * broadcast<T>(ln2_head<T>), b = s + s;
  const pack<T> sum = a + b, lost = select(e == broadcast<T>(0), broadcast<T>(0), b - (sum - a));
  const pack<T> tail = fma(e, broadcast<T>(ln2_tail<T>), rest + lost);
  const pack<T> head = sum + tail;
  return {head, tail - (head - sum)};
}

/// e^(c log x) for c = exponent + exponent_tail.
template <class T>
DIMWISE_INLINE pack<T> power_of_logarithm(const pack<T>& x, const pack<T>& exponent, const pack<T>& exponent_tail) {
  const pack<T> zero = broadcast<T>(0), limit = broadcast<T>(sizeof(T) == 4 ? T(120) : T(800));
  const auto l = log_with_tail<T>(x);
  const pack<T> product = exponent * l.head;
  const pack<T> clamped = max(-limit, min(limit, product));
  const pack<T> tail = fma(exponent, l.tail, fma(exponent_tail, l.head, product_tail(exponent, l.head, product)));
  const pack<T> value = exp_times<T>(clamped, select(clamped == product, tail, zero), broadcast<T>(1));
  // log 0 and log of infinity, exactly
  const pack<T> at_zero = exp(select(exponent > zero, -limit, select(exponent < zero, limit, exponent)));
  const pack<T> at_infinity = exp(select(exponent > zero, limit, select(exponent < zero, -limit, exponent)));
  const pack<T> outside = select(x == zero, at_zero, select(x > zero, at_infinity, broadcast<T>(quiet_nan<T>)));
  return select((x > zero) & (x < broadcast<T>(infinity<T>)), value, outside);
}

}  // namespace detail

/// x^c for c = c + c_tail, the tail for an exponent that has more digits than a double. Whole and half c up to 64 in size by
/// multiplication (a square root, a division): error <= |c| + 2 ULP where the power of |c| neither overflows nor underflows. Any
/// other c from a logarithm with 5 more bits: error <= 2 ULP, NaN for x < 0 unless c is whole. 0^c is 1, 0 or inf for c = 0, c >
/// 0, c < 0.
template <class T>
DIMWISE_INLINE pack<T> power(const pack<T>& x, double c, double c_tail = 0) {
  const double size = c < 0 ? -c : c;
  if (size <= 64 && 2 * size == static_cast<int>(2 * size) && c_tail == 0) {
    const int whole = static_cast<int>(size);
    pack<T> result = detail::whole_power(x, whole);
    if (size != whole) {
      const pack<T> root = sqrt(x + broadcast<T>(0));  // the sum turns -0 into 0
      result = whole == 0 ? root : result * root;
    }
    return c < 0 ? reciprocal(result) : result;
  }
  const bool whole = size < 0x1p53 && size == static_cast<double>(static_cast<long long>(size)) && c_tail == 0;
  const T head = static_cast<T>(c), tail = static_cast<T>((c - static_cast<double>(head)) + c_tail);
  const pack<T> y = detail::power_of_logarithm<T>(whole ? abs(x) : x, broadcast<T>(head), broadcast<T>(tail));
  return whole && static_cast<long long>(size) % 2 == 1 ? detail::with_sign<T>(y, x) : y;
}

/// x^c = e^(c log x) for c of each lane, x > 0. Errors and special points as above.
template <class T>
DIMWISE_INLINE pack<T> power(const pack<T>& x, const pack<T>& c) {
  return detail::power_of_logarithm<T>(x, c, broadcast<T>(0));
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
