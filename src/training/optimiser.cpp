// training/optimiser.cpp: Adam over runs of entries; compiled with -fno-math-errno so that square roots are vector instructions.
#include <dimwise/training/optimiser.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace dimwise {
namespace {

constexpr double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
constexpr double pi = 3.14159265358979323846;

}  // namespace

double scheduled_rate(const stage_entry& stage, std::uint64_t step) {
  const std::uint64_t warm_up = std::uint64_t(std::max(0, std::min(stage.warm_up, stage.steps)));
  if (step < warm_up) return stage.rate * double(step + 1) / double(warm_up);
  const double span = double(std::uint64_t(std::max(1, stage.steps)) - warm_up);
  const double done = span > 0 ? std::min(1.0, double(step - warm_up) / span) : 1.0;
  return stage.rate * (stage.final_rate + (1 - stage.final_rate) * 0.5 * (1 + std::cos(pi * done)));
}

adam::adam(std::size_t parameters, std::vector<entry_range> movable)
    : first(parameters, 0.0), second(parameters, 0.0), movable_(std::move(movable)) {}

double adam::norm(const double* gradient) const {
  double lanes[8] = {};  // a fixed order of summation that vector instructions can follow
  for (const auto& run : movable_) {
    const double* g = gradient + run.begin;
    const std::size_t n = run.end - run.begin, whole = n - n % 8;
    for (std::size_t i = 0; i < whole; i += 8)
      for (std::size_t l = 0; l < 8; l++) lanes[l] += g[i + l] * g[i + l];
    for (std::size_t i = whole; i < n; i++) lanes[i - whole] += g[i] * g[i];
  }
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return std::sqrt(sum);
}

void adam::step(double* parameters, const double* gradient, double factor, double rate, double decay) {
  steps++;
  const double unbias1 = 1 / (1 - std::pow(beta1, double(steps))), unbias2 = 1 / (1 - std::pow(beta2, double(steps)));
  for (const auto& run : movable_) {
    const double shrink = run.decays ? 1 - rate * decay : 1;
    const std::size_t n = run.end - run.begin;
    double* p = parameters + run.begin;
    double* m = first.data() + run.begin;
    double* v = second.data() + run.begin;
    const double* g = gradient + run.begin;
    for (std::size_t i = 0; i < n; i++) {
      const double slope = factor * g[i];
      m[i] = beta1 * m[i] + (1 - beta1) * slope;
      v[i] = beta2 * v[i] + (1 - beta2) * slope * slope;
      p[i] = shrink * p[i] - rate * (unbias1 * m[i]) / (std::sqrt(unbias2 * v[i]) + epsilon);
    }
  }
}

}  // namespace dimwise
