// solvers/diagonal_corrector.hpp: Jacobi-Newton as a nonlinear solver of SUNDIALS, with a rate of contraction that is carried
// over the steps.
#pragma once
#include <nvector/nvector_serial.h>
#include <sundials/sundials_nonlinearsolver.h>

#include <algorithm>
#include <cmath>

#include "stacked_system.hpp"

namespace dimwise::detail {

/// Solves y_c = gamma f(y_0 + y_c) - .. by y_c <- y_c - F / (1 - gamma D), f and D of the same iterate.
///
/// A correction of size s that contracts by r leaves an error s r / (1 - r). It is accepted where that is below the tolerance
/// that CVODE passes. r is what corrections in a row showed, and what the watch over the spectral radius found: both last over
/// steps, as CVODE keeps the rate of Newton with a kept matrix; for solvers without a matrix CVODE forgets it, which costs half
/// an iteration a step. M = (1 - gamma D)^-1 gamma (J - D) grows at most as gamma does, so r is scaled up with it; it is measured
/// anew, by one more iteration, after `renew_after` steps or where gamma has grown by 30 %.
///
/// What m iterations leave comes back in the predictor of the next steps, which extrapolates with weights of sum up to 2^(q+1):
/// where r^m 2^(q+1) is large, stiff components echo, the error estimate sees them, and the steps stay as short as those of an
/// explicit method. Up to `largest_echo` is let pass: 5 for BDF and 1 for Adams are where the steps were those of dense Newton
/// and evaluations fewest, on relaxations with couplings of one sign and of random signs.
class diagonal_corrector {
 public:
  static constexpr int renew_after = 20, most_iterations = 5;

  diagonal_corrector(stacked_system& f, double largest_echo, SUNContext context)
      : f_(f), largest_echo_(largest_echo), change_(f.size()) {
    solver_ = SUNNonlinSolNewEmpty(context);
    if (!solver_) return;
    solver_->content = this;
    auto& ops = *solver_->ops;
    ops.gettype = [](SUNNonlinearSolver) { return SUNNONLINEARSOLVER_ROOTFIND; };
    ops.setsysfn = [](SUNNonlinearSolver s, SUNNonlinSolSysFn residual) { return self(s).residual_ = residual, SUN_NLS_SUCCESS; };
    ops.solve = [](SUNNonlinearSolver s, N_Vector, N_Vector y, N_Vector weights, realtype tolerance, booleantype, void* user) {
      return self(s).solve(y, N_VGetArrayPointer(weights), tolerance, user);
    };
    ops.getnumiters = [](SUNNonlinearSolver s, long* n) { return *n = self(s).iterations_, SUN_NLS_SUCCESS; };
    ops.getnumconvfails = [](SUNNonlinearSolver s, long* n) { return *n = self(s).failed_, SUN_NLS_SUCCESS; };
    residual_vector_ = N_VNewEmpty_Serial(sunindextype(f.size()), context);
    N_VSetArrayPointer(change_.data(), residual_vector_);
  }
  ~diagonal_corrector() {
    if (residual_vector_) N_VDestroy(residual_vector_);
    if (solver_) SUNNonlinSolFreeEmpty(solver_);
  }
  diagonal_corrector(const diagonal_corrector&) = delete;
  diagonal_corrector& operator=(const diagonal_corrector&) = delete;

  SUNNonlinearSolver solver() { return solver_; }
  /// The size of the step's equation: CVODE's gamma of the step that is solved.
  std::function<double()> gamma;
  /// CVODE's order of that step.
  std::function<int()> order;
  /// What the watch found for the last step.
  void radius(double r) { radius_ = r; }

 private:
  stacked_system& f_;
  double largest_echo_;
  aligned_vector<double> change_;
  SUNNonlinearSolver solver_ = nullptr;
  N_Vector residual_vector_ = nullptr;
  SUNNonlinSolSysFn residual_ = nullptr;
  long iterations_ = 0, failed_ = 0;
  double rate_ = 1, radius_ = 0, measured_at_ = 0;  ///< gamma of the last measurement
  int age_ = 0;                                     ///< steps since then

  static diagonal_corrector& self(SUNNonlinearSolver s) { return *static_cast<diagonal_corrector*>(s->content); }

  int solve(N_Vector corrections, const double* weights, double tolerance, void* user) {
    double* y = N_VGetArrayPointer(corrections);
    const double g = gamma(), grown = measured_at_ > 0 ? g / measured_at_ : 1e9;
    const bool known = age_ < renew_after && grown < 1.3;
    double rate = std::max(rate_, radius_) * std::max(1.0, grown), before = 0;
    iterations_ = 0;
    age_++;
    for (int m = 0; m < most_iterations; m++) {
      const int code = residual_(corrections, residual_vector_, user);
      if (code != 0) return code;
      iterations_++;
      const double size = correct(y, weights, g);
      if (!std::isfinite(size)) break;
      if (m > 0 && size > 0) {
        const double ratio = size / before;
        if (ratio > 2) break;
        rate_ = std::max(0.3 * rate_, ratio);
        measured_at_ = g, age_ = 0;
        rate = std::max(ratio, radius_);
      }
      const double left = rate < 0.5 ? rate / (1 - rate) : 1;
      const bool damped = std::pow(rate, m + 1) * double(2 << order()) <= largest_echo_ || size <= 1e-3 * tolerance;
      if (damped && size * (m > 0 || known ? left : 1) <= tolerance) return SUN_NLS_SUCCESS;
      before = size;
    }
    failed_++;
    return SUN_NLS_CONV_RECVR;
  }

  /// y <- y - F / (1 - gamma D); the weighted root mean square of the change.
  double correct(double* y, const double* weights, double g) {
    const std::size_t states = f_.samples * f_.d, all = f_.size();
    double sum = 0;
    for (std::size_t e = 0; e < all; e++) {
      const double change = e < states ? change_[e] / (1 - g * f_.diagonal[e]) : change_[e];
      y[e] -= change;
      change_[e] = -change;
      sum += change * weights[e] * (change * weights[e]);
    }
    return std::sqrt(sum / double(all));
  }
};

}  // namespace dimwise::detail
