// tests/unit/training/limited_memory_bfgs.cpp: L-BFGS against minima in closed form; gradients on drawn samples; resuming,
// interrupts, refusals.
#include "catch.hpp"

#include <atomic>
#include <cmath>

#include <dimwise/kernel.hpp>
#include <dimwise/training/drawn_objectives.hpp>
#include <dimwise/training/initialise.hpp>
#include <dimwise/training/limited_memory_bfgs.hpp>
#include <dimwise/training/train.hpp>

#include "support/folder.hpp"

using namespace dimwise;
using dimwise_tests::folder;
using dimwise_tests::refusal;

namespace {

/// Rosenbrock's valley, which no method of first order goes down in so few steps; the frozen weight is 1.5 where the start is.
constexpr void valley(model& m) {
  auto x = m.state<"x", 1>();
  auto a = m.parameter<"a">(-1.2);
  auto b = m.parameter<"b">(1.0);
  m.output<"b">(b);
  m.stage<"fit">({.steps = 120, .batch = 8, .how = method::lbfgs});
  auto points = m.box<"points">(0, 1);
  m.minimize<"valley">(100.0 * sq(b - sq(a)) + sum(0.0 * x), points);
  m.least_squares<"slope">(1.0 - a, points, sample_weight{0.5 + sq(b) + sum(0.0 * x)});
}

/// y = 3 exp(-1.5 x) on rows and on points that are drawn anew.
constexpr auto net = network<"net">(mlp{6});
constexpr void curve(model& m) {
  auto x = m.state<"x", 1>();
  m.output<"u">(net(x));
  m.stage<"fit">({.steps = 60, .batch = 64, .how = method::lbfgs, .redraw = 20, .candidates = 3});
  m.least_squares<"curve">(net(x) - 3.0 * exp(-1.5 * x), m.box<"points">(-1, 1), sample_weight{1.0 / (1.0 + sq(net(x)))},
                           weight{2});
  m.minimize<"small">(sum(sq(net(x))), m.box<"others">(-0.1, 0.1), weight{1e-3});
}

constexpr void impossible(model& m) {
  auto x = m.state<"x", 1>();
  m.stage<"fit">({.how = method::lbfgs});
  m.minimize<"root">(sum(sqrt(m.parameter<"a">(-1.0) + 0.0 * x)), m.box<"points">(0, 1));
}

struct prepared {
  compiled_model m;
  data_sets sets;
  progress silent;
  train_options how;
  explicit prepared(compiled_model model) : m(std::move(model)), sets(m.recording) {
    sets.prepare();
    how.keep_best = false;
  }
  train_result run() { return train<double>(m, how, sets, silent); }
};

}  // namespace

TEST_CASE("a curved valley is followed to its end, with factors that stay those of the draw", "[training]") {
  prepared p(compile<valley>("valley"));
  const train_result r = p.run();
  CHECK(r.parameters[0] == Approx(1).epsilon(1e-7));
  CHECK(r.parameters[1] == Approx(1).epsilon(1e-7));
  REQUIRE(r.stages.size() == 1);
  CHECK(r.stages[0].steps == 120);
  // At the minimum nothing is left to do: the stage jumps to its end before step 100, whose validation is not in the history.
  REQUIRE(r.history.size() == 1);
  CHECK(r.history[0].step == 120);
  CHECK(r.history[0].validation < 1e-12);
}

TEST_CASE("gradients on drawn samples are those of the loss", "[training]") {
  prepared p(compile<curve>("curve"));
  team workers(2);
  drawn_objectives objectives(p.m, p.sets, 0, 64, 3, 7, {{"small", 0.5}}, {}, workers);
  std::vector<double> at = initial_parameters(p.m.recording, 7);
  objectives.draw(0, at.data());
  for (double& v : at) v += 0.05;  // away from where the factors were taken
  std::vector<double> gradient(objectives.unknowns());
  const double loss = objectives.gradient(at.data(), gradient.data());
  CHECK(loss == Approx(objectives.loss(at.data())).epsilon(1e-13));
  CHECK(loss == Approx(2 * objectives.losses()[0] + 0.5 * objectives.losses()[1]).epsilon(1e-13));
  for (std::size_t c = 0; c < objectives.unknowns(); c++) {
    std::vector<double> moved = at;
    moved[objectives.entries()[c]] += 1e-5;
    const double above = objectives.loss(moved.data());
    moved[objectives.entries()[c]] -= 2e-5;
    CHECK(gradient[c] == Approx((above - objectives.loss(moved.data())) / 2e-5).epsilon(1e-6).margin(1e-8));
    CHECK(objectives.columns()[objectives.entries()[c]] == int(c));
  }
}

TEST_CASE("digits do not depend on threads, and a run that is stopped goes on as if it had not been", "[training]") {
  prepared p(compile<curve>("curve"));
  const auto whole = p.run();
  CHECK(whole.history.back().validation < 1e-2 * 9);
  p.how.threads = 2;
  CHECK(p.run().parameters == whole.parameters);
  const folder place;
  p.how.checkpoint = place / "run.safetensors";
  p.how.pause_after = 7;
  CHECK(p.run().interrupted);
  p.how.resume = true;
  p.how.pause_after = 0;
  CHECK(p.run().parameters == whole.parameters);
  // An interrupt in the middle of a draw goes back to its beginning.
  p.how.resume = false;
  p.how.validate_every = 5;
  std::atomic<bool> stop{false};
  p.how.interrupt = &stop;
  p.how.select = [&](int, std::uint64_t step, const std::vector<double>&) {
    stop = step >= 30;
    return 1.0;
  };
  CHECK(p.run().interrupted);
  stop = false;
  p.how.resume = true;
  p.how.select = [&](int, std::uint64_t step, const std::vector<double>&) {
    CHECK(step > 20);
    return 1.0;
  };
  CHECK(p.run().parameters == whole.parameters);
}

TEST_CASE("what L-BFGS cannot do is refused with a sentence", "[training]") {
  prepared p(compile<curve>("curve"));
  p.how.stages = stages_of(p.m.recording);
  p.how.stages[0].redraw = 1;
  CHECK_THAT(refusal([&] { p.run(); }), Catch::Contains("stage 'fit': L-BFGS compares gradients of the same samples"));
  prepared q(compile<impossible>("impossible"));
  CHECK_THAT(refusal([&] { q.run(); }), Catch::Contains("the loss is not finite at step 1"));
}
