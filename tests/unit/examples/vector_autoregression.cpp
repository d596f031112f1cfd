// tests/unit/examples/vector_autoregression.cpp: the linear forecast recovers what made the data, and its spread is right.
#include "catch.hpp"

#include <cmath>

#include "dimwise/core/random.hpp"
#include "examples/support/vector_autoregression.hpp"

namespace {
const double period = 50, pi = 3.14159265358979324;
struct made {
  std::vector<double> time;
  Eigen::MatrixXd values;
  Eigen::Matrix2d transition, root;
};
Eigen::Vector2d mean(double t) { return {4 * std::cos(2 * pi * t / period), 1 - 2 * std::sin(4 * pi * t / period)}; }
made make(int n) {
  made m;
  m.transition << 0.6, 0.2, -0.1, 0.8;
  m.root << 1, 0, 0.5, 0.7;
  m.values.resize(n, 2);
  Eigen::Vector2d anomaly = Eigen::Vector2d::Zero();
  const dimwise::random_stream draw(3, "autoregression");
  for (int i = 0; i < n; i++) {
    m.time.push_back(i);
    m.values.row(i) = mean(i) + anomaly;
    anomaly =
        m.transition * anomaly + m.root * Eigen::Vector2d(draw.normal(std::uint64_t(i), 0), draw.normal(std::uint64_t(i), 1));
  }
  return m;
}
}  // namespace

TEST_CASE("transition and noise are recovered") {
  const made m = make(20000);
  const auto fit = example::vector_autoregression::fit(2, period, m.time, m.values, std::vector<std::uint8_t>(20000, 1));
  CHECK((fit.transition - m.transition).cwiseAbs().maxCoeff() < 0.03);
  CHECK((fit.noise - m.root * m.root.transpose()).cwiseAbs().maxCoeff() < 0.03);
}

TEST_CASE("steps ahead compose") {
  const made m = make(3000);
  const auto fit = example::vector_autoregression::fit(2, period, m.time, m.values, std::vector<std::uint8_t>(3000, 1));
  const Eigen::Vector2d start = m.values.row(10);
  const auto one = fit.ahead(1, 10, start, 11), three = fit.ahead(3, 10, start, 13);
  // three steps are one step from the mean of two
  const auto two = fit.ahead(2, 10, start, 12);
  CHECK((fit.ahead(1, 12, two.mean, 13).mean - three.mean).norm() < 1e-12);
  Eigen::MatrixXd covariance = fit.noise;
  for (int i = 0; i < 2; i++) covariance = fit.transition * covariance * fit.transition.transpose() + fit.noise;
  CHECK((covariance.diagonal().cwiseSqrt() - three.deviation).norm() < 1e-12);
  CHECK((fit.noise.diagonal().cwiseSqrt() - one.deviation).norm() < 1e-12);
}

TEST_CASE("rows that are not used change nothing") {
  made m = make(2000);
  std::vector<std::uint8_t> used(2000, 1);
  for (std::size_t i = 900; i < 1100; i++) used[i] = 0;
  const auto before = example::vector_autoregression::fit(2, period, m.time, m.values, used);
  m.values.middleRows(900, 200).setConstant(1e3);
  const auto after = example::vector_autoregression::fit(2, period, m.time, m.values, used);
  CHECK((before.transition - after.transition).norm() == 0);
  CHECK((before.mean - after.mean).norm() == 0);
}
