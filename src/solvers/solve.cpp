// solvers/solve.cpp: windows of explicit steps, and rates at their ends.
#include <dimwise/solvers/solve.hpp>

#include <algorithm>
#include <cstdio>
#include <string>

#include <dimwise/core/error.hpp>

#include "solve_checks.hpp"
#include "stacked_system.hpp"

namespace dimwise {
namespace {

/// The largest rate at which the field damps at (t, x), in the direction of integration: of the diagonal where there is one
/// (growth does not limit explicit steps), else by a few steps of a power iteration with J'.
double largest_rate(detail::stacked_system& f, double t, const double* x, double direction) {
  double rate = 0;
  if (f.problem.kernels->diagonal) {
    f.diagonal_alone(t, x);
    for (const double v : f.diagonal) rate = !(-direction * v <= rate) ? -direction * v : rate;
    return rate;
  }
  std::vector<double> v(f.samples * f.d), w(v.size());
  for (std::size_t e = 0; e < v.size(); e++) v[e] = e % 2 ? 1.0 - 1e-3 * double(e % 97) : -1.0;
  for (int i = 0; i < 6; i++) {
    f.transposed_product(t, x, v.data(), w.data());
    rate = 0;
    for (std::size_t s = 0; s < f.samples; s++) {
      double before = 0, after = 0;
      for (std::size_t e = s * f.d; e < (s + 1) * f.d; e++) before += v[e] * v[e], after += w[e] * w[e];
      rate = std::max(rate, std::sqrt(after / std::max(before, 1e-300)));
      for (std::size_t e = s * f.d; e < (s + 1) * f.d; e++) v[e] = after > 0 ? w[e] / std::sqrt(after) : 1.0;
    }
  }
  return rate;
}

}  // namespace

automatic_solution solve(const ode_problem<double>& problem, const ode_start<double>& start, const solve_options& options,
                         team& workers) {
  detail::check_problem(problem, start);
  detail::check_tolerances(options.rtol, options.atol, options.atol_of, problem.dims());
  detail::check_saved_times(start, options.save_at);
  if (options.most_steps == 0) throw error("most_steps must be 1 or more");
  const std::size_t samples = start.samples, d = problem.dims(), q = problem.carried(), states = samples * d;
  automatic_solution out;
  out.saved_time = options.save_at;
  detail::stacked_system system(problem, samples, workers);
  std::vector<double> x(start.state, start.state + states), carried(samples * q, 0.0);
  if (start.carried) carried.assign(start.carried, start.carried + samples * q);
  double t = start.t0, length = 0;
  const double direction = start.t1 < start.t0 ? -1 : 1;
  std::size_t saved = 0;  // times of save_at that are behind
  const auto keep = [&](ode_solution<double>& part, std::size_t count) {
    out.saved.insert(out.saved.end(), part.saved.begin(), part.saved.begin() + std::ptrdiff_t(count * states));
    out.saved_carried.insert(out.saved_carried.end(), part.saved_carried.begin(),
                             part.saved_carried.begin() + std::ptrdiff_t(count * samples * q));
    saved += count;
    x = std::move(part.state), carried = std::move(part.carried);
  };
  bool stiff = false, done = samples == 0;
  double at_turn = 0;
  if (!done) {
    at_turn = out.rate = largest_rate(system, t, x.data(), direction);
    stiff = !(out.rate * std::abs(start.t1 - start.t0) < options.stiff_from);
  }
  explicit_memory<double> memory;
  ode_problem<double> of_windows = problem;
  if (!done && !stiff) of_windows.prepared = system.prepared();
  while (!done && !stiff) {
    explicit_options<double> o;
    o.rtol = options.rtol, o.atol = options.atol, o.atol_of = options.atol_of;
    o.control = error_control::per_batch;
    o.keep_steps = true;
    o.most_steps = 8;  // a window
    o.first_step = length;
    o.save_at.assign(options.save_at.begin() + std::ptrdiff_t(saved), options.save_at.end());
    auto part = solve_explicit<double>(of_windows, {samples, x.data(), carried.data(), t, start.t1}, o, workers, memory);
    out.counters += part.counters;
    t = part.end[0];
    length = part.next_step;  // also where all attempts were rejected: shorter ones are to follow
    std::size_t count = 0;
    while (count < o.save_at.size() && (o.save_at[count] - t) * direction <= 0) count++;
    done = part.status != solve_status::too_many_steps;
    out.status = done ? part.status : out.status;
    if (done) count = o.save_at.size();
    keep(part, count);
    if (done) break;
    at_turn = largest_rate(system, t, x.data(), direction);
    out.rate = std::max(out.rate, at_turn);
    stiff = !(at_turn * std::abs(start.t1 - t) < options.stiff_from);
    if (out.counters.accepted + out.counters.rejected >= options.most_steps)
      out.status = solve_status::too_many_steps, done = true;
  }
  out.text = std::string(sentence(out.status)) +
             (out.status == solve_status::success ? "" : " at time " + detail::number_text(t)) + " with Dopri5";
  out.counters += system.counters;
  if (!done) {
    implicit_options o;
    o.rtol = options.rtol, o.atol = options.atol, o.atol_of = options.atol_of, o.most_steps = options.most_steps;
    o.largest_sum = options.largest_sum;
    o.save_at.assign(options.save_at.begin() + std::ptrdiff_t(saved), options.save_at.end());
    // A Jacobian of few coordinates costs no more than a few evaluations, and is kept for tens of steps.
    if (d <= 8 || !problem.kernels->diagonal) o.how = d <= 32 ? corrector::newton : corrector::newton_krylov;
    auto part = solve_implicit(problem, {samples, x.data(), carried.data(), t, start.t1}, o, workers);
    out.counters += part.counters;
    out.status = part.status;
    out.turned_implicit = true;
    out.turned_at = t;
    out.error_sum = part.error_sum, out.error = part.error, out.tolerance_scale = part.tolerance_scale;
    out.radius = part.radius, out.fell_back = part.fell_back, out.fall_back_time = part.fall_back_time;
    const std::string before = t == start.t0 ? "" : "Dopri5 to time " + detail::number_text(t) + ", then ";
    const char* method = o.how == corrector::jacobi_newton ? "BDF with Jacobi-Newton"
                         : o.how == corrector::newton      ? "BDF with Newton"
                                                           : "BDF with Newton-Krylov";
    char why[96];
    std::snprintf(why, sizeof why, ": rates up to %.3g there, over a time of %.3g)", at_turn, std::abs(start.t1 - t));
    out.text = part.text + " (" + before + method + why;
    t = part.end[0];
    keep(part, o.save_at.size());
  }
  out.state = std::move(x), out.carried = std::move(carried);
  out.end.assign(samples, t);
  out.mean_evaluations = double(out.counters.field);
  return out;
}

automatic_solution solve(const ode_problem<double>& problem, const ode_start<double>& start, const solve_options& options,
                         int threads) {
  team workers(threads);
  return solve(problem, start, options, workers);
}

}  // namespace dimwise
