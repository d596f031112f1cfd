// training/transform.cpp: harmonic least squares and the Cholesky factor of what is left.
#include <dimwise/training/transform.hpp>

#include <cmath>

#include <Eigen/Dense>
#include <nlohmann/json.hpp>

#include <dimwise/core/error.hpp>

namespace dimwise {
namespace {

using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using const_map = Eigen::Map<const matrix>;
constexpr double two_pi = 6.283185307179586476925;

Eigen::Index index(std::size_t n) { return Eigen::Index(n); }

const char* name_of(transform what) {
  return what == transform::whiten ? "whiten" : what == transform::standardise ? "standardise" : "none";
}

}  // namespace

void fitted_transform::basis(double time, double* out) const {
  out[0] = 1;
  for (int k = 1; k <= how_.harmonics; k++) {
    const double angle = two_pi * k * (time / how_.period);
    out[2 * k - 1] = std::cos(angle);
    out[2 * k] = std::sin(angle);
  }
}

fitted_transform fitted_transform::fit(const data_transform& how, int d, std::size_t rows, const double* state,
                                       const double* time) {
  fitted_transform fitted(d);
  if (how.what == transform::none) return fitted;
  fitted.how_ = how;
  const int terms = 1 + 2 * how.harmonics;
  if (how.harmonics > 0 && !time) throw error("a seasonal transform needs a model with time");
  if (rows < std::size_t(terms + d + 1))
    throw error("the data transform cannot be fitted to " + std::to_string(rows) + " rows; it needs at least " +
                std::to_string(terms + d + 1));
  matrix design(index(rows), terms);
  for (std::size_t r = 0; r < rows; r++) fitted.basis(time ? time[r] : 0, design.row(index(r)).data());
  const const_map data(state, index(rows), d);
  const auto solver = design.colPivHouseholderQr();
  if (solver.rank() < terms)
    throw error("the seasonal mean of the data transform is not determined by the data: times do not cover the period " +
                std::to_string(how.period) + "; use fewer harmonics");
  const matrix coefficients = solver.solve(data);
  const matrix residual = data - design * coefficients;
  const matrix turned = coefficients.transpose();
  fitted.coefficients_.assign(turned.data(), turned.data() + turned.size());
  const Eigen::VectorXd variance = residual.colwise().squaredNorm().transpose() / double(rows);
  for (int i = 0; i < d; i++)
    if (!(variance[i] > 1e-24 * (1 + data.col(i).squaredNorm() / double(rows))))
      throw error("coordinate " + std::to_string(i) + " of the training data does not vary: it cannot be scaled to deviation 1");
  if (how.what == transform::standardise) {
    for (int i = 0; i < d; i++) fitted.scale_.push_back(std::sqrt(variance[i]));
    return fitted;
  }
  const matrix covariance = residual.transpose() * residual / double(rows);
  const Eigen::LLT<matrix> factor(covariance);
  const matrix lower = factor.matrixL();
  for (int i = 0; i < d; i++) {
    // A factorisation that fails does not say where: the first leading block that has none does.
    const bool fails = factor.info() != Eigen::Success &&
                       Eigen::LLT<matrix>(matrix(covariance.topLeftCorner(i + 1, i + 1))).info() != Eigen::Success;
    if (fails || !(lower(i, i) * lower(i, i) > 1e-12 * variance[i]))
      throw error("the training data cannot be whitened: coordinate " + std::to_string(i) +
                  " is a linear function of those before it; leave it out or use standardise");
  }
  fitted.scale_.assign(lower.data(), lower.data() + lower.size());
  return fitted;
}

void fitted_transform::mean(double time, double* out) const {
  std::vector<double> b(std::size_t(1 + 2 * how_.harmonics));
  if (identity()) {
    for (int i = 0; i < d_; i++) out[i] = 0;
    return;
  }
  basis(time, b.data());
  for (int i = 0; i < d_; i++) {
    out[i] = 0;
    for (std::size_t j = 0; j < b.size(); j++) out[i] += coefficients_[std::size_t(i) * b.size() + j] * b[j];
  }
}

void fitted_transform::to_model(std::size_t rows, const double* time, const double* data, double* model) const {
  const std::size_t d = std::size_t(d_);
  std::vector<double> m(d);
  for (std::size_t r = 0; r < rows; r++) {
    const double* x = data + r * d;
    double* z = model + r * d;
    if (identity()) {
      for (std::size_t i = 0; i < d; i++) z[i] = x[i];
      continue;
    }
    mean(time ? time[r] : 0, m.data());
    for (std::size_t i = 0; i < d; i++) {  // forward substitution; coordinates before i are done
      double rest = x[i] - m[i];
      if (how_.what == transform::whiten)
        for (std::size_t j = 0; j < i; j++) rest -= scale_[i * d + j] * z[j];
      z[i] = rest / (how_.what == transform::whiten ? scale_[i * d + i] : scale_[i]);
    }
  }
}

void fitted_transform::to_data(std::size_t rows, const double* time, const double* model, double* data) const {
  const std::size_t d = std::size_t(d_);
  std::vector<double> m(d);
  for (std::size_t r = 0; r < rows; r++) {
    const double* z = model + r * d;
    double* x = data + r * d;
    if (identity()) {
      for (std::size_t i = 0; i < d; i++) x[i] = z[i];
      continue;
    }
    mean(time ? time[r] : 0, m.data());
    for (std::size_t i = d; i-- > 0;) {  // backwards, so that it works in place
      double value = m[i];
      if (how_.what == transform::whiten)
        for (std::size_t j = 0; j <= i; j++) value += scale_[i * d + j] * z[j];
      else value += scale_[i] * z[i];
      x[i] = value;
    }
  }
}

double fitted_transform::log_determinant() const {
  if (identity()) return 0;
  const std::size_t d = std::size_t(d_), stride = how_.what == transform::whiten ? d + 1 : 1;
  double sum = 0;
  for (std::size_t i = 0; i < d; i++) sum -= std::log(scale_[i * stride]);
  return sum;
}

std::vector<double> fitted_transform::scale_matrix() const {
  const std::size_t d = std::size_t(d_);
  if (how_.what == transform::whiten && !identity()) return scale_;
  std::vector<double> full(d * d, 0.0);
  for (std::size_t i = 0; i < d; i++) full[i * d + i] = identity() ? 1 : scale_[i];
  return full;
}

std::string fitted_transform::text() const {
  nlohmann::ordered_json out;
  out["what"] = name_of(how_.what);
  out["d"] = d_;
  if (!identity()) {
    out["harmonics"] = how_.harmonics;
    out["period"] = how_.period;
    out["mean"] = coefficients_;
    out["scale"] = scale_;
  }
  return out.dump();
}

fitted_transform fitted_transform::from_text(const std::string& text) {
  try {
    const auto in = nlohmann::json::parse(text);
    fitted_transform t(in.at("d").get<int>());
    const std::string what = in.at("what");
    if (what == "none") return t;
    t.how_.what = what == "whiten" ? transform::whiten : transform::standardise;
    t.how_.harmonics = in.at("harmonics");
    t.how_.period = in.at("period");
    t.coefficients_ = in.at("mean").get<std::vector<double>>();
    t.scale_ = in.at("scale").get<std::vector<double>>();
    const std::size_t d = std::size_t(t.d_);
    if (t.d_ >= 1 && t.how_.harmonics >= 0 && what == name_of(t.how_.what) &&
        t.scale_.size() == (t.how_.what == transform::whiten ? d * d : d) &&
        t.coefficients_.size() == d * std::size_t(1 + 2 * t.how_.harmonics))
      return t;
  } catch (const nlohmann::json::exception&) {
  }
  throw error("the data transform kept in a file cannot be understood; the file was changed or comes from another program");
}

fitted_transform fitted_transform::from_metadata(const std::map<std::string, std::string>& metadata, int d) {
  const auto found = metadata.find("transform");
  if (found == metadata.end()) return fitted_transform(d);
  fitted_transform t = from_text(found->second);
  if (t.d() != d)
    throw error("the data transform kept in the parameter file has " + std::to_string(t.d()) +
                " coordinates, and the model has " + std::to_string(d));
  return t;
}

}  // namespace dimwise
