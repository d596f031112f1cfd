// tests/unit/language/canonical.cpp: the order of nodes, tensors, inputs and constants follows from the roots.
#include "catch.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/canonical.hpp>

using namespace dimwise;

TEST_CASE("post-order from the roots; what no root reaches is dropped") {
  model m{detail::recording_key{}};
  auto x = m.state<"x", 2>();
  auto unread = m.input<"unread">();
  auto second = m.input<"second">();
  auto first = m.input<"first">();
  auto dropped = m.parameter<"dropped">(1.0) * unread;
  auto b = m.parameter<"b">(1.0);
  auto a = m.parameter<"a">(1.0);
  auto right = b * second;
  auto left = a * first;
  m.output<"r">(left + right);
  const detail::canonical_order order(m);
  REQUIRE(order.node_of.count == 7);
  const int wanted[] = {a.id, first.id, left.id, b.id, second.id, right.id, m.outputs[0].node};
  for (int i = 0; i < 7; i++) {
    CHECK(order.node_of[i] == wanted[i]);
    CHECK(order.node_number(wanted[i]) == i);
  }
  CHECK(order.node_number(x.id) == -1);
  CHECK(order.node_number(dropped.id) == -1);
  REQUIRE(order.tensor_of.count == 2);
  CHECK(m.tensors[order.tensor_of[0]].name.view() == "a");
  REQUIRE(order.input_of.count == 2);
  CHECK(m.inputs[order.input_of[0]].name.view() == "first");
  CHECK(order.node_at(1).n == 0);
  CHECK(order.node_at(4).n == 1);
  CHECK(order.node_at(3).weight == 1);
  CHECK(order.node_at(6).a == 2);
  CHECK(order.node_at(6).b == 5);
  CHECK(order.renumbered(m.outputs[0]).node == 6);
}

TEST_CASE("a chain far deeper than a recursion could go") {
  model m{detail::recording_key{}};
  value y = m.state<"x", 2>();
  for (int i = 0; i < 200000; i++) y = y + 1.0;
  m.output<"r">(y);
  const detail::canonical_order order(m);
  CHECK(order.node_of.count == 200002);
}
