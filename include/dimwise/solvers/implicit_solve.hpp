// solvers/implicit_solve.hpp: Adams-Moulton and BDF of variable order and step through SUNDIALS CVODE, with correctors that use
// the diagonal.
#pragma once
#include "../core/team.hpp"
#include "ode.hpp"

namespace dimwise {

enum class multistep : std::uint8_t {
  adams,  ///< orders 1 to 12, to 3 with Jacobi-Newton: higher ones get stuck at steps of size 1 / Lambda, where their stability
          ///< ends
  bdf     ///< orders 1 to 5: the stiff default
};

/// How the equation y = h beta f(y) + .. of a step is solved.
enum class corrector : std::uint8_t {
  functional,     ///< y <- right side: for problems that are not stiff
  jacobi_newton,  ///< Newton with the diagonal of the Jacobian, exact and fresh at every iterate, for one coefficient more in f
  newton,         ///< Newton with the whole Jacobian of each sample, from d vector-Jacobian products, kept while it serves
  newton_krylov   ///< Newton with GMRES on Jacobian-vector products, the diagonal as preconditioner
};

struct implicit_options {
  multistep formula = multistep::bdf;
  corrector how = corrector::jacobi_newton;
  int largest_order = 0;  ///< 0: 5 for BDF; for Adams 3 with Jacobi-Newton, else 12
  double rtol = 1e-6, atol = 1e-6;
  std::vector<double> atol_of;              ///< for each coordinate, instead of `atol`
  double convergence = 0;                   ///< the corrector's error as a part of the step's; 0: CVODE's 0.1
  int anderson = 0;                         ///< differences that functional iteration is accelerated with
  double first_step = 0, largest_step = 0;  ///< 0: estimated, no limit
  std::size_t most_steps = 1000000;
  std::vector<double> save_at;  ///< as explicit_options::save_at
  /// Jacobi-Newton contracts by the spectral radius of (1 - gamma D)^-1 gamma (J - D). Where a slow mode is small in the norm of
  /// the corrections, each step keeps a part radius / (1 - radius) of the corrector's error in it, of one sign, and the sum over
  /// steps would be silently wrong. `watch` follows the radius by a power iteration, one product with J every `watch_every` steps
  /// (a quarter of that while the radius is small), and asks for a tenth of the corrector's error from 0.3 `largest_radius` on.
  /// Once it exceeds `largest_radius`, the solve starts anew with Newton (beyond 64 dimensions Newton-Krylov): what has been left
  /// in the state by then cannot be told.
  bool watch = true;
  int watch_every = 3;
  double largest_radius = 0.5;
  /// CVODE holds the error of each step to the tolerance; over many steps errors add up. The estimates of all steps are added up
  /// with their signs, damped by the diagonal of the Jacobian (not by functional iteration, nor by Newton-Krylov on dense fields,
  /// which have none). Where that sum comes to `largest_sum` tolerances on the way, the problem is solved again with a tenth of
  /// the tolerances: the difference at the end tells the error. While it is above `largest_error` tolerances, smaller ones
  /// follow, at most four in all. Counters count all of it, the text says it.
  double largest_sum = 30;  ///< 0: errors are not added up
  double largest_error = 25;
};

struct implicit_solution : ode_solution<double> {
  double radius = 0;       ///< the largest that was found, 0 if not watched
  bool fell_back = false;  ///< to Newton or Newton-Krylov, from the start; `fall_back_time`: where Jacobi-Newton had come to
  double fall_back_time = 0;
  double error_sum = 0;        ///< largest root mean square of the sum of local errors, in tolerances; 0: not added up
  double error = 0;            ///< at the end, in tolerances, as estimated where it was solved again; else 0
  double tolerance_scale = 1;  ///< tolerances of this solution over those asked for
};

/// Solves the batch as one system, in double precision. Carried quantities are integrated along. Newton-Krylov takes exact
/// Jacobian-vector products (counters.products), or differences of f, which count as evaluations of f as well, where the field
/// holds a derivative by time or a product of its own. Throws `error` for wrong options, and where Jacobi-Newton is asked of a
/// field that is not dimension-wise differentiable.
implicit_solution solve_implicit(const ode_problem<double>& problem, const ode_start<double>& start,
                                 const implicit_options& options, team& workers);
implicit_solution solve_implicit(const ode_problem<double>& problem, const ode_start<double>& start,
                                 const implicit_options& options = {}, int threads = 1);

}  // namespace dimwise
