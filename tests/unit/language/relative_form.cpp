// tests/unit/language/relative_form.cpp: equations divided by a density that is not evaluated.
#include "catch.hpp"
#include "interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

namespace {
constexpr auto drift = hollow_net<"drift">(masked_mlp{6}, features{3}, mlp{5});
constexpr auto noise = hollow_net<"noise">(masked_mlp{6}, features{2}, mlp{4});
constexpr auto density = gaussian_mixture<"density">(mixture_components{2});

template <bool Frozen>
void fokker_planck(model& m) {
  auto x = m.state<"x", 2>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
  auto g = softplus(noise(x, t));
  auto l = density(x, t);
  auto p = [&] {
    if constexpr (Frozen) return exp(frozen(l));
    else return exp(l);
  }();
  m.output<"p">(p);
  m.equation<"plain">(dt(p) == -sum(D<1>(f * p)) + 0.5 * sum(D<2>(sq(g) * p)));
  auto G = sq(g);
  m.equation<"log">(dt(l) == sum(-D<1>(f) - f * D<1>(l) + 0.5 * D<2>(G) + D<1>(G) * D<1>(l) + 0.5 * G * (D<2>(l) + sq(D<1>(l)))));
}
bool reaches_exp(const table& t, int root) {
  std::vector<char> live(std::size_t(root) + 1);
  live[std::size_t(root)] = 1;
  for (int i = root; i >= 0; i--) {
    if (!live[std::size_t(i)]) continue;
    const node& x = t.nodes[i];
    if (x.o == op::exp && x.k.l == level::point && x.k.d != depends::nothing) return true;
    if (x.a >= 0) live[std::size_t(x.a)] = 1;
    if (x.b >= 0) live[std::size_t(x.b)] = 1;
  }
  return false;
}
/// Ornstein-Uhlenbeck process with the exact density of N(m0 e^-at, v(t)), and a wrong drift.
template <int d>
void wrong_drift(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto e = exp(-0.7 * t);
  auto v = 0.9 / 1.4 * (1.0 - e * e) + 0.3 * e * e;
  auto p = exp(sum(-0.5 * sq(x - 1.1 * e) / v - 0.5 * log(6.283185307179586 * v)));
  m.equation<"right">(dt(p) == -sum(D<1>(-0.7 * x * p)) + 0.45 * sum(D<2>(p))).relative_to(p);
  m.equation<"wrong">(dt(p) == -sum(D<1>(-0.9 * x * p)) + 0.45 * sum(D<2>(p))).relative_to(p);
}
}  // namespace

TEST_CASE("the relative form is derived by itself for one density, and agrees with the log form and with e / p") {
  for (const auto build : {&fokker_planck<false>, &fokker_planck<true>}) {
    const auto r = record(build);
    const table t = r.view();
    const interpreter run(t);
    const int relative = t.equations[0].relative;
    REQUIRE(relative >= 0);
    CHECK(t.equations[1].relative == -1);
    CHECK_FALSE(reaches_exp(t, relative));
    CHECK(reaches_exp(t, t.equations[0].residual));
    const double value = run.value(relative);
    CHECK(value == Approx(run.value(t.equations[0].residual) / run.value(output_node(t, "p"))).epsilon(1e-9));
    CHECK(value == Approx(run.value(t.equations[1].residual)).epsilon(1e-9));
  }
}

TEST_CASE("where the density underflows the plain form says 0, the relative form the truth") {
  const auto r = record(&wrong_drift<200>);
  interpreter run(r.view());
  for (double& x : run.x) x += 6;
  run.step = 1e-6;
  const table t = r.view();
  CHECK(run.value(t.equations[1].residual) == 0);
  CHECK(std::abs(run.value(t.equations[1].relative)) > 100);
  CHECK(std::abs(run.value(t.equations[0].relative)) < 1e-2);
}

TEST_CASE("factors that do not fit are refused") {
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      auto p = exp(sum(-1.0 * sq(x)));
                      m.equation<"e">(p == p * p).relative_to(p);
                    }),
                    Catch::Contains("proportional"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      auto p = sum(sq(x));
                      m.equation<"e">(p == 2.0 * p).relative_to(p);
                    }),
                    Catch::Contains("exp(l)"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      m.output<"r">(m.equation<"e">(x == 2.0 * x).relative());
                    }),
                    Catch::Contains("relative_to"));
}

TEST_CASE("two densities leave the choice to the user") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 2>();
    const auto other = gaussian_mixture<"other">(mixture_components{2});
    auto p = exp(density(x));
    auto q = exp(other(x));
    m.equation<"e">(p * q * q == 2.0 * q * p * q);
    m.equation<"f">(p * q == 2.0 * q * p);
    m.equation<"g">(p * q == 2.0 * q * p).relative_to(q);
  });
  CHECK(r.view().equations[0].relative >= 0);  // degree 1 in p only
  CHECK(r.view().equations[1].relative == -1);
  CHECK(r.view().equations[2].relative >= 0);
}
