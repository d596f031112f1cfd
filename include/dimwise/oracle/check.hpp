// oracle/check.hpp: the user's proof that the kernels of a model compute what its recording says.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "../kernel/compiled_model.hpp"
#include "check_record.hpp"
#include "sample.hpp"

namespace dimwise {

struct check_options {
  std::uint64_t seed = 1;  ///< of samples and of the choice of entries
  int samples = 4;
  int gradient_entries = 50;  ///< of each tensor and objective; all if there are fewer
  int gradient_samples = 2;   ///< entries are spread over so many samples
  bool in_double = true, in_float = true;
  check_bounds bounds;
  std::vector<sample_inputs> given;                   ///< use these samples instead of random ones
  std::function<void(const check_record&)> progress;  ///< called with each record as soon as it is known
};

/// Compares every compiled output, objective (value and gradient), sde and mixture with the oracle, and proves on the recording
/// that conditioners are hollow and that relative forms are residual / p. Parameters and samples are rounded to float first where
/// float kernels are checked, so that one exact value serves both precisions. Cost: seconds to a minute and a half, most of it
/// the gradients.
///
/// For D^1..D^4 of every network, `network_probe` adds kernels. Outputs called "check.NAME.QUANTITY" are recorded under NAME. An
/// output that is a conditioner's readout (or its tanh), or of a class that leaves coordinates out (before, after, hollow), is
/// also evaluated with each coordinate changed: components that must not see it keep every bit.
std::vector<check_record> check(const compiled_model& model, const std::vector<double>& parameters,
                                const check_options& options = {});

/// Without kernels: for each network of the recording with a conditioner, each sort of sum of others and shift, and each output,
/// equation side or sde whose class leaves coordinates out, changes each coordinate j that component i must not see (by its
/// class, and where masks cut it off) in the whole input and asks for the same number, digit by digit.
std::vector<check_record> check_hollowness(const table& recording, const std::vector<double>& parameters,
                                           const std::vector<sample_inputs>& samples);

}  // namespace dimwise
