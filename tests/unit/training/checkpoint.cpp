// tests/unit/training/checkpoint.cpp: a run's state comes back bit for bit.
#include "catch.hpp"

#include <cmath>
#include <limits>

#include <dimwise/io/parameter_file.hpp>
#include <dimwise/training/checkpoint.hpp>
#include <dimwise/training/initialise.hpp>

#include "support/fake_model.hpp"
#include "support/folder.hpp"

using namespace dimwise_tests;

namespace {

checkpoint sample(const table& recording) {
  checkpoint c;
  c.model = "fake";
  c.seed = 5;
  c.settings = R"({"a":1})";
  c.data = 0xfedcba9876543210u;
  c.transform = R"({"what":"none","d":2})";
  c.stage = 1;
  c.step = 77;
  c.optimiser_steps = 77;
  c.best_loss = 1.0 / 3;
  c.best_step = 60;
  c.validation = std::nan("");
  c.loss_sum = 0.1;
  c.loss_count = 17;
  c.objective_sums = {0.1, 0.2, 0.3, 0.4, 0.5};
  c.seconds = 12.5;
  c.done = {{300, 200, std::numeric_limits<double>::infinity(), 3.5}};
  c.parameters = initial_parameters(recording, 1);
  c.best = initial_parameters(recording, 2);
  c.first.assign(c.parameters.size(), 0.0);
  c.second.assign(c.parameters.size(), 0.0);
  c.first[4] = 1.0 / 7;
  c.second[4] = 1e-300;
  return c;
}

}  // namespace

TEST_CASE("all of a checkpoint comes back") {
  const folder f;
  const fake_model m;
  const table& r = m.model.recording;
  const checkpoint c = sample(r);
  save_checkpoint(f / "c", r, c);
  const checkpoint d = load_checkpoint(f / "c", r);
  CHECK(d.model == c.model);
  CHECK(d.seed == c.seed);
  CHECK(d.settings == c.settings);
  CHECK(d.data == c.data);
  CHECK(d.transform == c.transform);
  CHECK(d.stage == c.stage);
  CHECK(d.step == c.step);
  CHECK(d.optimiser_steps == c.optimiser_steps);
  CHECK(d.best_loss == c.best_loss);
  CHECK(d.best_step == c.best_step);
  CHECK(std::isnan(d.validation));
  CHECK(d.loss_sum == c.loss_sum);
  CHECK(d.loss_count == c.loss_count);
  CHECK(d.objective_sums == c.objective_sums);
  CHECK(d.seconds == c.seconds);
  REQUIRE(d.done.size() == 1);
  CHECK(std::isinf(d.done[0].best_loss));
  CHECK(d.done[0].steps == 300);
  CHECK(d.parameters == c.parameters);
  CHECK(d.best == c.best);
  CHECK(d.first == c.first);
  CHECK(d.second == c.second);
  CHECK(load_parameters(f / "c", r).values == c.best);
}

TEST_CASE("before the first validation there are no best parameters") {
  const folder f;
  const fake_model m;
  checkpoint c = sample(m.model.recording);
  c.best_loss = std::numeric_limits<double>::infinity();
  save_checkpoint(f / "c", m.model.recording, c);
  CHECK(load_checkpoint(f / "c", m.model.recording).best == c.parameters);
  CHECK(load_parameters(f / "c", m.model.recording).values == c.parameters);
}

TEST_CASE("another file is refused") {
  const folder f;
  const fake_model m;
  save_parameters(f / "p", m.model.recording, {initial_parameters(m.model.recording, 1), {}});
  CHECK(contains(refusal([&] { load_checkpoint(f / "p", m.model.recording); }), "not a checkpoint"));
  safetensors broken = read_safetensors(f / "p");
  broken.metadata = {{"checkpoint", "1"}};
  write_safetensors(f / "b", broken);
  CHECK(contains(refusal([&] { load_checkpoint(f / "b", m.model.recording); }), "metadata is broken"));
}
