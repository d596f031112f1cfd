// examples/support/seasonal_basis.hpp: sines and cosines of the season, and least squares on them.
#pragma once
#include <Eigen/Core>
#include <vector>

namespace example {

/// 1, cos(2 pi k t / period), sin(2 pi k t / period), k = 1 .. harmonics: one row for each time.
Eigen::MatrixXd seasonal_basis(const std::vector<double>& time, int harmonics, double period);
Eigen::RowVectorXd seasonal_basis(double time, int harmonics, double period);

/// Coefficients [basis][values] of the least squares fit.
Eigen::MatrixXd least_squares(const Eigen::MatrixXd& basis, const Eigen::MatrixXd& values);

}  // namespace example
