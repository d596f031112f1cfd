// tests/static/large_models.cpp: models of 400 and 2,000 operators are recorded at the compilers' default limits.
#include "catch.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;

namespace {
/// y = y * y + x, 200 times: 400 operators, shared operands.
constexpr void shared_squares(model& m) {
  auto x = m.state<"x", 4>();
  auto y = x;
  for (int i = 0; i < 200; i++) y = y * y + x;
  m.output<"y">(y);
}
/// Operators with literals, and a class that changes.
template <int operators>
constexpr void mixed_terms(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
  value y = x;
  for (int i = 0; i < operators / 2; i++) y = y * (0.1 * i) + (i % 3 ? value(x) : value(t));
  m.output<"y">(y);
}
/// A long sum whose factors are taken out.
template <int operators>
constexpr void scaled_terms(model& m) {
  auto x = m.state<"x", 4>();
  auto s = sum(x);
  auto y = s * x;
  for (int i = 0; i < operators / 4; i++) y = y + s * x * (0.5 + i);
  m.output<"y">(sum(y));
}
/// Sharing inside a sum: 2^100 terms if it were written out.
constexpr void doubled(model& m) {
  auto x = m.state<"x", 4>();
  auto y = x * sum(x);
  for (int i = 0; i < 100; i++) y = 0.5 * (y + y);
  m.output<"y">(sum(y));
}

static_assert(recording<shared_squares>::view.node_count == 401);
static_assert(recording<mixed_terms<400>>::view.node_count > 400);
static_assert(recording<mixed_terms<2000>>::view.node_count > 2000);
static_assert(recording<scaled_terms<2000>>::view.node_count > 1000);
static_assert(recording<doubled>::view.node_count < 250);
}  // namespace

TEST_CASE("the same recordings at run time") {
  CHECK(record(&shared_squares).view().node_count == 401);
  CHECK(record(&mixed_terms<2000>).view().node_count == recording<mixed_terms<2000>>::view.node_count);
  CHECK(record(&scaled_terms<2000>).view().node_count == recording<scaled_terms<2000>>::view.node_count);
}
