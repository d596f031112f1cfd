// tests/unit/examples/oscillator_score.cpp: the scores of a model that is the true process, and of models that are not.
#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <dimwise/kernel.hpp>
#include <dimwise/training/initialise.hpp>

#include "examples/oscillator/score.hpp"
#include "examples/oscillator/true_process.hpp"

using namespace dimwise;
using namespace oscillator_example;

namespace {

// Linear drift, noise that is linear in the own coordinate, and a density of two round Gaussians that do not move.
constexpr void linear_process(model& m) {
  auto x = m.state<"x", 2>();
  auto t = m.time<"t">();
  auto l = gaussian_mixture<"density">(x, m.parameter<"weights", 2>(0), m.parameter_per_dim<"means", 2>(0),
                                       m.parameter_per_dim<"log_deviations", 2>(0));
  m.output<"log_density">(l + 0.0 * t);
  auto other = sum(x) - x;
  m.sde<"process">(m.parameter_per_dim<"coupling">(0) * other + m.parameter_per_dim<"rate">(0) * x,
                   m.parameter_per_dim<"noise">(0) + m.parameter_per_dim<"slope">(0) * x);
}

const compiled_model& process() {
  static const compiled_model m = compile<linear_process>("linear_process");
  return m;
}

void set(std::vector<double>& parameters, std::string_view name, const std::vector<double>& values) {
  const table& t = process().recording;
  for (int i = 0; i < t.tensor_count; i++)
    if (t.tensors[i].name.view() == name) {
      REQUIRE(t.tensors[i].size() == int(values.size()));
      std::copy(values.begin(), values.end(), parameters.begin() + t.tensors[i].offset);
      return;
    }
  FAIL("no tensor " << name);
}

std::vector<double> truth() {
  std::vector<double> parameters = initial_parameters(process().recording, 1);
  set(parameters, "coupling", {1, -1});
  set(parameters, "rate", {0, -0.1});
  set(parameters, "noise", {0.05, 0.3});
  set(parameters, "means", {2, -2, 0, 0});
  set(parameters, "log_deviations", std::vector<double>(4, std::log(0.2)));
  return parameters;
}

}  // namespace

TEST_CASE("scored times and snapshot times are among the saved ones, others are refused") {
  team one;
  const auto start = true_sample(0, 20, 1, "snapshot");
  const auto crowd = simulated_crowd(process(), truth(), start, 4, 1, one);
  for (const double t : scored_times()) CHECK(crowd.time[saved_at(t)] == Approx(t));
  for (std::size_t i = 0; i < snapshots; i++)
    CHECK(crowd.time[saved_at(snapshot_time(i))] == Approx(snapshot_time(i)).margin(1e-9));
  CHECK(crowd.time.size() == saved_at(last_time) + 1);
  CHECK_THROWS_WITH(saved_at(0.01), Catch::Contains("no state is saved at time 0.01"));
  CHECK_THROWS(saved_at(6.6));
}

TEST_CASE("a crowd starts with half of its paths in each half of the snapshot") {
  team one;
  const auto start = true_sample(0, 200, 1, "snapshot");
  const auto crowd = simulated_crowd(process(), truth(), start, 100, 7, one);
  std::vector<std::size_t> used;
  for (std::size_t p = 0; p < 100; p++)
    for (std::size_t row = 0; row < 200; row++)
      if (crowd.state[2 * p] == float(start[2 * row]) && crowd.state[2 * p + 1] == float(start[2 * row + 1])) used.push_back(row);
  REQUIRE(used.size() == 100);
  CHECK(std::count_if(used.begin(), used.end(), [](std::size_t row) { return row < 100; }) == 50);
  std::sort(used.begin(), used.end());
  CHECK(std::unique(used.begin(), used.end()) == used.end());
}

TEST_CASE("the true process scores about the floor, another one far above it") {
  team one;
  const std::size_t n = 300;
  const auto floor = floor_distances(n, 6, 5, one);
  const auto first = true_sample(0, crowd, 1, "snapshot");
  const auto good = simulated_distances(process(), truth(), first, n, 6, 9, one);
  auto without_friction = truth();
  set(without_friction, "rate", {0, 0});
  const auto bad = simulated_distances(process(), without_friction, first, n, 6, 9, one);
  double ratio = 0;
  for (std::size_t i = 0; i < floor.size(); i++) {
    CHECK(good[i] < 2.5 * floor[i]);
    ratio += good[i] / floor[i] / double(floor.size());
  }
  CHECK(ratio == Approx(1).margin(0.3));
  CHECK(bad.back() > 8 * floor.back());
}

TEST_CASE("the gap of a density is its Kullback-Leibler divergence from the true one") {
  team one;
  const std::vector<double> at{2, 0.1};
  CHECK(learned_log_density(process(), truth(), 0, at, one)[0] == Approx(true_log_density(0, at)[0]).epsilon(1e-9));
  auto wide = truth();
  set(wide, "means", {0, 0, 0, 0});
  set(wide, "log_deviations", {std::log(2.0), std::log(2.0), std::log(1.0), std::log(1.0)});
  const auto gaps = density_gaps(process(), wide, 500, 3, one);
  REQUIRE(gaps.size() == snapshots - 1);
  // At the first time: E log p_true = -log 2 - 1 - log(2 pi s s'), E log p = -log(2 pi 2) - (E x^2 / 4 + E v^2) / 2.
  const double time = 0.5 * snapshot_time(1);
  const clusters c = clusters_at(time);
  const double determinant = c.xx * c.vv - c.xv * c.xv;
  const double entropy = -std::log(2.0) - 1 - std::log(2 * M_PI) - 0.5 * std::log(determinant);
  const double cross = -std::log(4 * M_PI) - 0.5 * ((c.position * c.position + c.xx) / 4 + c.velocity * c.velocity + c.vv);
  CHECK(gaps[0] == Approx(entropy - cross).margin(0.15));
  for (const double gap : gaps) CHECK(gap > 0.1);
}

TEST_CASE("drift and noise are compared with the true ones, and with those of the same densities") {
  team one;
  motion_summary same = summary_of_motion(process(), truth(), 200, 1, one);
  CHECK(same.noise[0] == Approx(0.05));
  CHECK(same.noise[1] == Approx(0.3));
  CHECK(same.drift_error == Approx(0).margin(1e-12));
  CHECK(same.equivalent_error == Approx(0).margin(1e-12));

  auto noisier = truth();
  set(noisier, "noise", {0.3, 0.3});
  const motion_summary more = summary_of_motion(process(), noisier, 200, 1, one);
  CHECK(more.drift_error == Approx(0).margin(1e-12));
  // 1/2 (0.09 - 0.0025) d log p / dx, whose mean square is 1/4 0.0875^2 times the Fisher information of the position.
  double square = 0, count = 0;
  for (const double t : scored_times()) {
    const auto score = true_score(t, true_sample(t, 200, 1, "motion"));
    for (std::size_t i = 0; i < score.size(); i += 2) square += std::pow(0.5 * 0.0875 * score[i], 2), count++;
  }
  CHECK(more.equivalent_error == Approx(std::sqrt(square / count)));

  // Velocity noise 0.3 + 0.1 v: 1/2 dG/dv = 0.1 (0.3 + 0.1 v), and G - 0.09 = 0.06 v + 0.01 v^2.
  auto sloped = truth();
  set(sloped, "slope", {0, 0.1});
  square = 0;
  for (const double t : scored_times()) {
    const auto points = true_sample(t, 200, 1, "motion"), score = true_score(t, points);
    for (std::size_t i = 1; i < score.size(); i += 2) {
      const double v = points[i];
      square += std::pow(0.1 * (0.3 + 0.1 * v) + 0.5 * (0.06 * v + 0.01 * v * v) * score[i], 2);
    }
  }
  CHECK(summary_of_motion(process(), sloped, 200, 1, one).equivalent_error == Approx(std::sqrt(square / count)));
}
