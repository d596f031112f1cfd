// simd/peak_rates.hpp: the two rates that kernels are compared with, measured on one core of this machine.
#pragma once
#include <dimwise/simd/isa.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// Rates of one core in 1e9 multiplications and additions a second. `register_gflops`: multiply-adds in registers and nothing
/// else. `load_fed_gflops`: the register tile of `gemm` with both operands in the first-level cache; no kernel that loads its
/// operands can pass it (where vector loads lower the clock it is 10 to 20 % below the first).
struct peak_rates {
  double register_gflops, load_fed_gflops;
};

/// Takes about half a second. Defined in peak.hpp, and in the runtime library.
template <class T>
peak_rates measure_peak();

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
