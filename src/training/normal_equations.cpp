// training/normal_equations.cpp: symmetric rank updates and Cholesky in tiles, each by Eigen.
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

// Right-looking, in tiles whose size does not depend on the number of threads. False where a pivot is not positive.
bool factorise(matrix_map f, team& workers) {
  const Eigen::Index n = f.rows(), tile = index(panel);
  for (Eigen::Index k = 0; k < n; k += tile) {
    const Eigen::Index width = std::min(tile, n - k), below = k + width, rest = n - below;
    Eigen::Ref<matrix> pivot = f.block(k, k, width, width);
    const Eigen::LLT<Eigen::Ref<matrix>, Eigen::Lower> cholesky(pivot);
    if (cholesky.info() != Eigen::Success) return false;
    const std::size_t tiles = std::size_t((rest + tile - 1) / tile);
    const auto eliminate = [&](std::size_t number, int) {
      const Eigen::Index first = below + index(number) * tile;
      auto rows = f.block(first, k, std::min(tile, n - first), width);
      pivot.triangularView<Eigen::Lower>().transpose().solveInPlace<Eigen::OnTheRight>(rows);
    };
    workers.run(tiles, std::cref(eliminate));
    const auto update = [&](std::size_t number, int) {  // tiles (0, 0), (1, 0), (1, 1), (2, 0), ... of what is left
      std::size_t i = 0;
      while ((i + 1) * (i + 2) / 2 <= number) i++;
      const std::size_t j = number - i * (i + 1) / 2;
      const Eigen::Index row = below + index(i) * tile, column = below + index(j) * tile, height = std::min(tile, n - row);
      const auto own = f.block(column, k, std::min(tile, n - column), width);
      if (i == j) f.block(row, row, height, height).selfadjointView<Eigen::Lower>().rankUpdate(own, -1.0);
      else f.block(row, column, height, tile).noalias() -= f.block(row, k, height, width) * own.transpose();
    };
    workers.run(tiles * (tiles + 1) / 2, std::cref(update));
  }
  return true;
}

}  // namespace

normal_equations::normal_equations(std::size_t unknowns) : n_(unknowns), matrix_(unknowns * unknowns), gradient_(unknowns) {
  // glibc returns the top of its heap to the system at each free of the buffers that Eigen packs operands in (a sixth of the time
  // went into page faults), until a block that is much larger has been freed once.
  factor_.resize(std::max<std::size_t>(matrix_.size(), std::size_t(1) << 20));
  factor_ = aligned_vector<double>();
}

void normal_equations::clear() {
  std::fill(matrix_.begin(), matrix_.end(), 0.0);
  std::fill(gradient_.begin(), gradient_.end(), 0.0);
}

void normal_equations::add(const double* jacobian, std::size_t stride, const double* residuals, std::size_t rows, double weight,
                           team& workers) {
  const const_rows j(jacobian, index(rows), index(n_), Eigen::OuterStride<>(index(stride)));
  const Eigen::Map<const Eigen::VectorXd> r(residuals, index(rows));
  matrix_map h(matrix_.data(), index(n_), index(n_));
  Eigen::Map<Eigen::VectorXd> g(gradient_.data(), index(n_));
  const auto task = [&](std::size_t number, int) {
    const Eigen::Index first = index(number * panel), width = std::min(index(panel), index(n_) - first), rest = index(n_) - first;
    const auto own = j.middleCols(first, width);
    h.block(first, first, width, width).selfadjointView<Eigen::Lower>().rankUpdate(own.transpose(), weight);
    h.block(first + width, first, rest - width, width).noalias() +=
        (weight * j.middleCols(first + width, rest - width).transpose()) * own;
    g.segment(first, width).noalias() += (weight * own.transpose()) * r;
  };
  workers.run((n_ + panel - 1) / panel, std::cref(task));
}

bool normal_equations::solve(double damping, std::vector<double>& step, team& workers) {
  factor_.resize(matrix_.size());
  std::copy(matrix_.begin(), matrix_.end(), factor_.begin());
  matrix_map f(factor_.data(), index(n_), index(n_));
  f.diagonal().array() += damping;
  if (!factorise(f, workers)) return false;
  step.resize(n_);
  Eigen::Map<Eigen::VectorXd> d(step.data(), index(n_));
  d = -Eigen::Map<const Eigen::VectorXd>(gradient_.data(), index(n_));
  f.triangularView<Eigen::Lower>().solveInPlace(d);
  f.triangularView<Eigen::Lower>().transpose().solveInPlace(d);
  return d.allFinite();
}

}  // namespace dimwise
