// training/train.hpp: runs the training stages of a model.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "../kernel/compiled_model.hpp"
#include "data_sets.hpp"
#include "history.hpp"
#include "progress.hpp"

namespace dimwise {

/// What a run does beyond the model file. The defaults train as the model file says.
struct train_options {
  std::uint64_t seed = 0;
  int threads = 1;                          ///< 0: all; never changes digits
  std::vector<stage_entry> stages;          ///< empty: stages_of(recording). As many entries as the model has stages
  std::vector<int> stop_after;              ///< steps actually done in each stage, its schedule unchanged; empty or -1: all
  int first_stage = 0;                      ///< stages before it are skipped; give `start`
  std::map<std::string, double> weights;    ///< objective weights by name, instead of the model file's
  std::map<std::string, double> constants;  ///< run-time constants by name, instead of their defaults
  std::vector<double> start;                ///< initial parameters; empty: initial_parameters(recording, seed)

  int validate_every = 100;               ///< steps; also at each stage's end
  std::size_t validation_samples = 4096;  ///< at most, of each set
  bool keep_best = true;                  ///< a stage ends with its best parameters by validation loss; false: with its last ones
  /// Judges parameters instead of the validation loss (smaller is better), e.g. by a simulated score. Called every
  /// `validate_every` steps.
  std::function<double(int stage, std::uint64_t step, const std::vector<double>& parameters)> select;

  std::string checkpoint;                        ///< file; empty: none are written
  double checkpoint_seconds = 60;                ///< between checkpoints; also written at each stage's end
  bool resume = false;                           ///< go on from `checkpoint` where it exists
  std::string history;                           ///< CSV file of losses; empty: none
  std::uint64_t pause_after = 0;                 ///< steps of this call, then as if interrupted; 0: no limit
  const std::atomic<bool>* interrupt = nullptr;  ///< set by a signal handler: a checkpoint is written and the run ends
};

/// One stage's outcome.
struct stage_result {
  std::string name;
  std::uint64_t steps = 0, best_step = 0;
  double best_loss = std::numeric_limits<double>::infinity();  ///< validation loss, or what `select` gave
  double seconds = 0;
};

struct train_result {
  std::vector<double> parameters;  ///< what to use: the best ones of the last stage (see keep_best)
  std::vector<stage_result> stages;
  std::vector<history_row> history;
  fitted_transform transform;
  double seconds = 0;
  bool interrupted = false;
  std::map<std::string, std::string> metadata;  ///< for save_parameters: model, seed, transform, losses
};

/// The stages of a recording; one with default numbers where it has objectives but names no stage.
std::vector<stage_entry> stages_of(const table& recording);

/// Trains in precision T (float or double; parameters, gradients and the optimiser's state are double in both). Of each set, one
/// batch is drawn a step and shared by the objectives on it. Only tensors that the stage's objectives reach with a gradient move.
/// `sets` must be prepared. Nothing is allocated after the first step of a stage but history rows. Throws `error` where something
/// is missing or does not fit, and where a loss or gradient is not finite: then the sentence names the objective, the batch and
/// the tensor, and the last checkpoint stays.
template <class T>
train_result train(const compiled_model& model, const train_options& options, const data_sets& sets, progress& reports);

/// The weighted validation loss of a stage's objectives (as `train` computes it) and each objective's own mean.
struct validation_loss {
  double total = 0;
  std::vector<double> objectives;  ///< NaN for those of other stages
};
template <class T>
validation_loss validate(const compiled_model& model, const train_options& options, const data_sets& sets, int stage,
                         const std::vector<double>& parameters);

}  // namespace dimwise
