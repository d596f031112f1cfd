// tests/unit/language/model.cpp: inputs, constants, outputs and SDEs by name.
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

TEST_CASE("asking again for a name gives the same value") {
  const auto r = record([](model& m) {
    auto a = m.state<"x", 3>() * m.time<"t">() * m.input<"c">() * m.input_per_dim<"e">() * m.constant<"h">(0.5);
    auto b = m.state<"x", 3>() * m.time<"t">() * m.input<"c">() * m.input_per_dim<"e">() * m.constant<"h">(0.5);
    m.output<"r">(a - b);
  });
  const table t = r.view();
  CHECK(t.nodes[t.outputs[0].node].a == t.nodes[t.outputs[0].node].b);
  CHECK(t.state_name.view() == "x");
  CHECK(t.time_name.view() == "t");
  CHECK(t.d == 3);
  REQUIRE(t.input_count == 2);
  CHECK(t.inputs[0].name.view() == "c");
  CHECK(t.inputs[0].l == level::point);
  CHECK(t.inputs[1].name.view() == "e");
  CHECK(t.inputs[1].l == level::dim);
  REQUIRE(t.constant_count == 1);
  CHECK(t.constants[0].name.view() == "h");
  CHECK(t.constants[0].value == 0.5);
}

TEST_CASE("the same name with another shape is refused") {
  CHECK_THAT(message([](model& m) { m.output<"r">(m.state<"x", 3>() + m.state<"y", 3>()); }), Catch::Contains("another state"));
  CHECK_THAT(message([](model& m) { m.output<"r">(m.state<"x", 3>() + m.state<"x", 2>()); }), Catch::Contains("another state"));
  CHECK_THAT(message([](model& m) { m.output<"r">(m.time<"t">() + m.time<"s">()); }), Catch::Contains("another time"));
  CHECK_THAT(message([](model& m) { m.output<"r">(m.input<"c">() + m.input<"c", 2>()); }), Catch::Contains("'c'"));
  CHECK_THAT(message([](model& m) { m.output<"r">(m.input<"c">() + m.input_per_dim<"c">()); }), Catch::Contains("'c'"));
  CHECK_THAT(message([](model& m) { m.output<"r">(m.constant<"h">(1) + m.constant<"h">(2)); }), Catch::Contains("'h'"));
  CHECK_THAT(message([](model& m) {
               m.output<"r">(1);
               m.output<"r">(2);
             }),
             Catch::Contains("'r' is already taken"));
}

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
