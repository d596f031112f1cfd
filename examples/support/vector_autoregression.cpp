// examples/support/vector_autoregression.cpp: see vector_autoregression.hpp.
#include "examples/support/vector_autoregression.hpp"

#include "examples/support/seasonal_basis.hpp"

namespace example {

vector_autoregression vector_autoregression::fit(int harmonics, double period, const std::vector<double>& time,
                                                 const Eigen::MatrixXd& values, const std::vector<std::uint8_t>& used) {
  vector_autoregression r;
  r.harmonics = harmonics;
  r.period = period;
  std::vector<Eigen::Index> rows, pairs;
  for (std::size_t i = 0; i < used.size(); i++) {
    if (!used[i]) continue;
    rows.push_back(Eigen::Index(i));
    if (i + 1 < used.size() && used[i + 1]) pairs.push_back(Eigen::Index(i));
  }
  const Eigen::MatrixXd basis = seasonal_basis(time, harmonics, period);
  r.mean = least_squares(basis(rows, Eigen::all), values(rows, Eigen::all));
  const Eigen::MatrixXd residual = values - basis * r.mean;
  const Eigen::MatrixXd now = residual(pairs, Eigen::all);
  Eigen::MatrixXd then(now.rows(), now.cols());
  for (std::size_t i = 0; i < pairs.size(); i++) then.row(Eigen::Index(i)) = residual.row(pairs[i] + 1);
  r.transition = least_squares(now, then).transpose();
  Eigen::MatrixXd error = then - now * r.transition.transpose();
  error.rowwise() -= error.colwise().mean().eval();
  r.noise = error.transpose() * error / double(error.rows());
  return r;
}

vector_autoregression::forecast vector_autoregression::ahead(int steps, double time, const Eigen::VectorXd& value,
                                                             double time_then) const {
  Eigen::VectorXd anomaly = value - (seasonal_basis(time, harmonics, period) * mean).transpose();
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(noise.rows(), noise.cols());
  for (int s = 0; s < steps; s++) {
    anomaly = transition * anomaly;
    covariance = transition * covariance * transition.transpose() + noise;
  }
  return {(seasonal_basis(time_then, harmonics, period) * mean).transpose() + anomaly, covariance.diagonal().cwiseSqrt()};
}

}  // namespace example
