// examples/oscillator/true_process.cpp: see true_process.hpp.
#include "examples/oscillator/true_process.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include <dimwise/core/random.hpp>

namespace oscillator_example {
namespace {

using moments = std::array<double, 5>;  // position, velocity, xx, xv, vv

// d mean = A mean, d S = A S + S A' + G for A = [0 1; -1 -0.1], G = diag(0.05^2, 0.3^2).
moments rate(const moments& m) {
  const auto [x, v, xx, xv, vv] = m;
  const auto [dx, dv] = true_drift(x, v);
  return {dx, dv, 2 * xv + 0.0025, vv - xx - 0.1 * xv, -2 * xv - 0.2 * vv + 0.09};
}

moments moved(const moments& m, const moments& by, double h) {
  moments r;
  for (std::size_t i = 0; i < m.size(); i++) r[i] = m[i] + h * by[i];
  return r;
}

// Both clusters with weight 1/2 at one time.
class mixture {
 public:
  struct values {
    double log_density = 0;
    std::array<double, 2> score{};
  };
  explicit mixture(double time) : c_(clusters_at(time)), determinant_(c_.xx * c_.vv - c_.xv * c_.xv) {}

  values at(double x, double v) const {
    double exponent[2];
    std::array<double, 2> slope[2];
    for (int k = 0; k < 2; k++) {
      const double side = k ? -1 : 1, a = x - side * c_.position, b = v - side * c_.velocity;
      slope[k] = {-(c_.vv * a - c_.xv * b) / determinant_, -(c_.xx * b - c_.xv * a) / determinant_};
      exponent[k] = 0.5 * (a * slope[k][0] + b * slope[k][1]);
    }
    const double high = std::max(exponent[0], exponent[1]);
    const double first = std::exp(exponent[0] - high), second = std::exp(exponent[1] - high), both = first + second;
    const double pi = 3.14159265358979324;
    return {high + std::log(both) - std::log(4 * pi) - 0.5 * std::log(determinant_),
            {(first * slope[0][0] + second * slope[1][0]) / both, (first * slope[0][1] + second * slope[1][1]) / both}};
  }

 private:
  clusters c_;
  double determinant_;
};

}  // namespace

clusters clusters_at(double time) {
  const clusters start;
  moments m{start.position, start.velocity, start.xx, start.xv, start.vv};
  const int steps = int(std::ceil(time / 1e-3));
  const double h = steps ? time / steps : 0;
  for (int s = 0; s < steps; s++) {
    const moments k1 = rate(m), k2 = rate(moved(m, k1, h / 2)), k3 = rate(moved(m, k2, h / 2)), k4 = rate(moved(m, k3, h));
    for (std::size_t i = 0; i < m.size(); i++) m[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
  }
  return {m[0], m[1], m[2], m[3], m[4]};
}

std::vector<double> true_sample(double time, std::size_t n, std::uint64_t seed, std::string_view name) {
  const clusters c = clusters_at(time);
  const auto numbers = dimwise::stream(seed, std::string(name) + " at " + std::to_string(time));
  const double l11 = std::sqrt(c.xx), l21 = c.xv / l11, l22 = std::sqrt(c.vv - l21 * l21);
  std::vector<double> points;
  points.reserve(2 * n);
  for (std::size_t i = 0; i < n; i++) {
    const double side = i < n / 2 ? 1 : -1, a = numbers.normal(0, 2 * i), b = numbers.normal(0, 2 * i + 1);
    points.push_back(side * c.position + l11 * a);
    points.push_back(side * c.velocity + l21 * a + l22 * b);
  }
  return points;
}

std::vector<double> true_log_density(double time, const std::vector<double>& points) {
  const mixture p(time);
  std::vector<double> logs;
  logs.reserve(points.size() / 2);
  for (std::size_t i = 0; i < points.size(); i += 2) logs.push_back(p.at(points[i], points[i + 1]).log_density);
  return logs;
}

std::vector<double> true_score(double time, const std::vector<double>& points) {
  const mixture p(time);
  std::vector<double> gradients;
  gradients.reserve(points.size());
  for (std::size_t i = 0; i < points.size(); i += 2) {
    const auto here = p.at(points[i], points[i + 1]);
    gradients.insert(gradients.end(), here.score.begin(), here.score.end());
  }
  return gradients;
}

}  // namespace oscillator_example
