// tests/unit/language/arithmetic.cpp: + - * / between values, numbers, levels and widths.
#include "catch.hpp"
#include "interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

namespace {
void program(model& m) {
  auto x = m.state<"x", 2>();
  auto c = m.input<"c", 3>();
  auto h = m.constant<"h">(0.5);
  m.output<"sum">(x + c);
  m.output<"difference">(3 - x);
  m.output<"product">(c * x);
  m.output<"quotient">(x / 4.0f);
  m.output<"minus">(-x);
  m.output<"plus">(+h);
  m.output<"number">(7);
  auto y = x;
  y += h;
  y *= 2;
  y -= x;
  y /= h;
  m.output<"updated">(y);
}
}  // namespace

TEST_CASE("values of operators") {
  const auto r = record(&program);
  const interpreter run(r.view());
  auto at = [&](std::string_view name, int i, int w) { return run.value(output_node(run.t, name), i, w); };
  for (int i = 0; i < 2; i++) {
    const double x = run.x[std::size_t(i)];
    for (int w = 0; w < 3; w++) {
      CHECK(at("sum", i, w) == x + run.inputs[0][std::size_t(w)]);
      CHECK(at("product", i, w) == x * run.inputs[0][std::size_t(w)]);
    }
    CHECK(at("difference", i, 0) == 3 - x);
    CHECK(at("quotient", i, 0) == x / 4);
    CHECK(at("minus", i, 0) == -x);
    CHECK(at("updated", i, 0) == Approx(((x + 0.5) * 2 - x) / 0.5));
  }
  CHECK(at("plus", 0, 0) == 0.5);
  CHECK(at("number", 0, 0) == 7);
  CHECK(run.t.nodes[output_node(run.t, "sum")].k.width == 3);
  CHECK(run.t.nodes[output_node(run.t, "sum")].k.l == level::dim);
  CHECK(run.t.nodes[output_node(run.t, "number")].k.l == level::point);
}

TEST_CASE("widths that only the recording knows are refused with a sentence") {
  CHECK_THROWS_WITH(record([](model& m) {
                      value a = m.input<"a", 3>(), b = m.input<"b", 4>();
                      m.output<"r">(a + b);
                    }),
                    Catch::Contains("different feature widths"));
}
