// codegen/runner/bench_beside.hpp: our side of a comparison in which two programs take turns.
#pragma once
#include <cstdint>
#include <string>

#include "dimwise/kernel/compiled_model.hpp"

namespace dimwise {

struct beside_request {
  std::string folder,
      variant;  ///< "": all values; "gradient" or "adam_step", with a name behind it where there are several objectives
  std::size_t samples = 1;
  int threads = 1;
  std::uint64_t seed = 1;
};

/// Writes folder/in (parameters.safetensors, one .npy for the state, the time and each input), computes once, and writes what
/// came out to folder/dimwise: NAME.npy for each value, gradient/TENSOR.npy, or parameters/TENSOR.npy after one step of Adam at
/// rate 1e-3. Then prints a line of JSON {"ready": ...} and answers each line of its input, a number of seconds, with the least
/// seconds of one whole call within them. Peers speak in the same way (benchmarks/peers/serve.py).
template <class T>
int bench_beside(const compiled_model& m, const beside_request& r);

}  // namespace dimwise
