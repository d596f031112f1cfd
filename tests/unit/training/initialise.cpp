// tests/unit/training/initialise.cpp: scales, constants, exact zeros under masks, and one stream for each name.
#include "catch.hpp"

#include <cmath>

#include <dimwise/training/initialise.hpp>

#include "support/fake_model.hpp"

using namespace dimwise_tests;

TEST_CASE("tensors start as they say, masked entries at exactly zero") {
  const fake_model m;
  const auto p = initial_parameters(m.model.recording, 7);
  REQUIRE(p.size() == std::size_t(fake_model::parameters));
  CHECK(p[2] != 0);
  CHECK(p[3] == 0);
  CHECK(p[4] != 0);
  CHECK(p[5] == 0);
  CHECK(p[6] == 0.25);
  CHECK(p[9] == 3);
  CHECK(p == initial_parameters(m.model.recording, 7));
  CHECK(p != initial_parameters(m.model.recording, 8));
}

TEST_CASE("a tensor starts the same wherever it stands, and with the deviation it asks for") {
  tensor one[1] = {make_tensor("a", {1000}, 0, 0.3)};
  tensor two[2] = {make_tensor("b", {5}, 0, 1), make_tensor("a", {1000}, 5, 0.3)};
  table t1, t2;
  t1.tensors = one;
  t1.tensor_count = 1;
  t1.parameters = 1000;
  t2.tensors = two;
  t2.tensor_count = 2;
  t2.parameters = 1005;
  const auto p1 = initial_parameters(t1, 1), p2 = initial_parameters(t2, 1);
  CHECK(std::vector<double>(p2.begin() + 5, p2.end()) == p1);
  double square = 0;
  for (const double v : p1) square += v * v;
  CHECK(std::sqrt(square / 1000) == Approx(0.3).epsilon(0.1));
}
