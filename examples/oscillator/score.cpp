// examples/oscillator/score.cpp: see score.hpp.
#include "examples/oscillator/score.hpp"

#include <cmath>
#include <string>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>
#include <dimwise/training/parallel.hpp>

#include "examples/oscillator/true_process.hpp"
#include "examples/support/energy_distance.hpp"

namespace oscillator_example {
namespace {

// 1,140 steps of 0.00526. With 0.02 the explicit scheme alone makes the oscillation grow by 6 % in this time: |1 + 0.02 i|^300.
constexpr std::size_t steps = 1140, save_every = 6;

// `n` rows of [2n'][2], half from the first half of the rows and half from the second.
std::vector<float> half_each(const std::vector<double>& rows, std::size_t n, std::uint64_t seed) {
  const std::size_t half = rows.size() / 4;
  const auto numbers = dimwise::stream(seed, "starting points");
  std::vector<float> chosen;
  for (const std::uint64_t side : {0, 1}) {
    const auto order = numbers.permutation(side, half);
    for (std::size_t i = 0; i < (side ? n - n / 2 : n / 2); i++)
      for (std::size_t k = 0; k < 2; k++) chosen.push_back(float(rows[2 * (side * half + order[i]) + k]));
  }
  return chosen;
}

}  // namespace

std::vector<double> scored_times() {
  std::vector<double> times;
  for (int i = 1; i <= 10; i++) times.push_back(last_time * i / 10);
  return times;
}

std::size_t saved_at(double time) {
  const double place = time / last_time * double(steps / save_every);
  if (std::abs(place - std::round(place)) > 1e-6 || place < 0 || place > double(steps / save_every) + 0.5)
    throw dimwise::error("no state is saved at time " + std::to_string(time) + ".");
  return std::size_t(std::round(place));
}

dimwise::sde_paths<float> simulated_crowd(const dimwise::compiled_model& model, const std::vector<double>& parameters,
                                          const std::vector<double>& first_snapshot, std::size_t paths, std::uint64_t seed,
                                          dimwise::team& workers) {
  const std::vector<float> start = half_each(first_snapshot, paths, seed), numbers(parameters.begin(), parameters.end());
  dimwise::sde_start<float> from;
  from.paths = paths;
  from.state = start.data();
  dimwise::sde_options how;
  how.scheme = dimwise::sde_scheme::euler_maruyama;
  how.step = last_time / double(steps);
  how.steps = steps;
  how.save_every = save_every;
  how.seed = seed;
  return dimwise::simulate(model, 0, numbers.data(), from, how, workers);
}

std::vector<double> floor_distances(std::size_t n, int pairs, std::uint64_t seed, dimwise::team& workers) {
  const std::vector<double> times = scored_times();
  std::vector<double> distances(times.size(), 0.0);
  workers.run(times.size(), [&](std::size_t i, int) {
    for (int pair = 0; pair < pairs; pair++) {
      const std::string number = std::to_string(pair);
      const auto a = true_sample(times[i], n, seed, "one " + number), b = true_sample(times[i], n, seed, "other " + number);
      distances[i] += example::energy_distance(a.data(), n, b.data(), n, 2) / pairs;
    }
  });
  return distances;
}

std::vector<double> simulated_distances(const dimwise::compiled_model& model, const std::vector<double>& parameters,
                                        const std::vector<double>& first_snapshot, std::size_t n, int pairs, std::uint64_t seed,
                                        dimwise::team& workers) {
  const std::vector<double> times = scored_times();
  std::vector<double> distances(times.size(), 0.0);
  for (int pair = 0; pair < pairs; pair++) {
    const auto crowd = simulated_crowd(model, parameters, first_snapshot, n, seed + std::uint64_t(pair), workers);
    workers.run(times.size(), [&](std::size_t i, int) {
      const float* state = crowd.state.data() + saved_at(times[i]) * n * 2;
      const std::vector<double> a(state, state + 2 * n), b = true_sample(times[i], n, seed, "fresh " + std::to_string(pair));
      distances[i] += example::energy_distance(a.data(), n, b.data(), n, 2) / pairs;
    });
  }
  return distances;
}

std::vector<double> learned_log_density(const dimwise::compiled_model& model, const std::vector<double>& parameters, double time,
                                        const std::vector<double>& points, dimwise::team& workers) {
  const std::size_t n = points.size() / 2;
  const std::vector<double> times(n, time);
  dimwise::arguments<double> in;
  in.samples = n;
  in.state = points.data();
  in.time = times.data();
  std::vector<double> log_density(n);
  double* const out[] = {nullptr, nullptr, nullptr, log_density.data()};
  dimwise::parallel_memory<double> memory;
  dimwise::evaluate_all(*model.in_double.mixtures[0], parameters.data(), in, out, workers, memory);
  return log_density;
}

std::vector<double> density_gaps(const dimwise::compiled_model& model, const std::vector<double>& parameters, std::size_t n,
                                 std::uint64_t seed, dimwise::team& workers) {
  std::vector<double> gaps;
  for (std::size_t i = 0; i + 1 < snapshots; i++) {
    const double time = 0.5 * (snapshot_time(i) + snapshot_time(i + 1));
    const auto points = true_sample(time, n, seed, "between");
    const auto exact = true_log_density(time, points), learned = learned_log_density(model, parameters, time, points, workers);
    double total = 0;
    for (std::size_t j = 0; j < n; j++) total += exact[j] - learned[j];
    gaps.push_back(total / double(n));
  }
  return gaps;
}

motion_summary summary_of_motion(const dimwise::compiled_model& model, const std::vector<double>& parameters, std::size_t n,
                                 std::uint64_t seed, dimwise::team& workers) {
  motion_summary sums;
  const std::vector<double> times = scored_times();
  for (const double time : times) {
    const auto points = true_sample(time, n, seed, "motion"), score = true_score(time, points);
    const std::vector<double> all(n, time);
    dimwise::arguments<double> in;
    in.samples = n;
    in.state = points.data();
    in.time = all.data();
    std::vector<double> drift(2 * n), noise(2 * n), derivative(2 * n);
    double* const out[] = {drift.data(), noise.data(), derivative.data()};
    dimwise::parallel_memory<double> memory;
    dimwise::evaluate_all(*model.in_double.sdes[0], parameters.data(), in, out, workers, memory);
    for (std::size_t j = 0; j < 2 * n; j++) {
      const std::size_t i = j % 2;
      const double truth = true_drift(points[j - i], points[j - i + 1])[i], own = drift[j] - truth;
      const double excess = noise[j] * noise[j] - true_noise[i] * true_noise[i];
      const double equivalent = own - noise[j] * derivative[j] - 0.5 * excess * score[j];
      sums.noise[i] += noise[j] * noise[j];
      sums.drift_error += own * own;
      sums.equivalent_error += equivalent * equivalent;
    }
  }
  const double samples = double(n * times.size());
  return {{std::sqrt(sums.noise[0] / samples), std::sqrt(sums.noise[1] / samples)},
          std::sqrt(sums.drift_error / samples),
          std::sqrt(sums.equivalent_error / samples)};
}

}  // namespace oscillator_example
