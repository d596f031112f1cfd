// tests/unit/networks/monotone.cpp: transformers that increase with their first operand.
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
constexpr auto h = conditioner<"h", 3>(masked_mlp{6});
constexpr auto before = autoregressive_conditioner<"before", 3>(masked_mlp{6});
constexpr auto tau = monotone<"tau">(sigmoids{4, 3});
constexpr auto rho = monotone<"rho">(sigmoids{3}, own_weights{});

template <int d>
constexpr void program(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto f = tau(x, h(x, t), t);
  auto g = rho(x);
  auto a = tau(x, before(x), t);
  if constexpr (d > 1) {
    static_assert(decltype(f)::k.d == depends::everything && decltype(f)::k.dimwise);
    static_assert(decltype(g)::k.d == depends::own && decltype(a)::k.d == depends::autoregressive);
  }
  m.output<"f">(f);
  m.output<"g">(g);
  m.output<"a">(a);
  m.output<"Df">(D<1>(f));
  m.output<"Dg">(D<1>(g));
  m.output<"D2f">(D<2>(f));
  m.output<"dt">(dt(D<1>(f)));
}
static_assert(first_wrong_kind(recording<program<3>>::view) == -1);
}  // namespace

TEST_CASE("D of a monotone transformer is positive everywhere, in the tails too") {
  const auto r = record(&program<3>);
  const table t = r.view();
  interpreter run(t);
  unsigned s = 7;
  auto next = [&] { return ((s = s * 1664525u + 1013904223u) >> 8) / 16777216.0 - 0.5; };
  double least = 1e300, largest = 0;
  for (int draw = 0; draw < 200; draw++) {
    const double size = draw % 4 == 0 ? 8 : 2;  // of the parameters: slopes from 1e-3 to 10
    for (double& p : run.parameters) p = size * next();
    for (const double away : {-1000.0, -30.0, -3.0, 0.0, 3.0, 30.0, 1000.0}) {
      for (double& v : run.x) v = away + next();
      for (const char* output : {"Df", "Dg"})
        for (int i = 0; i < 3; i++) {
          const double slope = run.value(output_node(t, output), i);
          least = std::min(least, slope), largest = std::max(largest, slope);
        }
    }
  }
  CHECK(least > 0);
  CHECK(largest > 1);
  CHECK(std::isfinite(largest));
}

TEST_CASE("value of a sigmoidal layer, written out: the logit of a mixture of sigmoids") {
  const auto r = record([](model& m) { m.output<"g">(monotone<"rho">(sigmoids{3})(m.state<"x", 2>())); });
  const interpreter run(r.view());
  for (int i = 0; i < 2; i++) {
    double total = 0, below = 0;
    for (int k = 0; k < 3; k++) {
      const double w = std::exp(run.weight(0, 0, 0, k)),
                   slope = std::log(1 + std::exp(run.weight(1, 0, 0, k) + 0.541324854612918));
      const double u = slope * run.x[std::size_t(i)] + run.weight(2, 0, 0, k);
      total += w, below += w / (1 + std::exp(-u));
    }
    const double p = below / total;
    CHECK(run.value(output_node(run.t, "g"), i) == Approx(std::log(p / (1 - p))).epsilon(1e-12));
  }
  CHECK(run.t.tensors[0].name.view() == "rho.log_weight.0.bias");
}

TEST_CASE("what monotone transformers see, and their kernels") {
  for (const auto build : {&program<1>, &program<4>}) {
    const auto r = record(build);
    for (const char* output : {"f", "g", "a"}) CHECK(sight_failures(r.view(), output) == "");
    CHECK(oracle_failures(r.view()) == "");
  }
}

TEST_CASE("operands that would break it") {
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 3>();
                      m.output<"r">(tau(x, value(x)));
                    }),
                    Catch::Contains("do not see x_i"));
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(tau(value(m.time<"t">()))); }),
                    Catch::Contains("one feature for each dimension"));
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(monotone<"m">(sigmoids{})(m.state<"x", 3>())); }),
                    Catch::Contains("at least one layer"));
}
