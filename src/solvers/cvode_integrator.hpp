// solvers/cvode_integrator.hpp: CVODE with our f and our linear solvers.
#pragma once
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

#include <dimwise/core/error.hpp>
#include <dimwise/solvers/implicit_solve.hpp>

#include "contraction_watch.hpp"
#include "diagonal_corrector.hpp"
#include "error_sum.hpp"
#include "stacked_system.hpp"

namespace dimwise::detail {

struct delete_context {
  void operator()(SUNContext c) const { SUNContext_Free(&c); }
};
struct delete_cvode {
  void operator()(void* m) const { CVodeFree(&m); }
};
struct delete_vector {
  void operator()(N_Vector v) const { N_VDestroy(v); }
};
struct delete_matrix {
  void operator()(SUNMatrix a) const { SUNMatDestroy(a); }
};
struct delete_linear {
  void operator()(SUNLinearSolver s) const { SUNLinSolFree(s); }
};
struct delete_nonlinear {
  void operator()(SUNNonlinearSolver s) const { SUNNonlinSolFree(s); }
};
template <class T, class Delete>
using owned = std::unique_ptr<std::remove_pointer_t<T>, Delete>;

/// One integrator; a fallback makes another one.
class cvode_integrator {
 public:
  stacked_system& system;
  corrector how;

  cvode_integrator(stacked_system& s, const implicit_options& o, corrector c, double t, const double* y, double direction)
      : system(s), how(c) {
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
  double probe(contraction_watch& watch, double t) {
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
  /// Whether `system.diagonal` is that of a recent point.
  bool knows_diagonal() const {
    return how == corrector::jacobi_newton || how == corrector::newton ||
           (how == corrector::newton_krylov && system.problem.kernels->diagonal);
  }
  /// Adds the estimated error of the last step to a sum.
  void add_error(error_sum& sum) {
    if (!error_) error_.reset(N_VClone(y_.get())), weights_.reset(N_VClone(y_.get()));
    double length = 0;
    CVodeGetLastStep(memory_.get(), &length);
    CVodeGetEstLocalErrors(memory_.get(), error_.get());
    CVodeGetErrWeights(memory_.get(), weights_.get());
    sum.add(length, N_VGetArrayPointer(error_.get()), N_VGetArrayPointer(weights_.get()), system.diagonal);
  }
  /// Adds the steps and iterations of this integrator to the counters.
  void count(solve_counters& c) {
    long steps = 0, failed = 0, iterations = 0, failed_corrections = 0;
    CVodeGetNumSteps(memory_.get(), &steps);
    CVodeGetNumErrTestFails(memory_.get(), &failed);
    CVodeGetNonlinSolvStats(memory_.get(), &iterations, &failed_corrections);
    c.accepted += std::size_t(steps), c.rejected += std::size_t(failed + failed_corrections),
        c.iterations += std::size_t(iterations);
  }

 private:
  owned<SUNContext, delete_context> context_;
  owned<N_Vector, delete_vector> y_, tolerance_, between_, error_, weights_;
  owned<SUNMatrix, delete_matrix> matrix_;
  owned<SUNLinearSolver, delete_linear> linear_;
  owned<SUNNonlinearSolver, delete_nonlinear> nonlinear_;
  std::unique_ptr<diagonal_corrector> diagonal_;
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
        diagonal_ = std::make_unique<diagonal_corrector>(system, o.formula == multistep::bdf ? 5 : 1, c);
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
        if (!system.has_product()) moved_.resize(system.size() * 2);
        linear_.reset(SUNLinSol_SPGMR(y_.get(), system.problem.kernels->diagonal ? SUN_PREC_LEFT : SUN_PREC_NONE,
                                      int(std::min<sunindextype>(n, 20)), c));
        CVodeSetLinearSolver(m, linear_.get(), nullptr);
        CVodeSetJacTimes(m, nullptr, system.has_product() ? product : difference);
        CVodeSetEpsLin(m, 1e-3);  // a slow mode is small in the preconditioned residual, too
        if (system.problem.kernels->diagonal) CVodeSetPreconditioner(m, update_diagonal, precondition);
        break;
    }
  }

  static cvode_integrator& self(void* user) { return *static_cast<cvode_integrator*>(user); }
  static int right_side(double t, N_Vector y, N_Vector out, void* user) {
    cvode_integrator& s = self(user);
    return s.system.field(t, N_VGetArrayPointer(y), N_VGetArrayPointer(out), s.how == corrector::jacobi_newton) ? 0 : 1;
  }
  void divide(double gamma, const double* b, double* x) const {
    const std::size_t states = system.samples * system.d;
    for (std::size_t e = 0; e < system.size(); e++) x[e] = e < states ? b[e] / (1 - gamma * system.diagonal[e]) : b[e];
  }
  static int whole_jacobian(double t, N_Vector y, N_Vector, SUNMatrix a, void* user, N_Vector, N_Vector, N_Vector) {
    stacked_system& f = self(user).system;
    const bool dense = SUNMatGetID(a) == SUNMATRIX_DENSE;
    f.jacobian(t, N_VGetArrayPointer(y), [&](std::size_t i, const double* row) {
      for (std::size_t s = 0; s < f.samples; s++)
        for (std::size_t j = 0; j < f.d; j++) {
          const sunindextype r = sunindextype(s * f.d + i), c = sunindextype(s * f.d + j);
          (dense ? SM_ELEMENT_D(a, r, c) : SM_ELEMENT_B(a, r, c)) = row[s * f.d + j];
          if (i == j) f.diagonal[s * f.d + i] = row[s * f.d + j];
        }
    });
    return 0;
  }
  /// J v, exactly.
  static int product(N_Vector v, N_Vector jv, double t, N_Vector y, N_Vector, void* user, N_Vector) {
    stacked_system& f = self(user).system;
    double* to = N_VGetArrayPointer(jv);
    f.product(t, N_VGetArrayPointer(y), N_VGetArrayPointer(v), to);
    for (std::size_t e = 0; e < f.size(); e++)
      if (!std::isfinite(to[e])) return 1;
    return 0;
  }
  /// J v by a forward difference of f, as CVODE's own, with a step of the length that the tolerances allow for.
  static int difference(N_Vector v, N_Vector jv, double t, N_Vector y, N_Vector fy, void* user, N_Vector weight_memory) {
    cvode_integrator& s = self(user);
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

}  // namespace dimwise::detail
