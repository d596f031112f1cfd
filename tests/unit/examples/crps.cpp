// tests/unit/examples/crps.cpp: the scores of forecasts against integrals, definitions and each other.
#include "catch.hpp"

#include <cmath>
#include <vector>

#include "dimwise/core/random.hpp"
#include "examples/support/crps.hpp"

namespace {
double normal_below(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

// The definition: integral of (F(x) - [x >= y])^2, by the midpoint rule.
double crps_by_integral(double mean, double deviation, double observed) {
  const double low = std::min(mean - 9 * deviation, observed) - 1, high = std::max(mean + 9 * deviation, observed) + 1;
  const int n = 400000;
  double sum = 0;
  for (int i = 0; i < n; i++) {
    const double x = low + (high - low) * (i + 0.5) / n;
    const double f = normal_below((x - mean) / deviation) - (x >= observed);
    sum += f * f;
  }
  return sum * (high - low) / n;
}
}  // namespace

TEST_CASE("the score of a Gaussian is the integral that defines it") {
  CHECK(example::gaussian_crps(0, 1, 0) == Approx(0.2336949772551092).epsilon(1e-12));  // sqrt(2 / pi) - 1 / sqrt(pi)
  for (const double observed : {-3.0, 0.4, 1.0, 7.5})
    CHECK(example::gaussian_crps(1, 2, observed) == Approx(crps_by_integral(1, 2, observed)).margin(2e-5));
}

TEST_CASE("the fair score of an ensemble is its definition") {
  std::vector<double> members = {3, -1, 2.5, 0, 7}, kept = members;
  const double observed = 1.2;
  double distance = 0, pairs = 0;
  for (const double a : kept) {
    distance += std::abs(a - observed) / 5;
    for (const double b : kept) pairs += std::abs(a - b);
  }
  CHECK(example::fair_crps(members.data(), members.size(), observed) == Approx(distance - pairs / (2 * 5 * 4)).epsilon(1e-14));
  CHECK(std::is_sorted(members.begin(), members.end()));
}

TEST_CASE("the fair score does not depend on the size of the ensemble on average") {
  const dimwise::random_stream draw(5, "crps");
  for (const std::size_t size : {2u, 5u, 40u}) {
    const std::size_t trials = 400000 / size;
    double sum = 0;
    std::vector<double> members(size);
    for (std::size_t i = 0; i < trials; i++) {
      draw.normals(i, 0, size, members.data(), size);
      sum += example::fair_crps(members.data(), size, 0.7);
    }
    CHECK(sum / double(trials) == Approx(example::gaussian_crps(0, 1, 0.7)).margin(0.006));
  }
}
