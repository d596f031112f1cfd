// solvers/sde.hpp: simulates the stochastic differential equation of a model for many paths.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../core/team.hpp"
#include "../kernel/compiled_model.hpp"

namespace dimwise {

enum class sde_scheme : std::uint8_t {
  euler_maruyama,  ///< x += f h + g dW
  milstein         ///< and 1/2 g D<1>g (dW^2 - h), with the exact derivative
};

struct sde_options {
  sde_scheme scheme = sde_scheme::milstein;
  double step = 0.01;  ///< h, in units of the model's time
  std::size_t steps = 100;
  std::size_t save_every = 1;  ///< states kept: the first, then after each save_every steps, and the last
  std::uint64_t seed = 0;
  std::uint64_t first_path = 0;  ///< number of the first path: a batch may be simulated in pieces
  /// The increment of a step is the sum of this many finer ones, each N(0, h / refinement): a run with h / r and r times the
  /// steps and refinement 1 follows the same Brownian path as one with h and refinement r.
  std::size_t refinement = 1;
};

/// What all paths start from; arrays are row-major.
template <class T>
struct sde_start {
  std::size_t paths = 0;
  const T* state = nullptr;  ///< [paths][d]
  const T* time = nullptr;   ///< [paths]; null: `time_all` for every path
  double time_all = 0;
  const T* const* inputs = nullptr;  ///< [slot][paths][width], constant along a path; null where the model has none
  const T* constants = nullptr;
};

template <class T>
struct sde_paths {
  std::vector<double> time;  ///< [saved] elapsed since each path's start
  std::vector<T> state;      ///< [saved][paths][d]
};

/// Simulates. The noise of (path, step, coordinate) is a function of the seed and these numbers: digits depend neither on the
/// threads nor on how paths are split into calls. Throws `error` naming path, time and coordinate where a state is not finite.
/// One kernel call a step and block of paths; threads work on different paths.
template <class T>
sde_paths<T> simulate(const compiled_model& model, int sde, const T* parameters, const sde_start<T>& start,
                      const sde_options& options, team& workers);

/// The strong order of convergence of a scheme for one equation of a recording, and why.
struct strong_order {
  double order = 0.5;
  std::string reason;  ///< a sentence
};
/// Milstein with diagonal noise is of order 1 where g_i depends on x_i (and t) alone; otherwise the mixed terms that it leaves
/// out make it 0.5. Euler-Maruyama is of order 0.5, or 1 where g does not depend on x (Kloeden & Platen, Numerical Solution of
/// SDEs, 1992, sections 10.2, 10.3).
strong_order strong_order_of(const table& recording, int sde, sde_scheme scheme);

/// Index of an SDE by name; empty: the first. Throws `error` listing those that there are.
int sde_index(const table& recording, const std::string& name);

}  // namespace dimwise
