// tests/unit/language/at.cpp: values at other points are the values there, with their derivatives and the gradients of shared
// parameters.
#include "catch.hpp"
#include "support/table_disagreements.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
#include <dimwise/oracle/oracle.hpp>

using namespace dimwise;
using namespace dimwise::testing;

namespace {
constexpr auto drift = hollow_net<"drift">(masked_mlp{6}, features{3}, mlp{5});
constexpr auto plain = network<"plain">(mlp{6});

/// What is replaced: u and its derivatives as outputs, and the same at another point.
template <int Dims>
constexpr void boundaries(model& m) {
  auto x = m.state<"x", Dims>();
  auto t = m.time<"t">();
  auto edge = m.parameter<"edge">(0.7);
  auto u = drift(x, t) + sin(t) * x * sum(sq(x));
  auto all = D<2>(u) * dt(u) + D<1>(x * D<1>(u)) + dt<2>(D<1>(u));
  m.output<"u">(u);
  m.output<"D1">(D<1>(u));
  m.output<"dt">(dt(u));
  m.output<"all">(all);
  m.output<"sum">(sum(all));
  m.output<"u_at">(at(u, x == edge));
  m.output<"D1_at">(at(D<1>(u), x == edge));
  m.output<"dt_at">(at(dt(u), x == edge));
  m.output<"all_at">(at(all, x == edge, t == 0.25));
  m.output<"sum_at">(at(sum(all), x == edge, t == 0.25));
  m.output<"all_at_time">(at(all, t == 0.25));
  m.output<"all_shifted">(at(all, x == x + edge, t == t - 0.5));
  m.output<"u_mirrored">(at(u, x == -x));
  m.output<"D1_of_mirrored">(D<1>(at(u, x == -x)));
  m.output<"moves_in_time">(dt(at(D<1>(u), x == edge * t)));
}

constexpr void classes(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
  auto p = plain(x, t);
  using constant = decltype(at(D<1>(f), x == 1.0));
  static_assert(constant::k == kind{level::dim, depends::nothing, true, 1, because::it_is_not_dense});
  static_assert(decltype(at(p, x == t))::k.dimwise && decltype(at(p, x == t))::k.d == depends::nothing);
  static_assert(std::is_same_v<decltype(at(f, x == -x)), decltype(f)> && std::is_same_v<decltype(at(p, t == 0.0)), decltype(p)>);
  // what a value at a constant is used for: a conditioner may read it, D of x times it is cheap
  m.output<"r">(drift(x * at(D<1>(f), x == 0.0), t) + at(p, x == 0.0) * D<1>(x * at(dt(p), x == 1.0)));
  // constant in time, with a series along x that is moved by a number, by the largest feature, or summed
  auto still = at(dt(sum(sin(x * t))), t == 0.25);
  m.output<"moved">(dt(D<1>((still + 1.0) * t)));
  m.output<"logsumexp">(dt(D<1>(logsumexp(concat(still, still * still)) * t)));
  m.output<"summed">(dt(D<1>(sum(at(dt(sin(x * t)), t == 0.25)) * t)));
  // hard constraints: u is 0 at x = +-1 and sin(x) at t = 0
  m.output<"hard">(sin(x) + t * (1.0 - sq(x)) * f);
  m.equation<"left">(at(f, x == -1.0) == 0.0);
  m.equation<"periodic">(at(f, x == x + 2.0) == f);
}
static_assert(first_wrong_kind(recording<classes>::view) == -1);
static_assert(first_wrong_kind(recording<boundaries<3>>::view) == -1);

std::vector<wide_number> value_at(const table& t, const std::vector<double>& parameters, sample_inputs s, int node) {
  oracle o(t);
  o.set_parameters(parameters);
  o.set_sample(s);
  return o.value(node);
}

template <int Dims>
void check_boundaries() {
  const auto r = record(&boundaries<Dims>);
  const table t = r.view();
  const auto parameters = draw_parameters(t, 3);
  double edge = 0;
  for (int i = 0; i < t.tensor_count; i++)
    if (t.tensors[i].name.view() == "edge") edge = parameters[std::size_t(t.tensors[i].offset)];
  sample_inputs here;
  here.time = 0.5;
  for (int i = 0; i < Dims; i++) here.state.push_back(0.75 - 0.5 * i);
  const auto moved = [&](double factor, double constant, double time) {
    sample_inputs s = here;
    for (double& v : s.state) v = factor * v + constant;
    s.time = time;
    return s;
  };
  const auto same = [&](const char* name, const char* original, const sample_inputs& there, double factor = 1) {
    INFO(name);
    const auto a = value_at(t, parameters, here, node_of_output(t, name)),
               b = value_at(t, parameters, there, node_of_output(t, original));
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); i++) CHECK(double(abs(a[i] - factor * b[i])) <= 1e-14 * (1 + double(abs(b[i]))));
  };
  const sample_inputs at_edge = moved(0, edge, 0.5);
  same("u_at", "u", at_edge);
  same("D1_at", "D1", at_edge);
  same("dt_at", "dt", at_edge);
  same("all_at", "all", moved(0, edge, 0.25));
  same("sum_at", "sum", moved(0, edge, 0.25));
  same("all_at_time", "all", moved(1, 0, 0.25));
  same("all_shifted", "all", moved(1, edge, 0.0));
  same("u_mirrored", "u", moved(-1, 0, 0.5));
  same("D1_of_mirrored", "D1", moved(-1, 0, 0.5), -1);
  // the derivative of a derivative at a moving point, by a difference
  const int node = node_of_output(t, "D1");
  const double h = 1.0 / 1024;
  sample_inputs later = here, earlier = here;
  const auto d1 = value_at(t, parameters, here, node_of_output(t, "moves_in_time"));
  for (double& v : later.state) v = edge * (0.5 + h);
  for (double& v : earlier.state) v = edge * (0.5 - h);
  later.time += h, earlier.time -= h;
  const auto b = value_at(t, parameters, later, node), a = value_at(t, parameters, earlier, node);
  for (std::size_t i = 0; i < a.size(); i++)
    CHECK(double(d1[i]) == Approx(double((b[i] - a[i]) / (2 * h))).epsilon(1e-4).margin(1e-4));
}
}  // namespace

TEST_CASE("a value at another point is what it is there") {
  check_boundaries<3>();
  check_boundaries<1>();
}

TEST_CASE("kernels give values at other points, and gradients through them, as the oracle does") {
  CHECK(table_disagreements(record(&boundaries<3>).view(), 5) == "");
  CHECK(table_disagreements(record(&boundaries<1>).view(), 6) == "");
  CHECK(table_disagreements(record(&classes).view(), 7) == "");
}

TEST_CASE("held values are constant for D and dt, and their gradients pass") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 2>();
    auto t = m.time<"t">();
    auto a = m.parameter<"a">(2.0);
    m.output<"D">(D<1>(held(a * x) * x));
    m.output<"dt">(dt(held(a * t) * t));
    m.output<"sum">(D<1>(sum(held(a * sq(x)) + sq(x)) * held(sum(x))));
  });
  const table t = r.view();
  sample_inputs s;
  s.state = {0.5, -1.5};
  s.time = 0.25;
  CHECK(double(value_at(t, {2.0}, s, node_of_output(t, "D"))[1]) == Approx(-3));
  CHECK(double(value_at(t, {2.0}, s, node_of_output(t, "dt"))[0]) == Approx(0.5));
  CHECK(double(value_at(t, {2.0}, s, node_of_output(t, "sum"))[1]) == Approx(3));
  CHECK(table_disagreements(t) == "");
}

TEST_CASE("what cannot be replaced is refused in a sentence") {
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      m.output<"r">(at(D<1>(drift(x, m.time<"t">())), x == -x));
                    }),
                    Catch::Contains("u holds a derivative by x and e moves with x"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      auto t = m.time<"t">();
                      m.output<"r">(at(dt(drift(x, t)), x == t));
                    }),
                    Catch::Contains("u holds a derivative by t"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      auto t = m.time<"t">();
                      m.output<"r">(at(dt(drift(x, t)), t == 2.0 * t));
                    }),
                    Catch::Contains("u holds a derivative by t"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      m.output<"r">(at(sq(x), tanh(x) == 1.0));
                    }),
                    Catch::Contains("the state or the time itself"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      m.output<"r">(at(sq(x), x == 1.0, x == 2.0));
                    }),
                    Catch::Contains("given twice"));
  CHECK_THROWS_WITH(record([](model& m) {
                      value x = m.state<"x", 2>();
                      m.output<"r">(at(sq(x), x == x * sum(x)));
                    }),
                    Catch::Contains("own coordinate"));
  CHECK_THROWS_WITH(record([](model& m) {
                      value x = m.state<"x", 2>(), t = m.time<"t">();
                      m.output<"r">(at(t * x, t == sum(x)));
                    }),
                    Catch::Contains("one number a sample"));
}
