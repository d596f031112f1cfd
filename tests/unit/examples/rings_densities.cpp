// tests/unit/examples/rings_densities.cpp: the densities integrate to one, and their samples are theirs.
#include "examples/rings/densities.hpp"

#include <cmath>

#include "catch.hpp"
#include "dimwise/core/error.hpp"

using namespace rings_example;

TEST_CASE("each density integrates to one, and its samples fall where it says") {
  REQUIRE(all_densities().size() == 6);
  for (const density* d : all_densities()) {
    INFO(d->name());
    // masses of 8 x 8 squares by the midpoint rule, against counts of samples
    constexpr int squares = 8, fine = 50;
    const double reach = d->reach() + 2, side = 2 * reach / squares, step = side / fine;
    std::vector<double> mass(squares * squares, 0.0);
    double total = 0, entropy = 0;
    for (int j = 0; j < squares * fine; j++)
      for (int i = 0; i < squares * fine; i++) {
        const double x[2] = {-reach + (i + 0.5) * step, -reach + (j + 0.5) * step}, l = d->log_prob(x), p = std::exp(l);
        mass[std::size_t(j / fine * squares + i / fine)] += p * step * step;
        total += p * step * step;
        if (p > 0) entropy -= p * l * step * step;
      }
    CHECK(std::abs(total - 1) < 2e-3);
    constexpr std::size_t n = 20000;
    std::vector<double> x(2 * n), count(squares * squares, 0.0);
    d->draw(3, 1, n, x.data());
    double mean = 0, square = 0, off = 0;
    int cells = 0;
    for (std::size_t s = 0; s < n; s++) {
      const double l = d->log_prob(x.data() + 2 * s);
      REQUIRE(std::isfinite(l));
      mean -= l / n, square += l * l / n;
      const int i = int((x[2 * s] + reach) / side), j = int((x[2 * s + 1] + reach) / side);
      REQUIRE((i >= 0 && i < squares && j >= 0 && j < squares));
      count[std::size_t(j * squares + i)]++;
    }
    CHECK(std::abs(mean - entropy) < 4 * std::sqrt((square - mean * mean) / n) + 2e-3);
    for (std::size_t c = 0; c < mass.size(); c++)
      if (mass[c] * n > 5) off += (count[c] - mass[c] * n) * (count[c] - mass[c] * n) / (mass[c] * n), cells++;
    INFO("chi squared " << off << " of " << cells << " squares");
    CHECK(off < cells + 5 * std::sqrt(2.0 * cells));
  }
}

TEST_CASE("draws are functions of seed and step; names") {
  const density& d = density_of("spirals");
  float a[6], b[6], c[6];
  d.draw(1, 2, 3, a), d.draw(1, 2, 3, b), d.draw(1, 3, 3, c);
  CHECK(std::equal(a, a + 6, b));
  CHECK(a[0] != c[0]);
  CHECK_THROWS_AS(density_of("spiral"), dimwise::error);
}
