// tests/unit/training/point_sets.cpp: grids, quadrature nodes, Sobol points and volumes.
#include "catch.hpp"

#include <cmath>
#include <set>
#include <string_view>

#include <dimwise/training/point_sets.hpp>

using namespace dimwise;

namespace {

table with(int d, bool state = true, bool time = true) {
  table t;
  t.d = d;
  if (state) t.state_name = std::string_view("x");
  if (time) t.time_name = std::string_view("t");
  return t;
}

sample_set over(sample_source source, int points, int time_points) {
  sample_set s;
  s.source = source;
  s.lower = -1, s.upper = 3, s.t0 = 2, s.t1 = 5;
  s.points = points, s.time_points = time_points;
  return s;
}

}  // namespace

TEST_CASE("a grid is the centres of equal cells") {
  const table t = with(2);
  const sample_set s = over(sample_source::grid, 4, 3);
  REQUIRE(fixed_points(t, s) == 48);
  const point_set p = tensor_points(t, s);
  REQUIRE(p.state.size() == 96);
  REQUIRE(p.time.size() == 48);
  CHECK(p.shares.empty());
  CHECK(p.state[0] == -0.5);
  CHECK(p.state[1] == -0.5);
  CHECK(p.state[2] == -0.5);
  CHECK(p.state[3] == 0.5);
  CHECK(p.state[94] == 2.5);
  CHECK(p.time[0] == 2.5);
  CHECK(p.time[16] == 3.5);
  CHECK(p.time[47] == 4.5);
  std::set<std::vector<double>> all;
  for (std::size_t i = 0; i < 48; i++) all.insert({p.state[2 * i], p.state[2 * i + 1], p.time[i]});
  CHECK(all.size() == 48);
  CHECK(fixed_points(t, over(sample_source::box, 4, 3)) == 0);
  CHECK(fixed_points(with(1, false), s) == 3);
  CHECK(tensor_points(with(1, false), s).state.empty());
}

TEST_CASE("Gauss-Legendre nodes integrate polynomials of degree 2 n - 1 exactly") {
  const table t = with(1, true, false);
  for (const int n : {1, 2, 3, 5, 8, 20, 63, 200}) {
    sample_set s = over(sample_source::gauss, n, 1);
    s.lower = -1, s.upper = 1, s.t0 = s.t1 = 2;
    const point_set p = tensor_points(t, s);
    REQUIRE(p.state.size() == std::size_t(n));
    CHECK(p.time[0] == 2);
    for (const int k : {0, 1, 2, 2 * n - 2, 2 * n - 1}) {
      double mean = 0;
      for (std::size_t i = 0; i < std::size_t(n); i++) mean += p.shares[i] * std::pow(p.state[i], k);
      if (k <= 2 * n - 1) CHECK(mean == Approx(k % 2 ? 0 : 1.0 / (k + 1)).margin(1e-14));
    }
    double beyond = 0;
    for (std::size_t i = 0; i < std::size_t(n); i++) beyond += p.shares[i] * std::pow(p.state[i], 2 * n);
    if (n < 8) CHECK(std::abs(beyond - 1.0 / (2 * n + 1)) > 1e-6);
  }
  const sample_set s = over(sample_source::gauss, 3, 2);
  const point_set p = tensor_points(with(2), s);
  REQUIRE(p.shares.size() == 18);
  double sum = 0, moment = 0;
  for (std::size_t i = 0; i < 18; i++) {
    sum += p.shares[i];
    moment += p.shares[i] * std::pow(p.state[2 * i], 4) * std::pow(p.state[2 * i + 1], 2) * std::pow(p.time[i], 3);
  }
  CHECK(sum == Approx(1).epsilon(1e-14));
  CHECK(moment == Approx((243 + 1) / 20.0 * (27 + 1) / 12.0 * (625 - 16) / 12.0).epsilon(1e-13));
}

TEST_CASE("Sobol points are evenly spread: one in each dyadic cell") {
  const auto bits = sobol_bits(3, 256);
  for (std::size_t j = 0; j < 3; j++) {
    std::set<std::uint64_t> cells;
    for (std::size_t n = 0; n < 256; n++) {
      CHECK(bits[3 * n + j] < (std::uint64_t(1) << 53));
      cells.insert(bits[3 * n + j] >> 45);
    }
    CHECK(cells.size() == 256);
  }
  // The first two coordinates are a net: boxes of 16 by 16, 4 by 64 and 64 by 4.
  for (const int along : {2, 4, 6}) {
    std::set<std::pair<std::uint64_t, std::uint64_t>> cells;
    for (std::size_t n = 0; n < 256; n++) cells.insert({bits[3 * n] >> (53 - along), bits[3 * n + 1] >> (53 - 8 + along)});
    CHECK(cells.size() == 256);
  }
  for (const std::size_t j : {0, 1, 2}) {
    CHECK(bits[j] == 0);
    CHECK(bits[3 + j] == std::uint64_t(1) << 52);  // 1 / 2
  }
  CHECK(sobol_bits(3, 10) == std::vector<std::uint64_t>(bits.begin(), bits.begin() + 30));
}

TEST_CASE("volumes of boxes, slices, faces, times and densities") {
  sample_set s = over(sample_source::box, 0, 1);
  CHECK(volume_of(with(3), s) == 64 * 3);
  CHECK(volume_of(with(3, true, false), s) == 64);
  CHECK(volume_of(with(1, false), s) == 3);
  s.t1 = s.t0;
  CHECK(volume_of(with(3), s) == 64);
  s.source = sample_source::faces;
  CHECK(volume_of(with(3), s) == 6 * 16);
  CHECK(volume_of(with(1), s) == 2);
  s.source = sample_source::density;
  CHECK(volume_of(with(3), s) == 1);
}
