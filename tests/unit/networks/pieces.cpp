// tests/unit/networks/pieces.cpp: networks of one's own from named layers.
#include "catch.hpp"
#include "../language/interpreter.hpp"

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
