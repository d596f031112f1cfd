// tests/unit/language/sums.cpp: sums, means and inner products over dimensions.
#include "catch.hpp"
#include "interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

TEST_CASE("sums over dimensions") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 4>();
    auto c = m.input<"c", 2>();
    m.output<"sum">(sum(c * x));
    m.output<"mean">(mean(x));
    m.output<"dot">(dot(x, 2.0 * x));
    m.output<"norm">(norm(x));
  });
  const interpreter run(r.view());
  double s = 0, q = 0;
  for (const double x : run.x) s += x, q += x * x;
  CHECK(run.value(output_node(run.t, "sum"), 0, 1) == Approx(s * run.inputs[0][1]));
  CHECK(run.value(output_node(run.t, "mean")) == Approx(s / 4));
  CHECK(run.value(output_node(run.t, "dot")) == Approx(2 * q));
  CHECK(run.value(output_node(run.t, "norm")) == Approx(std::sqrt(q)));
}

TEST_CASE("with one coordinate a sum is a point-level value that is still differentiated") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 1>();
    const auto net = network<"u">(mlp{4});
    auto u = sum(net(x));
    m.output<"u">(u);
    m.output<"Du">(D<1>(u * u));
  });
  const table t = r.view();
  CHECK(t.nodes[output_node(t, "u")].k.l == level::point);
  CHECK(t.nodes[output_node(t, "u")].k.dimwise);
  const interpreter run(t);
  const auto u = run(output_node(t, "u"))[0];
  CHECK(run.value(output_node(t, "Du")) == Approx(2 * u[0] * u[1]));
}
