// tests/unit/examples/seasonal_basis.cpp: sines, cosines and their least squares fit.
#include "catch.hpp"

#include <cmath>

#include "examples/support/seasonal_basis.hpp"

TEST_CASE("a seasonal function is found again") {
  const double period = 365.25, pi = 3.14159265358979324;
  std::vector<double> time;
  Eigen::MatrixXd value(500, 1);
  for (int i = 0; i < 500; i++) {
    time.push_back(1.7 * i);
    value(i, 0) = 3 - 2 * std::cos(2 * pi * time.back() / period) + 0.5 * std::sin(4 * pi * time.back() / period);
  }
  const Eigen::MatrixXd basis = example::seasonal_basis(time, 2, period);
  REQUIRE(basis.cols() == 5);
  CHECK((basis.row(7) - example::seasonal_basis(time[7], 2, period)).norm() == 0);
  const Eigen::MatrixXd c = example::least_squares(basis, value);
  const double expected[] = {3, -2, 0, 0, 0.5};
  for (int j = 0; j < 5; j++) CHECK(c(j, 0) == Approx(expected[j]).margin(1e-12));
  CHECK((example::seasonal_basis(10, 2, period) - example::seasonal_basis(10 + period, 2, period)).norm() < 1e-13);
}

TEST_CASE("no harmonics is a constant") { CHECK(example::seasonal_basis(5, 0, 1) == Eigen::RowVectorXd::Ones(1)); }
