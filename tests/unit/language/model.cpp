// tests/unit/language/model.cpp: inputs, constants and outputs by name.
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
  CHECK(message([](model& m) { m.output<"r">(m.state<"x", 3>() + m.state<"y", 3>()); }) == "");
  CHECK_THAT(message([](model& m) { m.output<"r">(m.state<"x", 3>() + m.state<"y", 2>()); }), Catch::Contains("have the same d"));
  CHECK_THAT(message([](model& m) { m.output<"r">(m.state<"x", 3>() + m.state<"x", 2>()); }), Catch::Contains("have the same d"));
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
