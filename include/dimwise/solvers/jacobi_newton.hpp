// solvers/jacobi_newton.hpp: implicit one-step formulas over batches on the exact diagonal, each sample with iterations of its
// own.
#pragma once
#include "../core/team.hpp"
#include "ode.hpp"

namespace dimwise {

enum class implicit_step : std::uint8_t {
  euler,        ///< y = x + h f(y): order 1, damps every rate
  trapezoidal,  ///< y = x + h/2 (f(x) + f(y)): order 2, damps no rate beyond 2 / h
  /// y = x + 3/2 h k + 1/2 h l, (1 - g h D) k = f(x) + g h f_t, (1 - g h D) l = f(x + h k) - 2 k - g h f_t, g = 1 + 1/sqrt(2), D
  /// and f_t (a difference) at the start of the step (ROS2; Verwer, Spee, Blom & Hundsdorfer, SIAM J. Sci. Comput. 20, 1999):
  /// order 2 with the diagonal instead of the Jacobian, too, less while h times what it leaves out is large; three evaluations of
  /// f, nothing to iterate. Damps every rate of the diagonal; nothing says that what the diagonal leaves out is small enough.
  rosenbrock
};

struct jacobi_newton_options {
  implicit_step formula = implicit_step::trapezoidal;
  std::size_t steps = 100;  ///< of equal length
  double rtol = 1e-6, atol = 1e-6;
  double convergence = 0.01;  ///< a correction is small enough at this part of the tolerances, divided by 1 / rate - 1
  int most_iterations = 50;
};

struct jacobi_newton_solution : ode_solution<double> {
  std::vector<double> rate;  ///< [samples] the largest ratio of two corrections in a row: below one where the iteration
                             ///< contracts; 0 without iterations
};

/// Fixed steps for many independent samples at once: an iteration is one kernel call for f and D<1>f of a block of samples, and a
/// division; no matrix, no allocation in a step. Samples that have converged stay as they are, so that digits depend neither on
/// the batch nor on threads. A sample whose corrections do not shrink stops with solve_status::no_convergence: its diagonal does
/// not dominate, take `solve_implicit`. Throws `error` where the field is dense. Tolerances and convergence belong to the
/// iteration, not to the length of steps.
jacobi_newton_solution solve_jacobi_newton(const ode_problem<double>& problem, const ode_start<double>& start,
                                           const jacobi_newton_options& options, team& workers);
jacobi_newton_solution solve_jacobi_newton(const ode_problem<double>& problem, const ode_start<double>& start,
                                           const jacobi_newton_options& options = {}, int threads = 1);

}  // namespace dimwise
