// solvers/contraction_watch.hpp: the spectral radius of the Jacobi-Newton iteration, by a power iteration that goes on over the
// steps.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "stacked_system.hpp"

namespace dimwise::detail {

/// The iteration of a step multiplies errors by M = (1 - gamma D)^-1 gamma (J - D). Its transpose has the same spectrum, and is
/// applied with one vector-Jacobian product; samples are blocks of their own. The vector is kept from step to step, so that it
/// turns to the slowest mode.
class contraction_watch {
 public:
  explicit contraction_watch(stacked_system& f)
      : f_(f), v_(f.samples * f.d), u_(v_.size()), w_(v_.size()), rate_(f.samples, 0.0), last_(f.samples, 0.0) {
    for (std::size_t e = 0; e < v_.size(); e++) v_[e] = e % 2 ? 1.0 - 1e-3 * double(e % 97) : -1.0 + 1e-3 * double(e % 89);
    for (std::size_t e = 0; e < v_.size(); e += 3) v_[e] = -v_[e];
  }

  std::size_t probes() const { return probes_; }
  /// One more product at (t, y); the largest radius of a sample so far estimated, 0 for the first few.
  double probe(double t, const double* y, double gamma) {
    const std::size_t d = f_.d;
    for (std::size_t e = 0; e < v_.size(); e++) u_[e] = v_[e] / (1 - gamma * f_.diagonal[e]);
    f_.transposed_product(t, y, u_.data(), w_.data());
    double largest = 0;
    for (std::size_t s = 0; s < f_.samples; s++) {
      double before = 0, after = 0;
      for (std::size_t e = s * d; e < (s + 1) * d; e++) {
        w_[e] = gamma * (w_[e] - f_.diagonal[e] * u_[e]);
        before += v_[e] * v_[e], after += w_[e] * w_[e];
      }
      const double growth = std::sqrt(after / std::max(before, 1e-300));
      // a single growth of a non-normal matrix says little: the geometric mean of the last ones, or what two in a row exceed
      rate_[s] =
          probes_ == 0 ? std::log(std::max(growth, 1e-6)) : rate_[s] + 0.35 * (std::log(std::max(growth, 1e-6)) - rate_[s]);
      if (probes_ >= 3) largest = std::max({largest, std::exp(rate_[s]), std::min(growth, last_[s])});
      last_[s] = growth;
      const double scale = after > 1e-200 ? 1 / std::sqrt(after) : 0;
      for (std::size_t e = s * d; e < (s + 1) * d; e++) v_[e] = scale > 0 ? w_[e] * scale : (e % 2 ? 1.0 : -1.0);
    }
    probes_++;
    return largest;
  }

 private:
  stacked_system& f_;
  std::vector<double> v_, u_, w_, rate_, last_;
  std::size_t probes_ = 0;
};

}  // namespace dimwise::detail
