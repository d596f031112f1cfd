// examples/oscillator/true_process.hpp: the process that the data comes from: a damped oscillator with noise, and its exact
// density.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace oscillator_example {

/// dx = v dt + 0.05 dW, dv = (-x - 0.1 v) dt + 0.3 dW, from two clusters at (+-2, 0) with standard deviation 0.2 each way, t from
/// 0 to 6. Each cluster stays Gaussian.
inline constexpr double last_time = 6;
inline constexpr std::size_t snapshots = 20, crowd = 2000;

/// Time of snapshot i: 20 times from 0 to 6.
constexpr double snapshot_time(std::size_t i) { return last_time * double(i) / double(snapshots - 1); }

/// The clusters at one time: means (m, -m), covariance [xx, xv, vv] of both.
struct clusters {
  double position = 2, velocity = 0;
  double xx = 0.04, xv = 0, vv = 0.04;
};
/// Moment equations by the classical Runge-Kutta method; absolute error below 1e-12.
clusters clusters_at(double time);

/// n points at a time, the first n / 2 from the cluster that starts at +2: [n][2]. Reproducible: a function of (seed, name,
/// time).
std::vector<double> true_sample(double time, std::size_t n, std::uint64_t seed, std::string_view name);

/// log p at points[n][2], and its gradient [n][2].
std::vector<double> true_log_density(double time, const std::vector<double>& points);
std::vector<double> true_score(double time, const std::vector<double>& points);

/// The drift of the process at one point, and its noise.
constexpr std::array<double, 2> true_drift(double x, double v) { return {v, -x - 0.1 * v}; }
inline constexpr std::array<double, 2> true_noise{0.05, 0.3};

}  // namespace oscillator_example
