// oracle/sample.hpp: what a model reads for one sample, in double precision.
#pragma once
#include <cstdint>
#include <vector>

#include "../ir/table.hpp"

namespace dimwise {

/// One sample. Empty vectors stand for zeros (constants: for their defaults).
struct sample_inputs {
  std::vector<double> state;  ///< [d]
  double time = 0;
  std::vector<std::vector<double>> inputs;  ///< [slot][width], or [slot][d * width] for an input per dimension
  std::vector<double> constants;            ///< [constant]
};

/// A sample drawn from a named seed: state and inputs N(0, 1), time uniform over the times of the model's sample sets, the input
/// "step" (the time between two observations) uniform in [0.5, 1.5], constants at their defaults. `number` counts the samples.
sample_inputs draw_sample(const table& recording, std::uint64_t seed, std::uint64_t number);

/// Parameters from a named seed by each tensor's initial values; constant ones are moved by N(0, 0.1^2), so that nothing is zero
/// by accident. Masked entries are zero.
std::vector<double> draw_parameters(const table& recording, std::uint64_t seed);

/// The nearest numbers of single precision, so that one exact result serves both precisions.
void round_to_float(sample_inputs& sample);
void round_to_float(std::vector<double>& numbers);

}  // namespace dimwise
