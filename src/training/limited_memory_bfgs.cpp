// training/limited_memory_bfgs.cpp: the calls of libLBFGS and what it calls back.
#include <dimwise/training/limited_memory_bfgs.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>

#include <lbfgs.h>

#include <dimwise/core/error.hpp>

namespace dimwise {
namespace {

// What one call of the library works on. No exception may pass through C: the first one is kept, and the search then fails by
// itself.
struct call {
  drawn_objectives& objectives;
  std::vector<double>& trial;
  double* parameters;
  const std::function<bool(double)>& after;
  std::uint64_t done = 0;
  double length = 1;
  bool stopped = false;
  std::exception_ptr failure{};
};

double evaluate(void* instance, const double* x, double* gradient, const int n, const double) {
  call& c = *static_cast<call*>(instance);
  if (!c.failure) try {
      const auto& entries = c.objectives.entries();
      for (std::size_t i = 0; i < entries.size(); i++) c.trial[entries[i]] = x[i];
      const double loss = c.objectives.gradient(c.trial.data(), gradient);
      if (std::all_of(gradient, gradient + n, [](double g) { return std::isfinite(g); })) return loss;
    } catch (...) {
      c.failure = std::current_exception();
    }
  std::fill_n(gradient, n, 0.0);
  return std::numeric_limits<double>::infinity();
}

int progress(void* instance, const double* x, const double*, const double loss, const double, const double, const double length,
             int, int, int) {
  call& c = *static_cast<call*>(instance);
  if (c.failure) return 1;
  try {
    const auto& entries = c.objectives.entries();
    for (std::size_t i = 0; i < entries.size(); i++) c.parameters[entries[i]] = x[i];
    c.done++;
    c.length = length;
    c.stopped = !c.after(loss);
  } catch (...) {
    c.failure = std::current_exception();
  }
  return c.stopped || c.failure ? 1 : 0;
}

}  // namespace

std::uint64_t limited_memory_bfgs::advance(double* parameters, std::uint64_t steps, const std::function<bool(double)>& after) {
  const int n = int(unknowns());
  const std::unique_ptr<double, void (*)(double*)> x(lbfgs_malloc(n), lbfgs_free);
  if (!x) throw error("there is no memory for L-BFGS with " + std::to_string(n) + " unknowns");
  std::copy_n(parameters, trial_.size(), trial_.begin());
  call c{objectives_, trial_, parameters, after};
  // A search that fails is tried again along the gradient; where that fails too, nothing is left to gain.
  for (std::uint64_t before = 0; c.done < steps; before = c.done) {
    lbfgs_parameter_t how;
    lbfgs_parameter_init(&how);
    how.m = memory;
    how.epsilon = 0;  // the loss of a residual is small where it is good: no absolute bound fits
    how.max_iterations = int(std::min<std::uint64_t>(steps - c.done, 1u << 30));
    how.linesearch = LBFGS_LINESEARCH_BACKTRACKING_STRONG_WOLFE;  // copes with losses that are infinite
    how.max_linesearch = 30;
    for (int i = 0; i < n; i++) x.get()[i] = parameters[objectives_.entries()[std::size_t(i)]];
    const int outcome = ::lbfgs(n, x.get(), nullptr, evaluate, progress, &c, &how);
    if (c.failure) std::rethrow_exception(c.failure);
    if (outcome == LBFGSERR_OUTOFMEMORY) throw error("there is no memory for L-BFGS with " + std::to_string(n) + " unknowns");
    if (c.stopped || c.done == before || outcome == LBFGS_SUCCESS || outcome == LBFGS_ALREADY_MINIMIZED) break;
  }
  length_ = c.length;
  return c.done;
}

}  // namespace dimwise
