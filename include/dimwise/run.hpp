// run.hpp: the main function of a model file.
#pragma once
#include "language.hpp"  // first: the compiler's notes on a refused model then name few files

#ifdef DIMWISE_DIAGNOSE
#include "diagnose.hpp"
#else
#include <string>
#include <utility>

#include "kernel.hpp"
#include "runner.hpp"
#include "simd/peak_rates.hpp"
#if !defined(DIMWISE_RUNTIME_KERNELS) || !defined(DIMWISE_SIMD_AVX2)
#include "simd/peak.hpp"
#endif

namespace dimwise {

namespace detail {
template <class T>
core_peaks measured_peaks() {
  const simd::peak_rates rates = simd::measure_peak<T>();
  return {rates.register_gflops, rates.load_fed_gflops};
}
}  // namespace detail

/// The peaks of the machine for the instruction set of this translation unit, for `runner`.
inline machine_peaks peaks_here() { return {&detail::measured_peaks<float>, &detail::measured_peaks<double>}; }

/// Compiles the model and runs the command line.
///
///   int main(int argc, char** argv) { return dimwise::run<fokker_planck>(argc, argv, "fokker_planck"); }
///
/// Without a name the model is called like the program. Returns the exit status.
template <auto Build>
int run(int argc, char** argv, std::string name = {}) {
  if (name.empty() && argc > 0) {
    name = argv[0];
    name.erase(0, name.find_last_of('/') + 1);
  }
  return run(compile<Build>(std::move(name)), argc, argv, peaks_here());
}

}  // namespace dimwise
#endif
