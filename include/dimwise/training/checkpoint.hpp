// training/checkpoint.hpp: everything that a training run needs to go on as if it had not been stopped.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "../ir/table.hpp"

namespace dimwise {

/// What is kept of a stage that has ended.
struct stage_record {
  std::uint64_t steps = 0, best_step = 0;
  double best_loss = 0, seconds = 0;
};

/// The state of a run between two steps.
struct checkpoint {
  std::string model;
  std::uint64_t seed = 0;
  std::string settings;    ///< JSON of all options that change digits; a resumed run must have the same
  std::uint64_t data = 0;  ///< a hash of the rows: a resumed run must find the same
  std::string transform;   ///< fitted_transform::text
  int stage = 0;
  std::uint64_t step = 0;  ///< steps done in the stage
  std::uint64_t optimiser_steps = 0;
  double best_loss = 0;  ///< of this stage; infinite before the first
  std::uint64_t best_step = 0;
  double validation = 0;  ///< latest; NaN before the first
  double loss_sum = 0;    ///< running means that the next report needs
  std::uint64_t loss_count = 0;
  std::vector<double> objective_sums;
  double seconds = 0;              ///< trained so far
  std::vector<stage_record> done;  ///< stages before this one
  std::vector<double> parameters, best, first, second;
};

/// Safetensors: the parameters under their names, "best.NAME", "optimiser.first.NAME", "optimiser.second.NAME"; the rest in the
/// metadata. Atomic.
void save_checkpoint(const std::string& path, const table& recording, const checkpoint& state);

/// Throws `error` naming the file where it is not a checkpoint of this model.
checkpoint load_checkpoint(const std::string& path, const table& recording);

}  // namespace dimwise
