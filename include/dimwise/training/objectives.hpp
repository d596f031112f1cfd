// training/objectives.hpp: the losses of one training stage on drawn samples, and their gradient.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "../core/aligned.hpp"
#include "../core/team.hpp"
#include "../kernel/compiled_model.hpp"
#include "data_sets.hpp"
#include "parallel.hpp"
#include "sampler.hpp"

namespace dimwise {

/// The run-time constants of a recording in order: its defaults, or those given by name. Throws `error` for an unknown name.
std::vector<double> constants_of(const table& recording, const std::map<std::string, double>& given);

/// How many samples of a set a step draws: all points of a grid, its own number, or the stage's batch.
std::size_t draws_of(const table& recording, int set, std::size_t batch);

/// Throws `error` where an objective cannot be computed: its set has no data, or an input that it reads is not given by its set.
void require_computable(const compiled_model& model, const data_sets& sets);

/// Computes weight * mean over samples (of a constraint: weight * (integral - target)^2), summed over the objectives of a stage.
/// Allocates when made only; model, sets and workers must outlive it.
template <class T>
class objective_runner {
 public:
  /// weights and constants: by name, instead of the model file's.
  objective_runner(const compiled_model& model, const data_sets& sets, int stage, std::size_t batch,
                   std::size_t validation_samples, std::uint64_t seed, const std::map<std::string, double>& weights,
                   const std::map<std::string, double>& constants, team& workers);

  /// Draws the samples of a step, adds the gradient of the total to gradient[parameters] and returns the total.
  double gradient(std::uint64_t step, const double* parameters, double* gradient);
  /// The total on the validation samples.
  double validation(const double* parameters);
  /// The unweighted losses of the latest call, one for each objective of the model; NaN for those of other stages.
  const std::vector<double>& losses() const { return losses_; }
  /// Objectives of the stage.
  const std::vector<int>& objectives() const { return objectives_; }
  /// Why the latest `gradient` is not finite: names the objective, the sample and the tensor. `before`: the gradient of the step
  /// before.
  std::string explain(std::uint64_t step, const double* parameters, const double* before);

 private:
  struct slot {
    int objective = 0, set = 0;
    double weight = 1, volume = 0, target = 0;  // volume: of a constraint, else 0
    const kernel_interface<T>* kernel = nullptr;
    std::size_t batch = 0;  // index into batches_
    aligned_vector<T> values, cotangents;
  };
  const T* cast(const double* parameters);
  double mean_of(const slot& s) const;
  double compute_values(slot& s, const T* parameters);
  double compute_gradient(slot& s, const T* parameters, double* gradient);
  void draw(std::uint64_t step, const T* parameters);

  const compiled_model& model_;
  int stage_;
  std::size_t batch_, validation_;
  team& workers_;
  sampler<T> sampler_;
  std::vector<slot> slots_;
  std::vector<int> objectives_;
  std::vector<int> sets_used_;
  std::vector<sample_batch<T>> batches_;  // one for each set in use
  aligned_vector<T> parameters_, constants_;
  std::vector<double> losses_;
  parallel_memory<T> memory_;
};

}  // namespace dimwise
