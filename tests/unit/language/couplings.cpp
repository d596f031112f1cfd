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
constexpr void shifts(model& m) {
  auto x = m.state<"x", 6>();
  m.output<"next">(shift<1>(x));
  m.output<"second before">(shift<-2>(x));
  m.output<"wrapped">(shift<-2>(x, periodic));
  m.output<"above">(shift<-1, 0>(x, grid{2, 3}));
  m.output<"right">(shift<0, 1>(x, grid{2, 3}));
  m.output<"knight">(shift<1, -2>(x, grid{3, 2}, periodic));
  m.output<"far">(shift<7>(x));
  m.output<"none">(shift<0>(x) - x);
}
static_assert(first_wrong_kind(recording<shifts>::view) == -1);
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

TEST_CASE("shifts along a line and on a lattice, with zeros or the other side beyond the border") {
  const auto r = record(&shifts);
  const interpreter run(r.view());
  const auto is = [&](const char* name, const std::vector<int>& from) {
    for (int i = 0; i < 6; i++)
      CHECK(run.value(output_node(run.t, name), i) == (from[std::size_t(i)] < 0 ? 0 : run.x[std::size_t(from[std::size_t(i)])]));
  };
  is("next", {1, 2, 3, 4, 5, -1});
  is("second before", {-1, -1, 0, 1, 2, 3});
  is("wrapped", {4, 5, 0, 1, 2, 3});
  is("above", {-1, -1, -1, 0, 1, 2});
  is("right", {1, 2, -1, 4, 5, -1});
  is("knight", {2, 3, 4, 5, 0, 1});
  is("far", {-1, -1, -1, -1, -1, -1});
  is("none", {-1, -1, -1, -1, -1, -1});
}

TEST_CASE("with one coordinate there are no others: a periodic shift is the value itself, any other is zero") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 1>();
    value v = x;
    m.output<"wrapped">(shift<1>(x, periodic) + shift<1>(v, periodic) + shift<1>(m.index(), periodic));
    m.output<"beyond">(shift<1>(x) + sum_others(x) + x);
  });
  const interpreter run(r.view());
  CHECK(run.value(output_node(run.t, "wrapped")) == 2 * run.x[0]);
  CHECK(run.value(output_node(run.t, "beyond")) == run.x[0]);
}

TEST_CASE("shifts that would see x_i, that are none, or on a lattice of another size, are refused with a sentence") {
  const auto refusal = [](void (*build)(model&), const char* sentence) {
    CHECK_THROWS_WITH(record(build), Catch::Contains(sentence));
  };
  refusal(
      [](model& m) {
        auto x = m.state<"x", 3>();
        value v = shift<1>(x);
        m.output<"r">(shift<-1>(v));
      },
      "would see x_i");
  refusal(
      [](model& m) {
        auto x = m.state<"x", 3>();
        value v = shift<1>(x);
        m.output<"r">(shift<1>(v, periodic));
      },
      "would see x_i");
  refusal([](model& m) { m.output<"r">(shift<-3>(m.state<"x", 3>(), periodic)); }, "brings every component to itself");
  refusal(
      [](model& m) {
        m.output<"r">(shift<2, 0>(m.state<"x", 4>(), grid{2, 2}, periodic));
      },
      "brings every component to itself");
  refusal([](model& m) { m.output<"r">(shift<1, 0>(m.state<"x", 4>(), grid{2, 3})); }, "the number of dimensions");
  refusal(
      [](model& m) {
        auto x = m.state<"x", 3>();
        value v = sum(x);
        m.output<"r">(x + shift<1>(v));
      },
      "a value for each dimension");
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
