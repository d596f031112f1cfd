// tests/unit/language/recorder.cpp: equal nodes are one node, values stay in their model.
#include "catch.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;

namespace {
int count(const table& t, op o) {
  int n = 0;
  for (int i = 0; i < t.node_count; i++) n += t.nodes[i].o == o;
  return n;
}
}  // namespace

TEST_CASE("equal expressions are one node") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 3>();
    auto a = tanh(x) * x + 2.0, b = tanh(x) * x + 2.0;
    m.output<"r">(a * b);
  });
  CHECK(count(r.view(), op::tanh) == 1);
  CHECK(count(r.view(), op::literal) == 1);
  CHECK(count(r.view(), op::add) == 1);
  CHECK(r.view().node_count == 6);
}

TEST_CASE("values that differ in a number, an order or an operand are different nodes") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 3>();
    m.output<"a">(pow(x, 3.0) + pow(x, 4.0) + D<1>(sq(x)) + D<2>(sq(x)) + (x - 1.0) + (1.0 - x) + 0.0 * x + -0.0 * x);
  });
  CHECK(count(r.view(), op::power) == 2);
  CHECK(count(r.view(), op::D) == 2);
  CHECK(count(r.view(), op::sub) == 2);
  CHECK(count(r.view(), op::literal) == 3);  // 1, 0 and -0
}

TEST_CASE("a network called twice with the same operands is one network") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 3>();
    const auto f = hollow_net<"f">(masked_mlp{4}, features{2}, mlp{3});
    m.output<"once">(f(x) + f(x));
    m.output<"again">(f(2.0 * x));
  });
  CHECK(r.view().tensor_count == 11);
  CHECK(count(r.view(), op::readout) == 2);
}

TEST_CASE("thousands of different nodes keep their identity through growth of the table") {
  detail::recorder m;
  for (int i = 0; i < 5000; i++) REQUIRE(m.literal(0.1 * i).id == i);
  for (int i = 0; i < 5000; i++) REQUIRE(m.literal(0.1 * i).id == i);
  CHECK(m.nodes.count == 5000);
  CHECK(m.find(m.nodes[77]) == 77);
  node x = m.nodes[77];
  x.value = -1;
  CHECK(m.find(x) == -1);
}

TEST_CASE("the first refusal is the one that is told") {
  detail::recorder m;
  m.refuse(refused::this_model_has_no_state);
  m.refuse(refused::D_of_a_dense_value);
  REQUIRE(m.refusal != nullptr);
  CHECK_THROWS_WITH(m.refusal(), Catch::Contains("m.state"));
  CHECK(m.broken);
}
