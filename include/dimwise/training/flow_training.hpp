// training/flow_training.hpp: continuous normalizing flows by maximum likelihood.
#pragma once
#include <atomic>

#include "../solvers/normalizing_flow.hpp"
#include "history.hpp"
#include "progress.hpp"

namespace dimwise {

/// What a flow is fitted to: rows, which are taken in a new random order in each epoch, or a sampler of fresh ones.
template <class T>
struct flow_data {
  std::size_t rows = 0;
  const T* state = nullptr;  ///< [rows][d]
  flow_inputs<T> inputs;     ///< each [rows][width]
  /// Writes `samples` rows, the same for the same step; used where `rows` is 0. The model then has no inputs.
  std::function<void(std::uint64_t step, std::size_t samples, T* state)> draw;
};

/// Numbers of a run; those of the schedule as in stage_numbers.
struct flow_training {
  int steps = 2000, batch = 256;
  double rate = 1e-3, final_rate = 0.01, clip = 1, decay = 0;
  int warm_up = 100;
  std::vector<flow_penalty> penalties;
  std::uint64_t seed = 0;     ///< of the start, the batches and the directions of probes
  std::vector<double> start;  ///< initial parameters; empty: initial_parameters(recording, seed)

  int validate_every = 100;  ///< steps; also at the end
  bool keep_best = true;     ///< returns the best parameters by validation loss, where there are validation rows
  /// Called at each validation, with the seconds trained so far.
  std::function<void(std::uint64_t step, const std::vector<double>& parameters, double seconds)> watch;

  std::string checkpoint;  ///< file; empty: none are written
  double checkpoint_seconds = 60;
  bool resume = false;            ///< go on from `checkpoint` where it exists, to the same digits
  std::string history;            ///< CSV file of losses; empty: none
  std::uint64_t pause_after = 0;  ///< steps of this call, then as if interrupted; 0: no limit
  const std::atomic<bool>* interrupt = nullptr;
};

struct flow_training_result {
  std::vector<double> parameters;
  std::vector<history_row> history;  ///< loss: mean over steps since the last row; validation: mean negative log-likelihood
  double best_loss = std::numeric_limits<double>::infinity();  ///< of validation
  std::uint64_t steps = 0, best_step = 0;
  double mean_evaluations = 0;  ///< of f, in the solves of the last validation
  double seconds = 0;
  bool interrupted = false;
};

/// Minimises the mean negative log-likelihood (plus penalties) with Adam and exact gradients of the steps of the solver; the
/// directions of Hutchinson's estimate are new in each step. Parameters and the optimiser are double. validation without rows:
/// none. Throws `error` where the likelihood or its gradient is not finite; the last checkpoint then stays. A training step
/// allocates only what its solves return.
template <class T>
flow_training_result train_flow(normalizing_flow<T>& flow, const flow_data<T>& data, const flow_data<T>& validation,
                                const flow_training& options, progress& reports);

}  // namespace dimwise
