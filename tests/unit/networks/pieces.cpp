// tests/unit/networks/pieces.cpp: networks of one's own from named layers.
#include "catch.hpp"
#include "../language/interpreter.hpp"
#include "support/network_failures.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
  // an autoregressive network: f_i sees x_1 .. x_i
  auto left = tanh(masked_hidden<"a.deep", 7>(tanh(masked_left<"a.left", 6>(x, t))));
  auto none = masked_right<"a.none", 1>(m.input_per_dim<"e">());
  auto before = tanh(readout<"a.read", 3>(left, none));
  static_assert(decltype(before)::k.d == depends::before && decltype(before)::k.width == 3);
  auto f = linear<"a.out", 1>(tanh(linear<"a.mid", 5>(concat(x, before), own_weights{})));
  static_assert(decltype(f)::k.d == depends::autoregressive);
  m.output<"f">(f);
  m.output<"Df">(D<1>(f));
  m.output<"others">(linear_of_others<"C">(x));
}
static_assert(recording<program>::view.node_count > 0);
}  // namespace

TEST_CASE("an autoregressive network sees what comes before and its own") {
  const auto r = record(&program);
  const interpreter run(r.view());
  const int f = output_node(run.t, "f");
  for (int j = 0; j < 4; j++) {
    interpreter moved = run;
    moved.x[std::size_t(j)] += 0.1;
    for (int i = 0; i < 4; i++) CHECK((moved.value(f, i) != run.value(f, i)) == (j <= i));
  }
  for (int i = 0; i < 4; i++) {
    interpreter moved = run;
    moved.x[std::size_t(i)] += 1e-6;
    CHECK(run.value(output_node(run.t, "Df"), i) == Approx((moved.value(f, i) - run.value(f, i)) / 1e-6).epsilon(1e-4));
  }
}

TEST_CASE("the linear term of the others: zero at the start, every matrix with an empty diagonal is possible") {
  for (const auto build : {+[](model& m) { m.output<"others">(linear_of_others<"C">(m.state<"x", 5>())); },
                           +[](model& m) { m.output<"others">(linear_of_others<"C">(m.state<"x", 2>())); }}) {
    const auto r = record(build);
    const table t = r.view();
    interpreter run(t);
    const int h = output_node(t, "others");
    for (int i = 0; i < t.d; i++)
      for (int j = 0; j < t.d; j++) {
        interpreter moved = run;
        moved.x[std::size_t(j)] += 1;
        INFO(i << " " << j);
        CHECK((moved.value(h, i) != run.value(h, i)) == (i != j));
        moved.x[std::size_t(j)] += 1;  // linear
        interpreter half = run;
        half.x[std::size_t(j)] += 1;
        CHECK(moved.value(h, i) - half.value(h, i) == Approx(half.value(h, i) - run.value(h, i)).margin(1e-12));
      }
    for (int i = 0; i < t.tensor_count; i++) {
      const tensor& w = t.tensors[i];
      if (w.name.view().find("readout") != std::string_view::npos) CHECK(w.scale == 0);
      else if (w.rank == 1) CHECK_FALSE(w.trained);
      else CHECK(w.scale > 0);
    }
  }
}

TEST_CASE("hidden units go nowhere else") {
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 4>();
                      m.output<"r">(value(masked_left<"l", 3>(x)) + value(x));
                    }),
                    Catch::Contains("hidden units"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 4>();
                      m.output<"r">(sum(value(masked_left<"l", 3>(x))));
                    }),
                    Catch::Contains("hidden units"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 4>();
                      m.output<"r">(value(masked_left<"l", 3>(x)));
                    }),
                    Catch::Contains("hidden units"));
}

namespace {
constexpr void one_stream(model& m) {
  auto x = m.state<"x", 4>();
  auto left = tanh(masked_left<"l", 5>(x));
  auto right = tanh(masked_right<"r", 5>(x));
  auto before = readout<"before", 2>(left);
  auto after = readout<"after", 2>(right);
  auto both = readout<"both", 2>(right, left);  // in any order
  static_assert(decltype(before)::k.d == depends::before && decltype(after)::k.d == depends::after);
  static_assert(decltype(both)::k.d == depends::hollow);
  m.output<"before">(before);
  m.output<"after">(after);
  m.output<"both">(both);
  m.output<"of lower">(readout<"of lower", 1>(masked_left<"l2", 5>(concat(x, before))));
}
constexpr void layers(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  auto h = conditioner<"h", 2>(masked_mlp{4})(x, t);
  auto v = residual<"one", 5>(concat(x, h));
  auto g = gated<"two", 3>(v, t);
  static_assert(decltype(v)::k == kind{level::dim, depends::everything, true, 3} && decltype(g)::k == decltype(v)::k);
  static_assert(decltype(residual<"three", 5>(h))::k.d == depends::hollow);
  static_assert(decltype(gated<"four", 2>(t, x))::k == kind{level::dim, depends::own, true, 2});
  static_assert(decltype(residual<"five", 5>(t, own_weights{}))::k.l == level::dim);
  m.output<"v">(v);
  m.output<"h">(residual<"three", 5>(h));
  m.output<"own">(gated<"four", 2>(t, x));
  m.output<"Dg">(D<2>(linear<"out", 1>(gated<"six", 4>(g, own_weights{}))));
  m.output<"start">(residual<"five", 5>(t, own_weights{}, last_layer_scale{0}));
}
static_assert(first_wrong_kind(recording<one_stream>::view) == -1);
static_assert(first_wrong_kind(recording<layers>::view) == -1);
}  // namespace

TEST_CASE("a readout of one stream sees one side; of both, each is masked as its own side in any order") {
  const auto r = record(&one_stream);
  for (const char* output : {"before", "after", "both", "of lower"})
    CHECK(dimwise::testing::sight_failures(r.view(), output) == "");
  CHECK(dimwise::testing::oracle_failures(r.view()) == "");
}

TEST_CASE("residual and gated layers") {
  const auto r = record(&layers);
  const interpreter run(r.view());
  for (const char* output : {"v", "h", "own"}) CHECK(dimwise::testing::sight_failures(r.view(), output) == "");
  CHECK(dimwise::testing::oracle_failures(r.view()) == "");
  auto tensor_called = [&](std::string_view name) {
    for (int i = 0; i < run.t.tensor_count; i++)
      if (run.t.tensors[i].name.view() == name) return i;
    return -1;
  };
  // W v + b times the sigmoid of the gate, written out
  const int w = tensor_called("four.value.weight"), gate = tensor_called("four.gate.weight");
  const double value = run.weight(w, 0, 1, 0) * run.time + run.weight(w + 1, 0, 0, 1);
  const double open = run.weight(gate, 0, 1, 0) * run.x[2] + run.weight(gate + 1, 0, 0, 1);
  CHECK(run.value(output_node(run.t, "own"), 2, 1) == Approx(value / (1 + std::exp(-open))).epsilon(1e-13));
  CHECK(run.t.tensors[tensor_called("five.1.weight")].scale == 0);
  CHECK(run.t.tensors[tensor_called("one.0.weight")].shape[0] == 5);
  CHECK(run.t.tensors[tensor_called("one.1.weight")].shape[0] == 3);
}
