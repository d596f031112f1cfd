// tests/unit/ir/orders.cpp: sets of Taylor coefficients against their definitions.
#include "dimwise/ir/orders.hpp"

#include <utility>
#include <vector>

#include "catch.hpp"

using namespace dimwise;

namespace {
orders random_set(unsigned& state) {
  orders s = 0;
  for (int i = 0; i < 6; i++) {
    state = state * 1664525u + 1013904223u;
    s |= bit_of(int(state >> 26));
  }
  return s;
}
}  // namespace

TEST_CASE("lower closure contains exactly the coefficients below a member", "[ir]") {
  unsigned state = 1;
  for (int n = 0; n < 200; n++) {
    const orders s = random_set(state);
    orders expected = 0;
    for (int c = 0; c < 64; c++)
      for (int m = 0; m < 64; m++)
        if (contains(s, m) && divides(c, m)) expected |= bit_of(c);
    REQUIRE(lower_closure(s) == expected);
  }
}

TEST_CASE("orders of products and correlations are sums and differences of indices", "[ir]") {
  unsigned state = 2;
  for (int n = 0; n < 100; n++) {
    const orders a = random_set(state), b = random_set(state);
    orders product = 0, correlation = 0;
    for (int i = 0; i < 64; i++)
      for (int j = 0; j < 64; j++) {
        if (!contains(a, i) || !contains(b, j)) continue;
        if (x_order(i) + x_order(j) <= max_order && t_order(i) + t_order(j) <= max_order) product |= bit_of(i + j);
        if (divides(j, i)) correlation |= bit_of(i - j);
      }
    REQUIRE(product_orders(a, b) == product);
    REQUIRE(correlation_orders(a, b) == correlation);
  }
}

TEST_CASE("runs of a set are as long as its members follow each other", "[ir]") {
  const orders s = bit_of(0) | bit_of(1) | bit_of(2) | bit_of(5) | bit_of(6) | bit_of(9);
  std::vector<std::pair<int, int>> runs;
  const auto add = [&](int first, int n) { runs.emplace_back(first, n); };
  each_run(
      s, [](int a, int b) { return b == a + 1; }, add);
  CHECK(runs == std::vector<std::pair<int, int>>{{0, 3}, {5, 2}, {9, 1}});
  runs.clear();
  each_run(
      s, [](int, int) { return true; }, add);
  CHECK(runs == std::vector<std::pair<int, int>>{{0, 6}});
  runs.clear();
  each_run(
      0, [](int, int) { return true; }, add);
  CHECK(runs.empty());
}

TEST_CASE("slots count the members before a coefficient", "[ir]") {
  const orders s = bit_of(coefficient(0, 0)) | bit_of(coefficient(2, 0)) | bit_of(coefficient(0, 1));
  REQUIRE(slot(s, coefficient(0, 0)) == 0);
  REQUIRE(slot(s, coefficient(2, 0)) == 1);
  REQUIRE(slot(s, coefficient(0, 1)) == 2);
  REQUIRE(rising(2, 3) == 60);
}
