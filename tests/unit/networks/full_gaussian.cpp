// tests/unit/networks/full_gaussian.cpp: Gaussians with full covariance and their mixtures.
#include "catch.hpp"
#include "../language/interpreter.hpp"
#include "support/network_failures.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
#include <dimwise/training/initialise.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::oracle_failures;
using dimwise::testing::output_node;

namespace {
constexpr auto p = full_gaussian<"p">();
constexpr auto q = full_gaussian_mixture<"q">(mixture_components{2});

template <int d>
constexpr void program(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  static_assert(DimwiseDifferentiable<decltype(p(x, t))> && decltype(p(x, t))::k.l == level::point);
  m.output<"p">(p(x, t));
  m.output<"q">(q(x));
  m.output<"Dp">(D<1>(p(x, t)));
  m.output<"D2q">(D<2>(q(x)));
  m.output<"dt">(dt(p(x, t)));
  m.output<"flux">(sum(D<1>(x * exp(p(x, t)))));
}
static_assert(first_wrong_kind(recording<program<3>>::view) == -1);
static_assert(first_wrong_kind(recording<program<1>>::view) == -1);

int tensor_called(const table& t, std::string_view name) {
  for (int i = 0; i < t.tensor_count; i++)
    if (t.tensors[i].name.view() == name) return i;
  return -1;
}
/// log N(x; mean, (A^T A)^-1) with A = (I + L) diag(exp(s)), written out.
double log_normal(const interpreter& run, const std::string& name, double time) {
  const int d = run.t.d;
  auto number = [&](const char* leaf, int i, int k) {
    const int now = tensor_called(run.t, name + "." + leaf), rate = tensor_called(run.t, name + "." + leaf + "_rate");
    return run.weight(now, 0, i, k) + (rate >= 0 ? time * run.weight(rate, 0, i, k) : 0);
  };
  double l = -0.918938533204672742 * d;
  for (int k = 0; k < d; k++) {
    double z = 0;
    for (int i = 0; i <= k; i++) {
      const double y = std::exp(number("log_scale", i, 0)) * (run.x[std::size_t(i)] - number("mean", i, 0));
      z += i == k ? y : number("lower", i, k) * y;
    }
    l += -0.5 * z * z + number("log_scale", k, 0);
  }
  return l;
}
}  // namespace

TEST_CASE("value of a Gaussian and of a mixture, written out") {
  const auto r = record(&program<4>);
  const interpreter run(r.view());
  CHECK(run.value(output_node(run.t, "p")) == Approx(log_normal(run, "p", run.time)).epsilon(1e-13));
  const double w[2] = {std::exp(run.weight(tensor_called(run.t, "q.log_weights"), 0, 0, 0)),
                       std::exp(run.weight(tensor_called(run.t, "q.log_weights"), 0, 0, 1))};
  const double density =
      (w[0] * std::exp(log_normal(run, "q.00", 0)) + w[1] * std::exp(log_normal(run, "q.01", 0))) / (w[0] + w[1]);
  CHECK(run.value(output_node(run.t, "q")) == Approx(std::log(density)).epsilon(1e-12));
}

TEST_CASE("a Gaussian sees every pair of coordinates: its mixed derivatives are not zero") {
  const auto r = record(&program<4>);
  const interpreter run(r.view());
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) {
      interpreter moved = run;
      moved.x[std::size_t(j)] += 0.5;
      CHECK(moved.value(output_node(run.t, "Dp"), i) != run.value(output_node(run.t, "Dp"), i));
    }
}

TEST_CASE("A is triangular in every parameter vector; unit vectors for every number of dimensions") {
  const auto r = record(&program<5>);
  const table t = r.view();
  const tensor& lower = t.tensors[tensor_called(t, "p.lower")];
  CHECK(lower.masked == mask::strictly_upper);
  const auto start = initial_parameters(t, 1);
  for (int i = 0; i < 5; i++)
    for (int k = 0; k < 5; k++) CHECK((start[std::size_t(lower.offset + i * 5 + k)] != 0) == (k > i));
  for (const auto build : {+[](model& m) { m.state<"x", 1>(), m.output<"e">(value(detail::unit_vector_features(m))); },
                           +[](model& m) { m.state<"x", 2>(), m.output<"e">(value(detail::unit_vector_features(m))); },
                           +[](model& m) { m.state<"x", 7>(), m.output<"e">(value(detail::unit_vector_features(m))); },
                           +[](model& m) { m.state<"x", 8>(), m.output<"e">(value(detail::unit_vector_features(m))); }}) {
    const auto unit = record(build);
    const interpreter run(unit.view());
    const int e = output_node(run.t, "e");
    CHECK(run.t.nodes[e].k.width == run.t.d);
    for (int i = 0; i < run.t.d; i++)
      for (int k = 0; k < run.t.d; k++) CHECK(run.value(e, i, k) == (i == k ? 1 : 0));
  }
}

namespace {
constexpr void by_hand(model& m) {
  auto x = m.state<"x", 3>();
  auto z = sum((unit_vectors(m) + strictly_upper<"U">(m, normal{1})) * x);
  static_assert(decltype(z)::k.l == level::point && DimwiseDifferentiable<decltype(z)>);
  m.output<"z">(z);
  m.output<"l">(-0.5 * sum_features(sq(z)));
}
static_assert(first_wrong_kind(recording<by_hand>::view) == -1);
}  // namespace

TEST_CASE("the pieces of a Gaussian, for densities of one's own: a triangular matrix times the state") {
  const auto r = record(&by_hand);
  const interpreter run(r.view());
  for (int k = 0; k < 3; k++) {
    double z = run.x[std::size_t(k)];
    for (int i = 0; i < k; i++) z += run.weight(0, 0, i, k) * run.x[std::size_t(i)];
    CHECK(run.value(output_node(run.t, "z"), 0, k) == Approx(z).epsilon(1e-14));
  }
  CHECK(oracle_failures(r.view()) == "");
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(unit_vectors(m)); }), Catch::Contains("needs a state"));
}

TEST_CASE("kernels of Gaussians with full covariance are what the oracle says") {
  CHECK(oracle_failures(record(&program<1>).view()) == "");
  CHECK(oracle_failures(record(&program<3>).view()) == "");
}

TEST_CASE("operands that do not fit") {
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(p(value(m.time<"t">()))); }), Catch::Contains("called with the state"));
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(p(m.state<"x", 3>(), m.input<"c", 2>())); }),
                    Catch::Contains("one time"));
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(full_gaussian_mixture<"g">(mixture_components{0})(m.state<"x", 3>())); }),
                    Catch::Contains("at least 1"));
}
