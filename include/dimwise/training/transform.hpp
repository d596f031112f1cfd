// training/transform.hpp: the fitted change of coordinates between the user's data and what the model sees.
#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "../ir/table.hpp"

namespace dimwise {

/// z = L^-1 (x - m(t)), m(t) = sum of 1, cos(2 pi k t / period), sin(2 pi k t / period), k = 1..harmonics, fitted by least
/// squares; L is the lower Cholesky factor of the residuals' covariance (whiten) or the diagonal of their standard deviations
/// (standardise).
class fitted_transform {
 public:
  /// The identity in d dimensions.
  explicit fitted_transform(int d = 1) : d_(d) {}

  /// Fits to rows state[rows][d], time[rows] (may be null without harmonics). Throws `error` where there are too few rows or a
  /// coordinate does not vary (or depends linearly on the others, for whiten). O(rows (d + harmonics)^2).
  static fitted_transform fit(const data_transform& how, int d, std::size_t rows, const double* state, const double* time);

  int d() const { return d_; }
  bool identity() const { return scale_.empty(); }
  /// model[rows][d] from data[rows][d]; time[rows] in the model's units, null where there are no harmonics. In place is allowed.
  void to_model(std::size_t rows, const double* time, const double* data, double* model) const;
  /// data[rows][d] from model[rows][d].
  void to_data(std::size_t rows, const double* time, const double* model, double* data) const;
  /// The seasonal mean m(t), [d].
  void mean(double time, double* out) const;
  /// log |det dz/dx|: log p(x) = log p(z) + this, for the likelihood in the data's units.
  double log_determinant() const;
  /// L, [d][d] row-major.
  std::vector<double> scale_matrix() const;

  /// As text for the metadata of parameter files, digits exact.
  std::string text() const;
  /// Throws `error` if the text is not one of `text()`.
  static fitted_transform from_text(const std::string& text);
  /// The transform kept in a parameter file's metadata under "transform"; the identity where there is none.
  static fitted_transform from_metadata(const std::map<std::string, std::string>& metadata, int d);

 private:
  void basis(double time, double* out) const;
  int d_ = 1;
  data_transform how_{};
  std::vector<double> coefficients_;  ///< [d][1 + 2 harmonics]
  std::vector<double> scale_;         ///< whiten: [d][d] lower triangle; standardise: [d]; empty: identity
};

}  // namespace dimwise
