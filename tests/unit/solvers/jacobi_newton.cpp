// tests/unit/solvers/jacobi_newton.cpp: orders, digits that depend on the sample alone, and iterations that do not contract.
#include "dimwise/solvers/jacobi_newton.hpp"

#include <cmath>

#include "catch.hpp"
#include "dimwise/solvers/implicit_solve.hpp"
#include "support/ode_models.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {
constexpr auto net = hollow_net<"net">(masked_mlp{12}, features{4}, mlp{8});
constexpr void relaxation(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  auto a = m.input_per_dim<"rate">();
  auto f = -a * (x - net(x, t) - sin(t + 0.01 * a));
  m.ode<"relaxation">(f, carry<"length">(sum(sq(x))));
}
/// The coordinates push each other: rows with off-diagonal entries `push`.
constexpr void pushing(model& m) {
  auto x = m.state<"x", 3>();
  m.ode<"pushing">(-100.0 * (x - m.constant<"push">(0.2) * (sum(x) - x)) + 1.0);
}
constexpr std::size_t samples = 75, d = 3;
}  // namespace

TEST_CASE("implicit Euler is of order 1, the trapezoidal rule of order 2, on a stiff batch") {
  const auto parameters = draw_parameters(recording<relaxation>::view, 2);
  auto p = double_problem<relaxation>(parameters.data());
  std::vector<double> rate, x0;
  for (std::size_t e = 0; e < samples * d; e++)
    rate.push_back(std::pow(300.0, double(e % d) / 2) * (1 + 0.01 * double(e))), x0.push_back(std::sin(double(e)));
  const double* inputs[] = {rate.data()};
  p.inputs = inputs;
  const ode_start<double> start{samples, x0.data(), nullptr, 0, 2};
  implicit_options o;
  o.rtol = o.atol = 1e-10;
  const auto exact = solve_implicit(p, start, o);
  const auto error = [&](implicit_step formula, std::size_t steps) {
    jacobi_newton_options j;
    j.formula = formula, j.steps = steps;
    j.rtol = j.atol = 1e-9;
    const auto r = solve_jacobi_newton(p, start, j);
    INFO(r.text);
    REQUIRE(r.ok());
    CHECK(r.counters.field < 14 * steps);
    if (formula == implicit_step::rosenbrock) CHECK(r.counters.field == 4 * steps + 1);  // one a step for the carried rate
    double worst = 0;
    for (std::size_t e = 0; e < r.state.size(); e++) worst = std::max(worst, std::abs(r.state[e] - exact.state[e]));
    for (const double c : r.rate) CHECK((formula == implicit_step::rosenbrock ? c == 0 : c > 0 && c < 0.9));
    return worst;
  };
  CHECK(std::abs(std::log2(error(implicit_step::euler, 2000) / error(implicit_step::euler, 4000)) - 1) < 0.1);
  CHECK(std::abs(std::log2(error(implicit_step::trapezoidal, 2000) / error(implicit_step::trapezoidal, 4000)) - 2) < 0.1);
  // with steps of ten times the stability border of explicit ones the formula without iterations damps what the trapezoidal rule
  // lets ring
  CHECK(error(implicit_step::rosenbrock, 60) < 2e-3);
  CHECK(error(implicit_step::trapezoidal, 60) > 3e-3);

  jacobi_newton_options j;
  j.formula = implicit_step::euler;
  const auto one = solve_jacobi_newton(p, start, j), three = solve_jacobi_newton(p, start, j, 3);
  CHECK(one.state == three.state);
  CHECK(one.carried == three.carried);
  const double* own[] = {rate.data() + 71 * d};
  p.inputs = own;
  const auto alone = solve_jacobi_newton(p, {1, x0.data() + 71 * d, nullptr, 0, 2}, j);
  CHECK(std::vector<double>(one.state.begin() + 71 * d, one.state.begin() + 72 * d) == alone.state);
  CHECK(std::abs(one.carried[71] - exact.carried[71]) < 0.05 * std::abs(exact.carried[71]) + 0.05);
}

TEST_CASE("the Rosenbrock formula is of order 2 with the diagonal alone") {
  const auto parameters = draw_parameters(recording<relaxation>::view, 2);
  auto p = double_problem<relaxation>(parameters.data());
  const std::vector<double> rate = {1, 3, 9, 2, 5, 4}, x0 = {1, -1, 0.5, 0.2, 0.8, -0.4};
  const double* inputs[] = {rate.data()};
  p.inputs = inputs;
  implicit_options o;
  o.rtol = o.atol = 1e-11;
  const auto exact = solve_implicit(p, {2, x0.data(), nullptr, 0, 2}, o);
  std::vector<double> errors;
  for (const std::size_t steps : {1000, 2000}) {
    jacobi_newton_options j;
    j.formula = implicit_step::rosenbrock, j.steps = steps;
    const auto r = solve_jacobi_newton(p, {2, x0.data(), nullptr, 0, 2}, j);
    double worst = 0;
    for (std::size_t e = 0; e < r.state.size(); e++) worst = std::max(worst, std::abs(r.state[e] - exact.state[e]));
    errors.push_back(worst);
    CHECK(std::abs(r.carried[1] - exact.carried[1]) < 1e-4);
  }
  INFO(errors[0] << ", " << errors[1]);
  CHECK(std::abs(std::log2(errors[0] / errors[1]) - 2) < 0.1);
}

TEST_CASE("an iteration that does not contract says so") {
  auto p = double_problem<pushing>();
  const std::vector<double> x0(2 * d, 0.5);
  for (const double push : {0.2, 0.8}) {
    p.constants = &push;
    jacobi_newton_options j;
    j.formula = implicit_step::euler;
    j.steps = 20;
    const auto r = solve_jacobi_newton(p, {2, x0.data(), nullptr, 0, 10}, j);
    INFO(r.text);
    // spectral radius 2 push at long steps
    CHECK(r.ok() == (push < 0.5));
    if (r.ok()) CHECK(std::abs(r.state[0] - 0.01 / (1 - 2 * push)) < 1e-6);
    else CHECK(r.text.find("the diagonal does not dominate") != std::string::npos);
    CHECK(r.rate[0] > 1.4 * push);
    CHECK(r.rate[0] < 2.5 * push);
    j.formula = implicit_step::rosenbrock;
    j.steps = 4000;
    const auto w = solve_jacobi_newton(p, {2, x0.data(), nullptr, 0, 20}, j);
    // the problem itself grows by exp(60 t) for a push of 0.8
    CHECK(w.ok() == (push < 0.5));
    if (w.ok()) CHECK(std::abs(w.state[0] - 0.01 / (1 - 2 * push)) < 1e-6);
    else CHECK(w.text.find("not finite for 2 samples") != std::string::npos);
  }
  const double little = 0.2;
  p.constants = &little;
  std::vector<double> nowhere = x0;
  nowhere[1] = NAN;
  const auto bad = solve_jacobi_newton(p, {2, nowhere.data(), nullptr, 0, 1});
  CHECK(bad.status == solve_status::not_finite);
  CHECK(bad.text.find("diagonal") == std::string::npos);
  CHECK_THROWS_WITH(solve_jacobi_newton(p, {2, x0.data(), nullptr, 0, NAN}), Catch::Contains("finite times"));
}
