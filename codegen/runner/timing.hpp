// codegen/runner/timing.hpp: times of short windows on a machine that others use, too.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>

namespace dimwise {

inline double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Least seconds a sample over many windows of about `window` seconds; work(begin, end) handles samples [begin, end) and `begin` is
/// always a multiple of `block`. A window longer than a time slice of the scheduler reads too long on a shared core however often
/// it is repeated; a shorter one is sometimes undisturbed. Where all samples take less than a window they are repeated in it.
template <class Work>
double best_per_sample(std::size_t samples, std::size_t block, double budget, Work work, double window = 2e-3) {
  work(std::size_t(0), samples);  // warm
  const std::size_t blocks = (samples + block - 1) / block;
  double one = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 3; i++) one = std::min(one, seconds_of([&] { work(std::size_t(0), std::min(block, samples)); }));
  const std::size_t chunk = std::clamp(std::size_t(window / std::max(one, 1e-9)), std::size_t(1), blocks);
  const double whole = one * double(blocks);
  const std::size_t repeats = chunk == blocks ? std::max(std::size_t(1), std::size_t(window / std::max(whole, 1e-9))) : 1;
  double best = std::numeric_limits<double>::infinity(), spent = 0;
  std::size_t first = 0;
  while (spent < budget) {
    if (first + chunk > blocks) first = 0;
    const std::size_t begin = first * block, end = std::min(samples, (first + chunk) * block);
    const double took = seconds_of([&] {
      for (std::size_t r = 0; r < repeats; r++) work(begin, end);
    });
    best = std::min(best, took / double(repeats) / double(end - begin));
    spent += took;
    first += chunk;
  }
  return best;
}

/// Least seconds of one call, over `budget` seconds.
template <class Work>
double best_call(double budget, Work work) {
  work();
  double best = std::numeric_limits<double>::infinity(), spent = 0;
  while (spent < budget) {
    const double took = seconds_of(work);
    best = std::min(best, took);
    spent += took;
  }
  return best;
}

}  // namespace dimwise
