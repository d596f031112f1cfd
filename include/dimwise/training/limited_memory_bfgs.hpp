// training/limited_memory_bfgs.hpp: L-BFGS (Nocedal, 1980; Liu and Nocedal, 1989) over fixed samples, by libLBFGS.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "drawn_objectives.hpp"

namespace dimwise {

/// Minimises the objectives of one stage, of any kind, on drawn samples. In double precision, and libLBFGS itself runs on one
/// thread, so the digits do not depend on the number of threads. model, sets and workers must outlive it.
class limited_memory_bfgs {
 public:
  static constexpr int memory = 50;  ///< pairs of steps and gradient differences that the curvature is estimated from

  /// See drawn_objectives.
  limited_memory_bfgs(const compiled_model& model, const data_sets& sets, int stage, std::size_t batch, double candidates,
                      std::uint64_t seed, const std::map<std::string, double>& weights,
                      const std::map<std::string, double>& constants, team& workers)
      : objectives_(model, sets, stage, batch, candidates, seed, weights, constants, workers),
        trial_(std::size_t(model.recording.parameters)) {}

  /// New samples; a function of (seed, step, parameters).
  void draw(std::uint64_t step, const double* parameters) { objectives_.draw(step, parameters); }
  /// At most `steps` iterations that start with an empty memory; after each, `after` is told the loss at the new parameters and
  /// ends the run by returning false. Ends earlier where the gradient vanishes or a search finds nothing better even with an
  /// empty memory. Returns the number of iterations. Cost of one: a gradient, seldom more, and 4 memory multiply-adds an unknown.
  std::uint64_t advance(double* parameters, std::uint64_t steps, const std::function<bool(double loss)>& after);
  /// The loss on the drawn samples; infinite where it is not a number.
  double loss(const double* parameters) { return objectives_.loss(parameters); }
  /// Length of the latest step in units of the proposed one: 1 where the estimate of the curvature is good.
  double length() const { return length_; }
  std::size_t unknowns() const { return objectives_.unknowns(); }
  /// The loss of each objective (unweighted) at the latest parameters; NaN for those of other stages.
  const std::vector<double>& losses() const { return objectives_.losses(); }

 private:
  drawn_objectives objectives_;
  std::vector<double> trial_;
  double length_ = 1;
};

}  // namespace dimwise
