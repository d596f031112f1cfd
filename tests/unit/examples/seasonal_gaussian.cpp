// tests/unit/examples/seasonal_gaussian.cpp: maximum likelihood of a Gaussian that goes through the seasons.
#include "catch.hpp"

#include <cmath>

#include "dimwise/core/random.hpp"
#include "examples/support/seasonal_gaussian.hpp"

namespace {
const double period = 365.25, pi = 3.14159265358979324;
double wave(double t) { return std::cos(2 * pi * t / period); }
Eigen::Vector2d true_mean(double t) { return {10 + 5 * wave(t), -3 * std::sin(2 * pi * t / period)}; }
Eigen::Matrix2d true_root(double t) {
  Eigen::Matrix2d l;
  l << 2 * std::exp(0.4 * wave(t)), 0, 1.2 + 0.5 * wave(t), std::exp(-0.3 * wave(t));
  return l;
}
struct made {
  std::vector<double> time;
  Eigen::MatrixXd values;
};
made make(int n) {
  made m;
  m.values.resize(n, 2);
  const dimwise::random_stream draw(1, "gaussian");
  for (int i = 0; i < n; i++) {
    m.time.push_back(period * draw.uniform(std::uint64_t(i), 9));
    m.values.row(i) = true_mean(m.time.back()) + true_root(m.time.back()) * Eigen::Vector2d(draw.normal(std::uint64_t(i), 0),
                                                                                            draw.normal(std::uint64_t(i), 1));
  }
  return m;
}
}  // namespace

TEST_CASE("mean and covariance are recovered") {
  const made m = make(20000);
  const auto g = example::seasonal_gaussian::fit(1, 1, period, m.time, m.values, std::vector<std::uint8_t>(20000, 1));
  for (double t = 0; t < period; t += 30) {
    CHECK((g.mean(t) - true_mean(t)).norm() < 0.15);
    CHECK((g.root(t) - true_root(t)).norm() < 0.15);
  }
}

TEST_CASE("the density is that of mean and root, and integrates to one") {
  const made m = make(500);
  const auto g = example::seasonal_gaussian::fit(2, 1, period, m.time, m.values, std::vector<std::uint8_t>(500, 1));
  const Eigen::Vector2d x(12, 2);
  const Eigen::Matrix2d l = g.root(40), covariance = l * l.transpose();
  const Eigen::Vector2d r = x - g.mean(40);
  const double determinant = covariance(0, 0) * covariance(1, 1) - covariance(0, 1) * covariance(0, 1);
  const double square =
      (covariance(1, 1) * r[0] * r[0] - 2 * covariance(0, 1) * r[0] * r[1] + covariance(0, 0) * r[1] * r[1]) / determinant;
  CHECK(g.log_density(40, x) == Approx(-0.5 * square - 0.5 * std::log(determinant) - std::log(2 * pi)).epsilon(1e-12));
  double mass = 0;
  for (double a = -20; a < 40; a += 0.1)
    for (double b = -25; b < 25; b += 0.1) mass += 0.01 * std::exp(g.log_density(40, Eigen::Vector2d(a, b)));
  CHECK(mass == Approx(1).epsilon(1e-6));
}

TEST_CASE("the likelihood is at its top") {
  const made m = make(1000);
  const std::vector<std::uint8_t> used(1000, 1);
  const auto likelihood = [&](const example::seasonal_gaussian& g) {
    double sum = 0;
    for (std::size_t i = 0; i < 1000; i++) sum += g.log_density(m.time[i], m.values.row(Eigen::Index(i)));
    return sum / 1000;
  };
  // nested families: more harmonics never fit worse, and the sample's own Gaussian is the one without harmonics
  const double h00 = likelihood(example::seasonal_gaussian::fit(0, 0, period, m.time, m.values, used));
  const double h10 = likelihood(example::seasonal_gaussian::fit(1, 0, period, m.time, m.values, used));
  const double h11 = likelihood(example::seasonal_gaussian::fit(1, 1, period, m.time, m.values, used));
  const double h22 = likelihood(example::seasonal_gaussian::fit(2, 2, period, m.time, m.values, used));
  CHECK(h00 < h10);
  CHECK(h10 < h11);
  CHECK(h11 <= h22);
  Eigen::MatrixXd centred = m.values;
  centred.rowwise() -= m.values.colwise().mean();
  const Eigen::Matrix2d covariance = centred.transpose() * centred / 1000;
  const double determinant = covariance(0, 0) * covariance(1, 1) - covariance(0, 1) * covariance(0, 1);
  CHECK(h00 == Approx(-1 - std::log(2 * pi) - 0.5 * std::log(determinant)).epsilon(1e-10));
}

TEST_CASE("units do not matter") {
  const made m = make(800);
  const std::vector<std::uint8_t> used(800, 1);
  Eigen::MatrixXd scaled = m.values;
  scaled.col(0) = 1.8 * m.values.col(0).array() + 32;
  const auto celsius = example::seasonal_gaussian::fit(2, 2, period, m.time, m.values, used);
  const auto fahrenheit = example::seasonal_gaussian::fit(2, 2, period, m.time, scaled, used);
  const Eigen::Vector2d x = m.values.row(5), y = scaled.row(5);
  CHECK(celsius.log_density(m.time[5], x) - std::log(1.8) == Approx(fahrenheit.log_density(m.time[5], y)).epsilon(1e-7));
}
