// solvers/jacobi_newton.cpp: blocks of samples from start to end, one thread each.
#include <dimwise/solvers/jacobi_newton.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include <dimwise/core/aligned.hpp>
#include <dimwise/core/error.hpp>

#include "prepared_parameters.hpp"
#include "solve_checks.hpp"

namespace dimwise {
namespace {

struct block_memory {
  aligned_vector<double> x, before, y, known, f, slope, diagonal, time, rates, old_rates, carried, workspace;
  std::vector<const double*> inputs;
  std::vector<double> correction;
  std::vector<char> busy, failed;
  std::size_t field = 0, diagonals = 0, iterations = 0;
};

class block_run {
 public:
  block_run(const ode_problem<double>& p, const ode_start<double>& start, const jacobi_newton_options& o,
            jacobi_newton_solution& out)
      : p_(p),
        start_(start),
        o_(o),
        out_(out),
        both_(*p.kernels->diagonal),
        whole_(p.kernels->whole()),
        d_(p.dims()),
        q_(p.carried()) {
    for (int j = 0; j < p.recording->constant_count; j++)
      constants_.push_back(p.constants ? p.constants[j] : p.recording->constants[j].value);
    h_ = (start.t1 - start.t0) / double(o.steps);
    implicit_ = o.formula == implicit_step::euler ? 1.0 : 0.5;
    prepared_both_.prepare(both_, p.parameters, start.samples % both_.block() != 0);
    if (q_ && !p.prepared) prepared_whole_.prepare(whole_, p.parameters, start.samples % both_.block() != 0);
  }
  void reserve(block_memory& m, std::size_t samples) const {
    for (auto* v : {&m.x, &m.before, &m.y, &m.known, &m.f, &m.slope, &m.diagonal}) v->resize(samples * d_);
    for (auto* v : {&m.rates, &m.old_rates, &m.carried}) v->resize(samples * q_);
    m.time.resize(samples), m.correction.resize(samples), m.busy.resize(samples), m.failed.resize(samples);
    m.workspace.resize(std::max(both_.evaluate_workspace(), whole_.evaluate_workspace()));
    m.inputs.resize(std::size_t(p_.recording->input_count));
  }

  void run(std::size_t begin, std::size_t end, block_memory& m) const {
    const std::size_t n = end - begin, all = n * d_;
    std::copy_n(start_.state + begin * d_, all, m.x.begin());
    std::copy_n(start_.state + begin * d_, all, m.before.begin());
    for (std::size_t e = 0; e < n * q_; e++) m.carried[e] = start_.carried ? start_.carried[begin * q_ + e] : 0;
    for (std::size_t j = 0; j < m.inputs.size(); j++) {
      const input_slot& s = p_.recording->inputs[j];
      m.inputs[j] = p_.inputs[j] + begin * std::size_t(s.width) * (s.l == level::dim ? d_ : 1);
    }
    m.field = m.diagonals = m.iterations = 0;
    std::fill_n(m.failed.begin(), n, char(0));
    for (std::size_t s = begin; s < end; s++) out_.rate[s] = 0, out_.end[s] = start_.t1;
    if (o_.formula != implicit_step::rosenbrock) evaluate(m, n, m.x.data(), start_.t0, m.slope.data());
    if (q_) rates(m, n, m.x.data(), start_.t0, m.old_rates.data());
    for (std::size_t step = 0; step < o_.steps; step++) {
      const double t = start_.t0 + (start_.t1 - start_.t0) * (double(step + 1) / double(o_.steps));
      if (o_.formula == implicit_step::rosenbrock) {
        two_stages(m, begin, n, t);
      } else {
        for (std::size_t e = 0; e < all; e++) {
          m.known[e] = m.x[e] + (1 - implicit_) * h_ * m.slope[e];
          m.y[e] = 2 * m.x[e] - m.before[e];
        }
        iterate(m, begin, n, t);
        for (std::size_t e = 0; e < all; e++) {
          if (m.failed[e / d_]) continue;
          m.slope[e] = (m.y[e] - m.known[e]) / (implicit_ * h_);  // f(y) of the solved equation
          m.before[e] = m.x[e], m.x[e] = m.y[e];
        }
      }
      if (q_) carry(m, n, t);
    }
    std::copy_n(m.x.begin(), all, out_.state.begin() + std::ptrdiff_t(begin * d_));
    std::copy_n(m.carried.begin(), n * q_, out_.carried.begin() + std::ptrdiff_t(begin * q_));
  }

 private:
  const ode_problem<double>& p_;
  const ode_start<double>& start_;
  const jacobi_newton_options& o_;
  jacobi_newton_solution& out_;
  const kernel_interface<double>&both_, &whole_;
  std::size_t d_, q_;
  aligned_vector<double> constants_;
  double h_, implicit_;
  detail::prepared_parameters<double> prepared_both_, prepared_whole_;

  arguments<double> at(block_memory& m, std::size_t n, const double* x, double t, const double* prepared) const {
    std::fill_n(m.time.begin(), n, t);
    return {n, x, m.time.data(), m.inputs.data(), constants_.data(), prepared};
  }
  void evaluate(block_memory& m, std::size_t n, const double* x, double t, double* f) const {
    double* out[] = {f, m.diagonal.data()};
    both_.evaluate(p_.parameters, at(m, n, x, t, prepared_both_.data()), 0, n, out, m.workspace.data());
    m.field++, m.diagonals++;
  }
  void rates(block_memory& m, std::size_t n, const double* x, double t, double* to) const {
    double* out[1 + most_carried] = {};
    for (std::size_t j = 0; j < q_; j++) out[1 + j] = to + j * n;
    whole_.evaluate(p_.parameters, at(m, n, x, t, p_.prepared ? p_.prepared : prepared_whole_.data()), 0, n, out,
                    m.workspace.data());
    m.field++;
  }
  void carry(block_memory& m, std::size_t n, double t) const {
    rates(m, n, m.x.data(), t, m.rates.data());
    for (std::size_t s = 0; s < n; s++)
      for (std::size_t j = 0; j < q_; j++)
        if (!m.failed[s])
          m.carried[s * q_ + j] += h_ * (implicit_ * m.rates[j * n + s] + (1 - implicit_) * m.old_rates[j * n + s]);
    std::swap(m.rates, m.old_rates);
  }

  /// One step of the Rosenbrock formula; the derivative by time is a difference over the step.
  void two_stages(block_memory& m, std::size_t begin, std::size_t n, double t) const {
    const double g = h_ * 1.7071067811865476;
    evaluate(m, n, m.x.data(), t, m.f.data());
    evaluate(m, n, m.x.data(), t - h_, m.slope.data());
    for (std::size_t e = 0; e < n * d_; e++) {
      m.known[e] = 1 / (1 - g * m.diagonal[e]);
      m.before[e] = g / h_ * (m.f[e] - m.slope[e]);
      m.slope[e] = (m.slope[e] + m.before[e]) * m.known[e];
      m.y[e] = m.x[e] + h_ * m.slope[e];
    }
    evaluate(m, n, m.y.data(), t, m.f.data());
    for (std::size_t s = 0; s < n; s++) {
      if (m.failed[s]) continue;
      bool finite = true;
      for (std::size_t e = s * d_; e < (s + 1) * d_; e++) {
        m.y[e] = m.x[e] + h_ * (1.5 * m.slope[e] + 0.5 * (m.f[e] - m.before[e] - 2 * m.slope[e]) * m.known[e]);
        finite = finite && std::isfinite(m.y[e]);
      }
      if (finite) std::copy_n(&m.y[s * d_], d_, &m.x[s * d_]);
      else m.failed[s] = 1, out_.end[begin + s] = t - h_;
    }
  }

  void iterate(block_memory& m, std::size_t begin, std::size_t n, double t) const {
    std::size_t left = 0;
    for (std::size_t s = 0; s < n; s++) m.busy[s] = !m.failed[s], left += m.busy[s];
    for (int i = 0; left > 0; i++) {
      evaluate(m, n, m.y.data(), t, m.f.data());
      m.iterations++;
      for (std::size_t s = 0; s < n; s++) {
        if (!m.busy[s]) continue;
        double sum = 0;
        for (std::size_t e = s * d_; e < (s + 1) * d_; e++) {
          const double change = (m.known[e] + implicit_ * h_ * m.f[e] - m.y[e]) / (1 - implicit_ * h_ * m.diagonal[e]);
          m.y[e] += change;
          const double scaled = change / (o_.atol + o_.rtol * std::max(std::abs(m.x[e]), std::abs(m.y[e])));
          sum += scaled * scaled;
        }
        const double size = std::sqrt(sum / double(d_)), ratio = i == 0 ? 0 : size / m.correction[s];
        m.correction[s] = size;
        // the ratio of corrections that are rounding errors says nothing
        if (i > 0 && size > 1e-6 * o_.convergence) out_.rate[begin + s] = std::max(out_.rate[begin + s], ratio);
        const double part = ratio < 1 ? std::max(ratio, 0.05) / (1 - ratio) : 1e9;
        const bool done = size == 0 || (i > 0 && size * part <= o_.convergence) || (i == 0 && size <= 1e-3 * o_.convergence);
        const bool lost = !std::isfinite(size) || i + 1 >= o_.most_iterations || (i > 3 && ratio > 2);
        if (!done && !lost) continue;
        m.busy[s] = 0, left--;
        if (done) continue;
        m.failed[s] = 1;
        out_.end[begin + s] = t - h_;
      }
    }
  }
};

}  // namespace

jacobi_newton_solution solve_jacobi_newton(const ode_problem<double>& problem, const ode_start<double>& start,
                                           const jacobi_newton_options& options, team& workers) {
  if (!problem.kernels->diagonal)
    throw error(
        "Jacobi-Newton needs the diagonal D<1>(f), and this vector field is dense: take solve_implicit with corrector::newton, "
        "or build the field from a hollow_net");
  if (options.steps == 0) throw error("the number of steps must be 1 or more");
  detail::check_problem(problem, start);
  detail::check_tolerances(options.rtol, options.atol, {}, problem.dims());
  jacobi_newton_solution out;
  out.state.resize(start.samples * problem.dims());
  out.carried.resize(start.samples * problem.carried());
  out.rate.resize(start.samples);
  out.end.resize(start.samples);
  const block_run run(problem, start, options, out);
  const std::size_t block = problem.kernels->diagonal->block(), size = 4 * block, blocks = (start.samples + size - 1) / size;
  std::vector<block_memory> memory(std::size_t(workers.threads()));
  for (block_memory& m : memory) run.reserve(m, std::min(size, start.samples));
  std::vector<solve_counters> work(blocks);
  const auto task = [&](std::size_t n, int thread) {
    block_memory& m = memory[std::size_t(thread)];
    run.run(n * size, std::min(start.samples, (n + 1) * size), m);
    work[n].field = m.field, work[n].diagonal = m.diagonals, work[n].iterations = m.iterations;
  };
  workers.run(blocks, std::cref(task));
  for (const solve_counters& w : work) {
    out.counters.field = std::max(out.counters.field, w.field);
    out.counters.diagonal = std::max(out.counters.diagonal, w.diagonal);
    out.counters.iterations = std::max(out.counters.iterations, w.iterations);
  }
  out.counters.accepted = options.steps;
  out.mean_evaluations = double(out.counters.field);
  std::size_t failed = 0, first = 0;
  for (std::size_t s = start.samples; s-- > 0;)
    if (out.end[s] != start.t1) failed++, first = s;
  const bool iterated = options.formula != implicit_step::rosenbrock;
  bool finite = true;
  for (std::size_t i = 0; i < problem.dims() && failed; i++)
    finite = finite && std::isfinite(out.state[first * problem.dims() + i]);
  if (failed) out.status = iterated && finite ? solve_status::no_convergence : solve_status::not_finite;
  out.text = sentence(out.status);
  if (failed)
    out.text += " for " + std::to_string(failed) + " samples (the first is " + std::to_string(first) + ", at time " +
                detail::number_text(out.end[first]) + ")";
  if (failed && finite)
    out.text += ": the diagonal does not dominate there, or the steps are too long; take shorter ones or solve_implicit";
  return out;
}

jacobi_newton_solution solve_jacobi_newton(const ode_problem<double>& problem, const ode_start<double>& start,
                                           const jacobi_newton_options& options, int threads) {
  team workers(threads);
  return solve_jacobi_newton(problem, start, options, workers);
}

}  // namespace dimwise
