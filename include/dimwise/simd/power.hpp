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

}  // namespace detail

/// x^c. Whole and half c up to 2^20 in size by multiplication (a square root, a division): error <= |c| + 2 ULP where the power
/// of |c| neither overflows nor underflows. Any other c as e^(c log x): error <= 2 + 2 |c log x| ULP, NaN for x < 0. 0^c is 1, 0
/// or inf for c = 0, c > 0, c < 0.
template <class T>
DIMWISE_INLINE pack<T> power(const pack<T>& x, double c) {
  const double size = c < 0 ? -c : c;
  if (size <= 1 << 20 && 2 * size == static_cast<int>(2 * size)) {
    const int whole = static_cast<int>(size);
    pack<T> result = detail::whole_power(x, whole);
    if (size != whole) {
      const pack<T> root = sqrt(x + broadcast<T>(0));  // the sum turns -0 into 0
      result = whole == 0 ? root : result * root;
    }
    return c < 0 ? reciprocal(result) : result;
  }
  return exp(log(x) * broadcast<T>(static_cast<T>(c)));
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
