// simd/timing.hpp: how long a piece of code takes when nothing disturbs it, measured on a machine that others use too.
#pragma once
#include <algorithm>
#include <chrono>

namespace dimwise::simd {

/// Seconds of one call of `f`: the fastest of `windows` windows of about `window_seconds` each. A window must be shorter than a
/// time slice of the scheduler (a few ms): longer ones read up to twice too slow on a shared core, however often they are
/// repeated.
template <class F>
double best_seconds(F&& f, int windows = 150, double window_seconds = 1.5e-3) {
  using clock = std::chrono::steady_clock;
  const auto seconds = [&](long calls) {
    const auto start = clock::now();
    for (long i = 0; i < calls; ++i) f();
    return std::chrono::duration<double>(clock::now() - start).count();
  };
  long calls = 1;
  double one = seconds(1);
  while (one * static_cast<double>(calls) < window_seconds / 2 && calls < (1L << 40)) {
    calls *= 2;
    one = std::min(one, seconds(calls) / static_cast<double>(calls));
  }
  for (int i = 0; i < windows; ++i) one = std::min(one, seconds(calls) / static_cast<double>(calls));
  return one;
}

}  // namespace dimwise::simd
