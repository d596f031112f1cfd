// solvers/solve_checks.hpp: what every solver refuses, and how its sentences name times.
#pragma once
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <dimwise/core/error.hpp>
#include <dimwise/solvers/ode.hpp>

namespace dimwise::detail {

inline std::string number_text(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", v);
  return text;
}

template <class T>
void check_problem(const ode_problem<T>& p, const ode_start<T>& start) {
  if (!std::isfinite(start.t0) || !std::isfinite(start.t1)) throw error("the start and the end of a solve must be finite times");
  if (p.recording->input_count > 0 && !p.inputs) throw error("the model has inputs: set `inputs` of the problem");
}

inline void check_tolerances(double rtol, double atol, const std::vector<double>& atol_of, std::size_t dims) {
  if (!atol_of.empty() && atol_of.size() != dims)
    throw error("atol_of has " + std::to_string(atol_of.size()) + " entries, but the state has " + std::to_string(dims) +
                " coordinates");
  const auto check = [&](double a) {
    if (!(rtol >= 0) || !(a >= 0) || rtol + a == 0)
      throw error("tolerances must not be negative, and one of them above zero; rtol is " + number_text(rtol) + ", atol " +
                  number_text(a));
  };
  if (atol_of.empty() || !(atol >= 0)) check(atol);  // else that of carried quantities
  for (const double a : atol_of) check(a);
}

template <class T>
void check_saved_times(const ode_start<T>& start, const std::vector<double>& times) {
  const double direction = start.t1 < start.t0 ? -1 : 1;
  for (std::size_t j = 0; j < times.size(); j++)
    if (!((times[j] - (j ? times[j - 1] : start.t0)) * direction >= 0) || !((start.t1 - times[j]) * direction >= 0))
      throw error("save_at must hold times between the start and the end, in the order of integration; " + number_text(times[j]) +
                  " is not");
}

/// 0: chosen by the solver.
inline void check_step_lengths(double first, double largest) {
  if (!(first >= 0))
    throw error("first_step is a length, not below zero (0: estimated), also where the solve goes backward; it is " +
                number_text(first));
  if (!(largest >= 0)) throw error("largest_step is a length, not below zero; it is " + number_text(largest));
}

}  // namespace dimwise::detail
