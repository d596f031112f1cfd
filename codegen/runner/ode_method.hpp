// codegen/runner/ode_method.hpp: the ways to solve a differential equation, by the names that a command line gives them.
#pragma once
#include <string>
#include <vector>

#include "dimwise/solvers/solve.hpp"

namespace dimwise {

/// "auto", an explicit scheme ("dopri5"), or a formula and its corrector ("bdf-jacobi-newton").
struct ode_method {
  enum class kind : std::uint8_t { automatic, runge_kutta, multistep } what = kind::automatic;
  dimwise::scheme scheme = dimwise::scheme::dopri5;
  dimwise::multistep formula = dimwise::multistep::bdf;
  dimwise::corrector how = dimwise::corrector::jacobi_newton;
};

/// All names, "auto" first.
std::vector<std::string> ode_method_names();
/// Throws `error` naming the flag and listing the names.
ode_method ode_method_of(const std::string& name, const std::string& flag);

/// What all ways take. `steps`: of an explicit scheme, all alike; 0: adapted to the tolerances.
struct ode_method_settings {
  double rtol = 1e-6, atol = 1e-6;
  std::vector<double> atol_of, save_at;
  std::size_t steps = 0, most_steps = 1000000;
  double first_step = 0, largest_step = 0;  ///< 0: estimated, no limit
};

/// Solves by the method; its solution says in `text` what was done.
ode_solution<double> solve_by(const ode_method& method, const ode_problem<double>& problem, const ode_start<double>& start,
                              const ode_method_settings& settings, team& workers);

}  // namespace dimwise
