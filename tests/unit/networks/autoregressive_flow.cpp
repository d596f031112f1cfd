// tests/unit/networks/autoregressive_flow.cpp: densities by masked and neural autoregressive flows.
#include "catch.hpp"
#include "../language/interpreter.hpp"
#include "support/network_failures.hpp"

#include <dimwise/kernel/network_probe.hpp>
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::oracle_failures;
using dimwise::testing::output_node;
using dimwise::testing::sight_failures;

namespace {
constexpr auto maf = autoregressive_flow<"maf">(masked_mlp{6}, features{3}, affine{}, flow_steps{2});
constexpr auto naf = autoregressive_flow<"naf">(masked_mlp{6}, features{3}, sigmoids{3, 2}, flow_steps{2});

template <int d>
constexpr void program(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto terms = naf.terms(x, t);
  if constexpr (d > 1) {
    static_assert(decltype(maf.terms(x))::k.d == depends::autoregressive && decltype(terms)::k.d == depends::autoregressive);
    static_assert(!DimwiseDifferentiable<decltype(maf(x))> && DimwiseDifferentiable<decltype(terms)>);
  } else {
    static_assert(DimwiseDifferentiable<decltype(naf(x, t))>);
  }
  m.output<"maf">(maf(x));
  m.output<"naf">(naf(x, t));
  m.output<"maf terms">(maf.terms(x));
  m.output<"naf terms">(terms);
  m.output<"maf z">(maf.base_variables(x));
  m.output<"naf z">(naf.base_variables(x, t));
  m.output<"maf slope">(D<1>(maf.base_variables(x)));
  m.output<"naf slope">(D<1>(naf.base_variables(x, t)));
  m.output<"D2">(D<2>(terms));
  m.output<"dt">(dt(terms));
}
static_assert(first_wrong_kind(recording<program<3>>::view) == -1);
constexpr double log_root_two_pi = 0.918938533204672742;
}  // namespace

TEST_CASE("the density is the base density times the slopes of the map, and the sum of its terms") {
  const auto r = record(&program<3>);
  const interpreter run(r.view());
  for (const std::string flow : {"maf", "naf"}) {
    double total = 0;
    for (int i = 0; i < 3; i++) {
      const double z = run.value(output_node(run.t, flow + " z"), i), slope = run.value(output_node(run.t, flow + " slope"), i);
      CHECK(slope > 0);
      const double term = std::log(slope) - z * z / 2 - log_root_two_pi;
      CHECK(run.value(output_node(run.t, flow + " terms"), i) == Approx(term).epsilon(1e-11));
      total += term;
    }
    CHECK(run.value(output_node(run.t, flow)) == Approx(total).epsilon(1e-11));
  }
}

TEST_CASE("the densities integrate to 1 in one and two dimensions") {
  const auto in_one = record(&program<1>);
  const auto in_two = record(&program<2>);
  for (const std::string flow : {"maf", "naf"}) {
    interpreter run(in_one.view());
    double total = 0;
    for (double x = -40; x < 40; x += 0.02) run.x[0] = x, total += 0.02 * std::exp(run.value(output_node(run.t, flow)));
    CHECK(total == Approx(1).epsilon(1e-6));
    interpreter plane(in_two.view());
    total = 0;
    const double step = 0.15;
    for (double x = -18; x < 18; x += step)
      for (double y = -18; y < 18; y += step) {
        plane.x = {x, y};
        total += step * step * std::exp(plane.value(output_node(plane.t, flow)));
      }
    CHECK(total == Approx(1).epsilon(2e-3));
  }
}

TEST_CASE("what the terms of a flow see, and its kernels") {
  const auto r = record(&program<4>);
  for (const char* output : {"maf terms", "naf terms", "maf z", "naf z"}) CHECK(sight_failures(r.view(), output) == "");
  CHECK(oracle_failures(r.view()) == "");
  CHECK(oracle_failures(record(&program<1>).view()) == "");
}

TEST_CASE("the layers inside a flow are no networks to probe; an autoregressive network is one") {
  const auto flows = record(&program<3>);
  const network_probe of_flows(flows.view());
  for (const output_info& o : of_flows.in_double()->outputs()) CHECK(o.name.find(".conditioner") != std::string::npos);
  const auto r =
      record([](model& m) { m.output<"f">(autoregressive_net<"made">(masked_mlp{6}, features{3}, mlp{4})(m.state<"x", 3>())); });
  const network_probe probe(r.view());
  REQUIRE(probe.in_double() != nullptr);
  CHECK(probe.in_double()->outputs().size() == 6);  // value, D1 .. D4, conditioner
}

TEST_CASE("steps and operands that do not fit") {
  CHECK_THROWS_WITH(
      record([](model& m) {
        m.output<"r">(autoregressive_flow<"p">(masked_mlp{3}, features{2}, affine{}, flow_steps{9})(m.state<"x", 3>()));
      }),
      Catch::Contains("from 1 to 8"));
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(maf(value(m.time<"t">()))); }), Catch::Contains("takes the state"));
}
