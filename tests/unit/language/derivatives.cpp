// tests/unit/language/derivatives.cpp: D, dt and what is made of them.
#include "catch.hpp"
#include "interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

namespace {
constexpr auto drift = hollow_net<"drift">(masked_mlp{6}, features{3}, mlp{5});
void program(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
  m.output<"f">(f);
  m.output<"D1">(D<1>(f));
  m.output<"D3">(D<3>(f));
  m.output<"DD">(D<1>(x * D<1>(f)));
  m.output<"divergence">(divergence(f));
  m.output<"diagonal">(jacobian_diagonal(f));
  m.output<"dt">(dt(f));
  m.output<"dt2">(dt<2>(f));
  m.output<"Dsum">(D<1>(sum(sq(x))));
}
}  // namespace

TEST_CASE("derivatives along the own coordinate and in time") {
  const auto r = record(&program);
  const interpreter run(r.view());
  const table t = r.view();
  const int f = output_node(t, "f");
  const auto jets = run(f);
  double total = 0;
  for (int i = 0; i < 3; i++) {
    const auto& j = jets[std::size_t(i)];
    CHECK(run.value(output_node(t, "D1"), i) == j[1]);
    CHECK(run.value(output_node(t, "D3"), i) == Approx(6 * j[3]));
    CHECK(run.value(output_node(t, "DD"), i) == Approx(j[1] + run.x[std::size_t(i)] * 2 * j[2]));
    CHECK(run.value(output_node(t, "diagonal"), i) == j[1]);
    CHECK(run.value(output_node(t, "Dsum"), i) == Approx(2 * run.x[std::size_t(i)]));
    interpreter moved = run;
    moved.x[std::size_t(i)] += 1e-5;
    CHECK((moved.value(f, i) - run.value(f, i)) / 1e-5 == Approx(j[1]).epsilon(1e-3));
    total += j[1];
  }
  CHECK(run.value(output_node(t, "divergence")) == Approx(total));
  CHECK(t.nodes[output_node(t, "dt")].n == 1);
  CHECK(t.nodes[output_node(t, "dt2")].n == 2);
  CHECK(t.nodes[output_node(t, "dt2")].a == f);
}

TEST_CASE("D of values whose class only the recording knows") {
  const auto r = record([](model& m) {
    value t = m.time<"t">();
    m.output<"zero">(D<1>(t));
  });
  CHECK(r.view().nodes[r.view().outputs[0].node].o == op::literal);
  CHECK_THROWS_WITH(record([](model& m) {
                      value f = drift(m.state<"x", 3>(), m.time<"t">());
                      m.output<"r">(D<1>(sum(f)));
                    }),
                    Catch::Contains("dense"));
}
