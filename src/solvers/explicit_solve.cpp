// solvers/explicit_solve.cpp: steps of each sample alone or of all together, from the first step's length to the record of the
// work.
#include <dimwise/solvers/explicit_solve.hpp>

#include <cmath>
#include <functional>
#include <memory>
#include <string>

#include <dimwise/core/error.hpp>

#include "prepared_parameters.hpp"
#include "solve_checks.hpp"
#include "stepping_chunk.hpp"

namespace dimwise {
namespace {

using detail::kept_step;
using detail::row_state;
using detail::solve_run;
using detail::stepping_chunk;

/// Hairer, Norsett & Wanner I, II.4: from root mean squares of x, f and the change of f over an Euler step.
double euler_length(double x, double f) { return x < 1e-5 || f < 1e-5 ? 1e-6 : 0.01 * x / f; }
double first_length(double euler, double f, double change, int order) {
  const double largest = std::max(f, change / euler);
  const double h = largest <= 1e-15 ? std::max(1e-6, euler * 1e-3) : std::pow(0.01 / largest, 1.0 / order);
  const double length = std::min(100 * euler, h);
  return std::isfinite(length) && length > 0 ? length : 1e-6;  // the first step then says what is not finite
}

}  // namespace

template <class T>
struct explicit_memory<T>::parts {
  std::vector<detail::stepping_chunk<T>> chunks;
  std::vector<std::vector<char>> goes_on;
  std::vector<double> sums;
  std::vector<detail::row_state> done;
  std::vector<solve_status> status;
  detail::prepared_parameters<T> prepared;
};
template <class T>
explicit_memory<T>::explicit_memory() : parts_(std::make_unique<parts>()) {}
template <class T>
explicit_memory<T>::~explicit_memory() = default;
template <class T>
explicit_memory<T>::explicit_memory(explicit_memory&&) noexcept = default;
template class explicit_memory<float>;
template class explicit_memory<double>;

namespace {

template <class T>
void check_options(const ode_problem<T>& p, const ode_start<T>& start, const explicit_options<T>& o) {
  const runge_kutta_table& table = coefficients(o.method);
  detail::check_problem(p, start);
  if (o.fixed_steps == 0) {
    if (table.error_order == 0)
      throw error(std::string(table.name) + " has no error estimate: set fixed_steps, or take Bosh3, Dopri5, Tsit5 or Dopri8");
    detail::check_tolerances(o.rtol, o.atol, o.atol_of, p.dims());
    detail::check_step_lengths(o.first_step, o.largest_step);
    if (o.largest_step == 0) throw error("largest_step must be above zero");
    if (o.most_steps == 0) throw error("most_steps must be 1 or more");
  }
  detail::check_saved_times(start, o.save_at);
  if (o.event && o.fixed_steps == 0 && o.control == error_control::per_batch && start.samples > 1)
    throw error("an event stops samples at different times: use error_control::per_sample");
}

/// Sample by sample: every row of a chunk to its end.
template <class T>
void run_alone(const solve_run<T>& run, stepping_chunk<T>& c, std::vector<char>& goes_on) {
  if (!run.fixed) {
    c.evaluate_start();
    for (std::size_t s = 0; s < c.rk.n; s++) goes_on[s] = c.finite_start(s) || c.stop(run, s, solve_status::not_finite);
    c.compact(goes_on);
    if (run.options.first_step > 0) {
      for (std::size_t s = 0; s < c.rk.n; s++) c.rows[s].h = run.direction * run.options.first_step;
    } else {
      const double n = double(c.rk.d);
      for (std::size_t s = 0; s < c.rk.n; s++) {
        double x2, f2;
        c.start_norms(run, s, x2, f2);
        c.rk.length[s] =
            run.direction * std::min(euler_length(std::sqrt(x2 / n), std::sqrt(f2 / n)), std::abs(run.start.t1 - run.start.t0));
        c.rows[s].h = f2;
      }
      c.euler_step();
      for (std::size_t s = 0; s < c.rk.n; s++)
        c.rows[s].h = run.direction * first_length(std::abs(c.rk.length[s]), std::sqrt(c.rows[s].h / n),
                                                   std::sqrt(c.change_norm(run, s) / n), run.table.error_order + 1);
    }
    for (std::size_t s = 0; s < c.rk.n; s++) c.rows[s].h = stepping_chunk<T>::limited(run, c.rows[s].h);
  }
  while (c.rk.n > 0) {
    c.attempt(run);
    const double n = double(c.rk.d + (run.options.carried_counts ? c.rk.q : 0));
    bool all = true;
    for (std::size_t s = 0; s < c.rk.n; s++) {
      goes_on[s] = c.judge(run, s, std::sqrt(c.errors[s] / n));
      all = all && goes_on[s];
    }
    if (!all) c.compact(goes_on);
    c.after_round(run);
  }
}

/// All samples with one step size.
template <class T>
void run_together(const solve_run<T>& run, typename explicit_memory<T>::parts& m, std::size_t chunks, team& workers) {
  const std::size_t samples = run.start.samples, d = run.problem.dims();
  const auto each = [&](const auto& f) {
    const auto task = [&](std::size_t c, int) { f(c); };
    workers.run(chunks, std::cref(task));
  };
  const auto total = [&] {
    double sum = 0;
    for (std::size_t c = 0; c < chunks; c++) sum += m.sums[c];
    return sum;
  };
  const double n = double(samples * d);
  double h = run.options.first_step;
  each([&](std::size_t c) {
    stepping_chunk<T>& k = m.chunks[c];
    k.evaluate_start();
    m.sums[c] = 0;
    for (std::size_t s = 0; s < k.rk.n; s++) m.sums[c] += !k.finite_start(s);
  });
  if (total() > 0) {  // no step is short enough for that; the samples at fault are told from the others
    for (std::size_t c = 0; c < chunks; c++)
      for (std::size_t s = 0; s < m.chunks[c].rk.n; s++)
        m.chunks[c].stop(run, s, m.chunks[c].finite_start(s) ? solve_status::success : solve_status::not_finite);
    return;
  }
  if (h == 0) {
    double sums[2] = {0, 0};
    for (std::size_t c = 0; c < chunks; c++)
      for (std::size_t s = 0; s < m.chunks[c].rk.n; s++) {
        double x2, f2;
        m.chunks[c].start_norms(run, s, x2, f2);
        sums[0] += x2, sums[1] += f2;
      }
    const double f = std::sqrt(sums[1] / n);
    const double euler = std::min(euler_length(std::sqrt(sums[0] / n), f), std::abs(run.start.t1 - run.start.t0));
    each([&](std::size_t c) {
      std::fill_n(m.chunks[c].rk.length.begin(), m.chunks[c].rk.n, run.direction * euler);
      m.chunks[c].euler_step();
      m.sums[c] = 0;
      for (std::size_t s = 0; s < m.chunks[c].rk.n; s++) m.sums[c] += m.chunks[c].change_norm(run, s);
    });
    h = first_length(euler, f, std::sqrt(total() / n), run.table.error_order + 1);
  }
  h = stepping_chunk<T>::limited(run, run.direction * h);
  for (std::size_t c = 0; c < chunks; c++)
    for (row_state& r : m.chunks[c].rows) r.h = h;
  const double counted = double(samples * (d + (run.options.carried_counts ? run.problem.carried() : 0)));
  bool going = samples > 0;
  while (going) {
    each([&](std::size_t c) {
      stepping_chunk<T>& k = m.chunks[c];
      k.attempt(run);
      m.sums[c] = 0;
      for (std::size_t s = 0; s < k.rk.n; s++) m.sums[c] += k.errors[s];
    });
    const double norm = std::sqrt(total() / counted);
    each([&](std::size_t c) {
      stepping_chunk<T>& k = m.chunks[c];
      for (std::size_t s = 0; s < k.rk.n; s++) m.goes_on[c][s] = k.judge(run, s, norm);
      k.after_round(run);
    });
    going = m.goes_on[0][0];
  }
}

template <class T>
void collect(const solve_run<T>& run, typename explicit_memory<T>::parts& m, std::size_t chunks) {
  ode_solution<T>& out = run.out;
  const std::size_t samples = run.start.samples;
  std::size_t worst = 0;
  double evaluations = 0;
  for (std::size_t s = 0; s < samples; s++) {
    const row_state& r = m.done[s];
    out.counters.field = std::max(out.counters.field, r.field);
    out.counters.accepted = std::max(out.counters.accepted, r.accepted);
    out.counters.rejected = std::max(out.counters.rejected, r.rejected);
    evaluations += double(r.field);
    if (m.status[s] > m.status[worst]) worst = s;
  }
  out.mean_evaluations = samples ? evaluations / double(samples) : 0;
  out.status = samples ? m.status[worst] : solve_status::success;
  out.text = sentence(out.status);
  if (out.status != solve_status::success)
    out.text += " (sample " + std::to_string(worst) + " at time " + detail::number_text(out.end[worst]) + ")";
  if (out.status == solve_status::too_many_steps || out.status == solve_status::step_too_small)
    out.text += ". The problem may be stiff: an implicit method takes fewer steps there";
  if (samples && !run.fixed) out.next_step = std::abs(m.done[0].h);
  if (!run.options.keep_steps) return;
  const bool one = run.fixed || run.options.control == error_control::per_batch;
  step_record& k = out.steps;
  k.columns = one ? 1 : std::max<std::size_t>(1, samples);
  k.time.assign(out.counters.accepted * k.columns, run.start.t1);
  k.length.assign(k.time.size(), 0.0);
  std::vector<std::size_t> next(samples, 0);
  for (std::size_t c = 0; c < chunks; c++)
    for (const kept_step& step : m.chunks[c].kept) {
      if (one && step.id > 0) continue;
      const std::size_t at = next[step.id]++ * k.columns + (one ? 0 : step.id);
      k.time[at] = step.t, k.length[at] = step.h;
    }
}

}  // namespace

template <class T>
ode_solution<T> solve_explicit(const ode_problem<T>& problem, const ode_start<T>& start, const explicit_options<T>& options,
                               team& workers, explicit_memory<T>& memory) {
  check_options(problem, start, options);
  const std::size_t samples = start.samples, d = problem.dims(), q = problem.carried();
  ode_solution<T> out;
  auto& m = memory.get();
  out.state.assign(start.state, start.state + samples * d);
  out.carried.assign(samples * q, T(0));
  if (start.carried) out.carried.assign(start.carried, start.carried + samples * q);
  out.end.assign(samples, start.t1);
  out.saved_time = options.save_at;
  out.saved.resize(options.save_at.size() * samples * d);
  out.saved_carried.resize(options.save_at.size() * samples * q);
  m.status.assign(samples, solve_status::success);
  m.done.assign(samples, {});
  const solve_run<T> run{problem,
                         start,
                         options,
                         coefficients(options.method),
                         out,
                         m.status,
                         m.done,
                         start.t1 < start.t0 ? -1.0 : 1.0,
                         options.fixed_steps > 0};
  if (start.t0 == start.t1) {
    for (std::size_t j = 0; j < options.save_at.size(); j++) {
      std::copy(out.state.begin(), out.state.end(), out.saved.begin() + std::ptrdiff_t(j * samples * d));
      std::copy(out.carried.begin(), out.carried.end(), out.saved_carried.begin() + std::ptrdiff_t(j * samples * q));
    }
    out.text = sentence(out.status);
    return out;
  }
  // A chunk and its stages stay in the second cache; its size depends on the problem alone, so that sums have a fixed order.
  const std::size_t block = problem.kernels->whole().block();
  const std::size_t fitting = (std::size_t(256) << 10) / (sizeof(T) * (d + q) * std::size_t(run.table.stages + 4));
  const std::size_t size = std::max<std::size_t>(1, std::min<std::size_t>(8, fitting / block)) * block;
  const std::size_t chunks = (samples + size - 1) / size;
  const bool together = !run.fixed && options.control == error_control::per_batch;
  const std::size_t held = together || options.keep_steps ? chunks : std::min(chunks, std::size_t(workers.threads()));
  if (m.chunks.size() < held) m.chunks.resize(held), m.goes_on.resize(held);
  m.sums.resize(std::max(m.sums.size(), chunks));
  // Alone, samples end at times of their own: few of them are left at the end.
  const kernel_interface<T>& kernel = problem.kernels->whole();
  if (!problem.prepared) m.prepared.prepare(kernel, problem.parameters, samples % block != 0 || (!together && !run.fixed));
  for (std::size_t c = 0; c < held; c++) {
    m.chunks[c].rk.reserve(problem, run.table, std::min(size, samples));
    m.chunks[c].rk.prepared = problem.prepared ? problem.prepared : m.prepared.data();
    m.goes_on[c].resize(size);
  }
  const auto begin = [&](std::size_t c, std::size_t n) { m.chunks[c].begin(run, n * size, std::min(samples - n * size, size)); };
  if (together) {
    for (std::size_t c = 0; c < chunks; c++) begin(c, c);
    run_together(run, m, chunks, workers);
  } else {
    const auto task = [&](std::size_t n, int thread) {
      const std::size_t c = held == chunks ? n : std::size_t(thread);
      begin(c, n);
      run_alone(run, m.chunks[c], m.goes_on[c]);
    };
    workers.run(chunks, std::cref(task));
  }
  collect(run, m, chunks);
  return out;
}

template <class T>
ode_solution<T> solve_explicit(const ode_problem<T>& problem, const ode_start<T>& start, const explicit_options<T>& options,
                               int threads) {
  team workers(threads);
  explicit_memory<T> memory;
  return solve_explicit(problem, start, options, workers, memory);
}

#define DIMWISE_INSTANTIATE(T)                                                                                              \
  template ode_solution<T> solve_explicit<T>(const ode_problem<T>&, const ode_start<T>&, const explicit_options<T>&, team&, \
                                             explicit_memory<T>&);                                                          \
  template ode_solution<T> solve_explicit<T>(const ode_problem<T>&, const ode_start<T>&, const explicit_options<T>&, int);
DIMWISE_INSTANTIATE(float)
DIMWISE_INSTANTIATE(double)
#undef DIMWISE_INSTANTIATE

}  // namespace dimwise
