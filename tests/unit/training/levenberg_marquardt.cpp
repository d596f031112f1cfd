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

/// FitzHugh and Nagumo's equations of a nerve, from v = 1, w = 0.
constexpr auto v_net = network<"v">(mlp{12});
constexpr auto w_net = network<"w">(mlp{12});
constexpr void nerve(model& m) {
  auto t = m.time<"t">();
  auto v = 1.0 + t * v_net(t);
  auto w = t * w_net(t);
  auto fast = m.equation<"fast">(dt(v) == v - v * sq(v) / 3.0 - w + 0.5);
  auto slow = m.equation<"slow">(dt(w) == 0.08 * (v + 0.7 - 0.8 * w));
  slow.weighted(25);
  m.output<"v">(v);
  m.output<"w">(w);
  m.stage<"solve">({.steps = 80, .batch = 120, .how = method::levenberg_marquardt});
  m.least_squares<"fast">(fast, m.times<"here">(0, 6));
  m.least_squares<"slow">(slow, m.times<"there">(0, 6).draws(60));
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

TEST_CASE("a system of equations is solved with weights and samples of its own for each", "[training]") {
  const compiled_model m = compile<nerve>("nerve");
  CHECK(m.recording.objectives[0].weight == 1);
  CHECK(m.recording.objectives[1].weight == 25);
  CHECK(m.recording.objectives[0].set != m.recording.objectives[1].set);
  data_sets sets(m.recording);
  sets.prepare();
  progress silent;
  const train_result r = train<double>(m, {}, sets, silent);
  // The classical Runge-Kutta method with small steps.
  const auto slope = [](const double* y, double* k) {
    k[0] = y[0] - y[0] * y[0] * y[0] / 3 - y[1] + 0.5;
    k[1] = 0.08 * (y[0] + 0.7 - 0.8 * y[1]);
  };
  std::vector<double> time, exact;
  double y[2] = {1, 0};
  const double h = 1e-3;
  for (int n = 0; n <= 6000; n++) {
    if (n % 100 == 0) time.push_back(n * h), exact.insert(exact.end(), y, y + 2);
    double k1[2], k2[2], k3[2], k4[2], at[2];
    slope(y, k1);
    for (int i = 0; i < 2; i++) at[i] = y[i] + h / 2 * k1[i];
    slope(at, k2);
    for (int i = 0; i < 2; i++) at[i] = y[i] + h / 2 * k2[i];
    slope(at, k3);
    for (int i = 0; i < 2; i++) at[i] = y[i] + h * k3[i];
    slope(at, k4);
    for (int i = 0; i < 2; i++) y[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
  }
  arguments<double> in;
  in.samples = time.size();
  in.time = time.data();
  const auto& kernel = *m.in_double.outputs;
  std::vector<double> v(time.size()), w(time.size());
  std::vector<double*> out(kernel.outputs().size(), nullptr);
  out[0] = v.data(), out[1] = w.data();
  evaluate_all(kernel, r.parameters.data(), in, out.data());
  for (std::size_t n = 0; n < time.size(); n++) {
    CHECK(std::abs(v[n] - exact[2 * n]) < 1e-4);
    CHECK(std::abs(w[n] - exact[2 * n + 1]) < 1e-4);
  }
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

TEST_CASE("digits of second-order training do not depend on threads, and a run that is stopped goes on as if it had not been",
          "[training]") {
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
