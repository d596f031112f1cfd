// tests/unit/training/levenberg_marquardt.cpp: second-order training: closed forms, conjugate gradients, refusals, resuming.
#include "catch.hpp"

#include <cmath>

#include <dimwise/kernel.hpp>
#include <dimwise/training/initialise.hpp>
#include <dimwise/training/levenberg_marquardt.hpp>
#include <dimwise/training/train.hpp>

#include "support/folder.hpp"

using namespace dimwise;
using dimwise_tests::folder;

namespace {

constexpr void line(model& m) {
  auto x = m.state<"x", 1>();
  auto y = m.input<"y">();
  m.stage<"fit">({.steps = 12, .batch = 50, .how = method::levenberg_marquardt});
  m.least_squares<"line">(m.parameter<"a">(0.0) + m.parameter<"b">(0.0) * x - y, m.samples<"data">());
}

/// y = 3 exp(-1.5 x), of two positive numbers, and a vector-valued residual.
constexpr void decay(model& m) {
  auto x = m.state<"x", 1>();
  auto y = m.input<"y">();
  auto size = m.positive<"size">(1.0);
  auto unused = m.bounded<"unused">(-1.0, 3.0, 0.5);
  auto rate = m.bounded<"rate">(0.0, 4.0, 1.0);
  m.output<"size">(size);
  m.output<"rate">(rate);
  m.output<"unused">(unused);
  m.stage<"fit">({.steps = 30, .batch = 50, .how = method::levenberg_marquardt, .redraw = 5});
  auto misfit = size * exp(-rate * x) - y;
  m.least_squares<"decay">(concat(misfit, 2.0 * misfit), m.samples<"data">());
}

constexpr auto net = network<"net">(mlp{80, 60});
constexpr void large(model& m) {
  auto x = m.state<"x", 1>();
  m.stage<"fit">({.steps = 4, .batch = 60, .how = method::levenberg_marquardt});
  m.least_squares<"wave">(net(x) - sin(3.0 * x), m.box<"points">(-1, 1));
}

constexpr void mixed(model& m) {
  auto x = m.state<"x", 1>();
  m.stage<"fit">({.how = method::levenberg_marquardt});
  m.minimize<"size">(sum(sq(x - m.parameter<"a">(0.0))), m.box<"points">(-1, 1));
}

data_sets rows(const compiled_model& model, double (*y)(double)) {
  data_rows r;
  r.rows = 40;
  r.inputs.resize(1);
  for (std::size_t i = 0; i < r.rows; i++) {
    r.state.push_back(double(i) / 20 - 1);
    r.inputs[0].push_back(y(r.state.back()));
  }
  validation_split all;
  all.how = validation_split::by::none;
  data_sets sets(model.recording);
  sets.bind("data", r, all);
  sets.prepare();
  return sets;
}

}  // namespace

TEST_CASE("least squares of a line end at the normal equations' solution", "[training]") {
  const compiled_model m = compile<line>("line");
  const data_sets sets = rows(m, [](double x) { return 2 - 3 * x + (x > 0 ? 0.1 : -0.1); });
  progress silent;
  const train_result r = train<double>(m, {}, sets, silent);
  double n = 0, sx = 0, sxx = 0, sy = 0, sxy = 0;
  for (int i = 0; i < 40; i++) {
    const double x = i / 20.0 - 1, y = 2 - 3 * x + (x > 0 ? 0.1 : -0.1);
    n += 1, sx += x, sxx += x * x, sy += y, sxy += x * y;
  }
  const double b = (n * sxy - sx * sy) / (n * sxx - sx * sx), a = (sy - b * sx) / n;
  CHECK(r.parameters[0] == Approx(a).epsilon(1e-9));
  CHECK(r.parameters[1] == Approx(b).epsilon(1e-9));
}

TEST_CASE("positive and bounded numbers are found by residuals of several features", "[training]") {
  const compiled_model m = compile<decay>("decay");
  const data_sets sets = rows(m, [](double x) { return 3 * std::exp(-1.5 * x); });
  progress silent;
  const train_result r = train<double>(m, {}, sets, silent);
  const auto& kernel = *m.in_double.outputs;
  double size = 0, rate = 0, unused = 0, state = 0;
  double* out[] = {&size, &rate, &unused};
  arguments<double> in;
  in.samples = 1;
  in.state = &state;
  std::vector<double> space(kernel.evaluate_workspace() + 64);
  kernel.evaluate(r.parameters.data(), in, 0, 1, out, space.data());
  CHECK(size == Approx(3).epsilon(1e-9));
  CHECK(rate == Approx(1.5).epsilon(1e-9));
  CHECK(unused == Approx(0.5).epsilon(1e-14));
}

TEST_CASE("more unknowns than fit in a matrix are solved for by conjugate gradients", "[training]") {
  const compiled_model m = compile<large>("large");
  data_sets sets(m.recording);
  sets.prepare();
  team workers(2);
  levenberg_marquardt solver(m, sets, 0, 60, 1, 1, {}, {}, workers);
  REQUIRE(solver.unknowns() > levenberg_marquardt::largest_dense);
  std::vector<double> p = initial_parameters(m.recording, 1);
  solver.draw(0, p.data());
  const double before = solver.loss(p.data());
  double after = before;
  for (int i = 0; i < 6; i++) after = solver.step(p.data());
  CHECK(after < 1e-2 * before);
}

TEST_CASE("digits of second-order training do not depend on threads, and a run that is stopped goes on as if it had not been", "[training]") {
  const compiled_model m = compile<decay>("decay");
  const data_sets sets = rows(m, [](double x) { return 3 * std::exp(-1.5 * x) + 0.01 * std::sin(9 * x); });
  progress silent;
  train_options how;
  how.keep_best = false;
  const auto whole = train<double>(m, how, sets, silent).parameters;
  how.threads = 2;
  CHECK(train<double>(m, how, sets, silent).parameters == whole);
  const folder place;
  how.checkpoint = place / "run.safetensors";
  how.pause_after = 7;
  CHECK(train<double>(m, how, sets, silent).interrupted);
  how.resume = true;
  how.pause_after = 0;
  CHECK(train<double>(m, how, sets, silent).parameters == whole);
}

TEST_CASE("second-order training names an objective that is not a sum of squares", "[training]") {
  const compiled_model m = compile<mixed>("mixed");
  data_sets sets(m.recording);
  sets.prepare();
  progress silent;
  CHECK_THROWS_WITH(train<double>(m, {}, sets, silent), Catch::Contains("the objective 'size' is not a sum of squares"));
}
