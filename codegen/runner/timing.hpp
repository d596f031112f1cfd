// codegen/runner/timing.hpp: times of short windows on a machine that others use, too.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <limits>
#include <vector>

namespace dimwise {

/// Seconds that this thread has computed: unlike those of a clock on the wall, other processes on the same core do not add to
/// them.
inline double thread_seconds() {
#ifdef CLOCK_THREAD_CPUTIME_ID
  timespec now{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0) return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
#endif
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
inline double thread_seconds_of(const auto& work) {
  const double start = thread_seconds();
  work();
  return thread_seconds() - start;
}

inline double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Seconds a sample, undisturbed; work(begin, end) handles samples [begin, end) and `begin` is always a multiple of `block`.
/// Measured in windows of about `window` seconds, the least of many: a window that is shorter than a time slice of the scheduler
/// is sometimes undisturbed. A window has at least `least` samples, so that what a call does once does not count too often. Where
/// that is longer than a time slice, the lower quartile of what this thread computed (its clock is corrected by what the machine
/// took away, so its least reading can be too short). Where all samples take less than a window they are repeated in it.
template <class Work>
double best_per_sample(std::size_t samples, std::size_t block, std::size_t least, double budget, Work work,
                       double window = 2e-3) {
  work(std::size_t(0), samples);  // warm
  const std::size_t blocks = (samples + block - 1) / block;
  double one = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 3; i++) one = std::min(one, thread_seconds_of([&] { work(std::size_t(0), std::min(block, samples)); }));
  const std::size_t wanted = std::max(std::size_t(window / std::max(one, 1e-9)), (least + block - 1) / block);
  const std::size_t chunk = std::clamp(wanted, std::size_t(1), blocks);
  const double whole = one * double(blocks);
  const std::size_t repeats = chunk == blocks ? std::max(std::size_t(1), std::size_t(window / std::max(whole, 1e-9))) : 1;
  const bool in_slice = one * double(chunk * repeats) < 2.5 * window;
  std::vector<double> times;
  double spent = 0;
  std::size_t first = 0;
  while (spent < budget || times.size() < 3) {
    if (first + chunk > blocks) first = 0;
    const std::size_t begin = first * block, end = std::min(samples, (first + chunk) * block);
    const auto run = [&] {
      for (std::size_t r = 0; r < repeats; r++) work(begin, end);
    };
    const double took = in_slice ? seconds_of(run) : thread_seconds_of(run);
    times.push_back(took / double(repeats) / double(end - begin));
    spent += std::max(took, 1e-6);
    first += chunk;
  }
  const auto place = times.begin() + std::ptrdiff_t(in_slice ? 0 : times.size() / 4);
  std::nth_element(times.begin(), place, times.end());
  return *place;
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
