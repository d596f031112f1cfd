// training/optimiser.hpp: Adam and AdamW with warm-up, cosine decay and clipping of the gradient's norm.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../core/team.hpp"
#include "../ir/table.hpp"
#include "trained_entries.hpp"

namespace dimwise {

/// The learning rate of step 0 .. steps - 1: linear from rate / warm_up to rate, then half a cosine down to final_rate * rate.
double scheduled_rate(const stage_entry& stage, std::uint64_t step);

/// Adam (Kingma & Ba, 2015; beta 0.9 and 0.999, epsilon 1e-8) with decoupled decay (AdamW, Loshchilov & Hutter, 2019). Entries
/// outside the ranges are never written: what is frozen or masked keeps its bits.
class adam {
 public:
  adam(std::size_t parameters, std::vector<entry_range> movable);

  /// The Euclidean norm of the gradient over the movable entries. Here and below, any number of threads gives the same digits.
  double norm(const double* gradient, team* workers = nullptr);
  /// One step with the gradient times `factor` (1, or clip / norm). O(movable entries).
  void step(double* parameters, const double* gradient, double factor, double rate, double decay, team* workers = nullptr);

  /// State for checkpoints: first and second moments, [parameters], and the number of steps done.
  std::vector<double> first, second;
  std::uint64_t steps = 0;
  const std::vector<entry_range>& movable() const { return movable_; }

 private:
  std::vector<entry_range> movable_;
  std::vector<double> squares_;  ///< sums of parts of the vector

  template <class F>
  void each_movable(std::size_t begin, std::size_t end, F&& f) const;
};

}  // namespace dimwise
