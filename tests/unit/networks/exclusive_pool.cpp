// tests/unit/networks/exclusive_pool.cpp: the exclusive pooling conditioner: its formula, what it sees, its kernels.
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
constexpr auto pool = conditioner<"pool", 2>(exclusive_pool{3, 4});
constexpr auto deep = autoregressive_conditioner<"deep", 2>(exclusive_pool{mlp{5, 3}, mlp{4, 3}});
constexpr auto net = hollow_net<"net">(exclusive_pool{2, 3}, features{2}, mlp{4});
constexpr auto made = autoregressive_net<"made">(exclusive_pool{2, 3}, features{2}, mlp{4});
constexpr auto flow = autoregressive_flow<"flow">(exclusive_pool{2, 3}, features{2}, affine{}, flow_steps{2});

template <int d>
constexpr void program(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto h = pool(x);
  auto a = deep(made(x, t), sin(t));
  auto f = net(x, t);
  if constexpr (d > 1) {
    static_assert(decltype(h)::k.d == depends::hollow && decltype(a)::k.d == depends::before);
    static_assert(decltype(f)::k.d == depends::everything && DimwiseDifferentiable<decltype(f)>);
    static_assert(decltype(flow.terms(x, t))::k.d == depends::autoregressive);
  } else {
    static_assert(decltype(h)::k.d == depends::nothing && decltype(f)::k.d == depends::single_coordinate);
  }
  m.output<"h">(h);
  m.output<"a">(a);
  m.output<"f">(f);
  m.output<"D2">(D<2>(f));
  m.output<"dt">(dt(D<1>(f)));
  m.output<"made">(made(x, t));
  m.output<"flow">(flow.terms(x, t));
  m.output<"divergence">(sum(D<1>(f)));
}
static_assert(first_wrong_kind(recording<program<3>>::view) == -1);
static_assert(first_wrong_kind(recording<program<1>>::view) == -1);
}  // namespace

TEST_CASE("value of the pooling conditioner, written out") {
  const auto r = record(&program<4>);
  const interpreter run(r.view());
  auto w = [&](const char* name, int row, int column) {
    for (int i = 0; i < run.t.tensor_count; i++)
      if (run.t.tensors[i].name.view() == name)
        return run.t.tensors[i].rank == 1 ? run.weight(i, 0, 0, row) : run.weight(i, 0, row, column);
    throw error("no such tensor");
  };
  for (int i = 0; i < 4; i++) {
    double s[3]{}, q[4];
    for (int j = 0; j < 4; j++)
      for (int u = 0; u < 3 && j != i; u++)
        s[u] += std::tanh(w("pool.element.0.weight", u, 0) * run.x[std::size_t(j)] +
                          w("pool.element.0.weight", u, 1) * (j + 1) / 4.0 + w("pool.element.0.bias", u, 0)) /
                4;
    for (int u = 0; u < 4; u++) {
      q[u] = w("pool.pooled.0.bias", u, 0) + w("pool.pooled.0.weight", u, 3) * (i + 1) / 4.0;
      for (int v = 0; v < 3; v++) q[u] += w("pool.pooled.0.weight", u, v) * s[v];
      q[u] = std::tanh(q[u]);
    }
    for (int k = 0; k < 2; k++) {
      double h = w("pool.pooled.1.bias", k, 0);
      for (int u = 0; u < 4; u++) h += w("pool.pooled.1.weight", k, u) * q[u];
      CHECK(run.value(output_node(run.t, "h"), i, k) == Approx(std::tanh(h)).epsilon(1e-13));
    }
  }
}

TEST_CASE("pooling sees every other coordinate, exactly, however small it is") {
  for (const auto build : {&program<1>, &program<2>, &program<6>}) {
    const auto r = record(build);
    for (const char* output : {"h", "a", "f", "made", "flow"}) CHECK(sight_failures(r.view(), output) == "");
  }
  const auto narrow = record([](model& m) { m.output<"h">(conditioner<"one", 1>(exclusive_pool{1, 1})(m.state<"x", 12>())); });
  CHECK(sight_failures(narrow.view(), "h") == "");
}

TEST_CASE("kernels of pooling networks are what the oracle says") {
  CHECK(oracle_failures(record(&program<1>).view()) == "");
  CHECK(oracle_failures(record(&program<4>).view()) == "");
}

TEST_CASE("what pooling must not be given") {
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 3>();
                      m.output<"r">(pool(value(net(x))));
                    }),
                    Catch::Contains("mixes coordinates"));
  CHECK_THROWS_WITH(record([](model& m) {
                      m.output<"r">(conditioner<"c">(exclusive_pool{mlp{}, mlp{3}})(m.state<"x", 3>()));
                    }),
                    Catch::Contains("at least one layer"));
}
