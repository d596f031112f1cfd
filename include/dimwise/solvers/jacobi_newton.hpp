// solvers/jacobi_newton.hpp: implicit one-step formulas over batches, each sample with Newton iterations of its own on the exact diagonal.
#pragma once
#include "../core/team.hpp"
#include "ode.hpp"

namespace dimwise {

enum class implicit_step : std::uint8_t {
  euler,       ///< y = x + h f(y): order 1, damps every rate
  trapezoidal  ///< y = x + h/2 (f(x) + f(y)): order 2, damps no rate beyond 2 / h
};

struct jacobi_newton_options {
  implicit_step formula = implicit_step::trapezoidal;
  std::size_t steps = 100;       ///< of equal length
  double rtol = 1e-6, atol = 1e-6;
  double convergence = 0.01;     ///< a correction is small enough at this part of the tolerances, divided by 1 / rate - 1
  int most_iterations = 50;
};

struct jacobi_newton_solution : ode_solution<double> {
  std::vector<double> rate;  ///< [samples] the largest ratio of two corrections in a row: below one where the iteration contracts
};

/// Fixed steps for many independent samples at once: an iteration is one kernel call for f and D<1>f of a block of samples, and a division; no
/// matrix, no allocation in a step. Samples that have converged stay as they are, so that digits depend neither on the batch nor on threads. A sample
/// whose corrections do not shrink stops with solve_status::no_convergence: its diagonal does not dominate, take `solve_implicit`. Throws
/// `error` where the field is dense.
jacobi_newton_solution solve_jacobi_newton(const ode_problem<double>& problem, const ode_start<double>& start, const jacobi_newton_options& options, team& workers);
jacobi_newton_solution solve_jacobi_newton(const ode_problem<double>& problem, const ode_start<double>& start, const jacobi_newton_options& options = {}, int threads = 1);

}  // namespace dimwise
