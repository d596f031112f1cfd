// solvers/runge_kutta.hpp: explicit Runge-Kutta schemes as coefficient tables.
#pragma once
#include <cstdint>

namespace dimwise {

enum class scheme : std::uint8_t { euler, midpoint, rk4, bosh3, dopri5, tsit5, dopri8 };
constexpr scheme all_schemes[] = {scheme::euler,  scheme::midpoint, scheme::rk4,   scheme::bosh3,
                                  scheme::dopri5, scheme::tsit5,    scheme::dopri8};

/// k_i = f(x + h sum_j a_ij k_j, t + c_i h); the step ends at x + h sum_i b_i k_i, at x + h sum_i b_i(theta) k_i in between, with
/// b_i(theta) = sum_k dense_ik theta^(k+1). The error estimate is h sum_i error_i k_i.
struct runge_kutta_table {
  static constexpr int most_stages = 14, most_powers = 6;
  const char* name = "";
  int stages = 1;
  int order = 1;
  int error_order = 0;  ///< of the comparison solution; 0: none, so that only fixed steps are possible
  int dense_order = 1;
  int powers = 1;              ///< degree of b_i(theta)
  bool first_is_last = false;  ///< the last stage is the first of the next step
  double a[most_stages][most_stages] = {}, b[most_stages] = {}, c[most_stages] = {}, error[most_stages] = {};
  double dense[most_stages][most_powers] = {};
};

/// Euler; midpoint; classic RK4; Bogacki & Shampine 3(2), 1989; Dormand & Prince 5(4), 1980, with Shampine's interpolant, 1986;
/// Tsitouras 5(4), 2011; Prince & Dormand 8(7), 1981, with the interpolant of Bogacki & Shampine, 1990.
const runge_kutta_table& coefficients(scheme s);

/// How many of the first stages a step needs if no error is estimated.
int stages_of_a_step(const runge_kutta_table& t);

/// The largest violation of the conditions for order `order` at the fraction theta of a step, over all rooted trees with up to
/// that many vertices: |sum_i b_i(theta) Phi_i(tree) - theta^vertices / density(tree)| (Hairer, Norsett & Wanner I, section
/// II.2). theta = 1 uses b. `comparison`: of the solution b - error that the estimate compares with.
double order_defect(const runge_kutta_table& t, int order, double theta = 1, bool comparison = false);

}  // namespace dimwise
