// tests/unit/networks/convolution.cpp: convolution conditioners in one and two dimensions: values, exact sight, kernels.
#include "catch.hpp"
#include "../language/interpreter.hpp"
#include "support/network_failures.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::oracle_failures;
using dimwise::testing::output_node;
using dimwise::testing::sight_failures;
using dimwise::testing::sight_of;

namespace {
constexpr auto one = conditioner<"one", 2>(convolution{2});
constexpr auto ring = conditioner<"ring", 2>(convolution{1, periodic});
constexpr auto deep = conditioner<"deep", 2>(convolution{1, mlp{3, 2}});
constexpr auto causal = autoregressive_conditioner<"causal", 2>(convolution{1, mlp{3, 2}});
constexpr auto net = hollow_net<"net">(convolution{1, mlp{3, 2}}, features{2}, mlp{4});
constexpr auto plane = conditioner<"plane", 2>(convolution_2d{grid{3, 4}, 1});
constexpr auto torus = conditioner<"torus", 2>(convolution_2d{grid{3, 4}, 1, periodic});
constexpr auto deep_plane = conditioner<"deep_plane", 2>(convolution_2d{grid{3, 4}, 1, mlp{3, 2}});
constexpr auto causal_plane = autoregressive_net<"causal_plane">(convolution_2d{grid{3, 4}, 1, mlp{3, 2}}, features{2}, mlp{3});

constexpr void line(model& m) {
  auto x = m.state<"x", 7>();
  auto t = m.time<"t">();
  auto h = one(x, t);
  auto f = net(x, t);
  static_assert(decltype(h)::k.d == depends::hollow && decltype(ring(x))::k.d == depends::hollow);
  static_assert(decltype(deep(x, t))::k.d == depends::hollow && decltype(causal(x, t))::k.d == depends::before);
  static_assert(decltype(f)::k.d == depends::everything && DimwiseDifferentiable<decltype(f)>);
  m.output<"one">(h);
  m.output<"ring">(ring(x));
  m.output<"deep">(deep(x, t));
  m.output<"causal">(causal(x, t));
  m.output<"D2">(D<2>(f));
  m.output<"dt">(dt(D<1>(f)));
}
constexpr void sheet(model& m) {
  auto x = m.state<"x", 12>();
  static_assert(decltype(plane(x))::k.d == depends::hollow && decltype(deep_plane(x))::k.d == depends::hollow);
  static_assert(decltype(causal_plane(x))::k.d == depends::autoregressive);
  m.output<"plane">(plane(x));
  m.output<"torus">(torus(x));
  m.output<"deep_plane">(deep_plane(x));
  m.output<"causal_plane">(causal_plane(x));
}
constexpr void point(model& m) {
  auto x = m.state<"x", 1>();
  static_assert(decltype(deep(x, x))::k.d == depends::nothing);
  m.output<"deep">(deep(x, x));
  m.output<"ring">(ring(x));
  m.output<"net">(D<1>(net(x)));
}
static_assert(first_wrong_kind(recording<line>::view) == -1);
static_assert(first_wrong_kind(recording<sheet>::view) == -1);
static_assert(first_wrong_kind(recording<point>::view) == -1);

/// What a causal stack of so many layers sees in a grid: one step strictly to its side, then steps to its side or none.
std::vector<std::vector<bool>> stack_sight(int rows, int columns, int reach_rows, int reach, int layers, int side) {
  const int d = rows * columns;
  const auto n = std::size_t(d);
  std::vector<std::vector<bool>> sees(n, std::vector<bool>(n));
  for (int i = 0; i < d; i++) {
    std::vector<char> at(n, 0), next;
    at[std::size_t(i)] = 1;
    for (int l = 0; l < layers; l++) {
      next = l == 0 ? std::vector<char>(n, 0) : at;  // the first layer leaves its place
      for (int p = 0; p < d; p++)
        for (int q = 0; q < d; q++) {
          const int r = q / columns - p / columns, c = q % columns - p % columns;
          if (at[std::size_t(p)] && (q - p) * side > 0 && std::abs(r) <= reach_rows && std::abs(c) <= reach)
            next[std::size_t(q)] = 1;
        }
      at = next;
    }
    for (int q = 0; q < d; q++) sees[std::size_t(i)][std::size_t(q)] = at[std::size_t(q)];
  }
  return sees;
}
std::vector<std::vector<bool>> either(std::vector<std::vector<bool>> a, const std::vector<std::vector<bool>>& b) {
  for (std::size_t i = 0; i < a.size(); i++)
    for (std::size_t j = 0; j < a.size(); j++) a[i][j] = a[i][j] || b[i][j];
  return a;
}
}  // namespace

TEST_CASE("value of one centre-masked layer, written out") {
  const auto r = record(&line);
  const interpreter run(r.view());
  const int h = output_node(run.t, "one");
  const tensor& w = run.t.tensors[0];
  REQUIRE(w.name.view() == "one.window.weight");
  REQUIRE(w.shape[1] == 5);
  for (int i = 0; i < 7; i++)
    for (int k = 0; k < 2; k++) {
      double v = run.weight(1, 0, 0, k) + run.weight(0, 0, k, 4) * run.time;
      int column = 0;
      for (const int n : {-2, -1, 1, 2}) {
        if (0 <= i + n && i + n < 7) v += run.weight(0, 0, k, column) * run.x[std::size_t(i + n)];
        column++;
      }
      CHECK(run.value(h, i, k) == Approx(std::tanh(v)).epsilon(1e-13));
    }
}

TEST_CASE("convolutions see their window, stacks as far as their layers reach, never their own place") {
  const auto r = record(&line);
  const table t = r.view();
  for (const char* output : {"one", "ring", "deep", "causal"}) CHECK(sight_failures(t, output, false) == "");
  const auto one_sees = sight_of(t, "one"), ring_sees = sight_of(t, "ring");
  for (std::size_t i = 0; i < 7; i++)
    for (std::size_t j = 0; j < 7; j++) {
      const std::size_t n = (j + 7 - i) % 7;
      CHECK(one_sees[i][j] == (i != j && i <= j + 2 && j <= i + 2));
      CHECK(ring_sees[i][j] == (n == 1 || n == 6));
    }
  const auto before = stack_sight(1, 7, 0, 1, 2, -1), after = stack_sight(1, 7, 0, 1, 2, 1);
  CHECK(sight_of(t, "causal") == before);
  CHECK(sight_of(t, "deep") == either(before, after));
  const auto single = record(&point);
  for (const char* output : {"deep", "ring"}) CHECK(sight_failures(single.view(), output) == "");
}

TEST_CASE("convolutions on a grid, in raster order, with the blind spot of causal stacks") {
  const auto r = record(&sheet);
  const table t = r.view();
  for (const char* output : {"plane", "torus", "deep_plane", "causal_plane"}) CHECK(sight_failures(t, output, false) == "");
  CHECK(sight_of(t, "plane") == either(stack_sight(3, 4, 1, 1, 1, -1), stack_sight(3, 4, 1, 1, 1, 1)));
  const auto deep_sees = sight_of(t, "deep_plane");
  CHECK(deep_sees == either(stack_sight(3, 4, 1, 1, 2, -1), stack_sight(3, 4, 1, 1, 2, 1)));
  CHECK(deep_sees[5][2]);        // above, one to the right
  CHECK_FALSE(deep_sees[5][3]);  // above, two to the right: the blind spot
  auto causal_sees = stack_sight(3, 4, 1, 1, 2, -1);
  for (std::size_t i = 0; i < 12; i++) causal_sees[i][i] = true;  // through the transformer
  CHECK(sight_of(t, "causal_plane") == causal_sees);
  CHECK(sight_of(t, "torus")[0][11]);
}

TEST_CASE("kernels of convolution networks are what the oracle says") {
  CHECK(oracle_failures(record(&line).view()) == "");
  CHECK(oracle_failures(record(&sheet).view()) == "");
  CHECK(oracle_failures(record(&point).view()) == "");
}

TEST_CASE("convolutions that would leak or do not fit are refused") {
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(one(value(ring(m.state<"x", 7>())))); }),
                    Catch::Contains("mixes coordinates"));
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(plane(m.state<"x", 7>())); }), Catch::Contains("grid"));
  CHECK_THROWS_WITH(record([](model& m) {
                      m.output<"r">(autoregressive_conditioner<"a">(convolution{1, periodic})(m.state<"x", 7>()));
                    }),
                    Catch::Contains("both sides"));
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(conditioner<"a">(convolution{0})(m.state<"x", 7>())); }),
                    Catch::Contains("at least 1"));
}
