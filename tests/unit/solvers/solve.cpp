// tests/unit/solvers/solve.cpp: the method follows the stiffness, from the start or on the way.
#include "dimwise/solvers/solve.hpp"

#include <cmath>

#include "catch.hpp"
#include "support/ode_models.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {
/// A rotation that a fast relaxation of the first coordinate joins after some time.
constexpr void switched(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  auto fast = m.constant<"rate">(1000.0) * sigmoid(40.0 * (t - 2.0));
  m.ode<"switched">(components(-fast * (x[0] - cos(x[1])), x[2], -1.0 * x[1]), carry<"length">(sum(sq(x))));
}
/// Plain: every coordinate mixes, no diagonal.
constexpr void mixing(model& m) {
  auto x = m.state<"x", 2>();
  m.ode<"dense">(-m.constant<"rate">(0.2) * (sum(x) + x) * (1.0 + 0.1 * sq(sum(tanh(sum(x) * x)))));
}
constexpr auto net = hollow_net<"net">(masked_mlp{24, 24}, features{6}, mlp{12});
/// Rates from 1 to `largest`.
constexpr void relaxing(model& m) {
  auto x = m.state<"x", 12>();
  auto t = m.time<"t">();
  auto a = m.input_per_dim<"rate">();
  m.ode<"relaxing">(-a * (x - net(x, t) - sin(t + a)));
}
/// Has no value beyond time 1.
constexpr void ending(model& m) {
  auto x = m.state<"x", 2>();
  m.ode<"ending">(0.0 * x + sqrt(1.0 - m.time<"t">()));
}
}  // namespace

TEST_CASE("where the field ends, the solve does, in few evaluations, and says where") {
  const auto p = double_problem<ending>();
  const double start[] = {1, 2}, nowhere[] = {1, NAN}, inside[] = {0, 0};
  const auto r = solve(p, {1, start, nullptr, 0, 2});
  CHECK(r.status == solve_status::not_finite);
  CHECK(std::abs(r.end[0] - 1) < 1e-6);
  CHECK(r.counters.field < 2000);
  CHECK(r.text.find("not finite at time 1 with Dopri5") != std::string::npos);
  // so close to the end that a window of steps is rejected as a whole
  const auto close = solve(p, {1, start, nullptr, 1 - 1e-12, 2});
  CHECK(close.status == solve_status::not_finite);
  CHECK(close.counters.field < 2000);
  const auto bad = solve(p, {1, nowhere, nullptr, 0, 0.5});
  CHECK(bad.status == solve_status::not_finite);
  CHECK(bad.counters.field < 20);
  solve_options o;
  o.atol = 0;
  CHECK(solve(p, {1, inside, nullptr, 0, 0.5}, o).ok());
  o.save_at = {0.7};
  CHECK_THROWS_WITH(solve(p, {1, start, nullptr, 0, 0.5}, o), Catch::Contains("save_at"));
  o = {}, o.atol_of = {1, -1};
  CHECK_THROWS_WITH(solve(p, {1, start, nullptr, 0, 0.5}, o), Catch::Contains("tolerances"));
  CHECK_THROWS_WITH(solve(p, {1, start, nullptr, NAN, 0.5}), Catch::Contains("finite times"));
}

TEST_CASE("explicit while it is easy, implicit once it is stiff") {
  const double rate = 1000, slow = 0.5, start[] = {1, 1, 0};
  auto p = double_problem<switched>();
  p.constants = &rate;
  solve_options o;
  o.save_at = {0, 1, 3, 4};
  const auto r = solve(p, {1, start, nullptr, 0, 5}, o);
  REQUIRE(r.ok());
  INFO(r.text);
  CHECK(r.turned_implicit);
  CHECK(r.turned_at > 1.2);
  CHECK(r.turned_at < 2.6);
  CHECK(r.text.find("then BDF with Newton: rates up to") != std::string::npos);
  for (std::size_t k = 0; k < 4; k++) CHECK(std::abs(r.saved[3 * k + 1] - std::cos(o.save_at[k])) < 1e-4);
  CHECK(std::abs(r.saved_carried[1] - 2) < 1e-5);  // 1 + cos^2 + sin^2 over one unit of time
  CHECK(std::abs(r.state[0] - std::cos(std::cos(5.0))) < 5e-3);
  CHECK(r.counters.field < 1500);
  const auto stiff_at_once = solve(p, {1, start, nullptr, 3, 5});
  CHECK(stiff_at_once.turned_at == 3);
  CHECK(stiff_at_once.rate > 900);
  p.constants = &slow;
  const auto easy = solve(p, {1, start, nullptr, 0, 5});
  CHECK(!easy.turned_implicit);
  CHECK(easy.text.find("Dopri5") != std::string::npos);
  CHECK(std::abs(easy.state[1] - std::cos(5.0)) < 1e-4);
}

TEST_CASE("dense fields have their rates from products, and Newton") {
  auto p = double_problem<mixing>();
  const double start[] = {1, -0.5, 0.3, 0.9}, rate = 300;
  CHECK(!solve(p, {2, start, nullptr, 0, 2}).turned_implicit);
  p.constants = &rate;
  const auto r = solve(p, {2, start, nullptr, 0, 2});
  REQUIRE(r.ok());
  CHECK(r.turned_implicit);
  CHECK(r.rate > 300);
  CHECK(r.rate < 3000);
  CHECK(r.text.find("BDF with Newton") != std::string::npos);
  for (const double v : r.state) CHECK(std::abs(v) < 1e-4);
}

TEST_CASE("of at most 1.2 times the evaluations of the best single method, at any stiffness") {
  const auto parameters = draw_parameters(recording<relaxing>::view, 3);
  auto p = double_problem<relaxing>(parameters.data());
  const std::vector<double> zero(12, 0.0);
  for (const double largest : {1.0, 10.0, 1000.0, -10.0}) {  // the last one grows: not stiff forward
    std::vector<double> rate;
    for (int i = 0; i < 12; i++) rate.push_back(largest < 0 ? -0.1 * i : std::pow(largest, i / 11.0));
    const double* inputs[] = {rate.data()};
    p.inputs = inputs;
    const ode_start<double> start{1, zero.data(), nullptr, 0, 10};
    std::size_t best = std::size_t(-1);
    for (const multistep formula : {multistep::adams, multistep::bdf})
      for (const corrector how : {corrector::functional, corrector::jacobi_newton, corrector::newton}) {
        implicit_options o;
        o.formula = formula, o.how = how;
        best = std::min(best, solve_implicit(p, start, o).counters.field);
      }
    const std::size_t explicit_steps = solve_explicit<double>(p, start).counters.field;
    const auto r = solve(p, start);
    INFO(largest << ": " << r.counters.field << ", best implicit " << best << ", Dopri5 " << explicit_steps << "; " << r.text);
    CHECK(r.turned_implicit == (largest > 1));
    if (largest > 1) CHECK(double(r.counters.field) <= 1.2 * double(std::min(best, explicit_steps)));
    if (largest > 1) CHECK(r.text.find("BDF with Jacobi-Newton: rates up to") != std::string::npos);
  }
}
