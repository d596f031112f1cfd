// examples/support/seasonal_basis.cpp: see seasonal_basis.hpp.
#include "examples/support/seasonal_basis.hpp"

#include <Eigen/QR>
#include <cmath>

namespace example {

Eigen::RowVectorXd seasonal_basis(double time, int harmonics, double period) {
  Eigen::RowVectorXd row(1 + 2 * harmonics);
  row[0] = 1;
  for (int k = 1; k <= harmonics; k++) {
    const double angle = 2 * 3.14159265358979324 * k * time / period;
    row[2 * k - 1] = std::cos(angle);
    row[2 * k] = std::sin(angle);
  }
  return row;
}

Eigen::MatrixXd seasonal_basis(const std::vector<double>& time, int harmonics, double period) {
  Eigen::MatrixXd basis(Eigen::Index(time.size()), 1 + 2 * harmonics);
  for (std::size_t i = 0; i < time.size(); i++) basis.row(Eigen::Index(i)) = seasonal_basis(time[i], harmonics, period);
  return basis;
}

Eigen::MatrixXd least_squares(const Eigen::MatrixXd& basis, const Eigen::MatrixXd& values) {
  return basis.colPivHouseholderQr().solve(values);
}

}  // namespace example
