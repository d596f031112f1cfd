// tests/unit/language/couplings.cpp: what other dimensions give to each one, and what may not be coupled.
#include "catch.hpp"
#include "interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

namespace {
constexpr auto view = conditioner<"view">(masked_mlp{4});

constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
  auto c = m.input<"c", 3>();
  m.output<"index">(m.index());
  m.output<"indicator">(m.indicator<2>());
  m.output<"before">(sum_before(c * x));
  m.output<"after">(sum_after(c * x));
  m.output<"others">(sum_others(c * x));
}
static_assert(first_wrong_kind(recording<program>::view) == -1);
}  // namespace

TEST_CASE("the number of a dimension, and sums over the dimensions before, after and besides it") {
  const auto r = record(&program);
  const interpreter run(r.view());
  const auto at = [&](const char* name, int i, int w) { return run.value(output_node(run.t, name), i, w); };
  for (int i = 0; i < 4; i++) {
    CHECK(at("index", i, 0) == i);
    CHECK(at("indicator", i, 0) == (i == 2 ? 1 : 0));
    for (int w = 0; w < 3; w++) {
      double before = 0, after = 0;
      for (int j = 0; j < 4; j++) (j < i ? before : after) += j == i ? 0 : run.inputs[0][std::size_t(w)] * run.x[std::size_t(j)];
      CHECK(at("before", i, w) == Approx(before));
      CHECK(at("after", i, w) == Approx(after));
      CHECK(at("others", i, w) == Approx(before + after));
    }
  }
}

TEST_CASE("sums of what already mixes are refused with a sentence, also where only the recording knows") {
  const auto refused = Catch::Contains("would see x_i");
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 3>();
                      value v = view(x);
                      m.output<"r">(sum_others(v));
                    }),
                    refused);
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 3>();
                      value v = sum_after(x);
                      m.output<"r">(sum_before(v));
                    }),
                    refused);
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 3>();
                      value v = x * sum(x);
                      m.output<"r">(sum_before(v));
                    }),
                    refused);
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 3>();
                      value v = sum(x);
                      m.output<"r">(x + sum_others(v));
                    }),
                    Catch::Contains("a value for each dimension"));
}

TEST_CASE("the number of a dimension needs dimensions") {
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(m.index()); }), Catch::Contains("state"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 3>();
                      m.output<"r">(x * m.indicator<3>());
                    }),
                    Catch::Contains("from 0 to d - 1"));
}
