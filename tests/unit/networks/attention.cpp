// tests/unit/networks/attention.cpp: attention over the other coordinates: value, exact sight, kernels, what is refused.
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

namespace {
constexpr auto view = conditioner<"view", 2>(attention{mlp{4}, 2, 3, 2});
constexpr auto back = autoregressive_conditioner<"back", 2>(attention{mlp{4}, 1, 3, 2});
constexpr auto net = hollow_net<"net">(attention{mlp{4}, 1, 3, 2}, features{2}, mlp{4});

template <int d>
constexpr void program(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto h = view(x, t);
  auto f = net(x, t);
  auto q = m.parameter_per_dim<"q", 3>(normal{1});
  auto k = linear<"k", 3>(tanh(x));
  auto v = linear<"v", 2>(x);
  auto free = attention_to_others(q, k, v);
  if constexpr (d > 1) {
    static_assert(decltype(h)::k.d == depends::hollow && decltype(back(x, t))::k.d == depends::before);
    static_assert(decltype(f)::k.d == depends::everything && DimwiseDifferentiable<decltype(f)>);
    static_assert(decltype(free)::k == kind{level::dim, depends::hollow, true, 2});
  } else {
    static_assert(decltype(h)::k.d == depends::nothing && decltype(free)::k.d == depends::nothing);
  }
  m.output<"h">(h);
  m.output<"back">(back(x, t));
  m.output<"free">(free);
  m.output<"D2">(D<2>(f));
  m.output<"dt">(dt(h));
}
static_assert(first_wrong_kind(recording<program<4>>::view) == -1);
static_assert(first_wrong_kind(recording<program<1>>::view) == -1);

/// Scores and values by hand: a query that sees x_i makes a value that sees everything, not a hollow one.
constexpr void by_hand(model& m) {
  auto x = m.state<"x", 3>();
  auto k = linear<"k", 2>(x);
  auto score = sum_features(linear<"q", 2>(x) * shift<1>(k, periodic));
  static_assert(decltype(score)::k.d == depends::everything && DimwiseDifferentiable<decltype(score)>);
  m.output<"score">(score);
}
}  // namespace

TEST_CASE("attention to the others, written out") {
  const auto r = record(&program<4>);
  const interpreter run(r.view());
  auto tensor_called = [&](std::string_view name) {
    for (int i = 0; i < run.t.tensor_count; i++)
      if (run.t.tensors[i].name.view() == name) return i;
    return -1;
  };
  const int q = tensor_called("q"), kw = tensor_called("k.weight"), vw = tensor_called("v.weight");
  for (int i = 0; i < 4; i++) {
    double total = 0, out[2]{};
    for (int j = 0; j < 4; j++) {
      if (j == i) continue;
      double score = 0;
      for (int f = 0; f < 3; f++)
        score +=
            run.weight(q, 0, i, f) * (run.weight(kw, 0, f, 0) * std::tanh(run.x[std::size_t(j)]) + run.weight(kw + 1, 0, 0, f));
      total += std::exp(score);
      for (int f = 0; f < 2; f++)
        out[f] += std::exp(score) * (run.weight(vw, 0, f, 0) * run.x[std::size_t(j)] + run.weight(vw + 1, 0, 0, f));
    }
    for (int f = 0; f < 2; f++) CHECK(run.value(output_node(run.t, "free"), i, f) == Approx(out[f] / total).epsilon(1e-12));
  }
}

TEST_CASE("attention sees every other coordinate, its own never; backwards, those before") {
  for (const auto build : {&program<1>, &program<2>, &program<5>}) {
    const auto r = record(build);
    for (const char* output : {"h", "back", "free"}) CHECK(sight_failures(r.view(), output) == "");
  }
}

TEST_CASE("large scores do not overflow") {
  const auto r = record(&program<4>);
  interpreter run(r.view());
  for (double& p : run.parameters) p *= 100;
  for (const char* output : {"h", "back", "free"})
    for (int i = 0; i < 4; i++) CHECK(std::isfinite(run.value(output_node(run.t, output), i)));
}

TEST_CASE("kernels of attention networks are what the oracle says") {
  CHECK(oracle_failures(record(&program<1>).view()) == "");
  CHECK(oracle_failures(record(&program<4>).view()) == "");
  CHECK(oracle_failures(record(&by_hand).view()) == "");
}

TEST_CASE("a query that sees the state is refused") {
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 3>();
                      m.output<"r">(attention_to_others(value(x), value(x), value(x)));
                    }),
                    Catch::Contains("the query must not depend on the state"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 3>();
                      m.output<"r">(attention_to_others(m.index(), value(sum_others(x)), x));
                    }),
                    Catch::Contains("keys and values on their own"));
}
