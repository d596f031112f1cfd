// simd/power.hpp: packs raised to a power that is the same for all lanes.
#pragma once
#include <cmath>
#include <dimwise/simd/pack.hpp>

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

template <class T>
[[gnu::noinline]] inline pack<T> power_by_lane(const pack<T>& x, double c) {
  alignas(64) T value[lanes<T>];
  store(value, x);
  for (int i = 0; i < lanes<T>; ++i) value[i] = static_cast<T>(std::pow(static_cast<double>(value[i]), c));
  return load(value);
}

}  // namespace detail

/// x^c. Whole and half c up to 64 in size by multiplication (and a square root): error <= |c| + 2 ULP; any other c by the
/// standard library, lane by lane, error 1 ULP, some 20 ns an element. 0^c is 1, 0 or inf for c = 0, c > 0, c < 0; NaN for x < 0
/// unless c is whole.
template <class T>
DIMWISE_INLINE pack<T> power(const pack<T>& x, double c) {
  const double size = c < 0 ? -c : c;
  if (size <= 64 && 2 * size == static_cast<int>(2 * size)) {
    const int whole = static_cast<int>(size);
    pack<T> result = detail::whole_power(x, whole);
    if (size != whole) {
      const pack<T> root = sqrt(x + broadcast<T>(0));  // the sum turns -0 into 0
      result = whole == 0 ? root : result * root;
    }
    return c < 0 ? reciprocal(result) : result;
  }
  return detail::power_by_lane(x, c);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
