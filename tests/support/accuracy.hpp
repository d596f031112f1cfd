// tests/support/accuracy.hpp: the errors of jets of elementary functions, measured on many points in units of their terms.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "dimwise/calculus/accuracy.hpp"

namespace dimwise::testing {

/// The worst errors of one function in one precision, in ULP of the larger of the coefficient and the terms that it sums.
struct measured_accuracy {
  double value = 0;
  std::array<double, 7> coefficient{};  ///< of total order 1..6 of y = f(u); [0] unused
  double slope = 0;                     ///< of orders 0..6 of f'(u), which the reverse pass uses
  std::int64_t points = 0;
  std::string worst_value, worst_coefficient, worst_slope;  ///< where
  std::string wrong;  ///< the first point where a special value is not what is stated, or empty

  double largest_coefficient() const {
    double most = 0;
    for (double c : coefficient) most = c > most ? c : most;
    return most;
  }
};

/// `points` arguments: zero, subnormal numbers, ends of ranges and of the domain, infinities, NaN, every exponent, and where the
/// function is used; half with u = x + h (derivatives D^k), half with series of random coefficients, in x alone (orders 0..6), or
/// with `mixed` in x and t (orders up to 3 in each).
template <class T>
measured_accuracy measure(const stated_accuracy& row, std::int64_t points, bool mixed, std::uint64_t seed);

}  // namespace dimwise::testing
