// examples/support/crps.hpp: the continuous ranked probability score of forecasts.
#pragma once
#include <cstddef>

namespace example {

/// CRPS of N(mean, deviation^2) against what was observed, in the unit of the observation; smaller is better. deviation > 0.
/// Closed form: Gneiting et al., Monthly Weather Review 133 (2005), equation 5.
double gaussian_crps(double mean, double deviation, double observed);

/// Fair CRPS of an ensemble: mean |x_i - y| - sum_{i < j} |x_i - x_j| / (n (n - 1)), whose expectation does not depend on the
/// number of members (Ferro, Quarterly Journal 140 (2014)). Sorts `members`. n >= 2. O(n log n).
double fair_crps(double* members, std::size_t n, double observed);

}  // namespace example
