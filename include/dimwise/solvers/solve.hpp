// solvers/solve.hpp: chooses the method for a differential equation by an estimate of its stiffness.
#pragma once
#include "explicit_solve.hpp"
#include "implicit_solve.hpp"

namespace dimwise {

struct solve_options {
  double rtol = 1e-6, atol = 1e-6;
  std::vector<double> atol_of;  ///< for each coordinate, instead of `atol`
  std::size_t most_steps = 1000000;
  std::vector<double> save_at;
  /// Largest rate times the time to solve for, from which on implicit steps are taken at once.
  double stiff_from = 30;
  double largest_sum = 30;  ///< see implicit_options
};

struct automatic_solution : implicit_solution {
  double rate =
      0;  ///< the largest rate that was estimated: of damping: of the diagonal, or by a power iteration where the field is dense
  bool turned_implicit = false;
  double turned_at = 0;  ///< when
};

/// Solves the batch as one system. Where the largest rate of damping, max -D<1>f, times the time to go is `stiff_from` or more,
/// Dopri5 would need that / 3.3 steps for its stability, and BDF takes over: with Jacobi-Newton; with Newton up to 8 dimensions,
/// or where the field is dense; with Newton-Krylov where it is dense and has more than 32. Until then Dopri5, whose rates are
/// looked at again every 8 steps. `text` says what was done and why.
automatic_solution solve(const ode_problem<double>& problem, const ode_start<double>& start, const solve_options& options,
                         team& workers);
automatic_solution solve(const ode_problem<double>& problem, const ode_start<double>& start, const solve_options& options = {},
                         int threads = 1);

}  // namespace dimwise
