// tests/unit/examples/oscillator_energy_distance.cpp: the energy distance on clouds whose distance is known.
#include "catch.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <dimwise/core/random.hpp>

#include "examples/support/energy_distance.hpp"

namespace {

std::vector<double> cloud(std::size_t n, std::size_t d, double shift, const char* name) {
  const auto numbers = dimwise::stream(1, name);
  std::vector<double> points;
  for (std::size_t i = 0; i < n * d; i++) points.push_back(numbers.normal(0, i) + (i % d == 0 ? shift : 0));
  return points;
}

}  // namespace

TEST_CASE("the energy distance counts all pairs, a point with itself included") {
  const double a[] = {0, 0, 3, 4}, b[] = {0, 4};
  // Between: (4 + 3) / 2. Within a: (0 + 5 + 5 + 0) / 4. Within b: 0.
  CHECK(example::energy_distance(a, 2, b, 1, 2) == Approx(2 * 3.5 - 2.5));
  CHECK(example::energy_distance(b, 1, a, 2, 2) == Approx(2 * 3.5 - 2.5));
  CHECK(example::energy_distance(a, 2, a, 2, 2) == Approx(0).margin(1e-15));
}

TEST_CASE("the energy distance of two samples of one Gaussian has its expected size") {
  // E = (1/n + 1/m) E|a - a'| for a, a' apart; in one dimension E|a - a'| = 2 / sqrt(pi).
  double mean = 0;
  for (int pair = 0; pair < 40; pair++)
    mean += example::energy_distance(cloud(100, 1, 0, ("a" + std::to_string(pair)).c_str()).data(), 100,
                                     cloud(200, 1, 0, ("b" + std::to_string(pair)).c_str()).data(), 200, 1) /
            40;
  CHECK(mean == Approx((1.0 / 100 + 1.0 / 200) * 2 / std::sqrt(M_PI)).epsilon(0.2));
}

TEST_CASE("the energy distance of shifted Gaussians") {
  // 2 E|a - b| - 2 E|a - a'| in one dimension, differences N(s, 2) and N(0, 2).
  const double s = 1, between = 2 / std::sqrt(M_PI) * std::exp(-s * s / 4) + s * std::erf(s / 2), within = 2 / std::sqrt(M_PI);
  const auto a = cloud(2000, 1, 0, "left"), b = cloud(2000, 1, s, "right");
  CHECK(example::energy_distance(a.data(), 2000, b.data(), 2000, 1) == Approx(2 * between - 2 * within).epsilon(0.15));
}
