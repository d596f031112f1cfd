// tests/unit/language/dynamics.cpp: ordinary and stochastic differential equations, and what they carry along.
#include "catch.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;

namespace {
std::string message(void (*build)(model&)) {
  try {
    record(build);
  } catch (const error& e) {
    return e.what();
  }
  return "";
}
}  // namespace

TEST_CASE("SDEs: drift, noise and its derivative at dim level") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 3>();
    auto t = m.time<"t">();
    m.sde<"multiplicative">(-x, 0.3 * x * t);
    m.sde<"additive">(-x, 0.3);
    m.sde<"hidden">(t, conditioner<"c">(masked_mlp{4})(x));
    m.sde<"dense">(-x, sum(x * conditioner<"c">(masked_mlp{4})(x)));
  });
  const table t = r.view();
  REQUIRE(t.sde_count == 4);
  for (int i = 0; i < 4; i++) {
    CHECK(t.nodes[t.sdes[i].drift].k.l == level::dim);
    CHECK(t.nodes[t.sdes[i].noise].k.l == level::dim);
    if (i < 3) {
      REQUIRE(t.sdes[i].noise_derivative >= 0);
      CHECK(t.nodes[t.sdes[i].noise_derivative].k.l == level::dim);
    }
  }
  CHECK(t.nodes[t.sdes[0].noise_derivative].o == op::D);
  CHECK(t.nodes[t.sdes[1].noise_derivative].o == op::add);  // 0 + 0 x
  CHECK(t.sdes[3].noise_derivative == -1);
  CHECK_THAT(message([](model& m) { m.sde<"s">(0.0, 1.0); }), Catch::Contains("m.state"));
  CHECK_THAT(message([](model& m) { m.sde<"s">(m.state<"x", 2>(), m.input<"c", 2>()); }), Catch::Contains("one feature"));
}

TEST_CASE("ODEs: field and its diagonal at dim level, quantities carried along") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 3>();
    auto f = x * m.time<"t">();
    m.ode<"plain">(f);
    m.ode<"carrying">(f, carry<"energy">(sum(sq(f))), carry<"length">(norm(f)));
    m.flow<"flow">(f, carry<"energy">(sum(sq(f))));
    m.ode<"dense">(f * sum(x * conditioner<"c">(masked_mlp{4})(x)));
    m.ode<"constant">(1.0);
  });
  const table t = r.view();
  REQUIRE(t.ode_count == 5);
  for (int i = 0; i < 5; i++) {
    CHECK(t.nodes[t.odes[i].field].k.l == level::dim);
    CHECK((t.odes[i].diagonal >= 0) == (i != 3));
  }
  CHECK(t.nodes[t.odes[0].diagonal].o == op::D);
  CHECK(t.odes[0].carried_count == 0);
  REQUIRE(t.odes[1].carried_count == 2);
  CHECK(t.odes[1].carried[1].name.view() == "length");
  REQUIRE(t.odes[2].carried_count == 2);
  CHECK(t.odes[2].carried[0].name.view() == "log_density");
  CHECK(t.odes[2].carried[1].node == t.odes[1].carried[0].node);
  CHECK_THAT(message([](model& m) { m.ode<"f">(1.0); }), Catch::Contains("m.state"));
  CHECK_THAT(message([](model& m) { m.ode<"f">(m.state<"x", 2>() * m.input<"c", 2>()); }), Catch::Contains("one feature"));
  CHECK_THAT(message([](model& m) {
               auto x = m.state<"x", 2>();
               m.ode<"f">(x, carry<"q">(sum(x)), carry<"q">(sum(sq(x))));
             }),
             Catch::Contains("the same name"));
  CHECK_THAT(message([](model& m) {
               auto x = m.state<"x", 2>();
               m.ode<"f">(x);
               m.ode<"f">(-x);
             }),
             Catch::Contains("'f' is already taken"));
}

TEST_CASE("flows: ways to find the trace") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 3>();
    auto f = hollow_net<"f">(masked_mlp{4}, features{2}, mlp{3})(x, m.time<"t">());
    m.flow<"exact">(f);
    m.flow<"hutchinson", trace::hutchinson>(network<"n">(mlp{3})(x), carry<"energy">(sum(sq(x))));
    m.flow<"full", trace::full>(f);
    m.flow<"none", trace::none>(f, carry<"energy">(sum(sq(x))));
    m.ode<"plain">(f);
  });
  const table t = r.view();
  REQUIRE(t.ode_count == 5);
  const trace how[] = {trace::exact, trace::hutchinson, trace::full, trace::none, trace::none};
  const int carried[] = {1, 2, 1, 1, 0};
  for (int i = 0; i < 5; i++) {
    CHECK(t.odes[i].how == how[i]);
    CHECK(t.odes[i].carried_count == carried[i]);
    CHECK((t.odes[i].noise >= 0) == (i == 1 || i == 2));
    if (i < 3) CHECK(t.odes[i].carried[0].name.view() == "log_density");
  }
  REQUIRE(t.input_count == 1);  // one direction for all flows
  CHECK(t.inputs[0].name.view() == "trace_noise");
  CHECK(t.inputs[t.nodes[t.odes[1].noise].n].l == level::dim);
  CHECK(message([](model& m) {
          auto x = m.state<"x", 2>();
          m.flow<"flow", trace::hutchinson>(x * m.input<"trace_noise">());
        }) != "");
}
