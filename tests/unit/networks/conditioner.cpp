// tests/unit/networks/conditioner.cpp: what conditioners and the networks on them see, and their kernels against the oracle.
#include "catch.hpp"
#include "support/network_failures.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::oracle_failures;
using dimwise::testing::sight_failures;

namespace {
constexpr auto others = conditioner<"others", 2>(masked_mlp{6, 5});
constexpr auto before = autoregressive_conditioner<"before", 2>(masked_mlp{6, 5});
constexpr auto made = autoregressive_net<"made">(masked_mlp{6, 5}, features{3}, mlp{4});
constexpr auto second = autoregressive_net<"second">(masked_mlp{6}, features{2}, mlp{4}, own_weights{}, last_layer_scale{0.5});

template <int d>
constexpr void program(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto y = made(x, t);
  auto z = second(y, t);  // of an autoregressive value: still autoregressive
  if constexpr (d > 1) {
    static_assert(decltype(others(x, t))::k.d == depends::hollow && decltype(before(x, t))::k.d == depends::before);
    static_assert(decltype(y)::k.d == depends::autoregressive && decltype(z)::k.d == depends::autoregressive);
    static_assert(decltype(before(y, t))::k.d == depends::before);
    static_assert(DimwiseDifferentiable<decltype(z)> && !DimwiseDifferentiable<decltype(sum(z))>);
  } else {
    static_assert(decltype(before(x, t))::k.d == depends::nothing && decltype(z)::k.d == depends::single_coordinate);
  }
  m.output<"others">(others(x, t));
  m.output<"before">(before(x, t));
  m.output<"before of made">(before(y, t));
  m.output<"z">(z);
  m.output<"D1">(D<1>(z));
  m.output<"D3">(D<3>(y));
  m.output<"dt">(dt(before(x, t)));
}
static_assert(first_wrong_kind(recording<program<4>>::view) == -1);
static_assert(first_wrong_kind(recording<program<1>>::view) == -1);
}  // namespace

TEST_CASE("a conditioner follows the others, an autoregressive one what comes before, exactly") {
  const auto r = record(&program<5>);
  for (const char* output : {"others", "before", "before of made", "z"}) CHECK(sight_failures(r.view(), output) == "");
  const auto one = record(&program<1>);
  for (const char* output : {"others", "before", "z"}) CHECK(sight_failures(one.view(), output) == "");
}

TEST_CASE("kernels of autoregressive networks are what the oracle says") {
  CHECK(oracle_failures(record(&program<1>).view()) == "");
  CHECK(oracle_failures(record(&program<4>).view()) == "");
}

TEST_CASE("tensors of a network that reads one stream") {
  const auto r = record([](model& m) { m.output<"f">(made(m.state<"x", 4>())); });
  const table t = r.view();
  CHECK(t.tensors[0].name.view() == "made.conditioner.left.0.weight");
  CHECK(t.tensors[4].name.view() == "made.conditioner.readout.left.weight");
  CHECK(t.tensors[4].scale == Approx(1 / std::sqrt(5.0)));
  CHECK(t.tensors[5].name.view() == "made.conditioner.readout.bias");
  for (int i = 0; i < t.tensor_count; i++) CHECK(t.tensors[i].name.view().find("right") == std::string_view::npos);
}

TEST_CASE("operands that an autoregressive network must not see") {
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(made(value(others(m.state<"x", 3>())))); }),
                    Catch::Contains("mixes coordinates"));
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(others(value(made(m.state<"x", 3>())))); }),
                    Catch::Contains("mixes coordinates"));
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(made(value(m.time<"t">()))); }), Catch::Contains("dim level"));
}
