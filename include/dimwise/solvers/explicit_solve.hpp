// solvers/explicit_solve.hpp: explicit Runge-Kutta over batches: fixed and adaptive steps, dense output, events.
#pragma once
#include "../core/team.hpp"
#include "ode.hpp"
#include "runge_kutta.hpp"

namespace dimwise {

/// Whose error decides about a step.
enum class error_control : std::uint8_t {
  per_batch,  ///< one step size for all samples; the norm runs over all of them
  per_sample  ///< each sample has its own steps
};

/// A point of a solution where it stops: a sign change of value(x, t) of one sample from the start of a step to its end. NaN has
/// no sign.
template <class T>
using event_function = std::function<double(const T* state, double time)>;

template <class T>
struct explicit_options {
  scheme method = scheme::dopri5;
  std::size_t fixed_steps = 0;  ///< so many equal steps; 0: steps are adapted to the tolerances
  double rtol = 1e-6, atol = 1e-6;
  std::vector<double> atol_of;  ///< for each coordinate, instead of `atol`; empty: all the same
  error_control control = error_control::per_sample;
  bool carried_counts = true;  ///< carried quantities count in the error norm
  double first_step = 0;       ///< 0: estimated (Hairer, Norsett & Wanner I, II.4), for two evaluations
  double largest_step = std::numeric_limits<double>::infinity();
  std::size_t most_steps = 100000;  ///< accepted and rejected
  std::vector<double> save_at;      ///< times between t0 and t1, in the order of integration; values by dense output
  bool keep_steps = false;          ///< fills ode_solution::steps
  event_function<T> event;          ///< may be empty; with control per sample, or for one sample
};

/// Memory of explicit solves: grows to what the largest needs, then stays; no step allocates. One solve at a time.
template <class T>
class explicit_memory {
 public:
  explicit_memory();
  ~explicit_memory();
  explicit_memory(explicit_memory&&) noexcept;
  struct parts;
  parts& get() { return *parts_; }

 private:
  std::unique_ptr<parts> parts_;
};

/// Solves. The error norm is the root mean square over coordinates (and samples, per batch) of error / (atol + rtol max(|x
/// before|, |x after|)); steps follow a PI controller (Hairer & Wanner II, IV.2). Digits depend neither on the number of threads
/// nor, per sample, on which samples share a batch. A solve that cannot go on ends with a status that is no success and the state
/// reached. Throws `error` for wrong options.
template <class T>
ode_solution<T> solve_explicit(const ode_problem<T>& problem, const ode_start<T>& start, const explicit_options<T>& options,
                               team& workers, explicit_memory<T>& memory);
template <class T>
ode_solution<T> solve_explicit(const ode_problem<T>& problem, const ode_start<T>& start, const explicit_options<T>& options = {},
                               int threads = 1);

}  // namespace dimwise
