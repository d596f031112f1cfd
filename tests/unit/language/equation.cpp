// tests/unit/language/equation.cpp: both sides, residual, and equations that are no values.
#include "catch.hpp"
#include "interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

TEST_CASE("sides, residual and weight of an equation") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 2>();
    auto t = m.time<"t">();
    auto e = m.equation<"e">(x * t == 2.0).weighted(0.25);
    static_assert(decltype(e.residual())::k.l == level::dim && decltype(e.residual())::k.d == depends::own);
    m.output<"lhs">(e.lhs());
    m.output<"rhs">(e.rhs());
    m.output<"residual">(e.residual());
    m.equation<"f">(0.0 == sum(x));
  });
  const table t = r.view();
  REQUIRE(t.equation_count == 2);
  CHECK(t.equations[0].name.view() == "e");
  CHECK(t.equations[0].weight == 0.25);
  CHECK(t.equations[1].weight == 1);
  CHECK(t.equations[0].lhs == output_node(t, "lhs"));
  CHECK(t.equations[0].rhs == output_node(t, "rhs"));
  CHECK(t.equations[0].residual == output_node(t, "residual"));
  const interpreter run(t);
  CHECK(run.value(t.equations[0].residual, 1) == run.x[1] * run.time - 2);
}

TEST_CASE("an equation that is not given to m.equation is refused") {
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      [[maybe_unused]] auto sides = x == 2.0;
                    }),
                    Catch::Contains("not given to m.equation"));
}

TEST_CASE("an equation has a name of its own") {
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      m.equation<"e">(x == 2.0);
                      m.equation<"e">(x == 3.0);
                    }),
                    Catch::Contains("'e' is already taken"));
}
