// solvers/stepping_chunk.hpp: rows of samples that step, are judged, saved, stopped and taken out.
#pragma once
#include <cmath>
#include <limits>
#include <vector>

#include <dimwise/solvers/explicit_solve.hpp>

#include "runge_kutta_chunk.hpp"

namespace dimwise::detail {

/// One sample on its way.
struct row_state {
  std::size_t id = 0;
  double t = 0, h = 0, previous_error = 1e-4, event = 0;
  bool after_rejection = false, last = false;
  std::size_t field = 0, accepted = 0, rejected = 0, next_save = 0;
};

/// An accepted step of a sample, for the record.
struct kept_step {
  std::size_t id;
  double t, h;
};

/// What the whole solve shares; arrays are written at places of their own by each sample.
template <class T>
struct solve_run {
  const ode_problem<T>& problem;
  const ode_start<T>& start;
  const explicit_options<T>& options;
  const runge_kutta_table& table;
  ode_solution<T>& out;
  std::vector<solve_status>& status;
  std::vector<row_state>& done;
  double direction;
  bool fixed;

  double scale_of(std::size_t i, T before, T after) const {
    const double a = i < options.atol_of.size() ? options.atol_of[i] : options.atol;
    return a + options.rtol * std::max(std::abs(double(before)), std::abs(double(after)));
  }
  bool dense() const { return !options.save_at.empty() || bool(options.event); }
};

/// Samples that one thread steps.
template <class T>
class stepping_chunk {
 public:
  detail::runge_kutta_chunk<T> rk;
  std::vector<row_state> rows;
  std::vector<double> errors;  ///< sum of squared scaled errors of each row
  std::vector<kept_step> kept;

  void begin(const solve_run<T>& run, std::size_t first, std::size_t count) {
    rk.begin(run.start, first, count);
    rows.assign(count, {});
    errors.resize(std::max(errors.size(), count));
    kept.clear();
    used_ = !run.fixed || run.dense() ? run.table.stages : stages_of_a_step(run.table);
    for (std::size_t s = 0; s < count; s++) {
      rows[s].id = first + s;
      rows[s].t = run.start.t0;
      if (run.options.event) rows[s].event = run.options.event(rk.x.data() + s * rk.d, run.start.t0);
      save_up_to(run, s, 0);
    }
    first_known_ = false;
  }

  /// k_0 = f at the start.
  void evaluate_start() {
    for (std::size_t s = 0; s < rk.n; s++) rk.time[s] = rows[s].t, rk.length[s] = 0, rows[s].field++;
    rk.set_kernel_time(0);
    rk.evaluate(rk.x.data(), 0);
    first_known_ = true;
  }

  /// After `evaluate_start`: whether x, f and what is carried of row s are finite.
  bool finite_start(std::size_t s) const {
    bool all = true;
    for (std::size_t e = s * rk.d; e < (s + 1) * rk.d; e++) all = all && std::isfinite(rk.x[e]) && std::isfinite(rk.k[0][e]);
    for (std::size_t j = 0; j < rk.q; j++)
      all = all && std::isfinite(rk.carried[s * rk.q + j]) && std::isfinite(rk.rates[0][j * rk.capacity + s]);
    return all;
  }
  /// Sums over coordinates of (x / scale)^2, (f / scale)^2 of a row; after `euler_step` also of the change of f.
  void start_norms(const solve_run<T>& run, std::size_t s, double& x2, double& f2) const {
    x2 = f2 = 0;
    for (std::size_t i = 0; i < rk.d; i++) {
      const std::size_t e = s * rk.d + i;
      const double scale = run.scale_of(i, rk.x[e], rk.x[e]);
      x2 += square(scaled(double(rk.x[e]), scale)), f2 += square(scaled(double(rk.k[0][e]), scale));
    }
  }
  void euler_step() {
    const double one = 1;
    rk.spread_lengths();
    rk.combine(&one, 1, rk.stage_x.data());
    for (std::size_t s = 0; s < rk.n; s++) rk.kernel_time[s] = T(rows[s].t + rk.length[s]), rows[s].field++;
    rk.evaluate(rk.stage_x.data(), 1);
  }
  double change_norm(const solve_run<T>& run, std::size_t s) const {
    double sum = 0;
    for (std::size_t i = 0; i < rk.d; i++) {
      const std::size_t e = s * rk.d + i;
      sum += square(scaled(double(rk.k[1][e]) - double(rk.k[0][e]), run.scale_of(i, rk.x[e], rk.x[e])));
    }
    return sum;
  }

  /// All stages of a step of every row, its end and (adaptive) errors.
  void attempt(const solve_run<T>& run) {
    for (std::size_t s = 0; s < rk.n; s++) {
      row_state& r = rows[s];
      if (run.fixed) {
        const double n = double(run.options.fixed_steps), done = double(r.accepted);
        r.t = run.start.t0 + (run.start.t1 - run.start.t0) * (done / n);
        r.h = (run.start.t1 - run.start.t0) / n;
        r.last = r.accepted + 1 == run.options.fixed_steps;
      } else {
        r.last = (r.t + 1.01 * r.h - run.start.t1) * run.direction >= 0;
        if (r.last) r.h = run.start.t1 - r.t;
      }
      rk.time[s] = r.t, rk.length[s] = r.h;
      r.field += std::size_t(used_) - first_known_;
    }
    rk.stages(first_known_ ? 1 : 0, used_);
    rk.finish(used_);
    if (!run.fixed)
      for (std::size_t s = 0; s < rk.n; s++) errors[s] = squared_errors(run, s);
  }

  /// Accepts, rejects or stops row s by its error norm; `false` where it is to be taken out.
  bool judge(const solve_run<T>& run, std::size_t s, double error) {
    row_state& r = rows[s];
    if (run.fixed) {
      if (!finite(s)) return stop(run, s, solve_status::not_finite);
      return accept(run, s);
    }
    const double order = run.table.error_order + 1;
    if (!std::isfinite(error)) error = 1e10;
    const double steps = double(r.accepted + r.rejected);
    if (error <= 1) {
      const double beta = 0.2 / order, alpha = 1 / order - 0.75 * beta, e = std::max(error, 1e-10);
      double factor = std::min(10.0, std::max(0.2, 0.9 * std::pow(e, -alpha) * std::pow(r.previous_error, beta)));
      if (r.after_rejection) factor = std::min(1.0, factor);
      r.previous_error = std::max(error, 1e-4);
      r.after_rejection = false;
      const double h = r.h;
      const bool goes_on = accept(run, s);
      r.h = limited(run, h * factor);
      if (!goes_on) return false;
    } else {
      r.rejected++;
      r.after_rejection = true;
      r.h *= error >= 1e10 ? 0.1 : std::max(0.2, 0.9 * std::pow(error, -1 / order));
      if (r.t + 0.1 * r.h == r.t) return stop(run, s, error >= 1e10 ? solve_status::not_finite : solve_status::step_too_small);
    }
    if (steps + 1 >= double(run.options.most_steps)) return stop(run, s, solve_status::too_many_steps);
    return true;
  }

  /// Row s ends here.
  bool stop(const solve_run<T>& run, std::size_t s, solve_status status) {
    row_state& r = rows[s];
    const T *x = rk.x.data() + s * rk.d, *carried = rk.carried.data() + s * rk.q;
    std::copy_n(x, rk.d, run.out.state.data() + r.id * rk.d);
    std::copy_n(carried, rk.q, run.out.carried.data() + r.id * rk.q);
    run.out.end[r.id] = r.t;
    for (std::size_t j = r.next_save; j < run.options.save_at.size(); j++) {
      std::copy_n(x, rk.d, run.out.saved.data() + (j * run.start.samples + r.id) * rk.d);
      std::copy_n(carried, rk.q, run.out.saved_carried.data() + (j * run.start.samples + r.id) * rk.q);
    }
    run.status[r.id] = status;
    run.done[r.id] = r;
    return false;
  }

  /// Takes out rows that are done; the others keep their order.
  void compact(const std::vector<char>& goes_on) {
    std::size_t to = 0;
    for (std::size_t s = 0; s < rk.n; s++) {
      if (!goes_on[s]) continue;
      if (to != s) move_row(s, to);
      to++;
    }
    rk.n = to;
  }
  void after_round(const solve_run<T>& run) { first_known_ = run.table.first_is_last && used_ == run.table.stages; }

  static double limited(const solve_run<T>& run, double h) {
    return std::abs(h) > run.options.largest_step ? run.direction * run.options.largest_step : h;
  }

 private:
  int used_ = 0;
  bool first_known_ = false;

  static double square(double a) { return a * a; }
  /// A coordinate that stays 0 has no relative error.
  static double scaled(double a, double scale) { return a == 0 ? 0 : a / scale; }
  bool finite(std::size_t s) const {
    for (std::size_t e = s * rk.d; e < (s + 1) * rk.d; e++)
      if (!std::isfinite(rk.next[e])) return false;
    for (std::size_t e = s * rk.q; e < (s + 1) * rk.q; e++)
      if (!std::isfinite(rk.next_carried[e])) return false;
    return true;
  }
  double squared_errors(const solve_run<T>& run, std::size_t s) const {
    const runge_kutta_table& t = run.table;
    double sum = 0;
    if (!finite(s)) return std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < rk.d; i++) {
      const std::size_t e = s * rk.d + i;
      double error = 0;
      for (int j = 0; j < t.stages; j++)
        if (t.error[j] != 0) error += t.error[j] * double(rk.k[j][e]);
      sum += square(scaled(rows[s].h * error, run.scale_of(i, rk.x[e], rk.next[e])));
    }
    for (std::size_t i = 0; i < rk.q && run.options.carried_counts; i++) {
      double error = 0;
      for (int j = 0; j < t.stages; j++)
        if (t.error[j] != 0) error += t.error[j] * double(rk.rates[j][i * rk.capacity + s]);
      const double size = std::max(std::abs(double(rk.carried[s * rk.q + i])), std::abs(double(rk.next_carried[s * rk.q + i])));
      sum += square(scaled(rows[s].h * error, run.options.atol + run.options.rtol * size));
    }
    return sum;
  }

  /// Weights of the dense output.
  void weights(const runge_kutta_table& t, double theta, double* w) const {
    for (int i = 0; i < t.stages; i++) {
      w[i] = 0;
      for (int k = t.powers; k-- > 0;) w[i] = (w[i] + t.dense[i][k]) * theta;
    }
  }
  void between(const runge_kutta_table& t, std::size_t s, double theta, T* x, T* carried) const {
    double w[runge_kutta_table::most_stages];
    weights(t, theta, w);
    const T h = T(rows[s].h);
    for (std::size_t i = 0; i < rk.d; i++) {
      T sum = 0;
      for (int j = 0; j < t.stages; j++) sum += T(w[j]) * rk.k[j][s * rk.d + i];
      x[i] = rk.x[s * rk.d + i] + h * sum;
    }
    for (std::size_t i = 0; i < rk.q && carried; i++) {
      T sum = 0;
      for (int j = 0; j < t.stages; j++) sum += T(w[j]) * rk.rates[j][i * rk.capacity + s];
      carried[i] = rk.carried[s * rk.q + i] + h * sum;
    }
  }

  /// Saves what lies within the step of row s up to the fraction `theta`; 0: the start of the solve.
  void save_up_to(const solve_run<T>& run, std::size_t s, double theta) {
    row_state& r = rows[s];
    const std::size_t samples = run.start.samples;
    while (r.next_save < run.options.save_at.size()) {
      const double t = run.options.save_at[r.next_save];
      const double at = r.h == 0 ? (t == r.t ? 0 : 2) : (t - r.t) / r.h;
      if (at > theta + 1e-12 * (theta > 0)) break;
      T* x = run.out.saved.data() + (r.next_save * samples + r.id) * rk.d;
      T* carried = run.out.saved_carried.data() + (r.next_save * samples + r.id) * rk.q;
      if (at <= 0) {
        std::copy_n(rk.x.begin() + std::ptrdiff_t(s * rk.d), rk.d, x);
        std::copy_n(rk.carried.begin() + std::ptrdiff_t(s * rk.q), rk.q, carried);
      } else if (at >= 1 - 1e-12) {
        std::copy_n(rk.next.begin() + std::ptrdiff_t(s * rk.d), rk.d, x);
        std::copy_n(rk.next_carried.begin() + std::ptrdiff_t(s * rk.q), rk.q, carried);
      } else {
        between(run.table, s, at, x, carried);
      }
      r.next_save++;
    }
  }

  /// The fraction of the step of row s at which the event function changes sign, or 2.
  double event_at(const solve_run<T>& run, std::size_t s) {
    row_state& r = rows[s];
    const double before = r.event;
    double after = run.options.event(rk.next.data() + s * rk.d, r.t + r.h);
    r.event = after;
    if (!((before < 0 && after >= 0) || (before > 0 && after <= 0))) return 2;
    if (after == 0) return 1;
    double low = 0, high = 1, f_low = before, f_high = after;  // regula falsi with halved ends (Illinois)
    T* x = rk.stage_x.data() + s * rk.d;
    for (int i = 0, side = 0; i < 100 && high - low > 1e-15; i++) {
      const double middle = (low * f_high - high * f_low) / (f_high - f_low);
      between(run.table, s, middle, x, nullptr);
      const double f = run.options.event(x, r.t + middle * r.h);
      if (f == 0) return middle;
      if ((f < 0) == (f_low < 0)) {
        low = middle, f_low = f;
        if (side == 1) f_high /= 2;
        side = 1;
      } else {
        high = middle, f_high = f;
        if (side == -1) f_low /= 2;
        side = -1;
      }
      if (f_high == f_low) break;
    }
    return high;
  }

  bool accept(const solve_run<T>& run, std::size_t s) {
    row_state& r = rows[s];
    r.accepted++;
    double stop_at = run.options.event ? event_at(run, s) : 2;
    if (!run.options.save_at.empty()) save_up_to(run, s, std::min(1.0, stop_at));
    if (run.options.keep_steps) kept.push_back({r.id, r.t, r.h});
    T *x = rk.x.data() + s * rk.d, *carried = rk.carried.data() + s * rk.q;
    if (stop_at <= 1) {
      between(run.table, s, stop_at, rk.stage_x.data() + s * rk.d, rk.next_carried.data() + s * rk.q);
      std::copy_n(rk.stage_x.data() + s * rk.d, rk.d, x);
      std::copy_n(rk.next_carried.data() + s * rk.q, rk.q, carried);
      r.t += stop_at * r.h;
      return stop(run, s, solve_status::stopped_at_event);
    }
    std::copy_n(rk.next.data() + s * rk.d, rk.d, x);
    std::copy_n(rk.next_carried.data() + s * rk.q, rk.q, carried);
    if (run.table.first_is_last && used_ == run.table.stages) {
      const int last = run.table.stages - 1;
      std::copy_n(rk.k[last].data() + s * rk.d, rk.d, rk.k[0].data() + s * rk.d);
      for (std::size_t j = 0; j < rk.q; j++) rk.rates[0][j * rk.capacity + s] = rk.rates[last][j * rk.capacity + s];
    }
    r.t = r.last ? run.start.t1 : r.t + r.h;
    return r.last ? stop(run, s, solve_status::success) : true;
  }

  void move_row(std::size_t from, std::size_t to) {
    const auto move = [&](aligned_vector<T>& v, std::size_t width) {
      std::copy_n(v.data() + from * width, width, v.data() + to * width);
    };
    rows[to] = rows[from];
    move(rk.x, rk.d), move(rk.carried, rk.q), move(rk.k[0], rk.d);
    for (std::size_t j = 0; j < rk.q; j++) rk.rates[0][j * rk.capacity + to] = rk.rates[0][j * rk.capacity + from];
    for (std::size_t j = 0; j < rk.inputs.size(); j++) move(rk.inputs[j], rk.input_width(j));
  }
};

}  // namespace dimwise::detail
