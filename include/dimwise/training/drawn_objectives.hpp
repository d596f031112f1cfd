// training/drawn_objectives.hpp: the objectives of one stage on samples that are drawn once and used for many steps.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "parallel.hpp"
#include "sampler.hpp"
#include "trained_entries.hpp"

namespace dimwise {

/// Sum over the objectives of a stage of weight * mean over samples, as a function of the entries that the stage moves, on
/// samples that stay the same until `draw` is called again: what methods beyond first order need. In double precision. The digits
/// do not depend on the number of threads. model, sets and workers must outlive it.
class drawn_objectives {
 public:
  /// One objective and its samples.
  struct slot {
    int objective = 0, set = 0;
    double weight = 1;
    bool squares = false;           // the residual's squares are summed up; else the value itself is the loss
    double volume = 0, target = 0;  // of a constraint: (volume * mean - target)^2 is the loss
    std::size_t samples = 0, components = 1, factors = 0;  // factors: numbers of the sample weight, 0: none
    const kernel_interface<double>* kernel = nullptr;      // of the residual and the sample weight, or of the value
    const kernel_interface<double>* total = nullptr;       // of the loss of a sample
    sample_batch<double> batch;
    aligned_vector<double> residuals;  // [samples][components]
    aligned_vector<double> scale;      // [samples][factors]
    std::vector<double> roots;         // [samples] square roots of the sample's share of a mean times samples; empty: all 1
    /// Of the residual, so that the mean over samples of its square is what is minimised.
    double factor(std::size_t sample, std::size_t component) const {
      const double given = factors == 0 ? 1 : scale[sample * factors + (factors == 1 ? 0 : component)];
      return roots.empty() ? given : given * roots[sample];
    }
    /// Whether the loss is not a mean over samples but the square of one number.
    bool constraint() const { return volume != 0; }
  };

  /// `batch`: samples of each set; sets of rows give all their training rows where they have no more. `candidates`: points drawn
  /// for each one that is kept, of sets that are not rows (Wu et al., 2023, residual-based adaptive distribution: probability 1 +
  /// |r| / mean |r|).
  drawn_objectives(const compiled_model& model, const data_sets& sets, int stage, std::size_t batch, double candidates,
                   std::uint64_t seed, const std::map<std::string, double>& weights,
                   const std::map<std::string, double>& constants, team& workers);

  /// New samples; a function of (seed, step, parameters).
  void draw(std::uint64_t step, const double* parameters);
  /// The loss on the drawn samples; infinite where it is not a number.
  double loss(const double* parameters);
  /// The same, and its gradient by the entries that move, gradient[unknowns()].
  double gradient(const double* parameters, double* gradient);

  std::size_t unknowns() const { return entries_.size(); }
  /// The place of each unknown in the parameter vector.
  const std::vector<std::size_t>& entries() const { return entries_; }
  /// The unknown of each parameter, or -1.
  const std::vector<int>& columns() const { return columns_; }
  /// The loss of each objective (unweighted), for the parameters of the latest call of `loss` or `gradient`; NaN for those of
  /// other stages.
  const std::vector<double>& losses() const { return losses_; }

  /// Of a constraint: its integral minus the target, and the gradient of that, gradient[unknowns()].
  double constraint_gradient(slot& s, const double* parameters, double* gradient);

  std::vector<slot>& slots() { return slots_; }
  const double* constants() const { return constants_.data(); }
  team& workers() { return workers_; }
  parallel_memory<double>& memory() { return memory_; }

 private:
  void add_slot(int objective, std::size_t batch, const std::map<std::string, double>& weights);
  double gradient_of(slot& s, const double* parameters);
  void choose(slot& s, std::uint64_t step, const double* parameters);
  double note(slot& s, double loss);

  const compiled_model& model_;
  const data_sets& sets_;
  int stage_;
  double candidates_;
  team& workers_;
  sampler<double> sampler_;
  std::vector<random_stream> choices_;
  std::vector<slot> slots_;
  std::vector<int> columns_;
  std::vector<std::size_t> entries_;
  aligned_vector<double> cotangents_, constants_, values_, weights_;
  std::vector<double> whole_, constraint_;  // gradients by all parameters
  std::vector<double> own_;                 // one by the unknowns
  sample_batch<double> pool_;
  std::vector<double> losses_;
  parallel_memory<double> memory_;
};

}  // namespace dimwise
