// tests/unit/kernel/evaluator.cpp: values by name from another program.
#include "dimwise/kernel/evaluator.hpp"

#include <cmath>

#include "catch.hpp"
#include "dimwise/kernel.hpp"

using namespace dimwise;

namespace {
constexpr void decay(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  auto c = m.input<"c", 2>();
  m.output<"y">(x * exp(-t) + sum_features(c));
}
constexpr void pair_of_states(model& m) {
  auto x = m.state<"x", 2>();
  auto v = m.state<"v", 2>();
  m.output<"by_v">(D<1>(x * sq(v), v));
  m.output<"by_x">(D<1>(x * sq(v) + sin(x), x));
}
constexpr auto net = hollow_net<"net">(masked_mlp{12}, features{4}, mlp{8});
constexpr void learned(model& m) {
  auto x = m.state<"x", 3>();
  m.output<"slope">(D<1>(net(x, m.time<"t">())));
}
}  // namespace

TEST_CASE("an evaluator binds inputs by name, in any order", "[kernel]") {
  const evaluator<decay> values;
  const std::vector<double> x{1, 2, 3, 4, 5, 6}, t{0.5, 1.0}, c{1, 2, 3, 4};
  const auto r = values({}, "t"_in = t, "c"_in = c, "x"_in = x);
  const auto& y = r.of("y");
  REQUIRE(y.size() == 6);
  for (std::size_t s = 0; s < 2; s++)
    for (std::size_t i = 0; i < 3; i++) CHECK(y[3 * s + i] == Approx(x[3 * s + i] * std::exp(-t[s]) + c[2 * s] + c[2 * s + 1]));
}

TEST_CASE("an evaluator binds further states by their names", "[kernel]") {
  const evaluator<pair_of_states> values;
  const std::vector<double> x{1, 2, 3, 4}, v{0.5, -1, 2, 0.25};
  const auto r = values({}, "v"_in = v, "x"_in = x);
  for (std::size_t i = 0; i < 4; i++) {
    CHECK(r.of("by_v")[i] == Approx(2 * x[i] * v[i]));
    CHECK(r.of("by_x")[i] == Approx(v[i] * v[i] + std::cos(x[i])));
  }
}

TEST_CASE("an evaluator names the input whose length is wrong", "[kernel]") {
  const evaluator<decay> values;
  const std::vector<double> x{1, 2, 3, 4, 5, 6}, t{0.5}, c{1, 2, 3, 4}, odd{1, 2, 3, 4};
  CHECK_THROWS_WITH(values({}, "x"_in = x, "t"_in = t, "c"_in = c), "input \"t\" has 1 samples, but input \"x\" has 2");
  CHECK_THROWS_WITH(values({}, "x"_in = odd, "t"_in = t, "c"_in = c),
                    "input \"x\" has 4 numbers, which is no multiple of the 3 that a sample has");
  CHECK_THROWS_WITH(values({1.0}, "x"_in = x, "t"_in = std::vector<double>{1, 2}, "c"_in = c),
                    "the parameter vector has 1 numbers; this model has 0");
  CHECK_THROWS_WITH(values({}, "x"_in = x, "t"_in = std::vector<double>{1, 2}, "c"_in = c).of("z"),
                    "there is no output \"z\"; the outputs are: y");
}

TEST_CASE("parameters that stay give the same digits, whatever becomes of the vector", "[kernel]") {
  const evaluator<learned> values;
  std::vector<double> p(std::size_t(recording<learned>::view.parameters));
  for (std::size_t i = 0; i < p.size(); i++) p[i] = std::sin(double(i));
  const auto fitted = values.with(p);
  for (const std::size_t n : {1, 3, 9, 24}) {
    std::vector<double> x(3 * n), t(n, 0.3);
    for (std::size_t e = 0; e < x.size(); e++) x[e] = std::cos(double(e));
    CHECK(fitted("x"_in = x, "t"_in = t).of("slope") == values(p, "t"_in = t, "x"_in = x).of("slope"));
  }
  const std::vector<double> x{1, 2, 3}, t{0}, before = values(p, "x"_in = x, "t"_in = t).of("slope");
  for (double& w : p) w *= 2;
  CHECK(fitted("x"_in = x, "t"_in = t).of("slope") == before);
  CHECK(values.with(p)("x"_in = x, "t"_in = t).of("slope") != before);
  CHECK_THROWS_WITH(values.with({1.0}), Catch::Contains("the parameter vector has 1 numbers"));
}
