// examples/support/energy_distance.cpp: see energy_distance.hpp.
#include "examples/support/energy_distance.hpp"

#include <cmath>

namespace example {
namespace {

double mean_distance(const double* a, std::size_t n, const double* b, std::size_t m, std::size_t d) {
  double total = 0;
  for (std::size_t i = 0; i < n; i++) {
    double row = 0;
    for (std::size_t j = 0; j < m; j++) {
      double square = 0;
      for (std::size_t k = 0; k < d; k++) {
        const double e = a[i * d + k] - b[j * d + k];
        square += e * e;
      }
      row += std::sqrt(square);
    }
    total += row;
  }
  return total / (double(n) * double(m));
}

}  // namespace

double energy_distance(const double* a, std::size_t n, const double* b, std::size_t m, std::size_t d) {
  return 2 * mean_distance(a, n, b, m, d) - mean_distance(a, n, a, n, d) - mean_distance(b, m, b, m, d);
}

}  // namespace example
