// tests/unit/language/factored_sum.cpp: point-level factors are taken out of sums over dimensions, without changing their value.
#include "catch.hpp"
#include "interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

namespace {
void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
  auto s = sum(x);
  m.output<"scaled">(sum(x * s));
  m.output<"affine">(sum(s * (x + s) - x / sum(exp(x)) + t * (tanh(x) - 2.0)));
  m.output<"nested">(sum((s * x) * tanh(x) * (sq(x) + 1.0)));
  m.output<"point">(sum(s));
  m.output<"number">(sum(t * 0.0 + 3.0));
}
double direct(const interpreter& run, double (*f)(double x, double s, double e, double t)) {
  double s = 0, e = 0, r = 0;
  for (const double x : run.x) s += x, e += std::exp(x);
  for (const double x : run.x) r += f(x, s, e, run.time);
  return r;
}
}  // namespace

TEST_CASE("values of factored sums") {
  const auto r = record(&program);
  const interpreter run(r.view());
  auto at = [&](std::string_view name) { return run.value(output_node(run.t, name)); };
  CHECK(at("scaled") == Approx(direct(run, [](double x, double s, double, double) { return x * s; })).epsilon(1e-13));
  CHECK(at("affine") == Approx(direct(run, [](double x, double s, double e, double t) {
                          return s * (x + s) - x / e + t * (std::tanh(x) - 2);
                        })).epsilon(1e-13));
  CHECK(at("nested") == Approx(direct(run, [](double x, double s, double, double) {
                          return s * x * std::tanh(x) * (x * x + 1);
                        })).epsilon(1e-13));
  CHECK(at("point") == Approx(direct(run, [](double, double s, double, double) { return s; })).epsilon(1e-13));
  CHECK(at("number") == Approx(12).epsilon(1e-13));
}

TEST_CASE("a sum is only ever taken of what has no factor of other coordinates") {
  const auto r = record(&program);
  const table t = r.view();
  for (int i = 0; i < t.node_count; i++) {
    if (t.nodes[i].o == op::sum) CHECK(own_only(t.nodes[t.nodes[i].a].k));
    CHECK(t.nodes[i].k.dimwise);
  }
}

TEST_CASE("derivatives of a factored sum are those along each coordinate") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 4>();
    m.output<"r">(sum(x * sum(sq(x))));
  });
  const interpreter run(r.view());
  const int root = r.view().outputs[0].node;
  const auto here = run(root);
  double s1 = 0, s2 = 0;
  for (const double x : run.x) s1 += x, s2 += x * x;
  for (int i = 0; i < 4; i++) CHECK(here[std::size_t(i)][1] == Approx(s2 + 2 * run.x[std::size_t(i)] * s1).epsilon(1e-12));
}

TEST_CASE("shared terms are visited once") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 2>();
    auto y = x * sum(x);
    for (int i = 0; i < 400; i++) y = y + 0.5 * y;
    m.output<"r">(sum(y));
  });
  CHECK(r.view().node_count < 1700);
}
