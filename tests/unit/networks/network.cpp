// tests/unit/networks/network.cpp: plain networks and transformers.
#include "catch.hpp"
#include "../language/interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

TEST_CASE("a network of time and inputs lives at point level") {
  const auto r = record([](model& m) {
    auto t = m.time<"t">();
    auto c = m.input<"c", 2>();
    auto v = network<"v">(mlp{4, 3}, outputs{2})(t, c);
    auto w = network<"w", 3>(mlp{})(sin(t));
    static_assert(decltype(w)::k.width == 3 && decltype(v)::k.width == recorded_width);
    m.output<"v">(v);
    m.output<"w">(w);
  });
  const table t = r.view();
  CHECK(t.nodes[output_node(t, "v")].k.l == level::point);
  CHECK(t.nodes[output_node(t, "v")].k.width == 2);
  CHECK(t.nodes[output_node(t, "w")].k.width == 3);
  CHECK(t.tensor_count == 8);
  CHECK(t.tensors[0].name.view() == "v.0.weight");
  CHECK(t.tensors[0].shape[1] == 3);
}

TEST_CASE("a network of the state with d > 1 is dense; its value is that of an mlp of all coordinates") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 3>();
    auto t = m.time<"t">();
    auto v = network<"v">(mlp{4, 2})(x, t);
    static_assert(!DimwiseDifferentiable<decltype(v)>);
    m.output<"v">(v);
    m.output<"linear">(network<"l", 2>(mlp{})(x));
  });
  const table t = r.view();
  CHECK_FALSE(t.nodes[output_node(t, "v")].k.dimwise);
  CHECK(t.tensors[0].rank == 3);
  CHECK(t.tensors[0].shape[0] == 3);
  CHECK(t.tensors[0].shape[2] == 2);
  CHECK(t.tensors[0].scale == Approx(1 / std::sqrt(6.0)));
  const interpreter run(t);
  double a[4], b[2], v = run.weight(5, 0, 0, 0);
  for (int u = 0; u < 4; u++) {
    a[u] = run.weight(1, 0, 0, u);
    for (int i = 0; i < 3; i++) a[u] += run.weight(0, i, u, 0) * run.x[std::size_t(i)] + run.weight(0, i, u, 1) * run.time;
  }
  for (int u = 0; u < 2; u++) {
    b[u] = run.weight(3, 0, 0, u);
    for (int j = 0; j < 4; j++) b[u] += run.weight(2, 0, u, j) * std::tanh(a[j]);
    v += run.weight(4, 0, 0, u) * std::tanh(b[u]);
  }
  CHECK(run.value(output_node(t, "v")) == Approx(v).epsilon(1e-13));
  double l = run.weight(7, 0, 0, 1);
  for (int i = 0; i < 3; i++) l += run.weight(6, i, 1, 0) * run.x[std::size_t(i)];
  CHECK(run.value(output_node(t, "linear"), 0, 1) == Approx(l).epsilon(1e-13));
}

TEST_CASE("with one coordinate a network of the state is differentiated") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 1>();
    auto u = network<"u">(mlp{4})(x, m.time<"t">());
    m.output<"u">(u);
    m.output<"Du">(D<1>(u));
  });
  const interpreter run(r.view());
  interpreter moved = run;
  moved.x[0] += 1e-6;
  const int u = output_node(run.t, "u");
  CHECK(run.value(output_node(run.t, "Du")) == Approx((moved.value(u) - run.value(u)) / 1e-6).epsilon(1e-5));
  CHECK(run.t.tensors[0].rank == 2);
}

TEST_CASE("a transformer acts on each dimension by itself") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 3>();
    auto t = m.time<"t">();
    auto v = transformer<"v">(mlp{4}, outputs{2})(t, x);
    static_assert(decltype(v)::k.d == depends::own);
    auto w = transformer<"w">(mlp{4}, own_weights{})(t);
    static_assert(decltype(w)::k.l == level::dim && decltype(w)::k.d == depends::nothing);
    m.output<"v">(v);
    m.output<"w">(w);
  });
  const interpreter run(r.view());
  const int v = output_node(run.t, "v"), w = output_node(run.t, "w");
  CHECK(run.t.nodes[v].k.width == 2);
  CHECK(run.value(w, 0) != run.value(w, 1));
  interpreter moved = run;
  moved.x[1] = run.x[0];
  CHECK(moved.value(v, 1, 1) == run.value(v, 0, 1));
  CHECK(moved.value(v, 2, 1) == run.value(v, 2, 1));
}
