// examples/digits_flow/principal_components.cpp: see principal_components.hpp.
#include "examples/digits_flow/principal_components.hpp"

#include <cmath>
#include <string>

#include <Eigen/Dense>

#include <dimwise/core/error.hpp>

namespace digits_flow {
namespace {
using rows_of_numbers = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using axes_of = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
constexpr std::size_t part = 1000;  // rows that are made double at a time
}  // namespace

principal_components::principal_components(const float* values, std::size_t rows, std::size_t width, std::size_t count)
    : width_(width), mean_(width), axes_(width * count), deviation_(count) {
  if (rows <= count || count > width)
    throw dimwise::error(std::to_string(count) + " principal components need more than " + std::to_string(count) +
                         " rows of as many numbers; there are " + std::to_string(rows) + " rows of " + std::to_string(width));
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(Eigen::Index(width));
  Eigen::MatrixXd square = Eigen::MatrixXd::Zero(Eigen::Index(width), Eigen::Index(width));
  for (std::size_t first = 0; first < rows; first += part) {
    const Eigen::Map<const rows_of_numbers> x(values + first * width, Eigen::Index(std::min(part, rows - first)),
                                              Eigen::Index(width));
    const Eigen::MatrixXd y = x.cast<double>();
    sum += y.colwise().sum().transpose();
    square.selfadjointView<Eigen::Lower>().rankUpdate(y.transpose());
  }
  sum /= double(rows);
  Eigen::MatrixXd covariance = square.selfadjointView<Eigen::Lower>();
  covariance = covariance / double(rows) - sum * sum.transpose();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  if (solver.info() != Eigen::Success)
    throw dimwise::error("the principal components could not be computed: the rows hold numbers that are not finite");
  Eigen::Map<Eigen::VectorXd>(mean_.data(), Eigen::Index(width)) = sum;
  Eigen::Map<axes_of> axes(axes_.data(), Eigen::Index(width), Eigen::Index(count));
  for (std::size_t j = 0; j < count; j++) {
    const Eigen::Index from = Eigen::Index(width - 1 - j);  // eigenvalues rise
    const double variance = solver.eigenvalues()[from];
    if (!(variance > 1e-10 * solver.eigenvalues()[Eigen::Index(width) - 1]))
      throw dimwise::error("the rows have only " + std::to_string(j) + " principal components with variance; " +
                           std::to_string(count) + " are asked for");
    axes.col(Eigen::Index(j)) = solver.eigenvectors().col(from);
    Eigen::Index largest = 0;
    axes.col(Eigen::Index(j)).cwiseAbs().maxCoeff(&largest);
    if (axes(largest, Eigen::Index(j)) < 0) axes.col(Eigen::Index(j)) *= -1;  // the sign is no choice of a library
    deviation_[j] = std::sqrt(variance);
    explained_ += variance / covariance.trace();
  }
}

std::vector<float> principal_components::components(const float* values, std::size_t rows) const {
  std::vector<float> out(rows * count());
  const Eigen::Map<const axes_of> axes(axes_.data(), Eigen::Index(width_), Eigen::Index(count()));
  const Eigen::Map<const Eigen::VectorXd> mean(mean_.data(), Eigen::Index(width_)),
      deviation(deviation_.data(), Eigen::Index(count()));
  for (std::size_t first = 0; first < rows; first += part) {
    const Eigen::Index n = Eigen::Index(std::min(part, rows - first));
    const Eigen::Map<const rows_of_numbers> x(values + first * width_, n, Eigen::Index(width_));
    const Eigen::MatrixXd y = (x.cast<double>().rowwise() - mean.transpose()) * axes * deviation.cwiseInverse().asDiagonal();
    Eigen::Map<rows_of_numbers>(out.data() + first * count(), n, Eigen::Index(count())) = y.cast<float>();
  }
  return out;
}

std::vector<float> principal_components::restored(const float* components, std::size_t rows) const {
  std::vector<float> out(rows * width_);
  const Eigen::Map<const axes_of> axes(axes_.data(), Eigen::Index(width_), Eigen::Index(count()));
  const Eigen::Map<const Eigen::VectorXd> mean(mean_.data(), Eigen::Index(width_)),
      deviation(deviation_.data(), Eigen::Index(count()));
  const Eigen::Map<const rows_of_numbers> c(components, Eigen::Index(rows), Eigen::Index(count()));
  const Eigen::MatrixXd y = (c.cast<double>() * deviation.asDiagonal() * axes.transpose()).rowwise() + mean.transpose();
  Eigen::Map<rows_of_numbers>(out.data(), Eigen::Index(rows), Eigen::Index(width_)) = y.cast<float>();
  return out;
}

}  // namespace digits_flow
