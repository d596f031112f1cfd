// tests/unit/examples/oscillator_true_process.cpp: moments, samples and density of the true process agree with each other.
#include "catch.hpp"

#include <cmath>
#include <complex>
#include <numeric>

#include <dimwise/core/random.hpp>

#include "examples/oscillator/true_process.hpp"

using namespace oscillator_example;

TEST_CASE("the mean follows the closed solution of the damped oscillator") {
  for (const double t : {0.0, 0.3, 1.0, 3.7, 6.0}) {
    const double decay = 0.05, w = std::sqrt(1 - decay * decay);
    const clusters c = clusters_at(t);
    CHECK(c.position == Approx(2 * std::exp(-decay * t) * (std::cos(w * t) + decay / w * std::sin(w * t))).margin(1e-11));
    CHECK(c.velocity == Approx(-2 * std::exp(-decay * t) / w * std::sin(w * t)).margin(1e-11));
  }
}

TEST_CASE("the covariance tends to that of the stationary process") {
  // 0 = A S + S A' + G: xv = -Gx / 2, vv = (Gv - 2 xv) / 0.2, xx = vv - 0.1 xv.
  const clusters c = clusters_at(400);
  const double xv = -0.00125, vv = (0.09 - 2 * xv) / 0.2;
  CHECK(c.xv == Approx(xv).epsilon(1e-6));
  CHECK(c.vv == Approx(vv).epsilon(1e-6));
  CHECK(c.xx == Approx(vv - 0.1 * xv).epsilon(1e-6));
}

TEST_CASE("moments agree with simulated paths") {
  const double time = 1.5, h = 0.0025;
  const std::size_t n = 4000;
  const auto start = true_sample(0, n, 1, "start");
  const auto numbers = dimwise::stream(2, "paths");
  double x = 0, v = 0, xx = 0, xv = 0, vv = 0;
  for (std::size_t i = 0; i < n / 2; i++) {  // those that start at +2
    double a = start[2 * i], b = start[2 * i + 1];
    for (std::size_t s = 0; s < 600; s++) {
      const auto [da, db] = true_drift(a, b);
      a += h * da + std::sqrt(h) * true_noise[0] * numbers.normal(s, 2 * i);
      b += h * db + std::sqrt(h) * true_noise[1] * numbers.normal(s, 2 * i + 1);
    }
    x += a, v += b, xx += a * a, xv += a * b, vv += b * b;
  }
  const double count = double(n) / 2;
  x /= count, v /= count;
  const clusters c = clusters_at(time);
  CHECK(x == Approx(c.position).margin(0.03));
  CHECK(v == Approx(c.velocity).margin(0.03));
  CHECK(xx / count - x * x == Approx(c.xx).epsilon(0.1));
  CHECK(xv / count - x * v == Approx(c.xv).margin(0.01));
  CHECK(vv / count - v * v == Approx(c.vv).epsilon(0.1));
}

TEST_CASE("exactly half of a sample is in each cluster, and its names are independent") {
  const auto points = true_sample(0, 1000, 3, "snapshot");
  std::size_t right = 0;
  for (std::size_t i = 0; i < 1000; i++) right += points[2 * i] > 0;
  CHECK(right == 500);
  CHECK(points == true_sample(0, 1000, 3, "snapshot"));
  CHECK(points != true_sample(0, 1000, 3, "other"));
  CHECK(points != true_sample(0, 1000, 4, "snapshot"));
  CHECK(true_sample(0.3, 1000, 3, "snapshot")[0] != points[0]);
}

TEST_CASE("the density integrates to 1 and its gradient is the score") {
  const double time = 2.2, h = 0.05;
  std::vector<double> grid;
  for (double x = -5; x < 5; x += h)
    for (double v = -5; v < 5; v += h) grid.insert(grid.end(), {x, v});
  double total = 0;
  for (const double l : true_log_density(time, grid)) total += std::exp(l) * h * h;
  CHECK(total == Approx(1).epsilon(1e-9));

  const std::vector<double> at{0.3, -0.4}, score = true_score(time, at);
  const double e = 1e-5;
  for (std::size_t i = 0; i < 2; i++) {
    std::vector<double> up = at, down = at;
    up[i] += e;
    down[i] -= e;
    CHECK(score[i] == Approx((true_log_density(time, up)[0] - true_log_density(time, down)[0]) / (2 * e)).epsilon(1e-7));
  }
}

TEST_CASE("the density solves the Fokker-Planck equation of the process") {
  const double t = 1.3, e = 1e-3;
  const std::vector<double> at{-0.6, 1.5};
  const auto p = [](double time, double x, double v) { return std::exp(true_log_density(time, {x, v})[0]); };
  const double x = at[0], v = at[1];
  const double in_time = (p(t + e, x, v) - p(t - e, x, v)) / (2 * e);
  const auto flow = [&](int i, double a, double b) { return true_drift(a, b)[std::size_t(i)] * p(t, a, b); };
  const double divergence = (flow(0, x + e, v) - flow(0, x - e, v) + flow(1, x, v + e) - flow(1, x, v - e)) / (2 * e);
  const double spread = 0.5 *
                        (true_noise[0] * true_noise[0] * (p(t, x + e, v) - 2 * p(t, x, v) + p(t, x - e, v)) +
                         true_noise[1] * true_noise[1] * (p(t, x, v + e) - 2 * p(t, x, v) + p(t, x, v - e))) /
                        (e * e);
  CHECK(in_time == Approx(-divergence + spread).epsilon(1e-4));
}
