// codegen/tool/bench_peers.hpp: other libraries beside our kernels: both compute the same numbers, and take turns while they are
// timed.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "codegen/runner/json_file.hpp"

namespace dimwise::tool {

/// A program that computes workloads with another library.
struct peer {
  std::string name;                    ///< "JAX expert"
  std::vector<std::string> command;    ///< without the words that describe a workload; empty: not installed
  std::vector<std::string> workloads;  ///< "W1", or "W1 gradient" for one variant
};

/// All peers that there are, installed or not. `prefix`: PREFIX/peers has what `./dimwise bench --peers` installed; `scripts`:
/// benchmarks/peers.
std::vector<peer> known_peers(const std::filesystem::path& prefix, const std::filesystem::path& scripts);

/// Whether a peer computes a variant of a workload; without a name: any.
bool computes(const peer& p, const std::string& workload, const std::string& variant = {});

/// What is computed by all sides of a comparison.
struct contest {
  std::string workload, variant, value_variant, precision, unit;
  int d = 1, k = 0, threads = 1, samples = 1;
  double units = 1;      ///< of a sample
  double seconds = 1;    ///< for each side
  double own_share = 0;  ///< of the peak, as measured before (0: unknown), with own_ns
  double own_ns = 0, peak_gflops = 0;
  std::string isa{}, compiler{};
};

/// Runs our binary and each of `peers` that knows the workload, compares the digits, prints ns and ratios, and returns one row
/// for each side (an empty list where no peer takes part). Sets `differs` where a peer's digits are not ours. `memory`: where
/// block sizes are remembered.
json run_contest(const contest& c, const std::filesystem::path& binary, const std::vector<peer>& peers,
                 const std::filesystem::path& memory, bool& differs);

/// Two threads against two processes of one thread side by side: what share of their rate the threads reach, and whether the
/// digits are the same.
json compare_threads(const contest& c, const std::filesystem::path& binary, bool& differs);

}  // namespace dimwise::tool
