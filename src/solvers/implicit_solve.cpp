// solvers/implicit_solve.cpp: CVODE with our f, our linear solvers, and a watch over what the diagonal leaves out.
#include <dimwise/solvers/implicit_solve.hpp>

#include <cvode/cvode.h>
#include <cvode/cvode_ls.h>
#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_band.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunmatrix/sunmatrix_band.h>
#include <sunmatrix/sunmatrix_dense.h>
#include <sunnonlinsol/sunnonlinsol_fixedpoint.h>

#include <memory>
#include <string>

#include <dimwise/core/error.hpp>

#include "contraction_watch.hpp"
#include "diagonal_corrector.hpp"
#include "solve_checks.hpp"
#include "stacked_system.hpp"

namespace dimwise {
namespace {

struct delete_context { void operator()(SUNContext c) const { SUNContext_Free(&c); } };
struct delete_cvode { void operator()(void* m) const { CVodeFree(&m); } };
struct delete_vector { void operator()(N_Vector v) const { N_VDestroy(v); } };
struct delete_matrix { void operator()(SUNMatrix a) const { SUNMatDestroy(a); } };
struct delete_linear { void operator()(SUNLinearSolver s) const { SUNLinSolFree(s); } };
struct delete_nonlinear { void operator()(SUNNonlinearSolver s) const { SUNNonlinSolFree(s); } };
template <class T, class Delete>
using owned = std::unique_ptr<std::remove_pointer_t<T>, Delete>;

/// One integrator; a fallback makes another one.
class integrator {
 public:
  detail::stacked_system& system;
  corrector how;

  integrator(detail::stacked_system& s, const implicit_options& o, corrector c, double t, const double* y, double direction) : system(s), how(c) {
    SUNContext made = nullptr;
    if (SUNContext_Create(nullptr, &made) != 0) throw error("SUNDIALS could not be started");
    context_.reset(made);
    const sunindextype n = sunindextype(s.size());
    y_.reset(N_VNew_Serial(n, made));
    std::copy_n(y, n, data());
    memory_.reset(CVodeCreate(o.formula == multistep::bdf ? CV_BDF : CV_ADAMS, made));
    void* m = memory_.get();
    if (!m || CVodeInit(m, right_side, t, y_.get()) != CV_SUCCESS) throw error("CVODE could not be started");
    set_tolerances(o);
    CVodeSetUserData(m, this);
    CVodeSetMaxNumSteps(m, 100000000);
    CVodeSetMaxHnilWarns(m, -1);
    CVodeSetErrFile(m, nullptr);
    const bool jacobi = c == corrector::jacobi_newton;
    CVodeSetMaxOrd(m, o.largest_order ? o.largest_order : o.formula == multistep::bdf ? 5 : jacobi ? 3 : 12);
    convergence_ = o.convergence > 0 ? o.convergence : 0.1;
    ask_for(1);
    if (o.first_step > 0) CVodeSetInitStep(m, direction * o.first_step);
    if (o.largest_step > 0) CVodeSetMaxStep(m, o.largest_step);
    set_corrector(o);
  }

  double* data() { return N_VGetArrayPointer(y_.get()); }
  void* memory() { return memory_.get(); }
  /// One step; CVODE's return value.
  int step(double to, double& t) { return CVode(memory_.get(), to, y_.get(), &t, CV_ONE_STEP); }
  /// The corrector's error, as a part of its usual one.
  void ask_for(double part) { CVodeSetNonlinConvCoef(memory_.get(), part * convergence_); }
  /// One probe of the watch; Jacobi-Newton goes on with the radius.
  double probe(detail::contraction_watch& watch, double t) {
    const double radius = watch.probe(t, data(), gamma());
    diagonal_->radius(radius);
    return radius;
  }
  double gamma() {
    double g = 0;
    CVodeGetCurrentGamma(memory_.get(), &g);
    return g;
  }
  /// The solution at a time within the last step.
  void between(double t, double* to) {
    if (!between_) between_.reset(N_VClone(y_.get()));
    CVodeGetDky(memory_.get(), t, 0, between_.get());
    std::copy_n(N_VGetArrayPointer(between_.get()), system.size(), to);
  }
  /// Adds the steps and iterations of this integrator to the counters.
  void count(solve_counters& c) {
    long steps = 0, failed = 0, iterations = 0, failed_corrections = 0;
    CVodeGetNumSteps(memory_.get(), &steps);
    CVodeGetNumErrTestFails(memory_.get(), &failed);
    CVodeGetNonlinSolvStats(memory_.get(), &iterations, &failed_corrections);
    c.accepted += std::size_t(steps), c.rejected += std::size_t(failed + failed_corrections), c.iterations += std::size_t(iterations);
  }

 private:
  owned<SUNContext, delete_context> context_;
  owned<N_Vector, delete_vector> y_, tolerance_, between_;
  owned<SUNMatrix, delete_matrix> matrix_;
  owned<SUNLinearSolver, delete_linear> linear_;
  owned<SUNNonlinearSolver, delete_nonlinear> nonlinear_;
  std::unique_ptr<detail::diagonal_corrector> diagonal_;
  std::unique_ptr<void, delete_cvode> memory_;
  std::vector<double> moved_;
  double convergence_ = 0.1;

  void set_tolerances(const implicit_options& o) {
    if (o.atol_of.empty()) {
      CVodeSStolerances(memory_.get(), o.rtol, o.atol);
      return;
    }
    tolerance_.reset(N_VClone(y_.get()));
    double* a = N_VGetArrayPointer(tolerance_.get());
    const std::size_t states = system.samples * system.d;
    for (std::size_t e = 0; e < system.size(); e++) a[e] = e < states ? o.atol_of[e % system.d] : o.atol;
    CVodeSVtolerances(memory_.get(), o.rtol, tolerance_.get());
  }

  void set_corrector(const implicit_options& o) {
    void* m = memory_.get();
    SUNContext c = context_.get();
    const sunindextype n = sunindextype(system.size()), d = sunindextype(system.d);
    switch (how) {
      case corrector::functional:
        nonlinear_.reset(SUNNonlinSol_FixedPoint(y_.get(), o.anderson, c));
        CVodeSetNonlinearSolver(m, nonlinear_.get());
        break;
      case corrector::jacobi_newton:
        diagonal_ = std::make_unique<detail::diagonal_corrector>(system, o.formula == multistep::bdf ? 5 : 1, c);
        diagonal_->gamma = [this] { return gamma(); };
        diagonal_->order = [this] {
          int q = 1;
          CVodeGetCurrentOrder(memory_.get(), &q);
          return q;
        };
        CVodeSetNonlinearSolver(m, diagonal_->solver());
        break;
      case corrector::newton:
        if (system.samples == 1 && system.q == 0) {
          matrix_.reset(SUNDenseMatrix(n, n, c));
          linear_.reset(SUNLinSol_Dense(y_.get(), matrix_.get(), c));
        } else {  // a block for each sample lies within a band
          matrix_.reset(SUNBandMatrix(n, d - 1, d - 1, c));
          linear_.reset(SUNLinSol_Band(y_.get(), matrix_.get(), c));
        }
        CVodeSetLinearSolver(m, linear_.get(), matrix_.get());
        CVodeSetJacFn(m, whole_jacobian);
        break;
      case corrector::newton_krylov:
        moved_.resize(system.size() * 2);
        linear_.reset(SUNLinSol_SPGMR(y_.get(), system.problem.kernels->diagonal ? SUN_PREC_LEFT : SUN_PREC_NONE, int(std::min<sunindextype>(n, 20)), c));
        CVodeSetLinearSolver(m, linear_.get(), nullptr);
        CVodeSetJacTimes(m, nullptr, product);
        CVodeSetEpsLin(m, 1e-3);  // a slow mode is small in the preconditioned residual, too
        if (system.problem.kernels->diagonal) CVodeSetPreconditioner(m, update_diagonal, precondition);
        break;
    }
  }

  static integrator& self(void* user) { return *static_cast<integrator*>(user); }
  static int right_side(double t, N_Vector y, N_Vector out, void* user) {
    integrator& s = self(user);
    return s.system.field(t, N_VGetArrayPointer(y), N_VGetArrayPointer(out), s.how == corrector::jacobi_newton) ? 0 : 1;
  }
  void divide(double gamma, const double* b, double* x) const {
    const std::size_t states = system.samples * system.d;
    for (std::size_t e = 0; e < system.size(); e++) x[e] = e < states ? b[e] / (1 - gamma * system.diagonal[e]) : b[e];
  }
  static int whole_jacobian(double t, N_Vector y, N_Vector, SUNMatrix a, void* user, N_Vector, N_Vector, N_Vector) {
    detail::stacked_system& f = self(user).system;
    const bool dense = SUNMatGetID(a) == SUNMATRIX_DENSE;
    f.jacobian(t, N_VGetArrayPointer(y), [&](std::size_t i, const double* row) {
      for (std::size_t s = 0; s < f.samples; s++)
        for (std::size_t j = 0; j < f.d; j++) {
          const sunindextype r = sunindextype(s * f.d + i), c = sunindextype(s * f.d + j);
          (dense ? SM_ELEMENT_D(a, r, c) : SM_ELEMENT_B(a, r, c)) = row[s * f.d + j];
        }
    });
    return 0;
  }
  /// J v by a forward difference of f, as CVODE's own, with a step of the length that the tolerances allow for.
  static int product(N_Vector v, N_Vector jv, double t, N_Vector y, N_Vector fy, void* user, N_Vector weight_memory) {
    integrator& s = self(user);
    CVodeGetErrWeights(s.memory_.get(), weight_memory);
    const double length = N_VWrmsNorm(v, weight_memory);
    if (length == 0) {
      N_VConst(0, jv);
      return 0;
    }
    const double step = 1 / length;
    const std::size_t n = s.system.size();
    const double *from = N_VGetArrayPointer(y), *along = N_VGetArrayPointer(v), *at = N_VGetArrayPointer(fy);
    double *moved = s.moved_.data(), *to = N_VGetArrayPointer(jv);
    for (std::size_t e = 0; e < n; e++) moved[e] = from[e] + step * along[e];
    s.system.counters.products++;
    if (!s.system.field(t, moved, moved + n, false)) return 1;
    for (std::size_t e = 0; e < n; e++) to[e] = (moved[n + e] - at[e]) / step;
    return 0;
  }
  static int update_diagonal(double t, N_Vector y, N_Vector, int still_good, int* renewed, double, void* user) {
    *renewed = !still_good;
    if (!still_good) self(user).system.diagonal_alone(t, N_VGetArrayPointer(y));
    return 0;
  }
  static int precondition(double, N_Vector, N_Vector, N_Vector r, N_Vector z, double gamma, double, int, void* user) {
    self(user).divide(gamma, N_VGetArrayPointer(r), N_VGetArrayPointer(z));
    return 0;
  }
};

void check_options(const ode_problem<double>& p, const ode_start<double>& start, const implicit_options& o) {
  if (o.how == corrector::jacobi_newton && !p.kernels->diagonal)
    throw error("Jacobi-Newton needs the diagonal D<1>(f), and this vector field is dense: take corrector::newton_krylov, or build the field from a hollow_net");
  detail::check_problem(p, start);
  detail::check_tolerances(o.rtol, o.atol, o.atol_of, p.dims());
  detail::check_step_lengths(o.first_step, o.largest_step);
  detail::check_saved_times(start, o.save_at);
  const int most = o.formula == multistep::bdf ? 5 : 12;
  if (o.largest_order < 0 || o.largest_order > most)
    throw error("largest_order must be 1 to " + std::to_string(most) + " here (0: the solver's choice); it is " + std::to_string(o.largest_order));
  if (o.anderson < 0) throw error("anderson must not be negative");
  if (o.most_steps == 0) throw error("most_steps must be 1 or more");
}

solve_status status_of(int code) {
  switch (code) {
    case CV_TOO_CLOSE: case CV_ERR_FAILURE: return solve_status::step_too_small;
    case CV_FIRST_RHSFUNC_ERR: case CV_REPTD_RHSFUNC_ERR: case CV_UNREC_RHSFUNC_ERR: case CV_RHSFUNC_FAIL: return solve_status::not_finite;
    default: return solve_status::no_convergence;
  }
}

}  // namespace

implicit_solution solve_implicit(const ode_problem<double>& problem, const ode_start<double>& start, const implicit_options& options, team& workers) {
  check_options(problem, start, options);
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
    auto run = std::make_unique<integrator>(system, options, how, t, y.data(), direction);
    std::vector<double> buffer(system.size());
    const std::size_t saved_before = saved;
    // From the start: what an iteration that hides its error has left in the state by now cannot be told.
    const auto fall_back = [&] {
      run->count(system.counters);
      how = d <= 64 ? corrector::newton : corrector::newton_krylov;
      out.fell_back = true;
      out.fall_back_time = t;
      t = start.t0, saved = saved_before;
      run = std::make_unique<integrator>(system, options, how, t, y.data(), direction);
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
          without_weight = without_weight || options.rtol * std::abs(run->data()[e]) + (e < states && !options.atol_of.empty() ? options.atol_of[e % d] : options.atol) == 0;
        break;
      }
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
  }
  out.state.assign(y.begin(), y.begin() + std::ptrdiff_t(states));
  out.carried.assign(y.begin() + std::ptrdiff_t(states), y.end());
  out.end.assign(samples, t);
  for (; saved < options.save_at.size();) save(y.data());
  out.counters = system.counters;
  out.mean_evaluations = double(out.counters.field);
  out.text = sentence(out.status);
  if (out.status != solve_status::success) out.text += " at time " + detail::number_text(t);
  if (without_weight) out.text += ": a coordinate is 0 there and has no absolute tolerance, so that no error is small enough; set atol above zero";
  if (out.fell_back)
    out.text += std::string(". Solved by ") + (d <= 64 ? "Newton" : "Newton-Krylov") + ", after Jacobi-Newton to time " + detail::number_text(out.fall_back_time) +
                ": what the diagonal leaves out of the Jacobian let it contract by no more than " + std::to_string(out.radius) +
                ", where its corrections no longer tell its error";
  return out;
}

implicit_solution solve_implicit(const ode_problem<double>& problem, const ode_start<double>& start, const implicit_options& options, int threads) {
  team workers(threads);
  return solve_implicit(problem, start, options, workers);
}

}  // namespace dimwise
