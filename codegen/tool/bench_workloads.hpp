// codegen/tool/bench_workloads.hpp: `dimwise bench --workload`.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "codegen/tool/installation.hpp"
#include "codegen/tool/model_build.hpp"

namespace dimwise::tool {

struct workload_request {
  std::string workload;                  ///< "W1", "W2", ...
  std::vector<int> d, k;                 ///< empty: all sizes, all orders of the workload
  std::vector<std::string> lambda, rho;  ///< of W6; empty: all
  int threads = 1;
  std::optional<int> samples;  ///< without: as the workload says
  double seconds = 1;
  std::string precision, json_file;  ///< precision empty: as the workload says
  std::string roofline;              ///< a .png file, or empty
  std::string compiler, march;
  bool alone = false;              ///< without peers
  std::vector<std::string> peers;  ///< only these; empty: all that are installed
};

/// Compiles benchmarks/<workload>.cpp for each size (macros DIMWISE_D and DIMWISE_K), runs its `bench`, and writes all figures as
/// one list, anew after each size, so that what was measured is not lost with what comes later. Each variant is then compared
/// with the peers that are installed (bench_peers.hpp); with two threads, W3 and W4 also with two processes. Throws `error` with
/// a sentence before anything is compiled where the request makes no sense, later where a step fails; compile_error with the
/// compiler's text. Returns the exit status: 1 where a peer has other digits.
int bench_workload(const workload_request& request, const installation& where);

/// All workloads that have peers, at the sizes of the comparison.
int bench_against_peers(const workload_request& request, const installation& where);

}  // namespace dimwise::tool
