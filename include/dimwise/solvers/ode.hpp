// solvers/ode.hpp: what every solver of dx/dt = f(x, t) is given and what it returns.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../kernel/compiled_model.hpp"

namespace dimwise {

/// The vector field, its parameters and what is constant along a solution. Nothing is owned.
template <class T>
struct ode_problem {
  const table* recording = nullptr;
  const ode_kernels<T>* kernels = nullptr;
  const T* parameters = nullptr;
  const T* const* inputs = nullptr;  ///< [slot][samples][width], see named_inputs; null where the model has none
  const T* constants = nullptr;      ///< null: their defaults
  const T* prepared = nullptr;  ///< what kernels->whole().prepare wrote for these parameters, where many solves have the same
                                ///< ones; null: each prepares what it needs
  std::size_t dims() const { return std::size_t(recording->d); }
  std::size_t carried() const { return kernels->carried ? kernels->carried->outputs().size() - 1 : 0; }
};

/// The inputs of a model by name, in the order in which kernels read them (that of the recording, which is not the one of the
/// model function). Throws `error` where a name is unknown or missing.
template <class T>
class named_inputs {
 public:
  named_inputs(const table& recording, const std::vector<std::pair<std::string, const T*>>& given);
  const T* const* data() const { return slots_.data(); }

 private:
  std::vector<const T*> slots_;
};

/// Index of an ODE by name; empty: the first. Throws `error` listing those that there are.
int ode_index(const table& recording, const std::string& name = "");
/// The ODE of that name of a compiled model. Throws `error` where there is none.
template <class T>
ode_problem<T> problem_of(const compiled_model& model, const std::string& name, const T* parameters);

/// Where a solution starts and ends; t1 < t0 integrates backward.
template <class T>
struct ode_start {
  std::size_t samples = 0;
  const T* state = nullptr;    ///< [samples][d]
  const T* carried = nullptr;  ///< [samples][carried]; null: zeros
  double t0 = 0, t1 = 1;
};

/// How a solve ended. The names are for programs; `sentence` is for people.
enum class solve_status : std::uint8_t { success, stopped_at_event, too_many_steps, step_too_small, not_finite, no_convergence };
const char* sentence(solve_status status);

/// Work of one solve. Of adaptive steps for each sample: that of the sample with the most.
struct solve_counters {
  std::size_t field = 0;                   ///< evaluations of f
  std::size_t diagonal = 0;                ///< of these, the ones that also gave D<1>f
  std::size_t jacobian = 0;                ///< whole Jacobians
  std::size_t products = 0;                ///< Jacobian-vector and vector-Jacobian products
  std::size_t accepted = 0, rejected = 0;  ///< steps
  std::size_t iterations = 0;              ///< of the corrector
  solve_counters& operator+=(const solve_counters& c) {
    field += c.field, diagonal += c.diagonal, jacobian += c.jacobian, products += c.products;
    accepted += c.accepted, rejected += c.rejected, iterations += c.iterations;
    return *this;
  }
};

/// The step sizes that a solve took, enough to repeat it digit by digit: step r of sample s goes from `time` to `time` +
/// `length`; samples that are done have length 0. One column where all samples take the same steps.
struct step_record {
  std::size_t columns = 1;
  std::vector<double> time, length;  ///< [steps][columns]
  std::size_t steps() const { return time.size() / columns; }
};

/// The end of a solution, and what was asked for on the way.
template <class T>
struct ode_solution {
  solve_status status = solve_status::success;
  std::string text;  ///< a sentence: how it ended, where, and what may help
  solve_counters counters;
  double mean_evaluations = 0;     ///< of f, over samples
  std::vector<T> state;            ///< [samples][d] at the end
  std::vector<T> carried;          ///< [samples][carried]
  std::vector<double> end;         ///< [samples] time reached: t1, or earlier where a solve stopped
  std::vector<double> saved_time;  ///< as asked for
  std::vector<T> saved;            ///< [time][samples][d]; after a sample stopped: where it stopped
  std::vector<T> saved_carried;    ///< [time][samples][carried]
  step_record steps;               ///< of explicit solves where `keep_steps` is set
  double next_step = 0;            ///< length that adaptive explicit steps of the first sample would have tried next
  bool ok() const { return status == solve_status::success || status == solve_status::stopped_at_event; }
};

}  // namespace dimwise
