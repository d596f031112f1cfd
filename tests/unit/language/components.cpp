// tests/unit/language/components.cpp: single components, and systems that are written out.
#include "catch.hpp"
#include "interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

namespace {
constexpr auto drift = hollow_net<"drift">(masked_mlp{4}, features{2}, mlp{4});

constexpr void program(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  auto f = components(x[1] * t, sq(x[0]) - x[2], 2.0);
  static_assert(decltype(x[0])::k.l == level::point && decltype(x[0])::k.dimwise);
  static_assert(decltype(f)::k.l == level::dim && decltype(f)::k.dimwise && decltype(f)::k.d == depends::everything);
  static_assert(!decltype(drift(x, t)[1])::k.dimwise &&
                decltype(drift(x, t)[1])::k.why == because::it_is_one_component_of_values_that_see_other_coordinates);
  static_assert(decltype((x * sum(x))[1])::k.dimwise);
  static_assert(!decltype(components(x[0], drift(x, t)[1], 1))::k.dimwise);
  m.output<"x1">(x[1]);
  m.output<"f">(f);
  m.output<"f2">(f[1]);
  m.output<"scaled">(((x * sum(x) + t) / x[0])[1]);
  m.output<"drift1">(drift(x, t)[1]);
}
static_assert(first_wrong_kind(recording<program>::view) == -1);
}  // namespace

TEST_CASE("components are read and put together, with series along each coordinate") {
  const auto r = record(&program);
  const interpreter run(r.view());
  const auto& x = run.x;
  const auto at = [&](const char* name, int i = 0) { return run.value(output_node(run.t, name), i); };
  CHECK(at("x1") == x[1]);
  CHECK(at("f", 0) == Approx(x[1] * run.time));
  CHECK(at("f", 1) == Approx(x[0] * x[0] - x[2]));
  CHECK(at("f", 2) == 2);
  CHECK(at("f2") == Approx(at("f", 1)));
  CHECK(at("scaled") == Approx((x[1] * (x[0] + x[1] + x[2]) + run.time) / x[0]));
  // a point-level value has a series along every coordinate: x_1 moves along x_1 alone
  const auto x1 = run(output_node(run.t, "x1")), scaled = run(output_node(run.t, "scaled"));
  for (int i = 0; i < 3; i++) CHECK(x1[std::size_t(i)][1] == (i == 1 ? 1 : 0));
  CHECK(scaled[2][1] == Approx(x[1] / x[0]));
  CHECK(scaled[1][1] == Approx((x[0] + 2 * x[1] + x[2]) / x[0]));
}

TEST_CASE("factors are taken out of a component, so that it stays dimension-wise differentiable") {
  const auto r = record(&program);
  const table t = r.view();
  for (int i = 0; i < t.node_count; i++)
    if (t.nodes[i].o == op::component) CHECK((own_only(t.nodes[t.nodes[i].a].k) || !t.nodes[i].k.dimwise));
  CHECK(t.nodes[output_node(t, "scaled")].k.dimwise);
}

TEST_CASE("components that are not there, and systems of the wrong length, are refused with a sentence") {
  const auto refusal = [](void (*build)(model&), const char* sentence) {
    CHECK_THROWS_WITH(record(build), Catch::Contains(sentence));
  };
  refusal([](model& m) { m.output<"r">(m.state<"x", 2>()[2]); }, "from 0 to d - 1");
  refusal([](model& m) { m.output<"r">(m.state<"x", 2>()[-1]); }, "from 0 to d - 1");
  refusal(
      [](model& m) {
        auto x = m.state<"x", 3>();
        m.output<"r">(components(x[0], x[1]));
      },
      "exactly one value for each dimension");
  refusal(
      [](model& m) {
        auto x = m.state<"x", 2>();
        value v = x;
        m.output<"r">(components(x[0], v));
      },
      "one number a sample");
  refusal(
      [](model& m) {
        auto x = m.state<"x", 2>();
        value v = x[0];
        m.output<"r">(x + v[0]);
      },
      "a value for each dimension");
}
