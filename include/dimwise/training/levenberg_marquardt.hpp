// training/levenberg_marquardt.hpp: second-order training of least-squares objectives (Levenberg, 1944; Marquardt, 1963).
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "drawn_objectives.hpp"
#include "normal_equations.hpp"

namespace dimwise {

/// The least-squares objectives of one stage on drawn samples: sum over objectives of weight * mean over samples of |r|^2, and of
/// weight * (integral - target)^2 for constraints, each of which is one more residual. In double precision. The digits do not
/// depend on the number of threads. model, sets and workers must outlive it.
class levenberg_marquardt {
 public:
  static constexpr std::size_t largest_dense =
      4000;  ///< unknowns; more are solved for by conjugate gradients, without the matrix

  /// Throws `error` where an objective of the stage is neither a least-squares one nor a constraint. Other arguments: see
  /// drawn_objectives.
  levenberg_marquardt(const compiled_model& model, const data_sets& sets, int stage, std::size_t batch, double candidates,
                      std::uint64_t seed, const std::map<std::string, double>& weights,
                      const std::map<std::string, double>& constants, team& workers);

  /// New samples; a function of (seed, step, parameters).
  void draw(std::uint64_t step, const double* parameters);
  /// One accepted step, or none where twenty trials of growing damping did not decrease the loss. Returns the loss at the new
  /// parameters. Cost: the Jacobian, n^2 multiply-adds a sample, n^3 / 3 a trial.
  double step(double* parameters);
  /// At most `steps` steps; after each, `after` is told the loss and ends the run by returning false. Returns the number of
  /// steps.
  std::uint64_t advance(double* parameters, std::uint64_t steps, const std::function<bool(double loss)>& after);
  /// The loss on the drawn samples; infinite where it is not a number.
  double loss(const double* parameters) { return objectives_.loss(parameters); }
  /// Of the next step; grows where a step fails, shrinks where the quadratic model predicts well.
  double damping = 1e-2;
  std::size_t unknowns() const { return objectives_.unknowns(); }
  /// The loss of each objective (unweighted), for the parameters of the latest call of `loss`; NaN for those of other stages.
  const std::vector<double>& losses() const { return objectives_.losses(); }

 private:
  using slot = drawn_objectives::slot;
  template <class Use>
  void each_chunk(const double* parameters, Use&& use);
  bool solve(const double* parameters);
  void apply(const double* parameters, const std::vector<double>& v, std::vector<double>& out);

  drawn_objectives objectives_;
  std::optional<normal_equations> dense_;
  std::vector<double> gradient_, direction_, trial_, row_;
  aligned_vector<double> rows_, cotangents_;
};

}  // namespace dimwise
