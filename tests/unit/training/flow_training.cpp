// tests/unit/training/flow_training.cpp: flows find the density of their data; stopped runs go on to the same digits.
#include "dimwise/training/flow_training.hpp"

#include <cmath>
#include <cstdio>

#include "catch.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/core/random.hpp"
#include "dimwise/kernel.hpp"

using namespace dimwise;

namespace {

constexpr auto field = hollow_net<"field">(masked_mlp{8}, features{4}, mlp{8}, last_layer_scale{0.1});
constexpr void shifted(model& m) {
  auto x = m.state<"x", 2>();
  auto f = field(x, concat(m.time<"t">(), m.input<"side">()));
  m.flow<"shifted">(f, carry<"energy">(sum(sq(f))));
}
const compiled_model& shifted_model() {
  static const compiled_model m = compile<shifted>("shifted");
  return m;
}

/// Rows (1.5 side + z_0, 0.6 z_1 - 0.4) with side +-1.
struct rows {
  std::vector<double> x, side;
  explicit rows(std::size_t n, std::uint64_t seed) : x(2 * n), side(n) {
    const random_stream r(seed, "rows");
    r.normals(0, 0, 2 * n, x.data());
    for (std::size_t s = 0; s < n; s++) {
      side[s] = s % 2 ? 1 : -1;
      x[2 * s] += 1.5 * side[s], x[2 * s + 1] = 0.6 * x[2 * s + 1] - 0.4;
    }
  }
  flow_data<double> data() const {
    flow_data<double> d;
    d.rows = side.size(), d.state = x.data(), d.inputs = {{"side", side.data()}};
    return d;
  }
};
const double entropy = 1 + std::log(2 * 3.14159265358979323846) + std::log(0.6);
flow_options<double> solver(int threads = 1) {
  flow_options<double> o;
  o.solver.fixed_steps = 4;
  o.threads = threads;
  return o;
}
flow_training numbers() {
  flow_training t;
  t.steps = 300, t.batch = 128, t.rate = 1e-2, t.warm_up = 10, t.validate_every = 50;
  return t;
}
std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a flow with context learns its density") {
  const rows train(2000, 1), held_out(1000, 2);
  normalizing_flow<double> flow(shifted_model(), solver());
  progress silent;
  flow_training t = numbers();
  int watched = 0;
  t.watch = [&](std::uint64_t, const std::vector<double>& p, double) { watched += p.size() == flow.parameters(); };
  const auto data = train.data(), validation = held_out.data();
  const auto r = train_flow(flow, data, validation, t, silent);
  CHECK(watched == 6);
  CHECK(r.steps == 300);
  CHECK(r.history.size() == 6);
  CHECK(r.best_loss < entropy + 0.08);
  CHECK(r.best_loss > entropy - 0.08);
  CHECK(r.history.front().validation > r.best_loss);
  CHECK(r.mean_evaluations == 16);
  // threads leave the digits
  normalizing_flow<double> two(shifted_model(), solver(2));
  t.watch = {};
  CHECK(train_flow(two, data, validation, t, silent).parameters == r.parameters);

  SECTION("a run that was stopped goes on to the same digits") {
    const std::string file = "flow_training.safetensors";
    t.checkpoint = file, t.pause_after = 130;
    std::remove(file.c_str());
    CHECK(train_flow(flow, data, validation, t, silent).interrupted);
    t.pause_after = 0, t.resume = true;
    const auto whole = train_flow(flow, data, validation, t, silent);
    CHECK(whole.parameters == r.parameters);
    CHECK(whole.best_loss == r.best_loss);
    t.rate = 2e-2;
    CHECK(message([&] { train_flow(flow, data, validation, t, silent); }).find("started with other settings") !=
          std::string::npos);
    t.rate = numbers().rate;
    CHECK(message([&] { train_flow(flow, validation, validation, t, silent); }).find("the data is not the data") !=
          std::string::npos);
    std::remove(file.c_str());
  }
}

TEST_CASE("a penalty on the energy of the field makes it smaller; samplers; what is refused") {
  const rows train(512, 1);
  normalizing_flow<double> flow(shifted_model(), solver());
  progress silent;
  flow_training t = numbers();
  t.steps = 100;
  const auto data = train.data();
  const auto energy = [&](const std::vector<double>& p) {
    double e = 0;
    const auto r = flow.log_prob(p.data(), 512, data.state, data.inputs);
    for (std::size_t s = 0; s < 512; s++) e -= r.carried[2 * s + 1] / 512;
    return e;
  };
  const double without = energy(train_flow(flow, data, {}, t, silent).parameters);
  t.penalties = {{"energy", 0.5}};
  const double with = energy(train_flow(flow, data, {}, t, silent).parameters);
  INFO("energy " << without << " without, " << with << " with a penalty");
  CHECK(with < 0.8 * without);
  CHECK(with > 0);

  flow_data<double> nothing;
  CHECK(message([&] { train_flow(flow, nothing, {}, t, silent); }).find("there is nothing to train the flow on") == 0);
  t.start = {1, 2};
  CHECK(message([&] { train_flow(flow, data, {}, t, silent); }).find("to start from 2 parameters") != std::string::npos);
  t = numbers();
  t.steps = 3, t.rate = 1e200, t.warm_up = 0, t.clip = 0;
  CHECK(message([&] { train_flow(flow, data, {}, t, silent); }).find("training the flow stopped at step") == 0);
}
