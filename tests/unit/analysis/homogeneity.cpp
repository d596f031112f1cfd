// tests/unit/analysis/homogeneity.cpp: degrees in a factor.
#include "catch.hpp"

#include <dimwise/analysis/homogeneity.hpp>

using namespace dimwise;

namespace {
int degree(op o, int a, int b = 0, double value = 0, bool zero_a = false, bool zero_b = false) {
  node x;
  x.o = o;
  x.value = value;
  return degree_of_node(x, a, b, zero_a, zero_b);
}
}  // namespace

TEST_CASE("degree of homogeneity") {
  CHECK(degree(op::add, 1, 1) == 1);
  CHECK(degree(op::add, 1, 0) == no_degree);
  CHECK(degree(op::sub, 1, 2) == no_degree);
  CHECK(degree(op::add, 1, 0, 0, false, true) == 1);
  CHECK(degree(op::sub, 0, 1, 0, true, false) == 1);
  CHECK(degree(op::mul, 1, 1) == 2);
  CHECK(degree(op::mul, 2, no_degree) == no_degree);
  CHECK(degree(op::div, 1, 1) == 0);
  CHECK(degree(op::div, 0, 1) == -1);
  CHECK(degree(op::sq, 1) == 2);
  CHECK(degree(op::power, 1, 0, 3) == 3);
  CHECK(degree(op::power, 1, 0, 0.5) == no_degree);
  CHECK(degree(op::power, 2, 0, 0.5) == 1);
  CHECK(degree(op::sqrt, 2) == 1);
  CHECK(degree(op::sqrt, 1) == no_degree);
  CHECK(degree(op::cbrt, 3) == 1);
  CHECK(degree(op::cbrt, 2) == no_degree);
  for (const op o : {op::relu, op::abs, op::sum, op::sum_features, op::slice, op::D, op::dt, op::frozen, op::detach})
    CHECK(degree(o, 1) == 1);
  for (const op o : {op::exp, op::log, op::tanh, op::linear, op::logsumexp}) {
    CHECK(degree(o, 1) == no_degree);
    CHECK(degree(o, 0) == 0);
  }
}
