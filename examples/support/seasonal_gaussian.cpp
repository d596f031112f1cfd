// examples/support/seasonal_gaussian.cpp: see seasonal_gaussian.hpp.
#include "examples/support/seasonal_gaussian.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <stdexcept>

#include "examples/support/seasonal_basis.hpp"

namespace example {
namespace {

constexpr double log_two_pi = 1.83787706640934548;

// One row: u = L^-1 r for r = z - m and the entries a = log L_11, b = log L_22, c = L_21.
struct whitened {
  double first, second, inverse_first, inverse_second;
};
whitened whiten(double r1, double r2, double a, double b, double c) {
  whitened u;
  u.inverse_first = std::exp(-a);
  u.inverse_second = std::exp(-b);
  u.first = r1 * u.inverse_first;
  u.second = (r2 - c * u.first) * u.inverse_second;
  return u;
}

// Log likelihood a row of standardised values, and where asked its gradient and Fisher information by the coefficients (first
// those of the means, m1 then m2; then a, b, c).
struct likelihood {
  const Eigen::MatrixXd &values, &mean_basis, &covariance_basis;

  double operator()(const Eigen::MatrixXd& mean, const Eigen::MatrixXd& covariance) const {
    const Eigen::MatrixXd r = values - mean_basis * mean, s = covariance_basis * covariance;
    double total = 0;
    for (Eigen::Index i = 0; i < r.rows(); i++) {
      const whitened u = whiten(r(i, 0), r(i, 1), s(i, 0), s(i, 1), s(i, 2));
      total -= 0.5 * (u.first * u.first + u.second * u.second) + s(i, 0) + s(i, 1) + log_two_pi;
    }
    return total / double(r.rows());
  }

  void derivatives(const Eigen::MatrixXd& mean, const Eigen::MatrixXd& covariance, Eigen::VectorXd& gradient_mean,
                   Eigen::MatrixXd& information_mean, Eigen::VectorXd& gradient_covariance,
                   Eigen::MatrixXd& information_covariance) const {
    const Eigen::Index n = values.rows(), p = mean_basis.cols(), q = covariance_basis.cols();
    const Eigen::MatrixXd r = values - mean_basis * mean, s = covariance_basis * covariance;
    gradient_mean = Eigen::VectorXd::Zero(2 * p);
    information_mean = Eigen::MatrixXd::Zero(2 * p, 2 * p);
    gradient_covariance = Eigen::VectorXd::Zero(3 * q);
    information_covariance = Eigen::MatrixXd::Zero(3 * q, 3 * q);
    for (Eigen::Index i = 0; i < n; i++) {
      const whitened u = whiten(r(i, 0), r(i, 1), s(i, 0), s(i, 1), s(i, 2));
      const double slope = s(i, 2) * u.inverse_second;  // c / L_22
      Eigen::Vector2d score_mean((u.first - slope * u.second) * u.inverse_first, u.second * u.inverse_second);
      Eigen::Matrix2d fisher_mean;
      fisher_mean << (1 + slope * slope) * u.inverse_first * u.inverse_first, -slope * u.inverse_first * u.inverse_second,
          -slope * u.inverse_first * u.inverse_second, u.inverse_second * u.inverse_second;
      Eigen::Vector3d score(u.first * u.first - 1 - slope * u.first * u.second, u.second * u.second - 1,
                            u.first * u.second * u.inverse_second);
      Eigen::Matrix3d fisher = Eigen::Matrix3d::Zero();
      fisher(0, 0) = 2 + slope * slope;
      fisher(1, 1) = 2;
      fisher(2, 2) = u.inverse_second * u.inverse_second;
      fisher(0, 2) = fisher(2, 0) = -slope * u.inverse_second;
      const Eigen::VectorXd fm = mean_basis.row(i), fc = covariance_basis.row(i);
      const Eigen::MatrixXd mm = fm * fm.transpose() / double(n), cc = fc * fc.transpose() / double(n);
      for (int j = 0; j < 2; j++) {
        gradient_mean.segment(j * p, p) += score_mean[j] / double(n) * fm;
        for (int k = 0; k < 2; k++) information_mean.block(j * p, k * p, p, p) += fisher_mean(j, k) * mm;
      }
      for (int j = 0; j < 3; j++) {
        gradient_covariance.segment(j * q, q) += score[j] / double(n) * fc;
        for (int k = 0; k < 3; k++) information_covariance.block(j * q, k * q, q, q) += fisher(j, k) * cc;
      }
    }
  }
};

}  // namespace

seasonal_gaussian seasonal_gaussian::fit(int mean_harmonics, int covariance_harmonics, double period,
                                         const std::vector<double>& time, const Eigen::MatrixXd& values,
                                         const std::vector<std::uint8_t>& used) {
  std::vector<Eigen::Index> rows;
  for (std::size_t i = 0; i < used.size(); i++)
    if (used[i]) rows.push_back(Eigen::Index(i));
  seasonal_gaussian g;
  g.mean_harmonics_ = mean_harmonics;
  g.covariance_harmonics_ = covariance_harmonics;
  g.period_ = period;
  Eigen::MatrixXd z = values(rows, Eigen::all);
  g.centre_ = z.colwise().mean();
  z.rowwise() -= g.centre_.transpose();
  g.scale_ = (z.colwise().squaredNorm() / double(z.rows())).cwiseSqrt();
  z = z * g.scale_.cwiseInverse().asDiagonal();
  const Eigen::MatrixXd mean_basis = seasonal_basis(time, mean_harmonics, period)(rows, Eigen::all);
  const Eigen::MatrixXd covariance_basis = seasonal_basis(time, covariance_harmonics, period)(rows, Eigen::all);
  const Eigen::Index p = mean_basis.cols(), q = covariance_basis.cols();

  Eigen::MatrixXd mean = least_squares(mean_basis, z), covariance = Eigen::MatrixXd::Zero(q, 3);
  const Eigen::MatrixXd residual = z - mean_basis * mean;
  const Eigen::Matrix2d start = (residual.transpose() * residual / double(z.rows())).llt().matrixL();
  covariance.row(0) << std::log(start(0, 0)), std::log(start(1, 1)), start(1, 0);

  const likelihood of{z, mean_basis, covariance_basis};
  double current = of(mean, covariance);
  Eigen::VectorXd gm, gc;
  Eigen::MatrixXd im, ic;
  for (int step = 0; step < 200; step++) {
    of.derivatives(mean, covariance, gm, im, gc, ic);
    const Eigen::VectorXd dm = im.ldlt().solve(gm), dc = ic.ldlt().solve(gc);
    double factor = 1, next = 0;
    Eigen::MatrixXd mean_next, covariance_next;
    for (;; factor *= 0.5) {
      mean_next = mean + factor * Eigen::Map<const Eigen::MatrixXd>(dm.data(), p, 2);
      covariance_next = covariance + factor * Eigen::Map<const Eigen::MatrixXd>(dc.data(), q, 3);
      next = of(mean_next, covariance_next);
      if (next >= current || factor < 1e-6) break;
    }
    const double gain = next - current;
    if (gain >= 0) {
      mean = mean_next;
      covariance = covariance_next;
      current = next;
    }
    if (gain < 1e-10) {
      g.mean_ = mean;
      g.covariance_ = covariance;
      return g;
    }
  }
  throw std::runtime_error(
      "the seasonal Gaussian's likelihood still rises after 200 steps of Fisher scoring: use fewer harmonics or more rows");
}

Eigen::Vector2d seasonal_gaussian::mean(double time) const {
  const Eigen::Vector2d z = (seasonal_basis(time, mean_harmonics_, period_) * mean_).transpose();
  return centre_ + scale_.cwiseProduct(z);
}

Eigen::Matrix2d seasonal_gaussian::root(double time) const {
  const Eigen::Vector3d s = (seasonal_basis(time, covariance_harmonics_, period_) * covariance_).transpose();
  Eigen::Matrix2d l;
  l << std::exp(s[0]), 0, s[2], std::exp(s[1]);
  return scale_.asDiagonal() * l;
}

double seasonal_gaussian::log_density(double time, const Eigen::Vector2d& x) const {
  const Eigen::Matrix2d l = root(time);
  const Eigen::Vector2d u = l.triangularView<Eigen::Lower>().solve(x - mean(time));
  return -0.5 * u.squaredNorm() - std::log(l(0, 0) * l(1, 1)) - log_two_pi;
}

}  // namespace example
