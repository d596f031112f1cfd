// solvers/implicit_solve.cpp: solves by CVODE under a watch over what the diagonal leaves out, repeated where local errors add
// up.
#include <dimwise/solvers/implicit_solve.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

#include <dimwise/core/error.hpp>

#include "cvode_integrator.hpp"
#include "solve_checks.hpp"

namespace dimwise {
namespace {

void check_options(const ode_problem<double>& p, const ode_start<double>& start, const implicit_options& o) {
  if (o.how == corrector::jacobi_newton && !p.kernels->diagonal)
    throw error(
        "Jacobi-Newton needs the diagonal D<1>(f), and this vector field is dense: take corrector::newton_krylov, or build the "
        "field from a hollow_net");
  detail::check_problem(p, start);
  detail::check_tolerances(o.rtol, o.atol, o.atol_of, p.dims());
  detail::check_step_lengths(o.first_step, o.largest_step);
  detail::check_saved_times(start, o.save_at);
  const int most = o.formula == multistep::bdf ? 5 : 12;
  if (o.largest_order < 0 || o.largest_order > most)
    throw error("largest_order must be 1 to " + std::to_string(most) + " here (0: the solver's choice); it is " +
                std::to_string(o.largest_order));
  if (o.anderson < 0) throw error("anderson must not be negative");
  if (o.most_steps == 0) throw error("most_steps must be 1 or more");
}

solve_status status_of(int code) {
  switch (code) {
    case CV_TOO_CLOSE:
    case CV_ERR_FAILURE: return solve_status::step_too_small;
    case CV_FIRST_RHSFUNC_ERR:
    case CV_REPTD_RHSFUNC_ERR:
    case CV_UNREC_RHSFUNC_ERR:
    case CV_RHSFUNC_FAIL: return solve_status::not_finite;
    default: return solve_status::no_convergence;
  }
}

corrector fallback(const ode_problem<double>& problem) {
  return problem.dims() <= 64 ? corrector::newton : corrector::newton_krylov;
}

/// One solve, from the start once more where Jacobi-Newton is given up.
implicit_solution solve_once(const ode_problem<double>& problem, const ode_start<double>& start, const implicit_options& options,
                             team& workers) {
  const std::size_t samples = start.samples, d = problem.dims(), q = problem.carried(), states = samples * d;
  implicit_solution out;
  out.saved_time = options.save_at;
  out.saved.resize(options.save_at.size() * states);
  out.saved_carried.resize(options.save_at.size() * samples * q);
  out.text = sentence(out.status);
  detail::stacked_system system(problem, samples, workers);
  std::vector<double> y(system.size(), 0.0);
  std::copy_n(start.state, states, y.begin());
  if (start.carried) std::copy_n(start.carried, samples * q, y.begin() + std::ptrdiff_t(states));
  double t = start.t0;
  std::size_t saved = 0, steps = 0, next_probe = 0;
  bool without_weight = false;
  const double direction = start.t1 < start.t0 ? -1 : 1;
  const auto save = [&](const double* from) {
    std::copy_n(from, states, out.saved.begin() + std::ptrdiff_t(saved * states));
    std::copy_n(from + states, samples * q, out.saved_carried.begin() + std::ptrdiff_t(saved * samples * q));
    saved++;
  };
  while (saved < options.save_at.size() && options.save_at[saved] == start.t0) save(y.data());

  if (samples > 0 && start.t1 != start.t0) {
    corrector how = options.how;
    const bool watched = options.watch && how == corrector::jacobi_newton;
    detail::contraction_watch watch(system);
    auto run = std::make_unique<detail::cvode_integrator>(system, options, how, t, y.data(), direction);
    std::vector<double> buffer(system.size());
    detail::error_sum sum(system.size());
    const std::size_t saved_before = saved;
    // From the start: what an iteration that hides its error has left in the state by now cannot be told.
    const auto fall_back = [&] {
      run->count(system.counters);
      how = fallback(problem);
      out.fell_back = true;
      out.fall_back_time = t;
      t = start.t0, saved = saved_before;
      sum.clear();
      run = std::make_unique<detail::cvode_integrator>(system, options, how, t, y.data(), direction);
    };
    while ((start.t1 - t) * direction > 0) {
      CVodeSetStopTime(run->memory(), start.t1);
      const int code = run->step(start.t1, t);
      if (code < 0) {
        if (watched && how == corrector::jacobi_newton && (code == CV_CONV_FAILURE || code == CV_LSOLVE_FAIL)) {
          fall_back();
          continue;
        }
        out.status = status_of(code);
        for (std::size_t e = 0; e < system.size() && code == CV_ILL_INPUT; e++)
          without_weight =
              without_weight || options.rtol * std::abs(run->data()[e]) +
                                        (e < states && !options.atol_of.empty() ? options.atol_of[e % d] : options.atol) ==
                                    0;
        break;
      }
      if (options.largest_sum > 0 && run->knows_diagonal()) run->add_error(sum);
      while (saved < options.save_at.size() && (options.save_at[saved] - t) * direction <= 0) {
        run->between(options.save_at[saved], buffer.data());
        save(buffer.data());
      }
      if (watched && how == corrector::jacobi_newton && steps >= next_probe) {
        const double radius = run->probe(watch, t);
        const std::size_t every = std::size_t(std::max(1, options.watch_every));
        next_probe = steps + (watch.probes() > 6 && radius < 0.3 * options.largest_radius ? 4 * every : every);
        out.radius = std::max(out.radius, radius);
        run->ask_for(radius > 0.3 * options.largest_radius ? 0.1 : 1);  // what slow modes keep adds up over the steps
        if (radius > options.largest_radius) {
          fall_back();
          continue;
        }
      }
      if (++steps >= options.most_steps) {
        out.status = solve_status::too_many_steps;
        break;
      }
    }
    std::copy_n(run->data(), system.size(), y.begin());
    run->count(system.counters);
    out.error_sum = sum.largest();
  }
  out.state.assign(y.begin(), y.begin() + std::ptrdiff_t(states));
  out.carried.assign(y.begin() + std::ptrdiff_t(states), y.end());
  out.end.assign(samples, t);
  for (; saved < options.save_at.size();) save(y.data());
  out.counters = system.counters;
  out.mean_evaluations = double(out.counters.field);
  out.text = sentence(out.status);
  if (out.status != solve_status::success) out.text += " at time " + detail::number_text(t);
  if (without_weight)
    out.text += ": a coordinate is 0 there and has no absolute tolerance, so that no error is small enough; set atol above zero";
  if (out.fell_back)
    out.text += std::string(". Solved by ") + (fallback(problem) == corrector::newton ? "Newton" : "Newton-Krylov") +
                ", after Jacobi-Newton to time " + detail::number_text(out.fall_back_time) +
                ": what the diagonal leaves out of the Jacobian let it contract by no more than " + std::to_string(out.radius) +
                ", where its corrections no longer tell its error";
  return out;
}

implicit_options with_tolerances(implicit_options o, double factor) {
  o.rtol *= factor, o.atol *= factor;
  for (double& a : o.atol_of) a *= factor;
  return o;
}

/// Root mean square of the difference of two ends, in units of the tolerance.
double difference(const implicit_solution& a, const implicit_solution& b, const implicit_options& o) {
  double sum = 0;
  const auto add = [&](double x, double y, double atol) {
    const double e = (x - y) / std::max(o.rtol * std::abs(y) + atol, 1e-300);
    sum += e * e;
  };
  for (std::size_t e = 0; e < b.state.size(); e++)
    add(a.state[e], b.state[e], o.atol_of.empty() ? o.atol : o.atol_of[e % o.atol_of.size()]);
  for (std::size_t e = 0; e < b.carried.size(); e++) add(a.carried[e], b.carried[e], o.atol);
  return std::sqrt(sum / double(b.state.size() + b.carried.size()));
}

std::string number(double x) {
  char s[32];
  std::snprintf(s, sizeof s, "%.2g", x);
  return s;
}

/// Solves again where the local errors of the first solve added up, with smaller tolerances until two solutions agree.
implicit_solution solve_again(const ode_problem<double>& problem, const ode_start<double>& start, const implicit_options& options,
                              team& workers, implicit_solution best) {
  constexpr double power = 0.75;  // errors at the end go with tolerance^(q / (q + 1)), q: the order, here 3
  constexpr double smallest_rtol = 1e-14;
  implicit_options again = options;
  solve_counters total = best.counters;
  const std::size_t steps = best.counters.accepted;
  std::string tried;
  double scale = 1, error = -1;
  bool ended = true;
  for (int round = 0; round < 4 && ended && !(error >= 0 && error <= options.largest_error); round++) {
    const double factor = error < 0 ? 0.1 : std::clamp(std::pow(0.5 * options.largest_error / error, 1 / power), 1e-3, 0.3);
    if (options.rtol > 0 && options.rtol * scale * factor < smallest_rtol) break;
    if (best.fell_back) again.how = fallback(problem);
    implicit_solution next = solve_once(problem, start, with_tolerances(again, scale * factor), workers);
    total += next.counters;
    tried += (tried.empty() ? "" : ", ") + number(scale * factor);
    ended = next.ok();
    if (!ended) break;
    error = difference(next, best, options) / (std::pow(factor, -power) - 1);
    scale *= factor;
    next.radius = std::max(next.radius, best.radius), next.error_sum = best.error_sum;
    if (best.fell_back) next.fell_back = true, next.fall_back_time = best.fall_back_time, next.text = best.text;
    best = std::move(next);
  }
  best.counters = total;
  best.mean_evaluations = double(total.field);
  best.error = std::max(error, 0.0), best.tolerance_scale = scale;
  best.text += ". The local errors of " + std::to_string(steps) + " steps added up, on the way to " + number(best.error_sum) +
               " tolerances";
  if (!tried.empty()) best.text += ", so that it was solved again with the tolerances times " + tried;
  if (!ended) best.text += ", which did not reach the end";
  if (error >= 0) best.text += ": the error at the end is estimated as " + number(error) + " tolerances";
  return best;
}

}  // namespace

implicit_solution solve_implicit(const ode_problem<double>& problem, const ode_start<double>& start,
                                 const implicit_options& options, team& workers) {
  check_options(problem, start, options);
  implicit_solution out = solve_once(problem, start, options, workers);
  if (!out.ok() || !(options.largest_sum > 0) || out.error_sum <= options.largest_sum) return out;
  return solve_again(problem, start, options, workers, std::move(out));
}

implicit_solution solve_implicit(const ode_problem<double>& problem, const ode_start<double>& start,
                                 const implicit_options& options, int threads) {
  team workers(threads);
  return solve_implicit(problem, start, options, workers);
}

}  // namespace dimwise
