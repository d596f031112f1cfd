// examples/support/vector_autoregression.hpp: the linear forecast that everything else is measured against.
#pragma once
#include <Eigen/Core>
#include <cstdint>
#include <vector>

namespace example {

/// x(t) = m(t) + r(t), r(t + 1) = A r(t) + e, e ~ N(0, Q): m a seasonal mean with `harmonics` sines and cosines, A and Q
/// constant, all by least squares (first m, then A).
struct vector_autoregression {
  int harmonics = 0;
  double period = 1;
  Eigen::MatrixXd mean;        ///< [1 + 2 harmonics][d]
  Eigen::MatrixXd transition;  ///< A
  Eigen::MatrixXd noise;       ///< Q

  /// values[rows][d]; row i + 1 is one step after row i. Only rows with used[i] are fitted; pairs need both rows.
  static vector_autoregression fit(int harmonics, double period, const std::vector<double>& time, const Eigen::MatrixXd& values,
                                   const std::vector<std::uint8_t>& used);

  /// A Gaussian for `steps` >= 1 steps after (time, value), at `time_then`.
  struct forecast {
    Eigen::VectorXd mean, deviation;
  };
  forecast ahead(int steps, double time, const Eigen::VectorXd& value, double time_then) const;
};

}  // namespace example
