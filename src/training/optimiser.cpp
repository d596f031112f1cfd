// training/optimiser.cpp: Adam over runs of entries; compiled with -fno-math-errno so that square roots are vector instructions.
#include <dimwise/training/optimiser.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace dimwise {
namespace {

constexpr double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
constexpr double pi = 3.14159265358979323846;

struct adam_factors {
  double rate, shrink, unbias1, unbias2;
};
/// Adam of n entries. A function of its own, so that nothing it reads once could be one of the entries.
void move(std::size_t n, double* p, double* m, double* v, const double* g, double factor, adam_factors f) {
  for (std::size_t i = 0; i < n; i++) {
    const double slope = factor * g[i];
    m[i] = beta1 * m[i] + (1 - beta1) * slope;
    v[i] = beta2 * v[i] + (1 - beta2) * slope * slope;
    p[i] = f.shrink * p[i] - f.rate * (f.unbias1 * m[i]) / (std::sqrt(f.unbias2 * v[i]) + epsilon);
  }
}

/// Work on [0, n) in the same ranges with and without a team.
template <class Work>
void each_range(team* workers, std::size_t n, const Work& work) {
  if (workers) return for_ranges(*workers, n, entries_of_task, work);
  for (std::size_t begin = 0; begin < n; begin += entries_of_task) work(begin, std::min(n, begin + entries_of_task));
}

}  // namespace

double scheduled_rate(const stage_entry& stage, std::uint64_t step) {
  const std::uint64_t warm_up = std::uint64_t(std::max(0, std::min(stage.warm_up, stage.steps)));
  if (step < warm_up) return stage.rate * double(step + 1) / double(warm_up);
  const double span = double(std::uint64_t(std::max(1, stage.steps)) - warm_up);
  const double done = span > 0 ? std::min(1.0, double(step - warm_up) / span) : 1.0;
  return stage.rate * (stage.final_rate + (1 - stage.final_rate) * 0.5 * (1 + std::cos(pi * done)));
}

adam::adam(std::size_t parameters, std::vector<entry_range> movable)
    : first(parameters, 0.0),
      second(parameters, 0.0),
      movable_(std::move(movable)),
      squares_((parameters + entries_of_task - 1) / entries_of_task) {}

template <class F>
void adam::each_movable(std::size_t begin, std::size_t end, F&& f) const {
  auto run = std::partition_point(movable_.begin(), movable_.end(), [&](const entry_range& r) { return r.end <= begin; });
  for (; run != movable_.end() && run->begin < end; ++run) f(std::max(begin, run->begin), std::min(end, run->end), *run);
}

double adam::norm(const double* gradient, team* workers) {
  each_range(workers, first.size(), [&](std::size_t begin, std::size_t end) {
    double lanes[8] = {};  // a fixed order of summation that vector instructions can follow
    each_movable(begin, end, [&](std::size_t from, std::size_t to, const entry_range&) {
      const double* g = gradient + from;
      const std::size_t n = to - from, whole = n - n % 8;
      for (std::size_t i = 0; i < whole; i += 8)
        for (std::size_t l = 0; l < 8; l++) lanes[l] += g[i + l] * g[i + l];
      for (std::size_t i = whole; i < n; i++) lanes[i - whole] += g[i] * g[i];
    });
    double sum = 0;
    for (const double lane : lanes) sum += lane;
    squares_[begin / entries_of_task] = sum;
  });
  double sum = 0;
  for (const double s : squares_) sum += s;
  return std::sqrt(sum);
}

void adam::step(double* parameters, const double* gradient, double factor, double rate, double decay, team* workers) {
  steps++;
  const double unbias1 = 1 / (1 - std::pow(beta1, double(steps))), unbias2 = 1 / (1 - std::pow(beta2, double(steps)));
  each_range(workers, first.size(), [&](std::size_t begin, std::size_t end) {
    each_movable(begin, end, [&](std::size_t from, std::size_t to, const entry_range& run) {
      move(to - from, parameters + from, first.data() + from, second.data() + from, gradient + from, factor,
           {rate, run.decays ? 1 - rate * decay : 1, unbias1, unbias2});
    });
  });
}

}  // namespace dimwise
