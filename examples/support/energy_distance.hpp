// examples/support/energy_distance.hpp: how far two clouds of points are apart.
#pragma once
#include <cstddef>

namespace example {

/// 2 E|a - b| - E|a - a'| - E|b - b'| over all pairs of points a[n][d], b[m][d], a point with itself included (the V-statistic:
/// not negative, and positive for two samples of one distribution). Székely & Rizzo, J. Stat. Plan. Inference 143 (2013). O((n +
/// m)^2 d).
double energy_distance(const double* a, std::size_t n, const double* b, std::size_t m, std::size_t d);

}  // namespace example
