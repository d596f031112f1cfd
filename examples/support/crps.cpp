// examples/support/crps.cpp: see crps.hpp.
#include "examples/support/crps.hpp"

#include <algorithm>
#include <cmath>

namespace example {

double gaussian_crps(double mean, double deviation, double observed) {
  const double pi = 3.14159265358979324;
  const double z = (observed - mean) / deviation;
  const double density = std::exp(-0.5 * z * z) / std::sqrt(2 * pi);
  return deviation * (z * std::erf(z / std::sqrt(2.0)) + 2 * density - 1 / std::sqrt(pi));
}

double fair_crps(double* members, std::size_t n, double observed) {
  std::sort(members, members + n);
  double distance = 0, spread = 0;
  for (std::size_t i = 0; i < n; i++) {
    distance += std::abs(members[i] - observed);
    spread += (2 * double(i) + 1 - double(n)) * members[i];  // sum of |x_i - x_j| over pairs of sorted values
  }
  return distance / double(n) - spread / (double(n) * double(n - 1));
}

}  // namespace example
