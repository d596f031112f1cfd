// examples/support/seasonal_gaussian.hpp: a Gaussian of two numbers whose mean and covariance go through the seasons.
#pragma once
#include <Eigen/Core>
#include <cstdint>
#include <vector>

namespace example {

/// x ~ N(m(t), L(t) L(t)'), L lower triangular 2 x 2. The two means have `mean_harmonics` sines and cosines, log L_11, log L_22
/// and L_21 (of values divided by their standard deviations) have `covariance_harmonics`. Maximum likelihood.
class seasonal_gaussian {
 public:
  /// values[rows][2]. Fisher scoring from the constant covariance of the least squares residuals, until the likelihood stands
  /// still to 1e-10 a row. Throws std::runtime_error if it does not within 200 steps.
  static seasonal_gaussian fit(int mean_harmonics, int covariance_harmonics, double period, const std::vector<double>& time,
                               const Eigen::MatrixXd& values, const std::vector<std::uint8_t>& used);

  Eigen::Vector2d mean(double time) const;
  /// L(t).
  Eigen::Matrix2d root(double time) const;
  /// log p(x) at a time, in the units of x.
  double log_density(double time, const Eigen::Vector2d& x) const;

 private:
  int mean_harmonics_ = 0, covariance_harmonics_ = 0;
  double period_ = 1;
  Eigen::Vector2d centre_, scale_;
  Eigen::MatrixXd mean_;        ///< [1 + 2 harmonics][2], of standardised values
  Eigen::MatrixXd covariance_;  ///< [1 + 2 harmonics][3]: log L_11, log L_22, L_21
};

}  // namespace example
