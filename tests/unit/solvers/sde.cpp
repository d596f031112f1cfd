// tests/unit/solvers/sde.cpp: strong orders, exact moments, digits that depend on nothing but the seed, and refusals.
#include "catch.hpp"

#include <cmath>
#include <memory>

#include <dimwise/solvers/sde.hpp>

#include "support/fake_model.hpp"
#include "support/folder.hpp"

using namespace dimwise_tests;

namespace {

// dx_i = a_i x_i dt + b_i x_i dW_i, and the same Brownian motion alone as the second equation.
struct geometric {
  std::vector<node> nodes;
  sde_entry sdes[2];
  compiled_model model;
  static constexpr double a[2] = {0.5, -1}, b[2] = {1, 0.6};
  geometric() {
    nodes = {make_node(op::state, level::dim, depends::own), make_node(op::mul, level::dim, depends::own, 0, 0),
             make_node(op::literal, level::point, depends::nothing), make_node(op::sum, level::point, depends::own, 0),
             make_node(op::mul, level::dim, depends::everything, 0, 3)};
    sdes[0] = {std::string_view("growth"), 1, 1, 0};
    sdes[1] = {std::string_view("brownian"), 2, 2, -1};
    model.name = "geometric";
    table& r = model.recording;
    r.nodes = nodes.data();
    r.node_count = int(nodes.size());
    r.sdes = sdes;
    r.sde_count = 2;
    r.d = 2;
    r.state_name = std::string_view("x");
    fill(model.in_double);
    fill(model.in_float);
  }
  geometric(const geometric&) = delete;
  template <class T>
  void fill(model_kernels<T>& kernels) {
    kernels.sdes.push_back(std::make_unique<function_kernel<T>>(
        2, std::vector<output_info>{{"drift", 1, level::dim, 1}, {"noise", 1, level::dim, 1}, {"d", 0, level::dim, 1}},
        [](const T*, const arguments<T>& in, std::size_t s, T* const* out) {
          for (std::size_t i = 0; i < 2; i++) {
            out[0][i] = T(a[i]) * in.state[2 * s + i];
            out[1][i] = T(b[i]) * in.state[2 * s + i];
            if (out[2]) out[2][i] = T(b[i]);
          }
        }));
    kernels.sdes.push_back(std::make_unique<function_kernel<T>>(
        2, std::vector<output_info>{{"drift", 2, level::point, 1}, {"noise", 2, level::point, 1}},
        [](const T*, const arguments<T>&, std::size_t, T* const* out) {
          out[0][0] = 0;
          out[1][0] = 1;
        }));
  }
};

// The mean over paths of the distance to the exact solution at time 1, for steps 1/8 .. 1/64.
std::vector<double> errors(const geometric& g, sde_scheme scheme, std::size_t paths) {
  team workers(2);
  std::vector<double> x(2 * paths, 1.0), zero(2 * paths, 0.0);
  sde_start<double> start, origin;
  start.paths = origin.paths = paths;
  start.state = x.data();
  origin.state = zero.data();
  std::vector<double> out;
  for (const std::size_t steps : {8u, 16u, 32u, 64u}) {
    sde_options o;
    o.scheme = scheme;
    o.steps = steps;
    o.step = 1.0 / double(steps);
    o.save_every = steps;
    o.refinement = 64 / steps;
    o.seed = 4;
    const auto x1 = simulate<double>(g.model, 0, nullptr, start, o, workers).state;
    const auto w1 = simulate<double>(g.model, 1, nullptr, origin, o, workers).state;
    double error = 0;
    for (std::size_t p = 0; p < paths; p++)
      for (std::size_t i = 0; i < 2; i++) {
        const std::size_t at = 2 * (paths + p) + i;
        error += std::abs(x1[at] - std::exp(g.a[i] - 0.5 * g.b[i] * g.b[i] + g.b[i] * w1[at])) / double(paths);
      }
    out.push_back(error);
  }
  return out;
}

double slope(const std::vector<double>& e) {
  double sum = 0;  // least squares over equally spaced log2 h
  for (std::size_t i = 0; i < 4; i++) sum += (1.5 - double(i)) * std::log2(e[i]);
  return sum / 5;
}

}  // namespace

TEST_CASE("strong order 1 of Milstein and 0.5 of Euler-Maruyama on geometric Brownian motion") {
  const geometric g;
  CHECK(std::abs(slope(errors(g, sde_scheme::milstein, 4000)) - 1.0) < 0.1);
  CHECK(std::abs(slope(errors(g, sde_scheme::euler_maruyama, 4000)) - 0.5) < 0.1);
}

TEST_CASE("a refined run follows the same Brownian path") {
  const geometric g;
  team workers(1);
  const double zero[4] = {};
  sde_start<double> start;
  start.paths = 2;
  start.state = zero;
  sde_options coarse;
  coarse.steps = 5;
  coarse.step = 0.4;
  coarse.refinement = 4;
  sde_options fine = coarse;
  fine.steps = 20;
  fine.step = 0.1;
  fine.save_every = 4;
  fine.refinement = 1;
  const auto a = simulate<double>(g.model, 1, nullptr, start, coarse, workers),
             b = simulate<double>(g.model, 1, nullptr, start, fine, workers);
  REQUIRE(a.state.size() == b.state.size());
  for (std::size_t i = 0; i < a.state.size(); i++) CHECK(a.state[i] == Approx(b.state[i]).margin(1e-14));
  CHECK(b.time == std::vector<double>{0, 0.4, 0.8, 4 * 0.1 * 3, 1.6, 2.0});
}

TEMPLATE_TEST_CASE("digits depend neither on threads nor on how paths are split", "", float, double) {
  const geometric g;
  team one(1), three(3);
  const std::size_t paths = 700;
  std::vector<TestType> x(2 * paths);
  for (std::size_t i = 0; i < x.size(); i++) x[i] = TestType(1 + 0.001 * double(i));
  sde_start<TestType> start;
  start.paths = paths;
  start.state = x.data();
  sde_options o;
  o.steps = 10;
  o.save_every = 4;
  o.seed = 9;
  const auto all = simulate<TestType>(g.model, 0, nullptr, start, o, one);
  CHECK(all.state == simulate<TestType>(g.model, 0, nullptr, start, o, three).state);
  CHECK(all.time.size() == 4);  // 0, 4, 8 and the last
  start.paths = 100;
  start.state = x.data() + 2 * 600;
  o.first_path = 600;
  const auto tail = simulate<TestType>(g.model, 0, nullptr, start, o, one);
  for (std::size_t k = 0; k < 4; k++)
    CHECK(std::equal(tail.state.begin() + std::ptrdiff_t(200 * k), tail.state.begin() + std::ptrdiff_t(200 * (k + 1)),
                     all.state.begin() + std::ptrdiff_t(2 * (700 * k + 600))));
  o.seed = 10;
  CHECK(tail.state != simulate<TestType>(g.model, 0, nullptr, start, o, one).state);
}

TEST_CASE("Brownian motion has its variance, and coordinates and paths are independent") {
  const geometric g;
  team workers(1);
  const std::size_t n = 20000;
  const std::vector<double> zero(2 * n, 0.0);
  sde_start<double> start;
  start.paths = n;
  start.state = zero.data();
  sde_options o;
  o.steps = 3;
  o.step = 0.5;
  o.save_every = 3;
  const auto x = simulate<double>(g.model, 1, nullptr, start, o, workers).state;
  double variance = 0, cross = 0, next = 0;
  for (std::size_t p = 0; p < n; p++) {
    variance += x[2 * (n + p)] * x[2 * (n + p)] / double(n);
    cross += x[2 * (n + p)] * x[2 * (n + p) + 1] / double(n);
    if (p + 1 < n) next += x[2 * (n + p)] * x[2 * (n + p + 1)] / double(n);
  }
  CHECK(variance == Approx(1.5).epsilon(0.04));
  CHECK(std::abs(cross) < 0.04);
  CHECK(std::abs(next) < 0.04);
}

TEST_CASE("each path has its own start in time, and its own inputs") {
  geometric g;
  input_slot input;
  input.name = std::string_view("u");
  g.model.recording.inputs = &input;
  g.model.recording.input_count = 1;
  g.model.in_double.sdes[1] = std::make_unique<function_kernel<double>>(
      2, std::vector<output_info>{{"drift", 2, level::dim, 1}, {"noise", 2, level::point, 1}},
      [](const double*, const arguments<double>& in, std::size_t s, double* const* out) {
        out[0][0] = in.time[s];
        out[0][1] = in.inputs[0][s];
        out[1][0] = 0;
      });
  team workers(1);
  const double x[4] = {}, t[2] = {10, 20}, u[2] = {1, 2};
  const double* inputs[1] = {u};
  sde_start<double> start;
  start.paths = 2;
  start.state = x;
  start.time = t;
  start.inputs = inputs;
  sde_options o;
  o.steps = 2;
  o.step = 0.5;
  o.save_every = 2;
  const auto out = simulate<double>(g.model, 1, nullptr, start, o, workers).state;
  CHECK(out[4] == Approx(0.5 * 10 + 0.5 * 10.5));
  CHECK(out[5] == Approx(1));
  CHECK(out[6] == Approx(0.5 * 20 + 0.5 * 20.5));
  CHECK(out[7] == Approx(2));
}

TEST_CASE("orders are told with their reason") {
  geometric g;
  const auto order = [&](int sde, sde_scheme scheme) { return strong_order_of(g.model.recording, sde, scheme); };
  CHECK(order(0, sde_scheme::milstein).order == 1);
  CHECK(contains(order(0, sde_scheme::milstein).reason, "x_i alone"));
  CHECK(order(0, sde_scheme::euler_maruyama).order == 0.5);
  CHECK(contains(order(0, sde_scheme::euler_maruyama).reason, "Milstein has order 1.0"));
  CHECK(order(1, sde_scheme::milstein).order == 1);
  CHECK(order(1, sde_scheme::euler_maruyama).order == 1);
  g.sdes[0].noise = 4;
  CHECK(order(0, sde_scheme::milstein).order == 0.5);
  CHECK(contains(order(0, sde_scheme::milstein).reason, "other coordinates"));
  g.sdes[0].noise = 3;  // a sum over dimensions, although its parts see their own coordinate
  CHECK(order(0, sde_scheme::milstein).order == 0.5);
  g.model.recording.d = 1;
  CHECK(order(0, sde_scheme::milstein).order == 1);
}

TEST_CASE("a path that is not finite stops with a sentence, and bad options are refused") {
  const geometric g;
  team workers(2);
  std::vector<double> x(20, 1.0);
  x[6] = 1e308;
  sde_start<double> start;
  start.paths = 10;
  start.state = x.data();
  sde_options o;
  o.step = 4;
  o.steps = 100;
  const auto says = [&](auto change) {
    auto changed = o;
    change(changed);
    return refusal([&] { simulate<double>(g.model, 0, nullptr, start, changed, workers); });
  };
  CHECK(contains(says([](auto&) {}), "of path 3 is not finite at time"));
  CHECK(contains(says([](auto& c) { c.step = 0; }), "time step"));
  CHECK(contains(says([](auto& c) { c.save_every = 0; }), "saved"));
  CHECK(contains(says([](auto& c) { c.refinement = 0; }), "refinement"));
  x[2] = NAN;
  CHECK(contains(says([](auto&) {}), "coordinate 0 of the start of path 1 is not finite"));
  CHECK(sde_index(g.model.recording, "") == 0);
  CHECK(sde_index(g.model.recording, "brownian") == 1);
  CHECK(contains(refusal([&] { sde_index(g.model.recording, "x"); }), "it has 'growth', 'brownian'"));
  CHECK(contains(refusal([&] { sde_index(table{}, ""); }), "nothing to simulate"));
}
