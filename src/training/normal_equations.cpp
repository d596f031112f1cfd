// training/normal_equations.cpp: symmetric rank updates and Cholesky, both Eigen's.
#include <dimwise/training/normal_equations.hpp>

#include <algorithm>
#include <functional>

#include <Eigen/Dense>

namespace dimwise {
namespace {

using matrix = Eigen::MatrixXd;
using matrix_map = Eigen::Map<matrix>;
using const_rows = Eigen::Map<const matrix, 0, Eigen::OuterStride<>>;
constexpr std::size_t panel = 128;  // columns of one task

Eigen::Index index(std::size_t n) { return Eigen::Index(n); }

}  // namespace

normal_equations::normal_equations(std::size_t unknowns) : n_(unknowns), matrix_(unknowns * unknowns), gradient_(unknowns) {}

void normal_equations::clear() {
  std::fill(matrix_.begin(), matrix_.end(), 0.0);
  std::fill(gradient_.begin(), gradient_.end(), 0.0);
}

void normal_equations::add(const double* jacobian, std::size_t stride, const double* residuals, std::size_t rows, double weight, team& workers) {
  const const_rows j(jacobian, index(rows), index(n_), Eigen::OuterStride<>(index(stride)));
  const Eigen::Map<const Eigen::VectorXd> r(residuals, index(rows));
  matrix_map h(matrix_.data(), index(n_), index(n_));
  Eigen::Map<Eigen::VectorXd> g(gradient_.data(), index(n_));
  const auto task = [&](std::size_t number, int) {
    const Eigen::Index first = index(number * panel), width = std::min(index(panel), index(n_) - first), rest = index(n_) - first;
    const auto own = j.middleCols(first, width);
    h.block(first, first, width, width).selfadjointView<Eigen::Lower>().rankUpdate(own.transpose(), weight);
    h.block(first + width, first, rest - width, width).noalias() += (weight * j.middleCols(first + width, rest - width).transpose()) * own;
    g.segment(first, width).noalias() += (weight * own.transpose()) * r;
  };
  workers.run((n_ + panel - 1) / panel, std::cref(task));
}

bool normal_equations::solve(double damping, std::vector<double>& step) {
  factor_.resize(matrix_.size());
  std::copy(matrix_.begin(), matrix_.end(), factor_.begin());
  matrix_map f(factor_.data(), index(n_), index(n_));
  f.diagonal().array() += damping;
  const Eigen::LLT<Eigen::Ref<matrix>, Eigen::Lower> cholesky(f);
  if (cholesky.info() != Eigen::Success) return false;
  step.resize(n_);
  Eigen::Map<Eigen::VectorXd> d(step.data(), index(n_));
  d = -Eigen::Map<const Eigen::VectorXd>(gradient_.data(), index(n_));
  cholesky.solveInPlace(d);
  return d.allFinite();
}

std::vector<double> normal_equations::inverse_diagonal(double damping) const {
  matrix h = Eigen::Map<const matrix>(matrix_.data(), index(n_), index(n_));
  h.diagonal().array() += damping;
  const Eigen::LLT<matrix, Eigen::Lower> cholesky(h);
  matrix inverse = matrix::Identity(index(n_), index(n_));
  cholesky.matrixL().solveInPlace(inverse);
  std::vector<double> diagonal(n_);
  for (std::size_t i = 0; i < n_; i++) diagonal[i] = inverse.col(index(i)).squaredNorm();
  return diagonal;
}

}  // namespace dimwise
