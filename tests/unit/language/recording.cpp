// tests/unit/language/recording.cpp: the table at compile time and at run time, in an order that no compiler chooses.
#include "catch.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;

namespace {
constexpr auto drift = hollow_net<"drift">(masked_mlp{6, 5}, features{3}, mlp{5});
constexpr auto density = gaussian_mixture<"density">(mixture_components{2});
template <int d>
constexpr void program(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  [[maybe_unused]] auto unused = tanh(x) * network<"unused">(mlp{3})(t);
  auto p = exp(density(x, t));
  m.equation<"e">(dt(p) == -sum(D<1>(drift(x, t) * p)) + (network<"n">(mlp{2})(t) - m.parameter<"a">(1.0)) * p);
  m.output<"o">(m.input<"i">() + m.constant<"h">(2.0));
  m.sde<"s">(drift(x, t), 0.5);
  m.minimize<"likelihood">(-density(x, t), m.samples<"data">());
  m.standardise();
}
bool same(const table& a, const table& b) {
  if (a.node_count != b.node_count || a.tensor_count != b.tensor_count || a.parameters != b.parameters || a.d != b.d)
    return false;
  for (int i = 0; i < a.node_count; i++)
    if (!(a.nodes[i] == b.nodes[i])) return false;
  for (int i = 0; i < a.tensor_count; i++)
    if (!(a.tensors[i].name == b.tensors[i].name) || a.tensors[i].offset != b.tensors[i].offset) return false;
  return a.equations[0].relative == b.equations[0].relative && a.outputs[0].node == b.outputs[0].node &&
         a.sdes[0].drift == b.sdes[0].drift && a.mixtures[0].log_density == b.mixtures[0].log_density &&
         a.objectives[0].node == b.objectives[0].node && a.state_name == b.state_name && a.time_name == b.time_name &&
         a.transform.what == b.transform.what;
}
/// Two ways of writing one model, whose parts are recorded in another order.
template <bool Swapped>
void same_model(model& m) {
  auto x = m.state<"x", 2>();
  auto t = m.time<"t">();
  if constexpr (Swapped) {
    auto b = network<"b">(mlp{3})(t);
    auto a = drift(x, t);
    m.output<"r">(a * b);
  } else {
    auto a = drift(x, t);
    auto b = network<"b">(mlp{3})(t);
    m.output<"r">(a * b);
  }
}
}  // namespace

TEST_CASE("compile time and run time record the same table") {
  CHECK(same(recording<program<3>>::view, record(&program<3>).view()));
  CHECK(same(recording<program<1>>::view, record(&program<1>).view()));
}

TEST_CASE("operands come first, what nothing asks for is dropped") {
  const table t = recording<program<3>>::view;
  for (int i = 0; i < t.node_count; i++) {
    CHECK(t.nodes[i].a < i);
    CHECK(t.nodes[i].b < i);
  }
  for (int i = 0; i < t.tensor_count; i++) CHECK(t.tensors[i].name.view().substr(0, 6) != "unused");
}

TEST_CASE("the order in which a model is written does not matter") {
  const auto a = record(&same_model<false>), b = record(&same_model<true>);
  const table s = a.view(), t = b.view();
  REQUIRE(s.node_count == t.node_count);
  REQUIRE(s.tensor_count == t.tensor_count);
  for (int i = 0; i < s.node_count; i++) CHECK(s.nodes[i] == t.nodes[i]);
  for (int i = 0; i < s.tensor_count; i++) CHECK(s.tensors[i].name == t.tensors[i].name);
}

TEST_CASE("a recording can be moved, and an empty model is a table without nodes") {
  recorded_table a = record(&program<3>);
  const recorded_table b = std::move(a);
  CHECK(same(recording<program<3>>::view, b.view()));
  const auto empty = record([](model&) {});
  CHECK(empty.view().node_count == 0);
  CHECK(empty.view().state_name.view().empty());
}
