// training/normal_equations.hpp: J'J and J'r of a linear least-squares problem, and its damped solution.
#pragma once
#include <cstddef>
#include <vector>

#include "../core/aligned.hpp"
#include "../core/team.hpp"

namespace dimwise {

/// H = sum of weight J'J and g = sum of weight J'r over blocks of rows. Memory: n^2 doubles, twice (H and its factor).
class normal_equations {
 public:
  explicit normal_equations(std::size_t unknowns);

  std::size_t unknowns() const { return n_; }
  void clear();
  /// Adds rows: column c of J at jacobian[c * stride], residuals r[rows]. n^2 rows multiply-adds, cut into panels of fixed width,
  /// so digits do not depend on the number of threads.
  void add(const double* jacobian, std::size_t stride, const double* residuals, std::size_t rows, double weight, team& workers);
  /// g.
  const std::vector<double>& gradient() const { return gradient_; }
  /// Solves (H + damping I) step = -g by Cholesky, n^3 / 6 multiply-adds in tiles of fixed size; false where the matrix is not
  /// positive definite.
  bool solve(double damping, std::vector<double>& step, team& workers);

 private:
  std::size_t n_;
  aligned_vector<double> matrix_, factor_;
  std::vector<double> gradient_;
};

}  // namespace dimwise
