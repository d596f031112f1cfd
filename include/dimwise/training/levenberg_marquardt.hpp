// training/levenberg_marquardt.hpp: second-order training of least-squares objectives (Levenberg, 1944; Marquardt, 1963).
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "normal_equations.hpp"
#include "sampler.hpp"
#include "trained_entries.hpp"

namespace dimwise {

/// The least-squares objectives of one stage on drawn samples: sum over objectives of weight * mean over samples of |r|^2. In double
/// precision. The digits do not depend on the number of threads. model, sets and workers must outlive it.
class levenberg_marquardt {
 public:
  static constexpr std::size_t largest_dense = 4000;  ///< unknowns; more are solved for by conjugate gradients, without the matrix

  /// `batch`: samples of each set; sets of rows give all their training rows where they have no more. `candidates`: points drawn for each one
  /// that is kept, of sets that are not rows (Wu et al., 2023, residual-based adaptive distribution: probability 1 + |r| / mean |r|). Throws `error`
  /// where an objective of the stage is not a least-squares one.
  levenberg_marquardt(const compiled_model& model, const data_sets& sets, int stage, std::size_t batch, double candidates, std::uint64_t seed,
                      const std::map<std::string, double>& weights, const std::map<std::string, double>& constants, team& workers);

  /// New samples; a function of (seed, step, parameters).
  void draw(std::uint64_t step, const double* parameters);
  /// One accepted step, or none where twenty trials of growing damping did not decrease the loss. Returns the loss at the new parameters.
  /// Cost: the Jacobian, n^2 multiply-adds a sample, n^3 / 3 a trial.
  double step(double* parameters);
  /// The loss on the drawn samples; infinite where it is not a number.
  double loss(const double* parameters);
  /// Of the next step; grows where a step fails, shrinks where the quadratic model predicts well.
  double damping = 1e-2;
  std::size_t unknowns() const { return unknowns_; }
  /// The loss of each objective (unweighted), for the parameters of the latest call of `loss`; NaN for those of other stages.
  const std::vector<double>& losses() const { return losses_; }

 private:
  struct slot {
    int objective = 0, set = 0;
    double weight = 1;
    std::size_t samples = 0, components = 1, factors = 0;  // factors: numbers of the sample weight, 0: none
    const kernel_interface<double>* kernel = nullptr;
    sample_batch<double> batch;
    aligned_vector<double> residuals;  // [samples][components]
    aligned_vector<double> scale;      // [samples][factors]
    double factor(std::size_t sample, std::size_t component) const {
      return factors == 0 ? 1 : scale[sample * factors + (factors == 1 ? 0 : component)];
    }
  };
  template <class Use>
  void each_chunk(const double* parameters, Use&& use);
  bool solve(const double* parameters);
  void apply(const double* parameters, const std::vector<double>& v, std::vector<double>& out);
  void choose(slot& s, std::uint64_t step, const double* parameters);

  const compiled_model& model_;
  const data_sets& sets_;
  int stage_;
  double candidates_;
  team& workers_;
  sampler<double> sampler_;
  std::vector<random_stream> choices_;
  std::vector<slot> slots_;
  std::vector<int> columns_;           // of each parameter, or -1
  std::vector<std::size_t> entries_;   // the parameter of each column
  std::size_t unknowns_ = 0;
  std::optional<normal_equations> dense_;
  std::vector<double> gradient_, direction_, trial_;
  aligned_vector<double> rows_, cotangents_, constants_, values_, weights_;
  sample_batch<double> pool_;
  std::vector<double> losses_;
  parallel_memory<double> memory_;
};

}  // namespace dimwise
