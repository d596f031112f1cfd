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
}  // namespace

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
  CHECK(r.turned_at > 1.5);
  CHECK(r.turned_at < 2.6);
  CHECK(r.text.find("then BDF with Jacobi-Newton") != std::string::npos);
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
