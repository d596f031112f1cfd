// solvers/adjoint.hpp: gradients of the end of a solution by its start, the parameters and the inputs.
#pragma once
#include "explicit_solve.hpp"

namespace dimwise {

enum class adjoint : std::uint8_t {
  discrete,   ///< of the steps that were taken: exact, up to rounding, for any step size (which counts as constant)
  continuous  ///< of the differential equation, solved backward along the same steps with the state: no memory, an error of the
              ///< order of the scheme
};

template <class T>
struct adjoint_options {
  adjoint how = adjoint::discrete;
  /// What a thread may keep of one part of the batch, in bytes. All stages are kept if they fit; else states at checkpoints, from
  /// which the stages in between are computed once more, with the same digits.
  std::size_t memory = std::size_t(64) << 20;
  /// The derivatives of the loss by the carried quantities are known without them (a log density, a penalty): their rates are
  /// computed on the way back, where the kernel has them anyway. Saves them on the way there. The loss then gets null for
  /// `carried`. With the discrete adjoint.
  bool carried_on_the_way_back = false;
};

/// Called once the end of samples [begin, end) is known: reads state [end - begin][d] and carried [end - begin][carried], writes
/// the derivatives of the loss by them. Called by several threads at a time, for different samples.
template <class T>
using loss_derivative =
    std::function<void(std::size_t begin, std::size_t end, const T* state, const T* carried, T* by_state, T* by_carried)>;

/// Where gradients go; null: not wanted.
template <class T>
struct solve_gradients {
  double* parameters = nullptr;  ///< [parameters], added to
  T* state = nullptr;            ///< [samples][d], by the start
  T* const* inputs = nullptr;    ///< [input], each as the input or null
};

/// Memory as of explicit_memory.
template <class T>
class adjoint_memory {
 public:
  adjoint_memory();
  ~adjoint_memory();
  adjoint_memory(adjoint_memory&&) noexcept;
  struct parts;
  parts& get() { return *parts_; }

 private:
  std::unique_ptr<parts> parts_;
};

/// Solves and pulls the derivatives of a loss of the end back to the start. Fixed steps: each part of the batch goes forward and
/// backward before the next one starts, at the cost of the stages plus one vector-Jacobian product for each (and the stages again
/// where they did not fit in memory). Adaptive steps are found by `solve_explicit` first. Nothing is pulled back from a solve
/// that did not succeed (of fixed steps: from a part of the batch that has become not finite). options: no event, and save_at is
/// ignored. Digits do not depend on the number of threads, nor on `memory`.
template <class T>
ode_solution<T> solve_with_gradient(const ode_problem<T>& problem, const ode_start<T>& start, const explicit_options<T>& options,
                                    const loss_derivative<T>& loss, const solve_gradients<T>& to,
                                    const adjoint_options<T>& backward, team& workers, adjoint_memory<T>& memory);
template <class T>
ode_solution<T> solve_with_gradient(const ode_problem<T>& problem, const ode_start<T>& start, const explicit_options<T>& options,
                                    const loss_derivative<T>& loss, const solve_gradients<T>& to,
                                    const adjoint_options<T>& backward = {}, int threads = 1);

}  // namespace dimwise
