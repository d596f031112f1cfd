// solvers/error_sum.hpp: what the local errors of many steps add up to.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include <dimwise/core/aligned.hpp>

namespace dimwise::detail {

/// e <- exp(h D) e + (local error of the step), with signs, for each component; D: the diagonal of the Jacobian. It leaves out
/// how errors pass from one component to another, so that the sum is a warning, no estimate.
class error_sum {
 public:
  explicit error_sum(std::size_t size) : sum_(size, 0.0) {}

  /// The largest root mean square so far, in units of the tolerance at its time.
  double largest() const { return largest_; }
  void clear() {
    std::fill(sum_.begin(), sum_.end(), 0.0);
    largest_ = 0;
  }
  /// diagonal: of the first components; the others are not damped.
  void add(double length, const double* error, const double* weights, const aligned_vector<double>& diagonal) {
    double total = 0;
    for (std::size_t e = 0; e < sum_.size(); e++) {
      const double x = e < diagonal.size() ? length * diagonal[e] : 0;
      // exp(x) to second order, positive for every x
      const double kept = x > 0 ? 1 + x + 0.5 * x * x : 1 / (1 - x + 0.5 * x * x);
      sum_[e] = kept * sum_[e] + error[e];
      total += sum_[e] * weights[e] * (sum_[e] * weights[e]);
    }
    largest_ = std::max(largest_, std::sqrt(total / double(sum_.size())));
  }

 private:
  std::vector<double> sum_;
  double largest_ = 0;
};

}  // namespace dimwise::detail
