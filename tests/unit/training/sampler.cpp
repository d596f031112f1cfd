// tests/unit/training/sampler.cpp: every kind of set, as a function of seed, stage and step alone.
#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include <dimwise/training/initialise.hpp>
#include <dimwise/training/sampler.hpp>

#include "support/fake_model.hpp"
#include "support/folder.hpp"

using namespace dimwise_tests;

namespace {

data_rows line(std::size_t n) {
  data_rows rows;
  rows.rows = n;
  rows.inputs.resize(3);
  for (std::size_t r = 0; r < n; r++) {
    rows.state.push_back(double(r));
    rows.state.push_back(-double(r));
    rows.time.push_back(double(r) * 0.5);
    rows.inputs[2].push_back(double(r) + 0.25);
  }
  return rows;
}

struct fixture {
  fake_model m;
  data_sets sets;
  team workers;
  std::vector<double> parameters;
  sample_batch<double> batch;
  fixture() : sets(m.model.recording), workers(2) {
    validation_split split;
    split.how = validation_split::by::rows;
    split.first_row = 90;
    split.last_row = 100;
    sets.bind_rest(line(100), split);
    sets.prepare();
    parameters = initial_parameters(m.model.recording, 1);
    batch.reserve(m.model.recording, 500);
  }
  sampler<double> make(std::uint64_t seed = 1) { return {m.model, sets, seed, 500}; }
  void draw(sampler<double>& s, int set, int stage, std::uint64_t step, std::size_t n) {
    s.draw(set, stage, step, n, parameters.data(), nullptr, workers, batch);
  }
};

}  // namespace

TEST_CASE("each pass over a file takes every training row once, in a new order") {
  fixture f;
  auto s = f.make();
  std::map<double, int> seen;
  std::vector<double> first, second;
  for (std::uint64_t step = 0; step < 6; step++) {
    f.draw(s, 0, 0, step, 30);
    for (std::size_t i = 0; i < 30; i++) {
      const double r = f.batch.state[2 * i];
      (step < 3 ? first : second).push_back(r);
      seen[r]++;
      CHECK(f.batch.state[2 * i + 1] == -r);
      CHECK(f.batch.time[i] == 0.5 * r);
      CHECK(f.batch.inputs[2][i] == r + 0.25);
    }
  }
  CHECK(seen.size() == 90);
  for (const auto& [row, count] : seen) CHECK((row < 90 && count == 2));
  CHECK(first != second);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  CHECK(first == second);
}

TEST_CASE("a draw is a function of seed, stage and step") {
  fixture f;
  auto all = f.make(), late = f.make(), other = f.make(2);
  for (const int set : {0, 1, 2, 3, 4}) {
    for (std::uint64_t step = 0; step < 8; step++) f.draw(all, set, 1, step, 40);
    const auto state = f.batch.state;
    const auto time = f.batch.time;
    f.draw(late, set, 1, 7, 40);
    CHECK(f.batch.state == state);
    CHECK(f.batch.time == time);
    f.draw(late, set, 0, 7, 40);
    CHECK(f.batch.state != state);
    f.draw(other, set, 1, 7, 40);
    CHECK(f.batch.state != state);
  }
}

TEST_CASE("a batch may be larger than the file") {
  fixture f;
  auto s = f.make();
  f.draw(s, 0, 0, 0, 200);
  std::map<double, int> seen;
  for (std::size_t i = 0; i < 180; i++) seen[f.batch.state[2 * i]]++;
  for (const auto& [row, count] : seen) CHECK(count == 2);
  CHECK(contains(refusal([&] { f.draw(s, 0, 0, 0, 501); }), "501"));
}

TEST_CASE("transitions carry the next state and the increment") {
  fixture f;
  auto s = f.make();
  f.draw(s, 1, 0, 0, 89);
  for (std::size_t i = 0; i < 89; i++) {
    CHECK(f.batch.inputs[0][2 * i] == f.batch.state[2 * i] + 1);
    CHECK(f.batch.inputs[0][2 * i + 1] == f.batch.state[2 * i + 1] - 1);
    CHECK(f.batch.inputs[1][i] == 0.5);
  }
}

TEST_CASE("jittered rows lie around rows, with the deviation that was asked for") {
  fixture f;
  auto s = f.make();
  double square = 0;
  for (std::uint64_t step = 0; step < 20; step++) {
    f.draw(s, 2, 1, step, 500);
    for (std::size_t i = 0; i < 500; i++) square += std::pow(f.batch.state[2 * i] - 2 * f.batch.time[i], 2);
  }
  CHECK(std::sqrt(square / 10000) == Approx(0.5).epsilon(0.03));
}

TEST_CASE("boxes are filled evenly, times too") {
  fixture f;
  auto s = f.make();
  double mean = 0, time = 0, low = 9, high = -9;
  f.draw(s, 3, 1, 0, 500);
  for (std::size_t i = 0; i < 1000; i++) {
    mean += f.batch.state[i] / 1000;
    low = std::min(low, f.batch.state[i]);
    high = std::max(high, f.batch.state[i]);
  }
  for (std::size_t i = 0; i < 500; i++) time += f.batch.time[i] / 500;
  CHECK(std::abs(mean - 0.5) < 4 * 0.87 / 31);
  CHECK((low >= -1 && low < -0.95 && high < 2 && high > 1.95));
  CHECK(std::abs(time - 6) < 4 * 0.58 / 22);
}

TEST_CASE("further states are drawn from the box as well, apart from the first") {
  fixture f;
  f.m.inputs[0].state = true;
  auto s = f.make();
  f.draw(s, 3, 1, 0, 500);
  const auto& next = f.batch.inputs[0];
  double mean = 0, product = 0;
  for (std::size_t i = 0; i < 1000; i++) {
    mean += next[i] / 1000;
    product += (next[i] - 0.5) * (f.batch.state[i] - 0.5) / 1000;
  }
  CHECK(std::abs(mean - 0.5) < 4 * 0.87 / 31);
  CHECK(std::abs(product) < 4 * 0.75 / 31);  // independent: the deviation of a product is 0.75
  CHECK((*std::min_element(next.begin(), next.end()) >= -1 && *std::max_element(next.begin(), next.end()) < 2));
  CHECK(f.batch.inputs[2][0] == 0);
}

TEST_CASE("density sets are drawn from the mixture with the parameters of the moment") {
  fixture f;
  auto s = f.make();
  f.parameters[0] = 3;
  f.parameters[1] = -4;
  double mean[2] = {}, square = 0;
  f.draw(s, 4, 1, 0, 500);
  for (std::size_t i = 0; i < 500; i++) {
    mean[0] += f.batch.state[2 * i] / 500;
    mean[1] += f.batch.state[2 * i + 1] / 500;
    square += std::pow(f.batch.state[2 * i] - 3, 2) / 500;
  }
  CHECK(std::abs(mean[0] - 3) < 0.02);
  CHECK(std::abs(mean[1] + 4) < 0.02);
  CHECK(std::sqrt(square) == Approx(0.1).epsilon(0.15));
}

TEST_CASE("components are taken by their weights, in chunks or not") {
  fixture f;
  f.m.model.in_double.mixtures[0] = std::make_unique<function_kernel<double>>(
      2,
      std::vector<output_info>{
          {"w", 0, level::point, 3}, {"m", 0, level::dim, 3}, {"s", 0, level::point, 3}, {"l", 0, level::point, 1}},
      [](const double*, const arguments<double>& in, std::size_t s, double* const* out) {
        const double w[3] = {0.2, 0.5, 0.3};
        for (std::size_t k = 0; k < 3; k++) {
          out[0][k] = std::log(w[k]);
          out[1][k] = 10.0 * double(k);
          out[1][3 + k] = in.time[s];
          out[2][k] = std::log(0.01);
        }
        out[3][0] = 0;
      });
  const std::size_t n = 9000;
  std::vector<double> time(n, 7.0), x(2 * n), again(2 * 10);
  sample_mixture<double>(f.m.model, 0, f.parameters.data(), nullptr, n, time.data(), 5, f.workers, x.data());
  double count[3] = {};
  for (std::size_t s = 0; s < n; s++) {
    count[std::lround(x[2 * s] / 10)]++;
    CHECK(std::abs(x[2 * s + 1] - 7) < 0.1);
  }
  CHECK(std::abs(count[0] / n - 0.2) < 0.02);
  CHECK(std::abs(count[1] / n - 0.5) < 0.02);
  sample_mixture<double>(f.m.model, 0, f.parameters.data(), nullptr, 10, time.data(), 5, f.workers, again.data());
  CHECK(std::equal(again.begin(), again.end(), x.begin()));
}

TEST_CASE("validation samples are the held-out rows, and fixed numbers for other sets") {
  fixture f;
  auto s = f.make();
  const auto draw = [&](int set, std::size_t n) { s.draw_validation(set, n, f.parameters.data(), nullptr, f.workers, f.batch); };
  draw(0, 400);
  CHECK(f.batch.samples == 10);
  for (std::size_t i = 0; i < 10; i++) CHECK(f.batch.state[2 * i] >= 90);
  CHECK(s.validation_samples(0, 4) == 4);
  CHECK(s.validation_samples(3, 400) == 400);
  for (const int set : {0, 1, 2, 3, 4}) {
    draw(set, 300);
    const auto state = f.batch.state;
    f.draw(s, set, 1, 3, 40);
    draw(set, 300);
    CHECK(std::equal(state.begin(), state.begin() + std::ptrdiff_t(2 * f.batch.samples), f.batch.state.begin()));
  }
}
