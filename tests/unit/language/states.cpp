// tests/unit/language/states.cpp: several states: derivatives by one hold the others; known densities of position and velocity.
#include "catch.hpp"
#include "support/table_disagreements.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
#include <dimwise/oracle/oracle.hpp>

using namespace dimwise;
using namespace dimwise::testing;

namespace {
constexpr auto drift = hollow_net<"drift">(masked_mlp{6}, features{3}, mlp{5});
constexpr auto plain = network<"plain">(mlp{6, 5});
constexpr double sigma = 0.8;

/// dx = v dt, dv = sigma dW from the origin (Kolmogorov, 1934), in d independent pairs.
constexpr void kolmogorov(model& m) {
  auto x = m.state<"x", 2>();
  auto v = m.state<"v", 2>();
  auto t = m.time<"t">();
  auto s2 = sigma * sigma;
  auto l = sum(-6.0 / (s2 * pow(t, 3)) * (sq(x) - x * v * t + sq(v * t) / 3.0) - 2.0 * log(t));
  auto p = exp(l);
  m.equation<"kinetic">(dt(p) == -sum(D<1>(v * p, x)) + 0.5 * s2 * sum(D<2>(p, v))).relative_to(p);
  m.equation<"wrong">(dt(p) == -sum(D<1>(v * p, x)) + 0.6 * s2 * sum(D<2>(p, v))).relative_to(p);
}
/// dx = v dt, dv = -(gamma v + U'(x)) dt + sqrt(2 gamma T) dW with U = x^4 / 4: the stationary density is exp(-(v^2 / 2 + U) / T)
/// (Kramers, 1940).
constexpr void kramers(model& m) {
  auto x = m.state<"x", 2>();
  auto v = m.state<"v", 2>();
  auto T = m.constant<"T">(0.7);
  auto gamma = m.constant<"gamma">(1.3);
  auto p = exp(-1.0 * sum(0.5 * sq(v) + 0.25 * sq(sq(x))) / T);
  m.equation<"stationary">(sum(D<1>(v * p, x)) == sum(D<1>((gamma * v + pow(x, 3)) * p, v)) + gamma * T * sum(D<2>(p, v)));
  m.output<"flux">(gamma * T * sum(D<2>(p, v)));
}
constexpr void networks(model& m) {
  auto x = m.state<"x", 3>();
  auto v = m.state<"v", 3>();
  auto t = m.time<"t">();
  auto f = drift(x, v, t);
  auto u = plain(x, v, t);
  m.output<"f">(f);
  m.output<"u">(u);
  m.output<"f_x">(D<1>(f, x));
  m.output<"f_vv">(D<2>(f, v));
  m.output<"again">(D<1>(x * D<1>(f, v), v));
  m.output<"dt">(dt(D<1>(f, v)));
  m.output<"u_v">(grad(u, v));
  m.output<"sum_x">(grad(sum(f), x));
  m.output<"mixed">(jvp(D<1>(f, v), 1.0, x));
  m.output<"along">(jvp(f, v * v, x));
  m.output<"divergence">(divergence(f, v));
  m.output<"at">(at(D<1>(f, v) + f, x == 0.5, v == -0.25));
  m.output<"swapped">(at(f, x == v, v == x));
  m.output<"shifted">(at(D<1>(f, v), x == x + 1.0, v == v));
}
constexpr void one_pair(model& m) {
  auto x = m.state<"x", 1>();
  auto v = m.state<"v", 1>();
  auto u = plain(x, v);
  m.output<"along">(jvp<2>(u, x, v));
  m.output<"product">(sq(x) * D<2>(u, v));
}
static_assert(first_wrong_kind(recording<networks>::view) == -1);
static_assert(first_wrong_kind(recording<kolmogorov>::view) == -1);
static_assert(first_wrong_kind(recording<one_pair>::view) == -1);

struct point {
  oracle o;
  sample_inputs at;
  explicit point(const table& t, std::vector<double> x, std::vector<double> v, double time) : o(t) {
    o.set_parameters(draw_parameters(t, 2));
    at.state = std::move(x), at.inputs = {std::move(v)}, at.time = time;
    o.set_sample(at);
  }
  std::vector<wide_number> operator()(const char* name) { return o.value(node_of_output(o.recording(), name)); }
  /// The same with x_i and v_i moved.
  std::vector<wide_number> moved(const char* name, int i, double x, double v) {
    sample_inputs there = at;
    there.state[std::size_t(i)] += x;
    there.inputs[0][std::size_t(i)] += v;
    o.set_sample(there);
    const auto r = (*this)(name);
    o.set_sample(at);
    return r;
  }
};
}  // namespace

TEST_CASE("known densities of position and velocity solve their equations") {
  const auto r = record(&kolmogorov);
  const table t = r.view();
  point p(t, {0.2, -0.1}, {0.3, 0.5}, 0.75);
  REQUIRE(t.equations[0].relative >= 0);
  CHECK(std::abs(double(p.o.value(t.equations[0].relative)[0])) < 1e-14);
  CHECK(std::abs(double(p.o.value(t.equations[1].relative)[0])) > 1e-2);
  CHECK(double(abs(p.o.value(t.equations[1].relative)[0] - p.o.exact_relative(1))) < 1e-14);
  const auto s = record(&kramers);
  point k(s.view(), {0.2, -0.6}, {0.3, 0.5}, 0);
  CHECK(std::abs(double(k.o.value(s.view().equations[0].residual)[0])) < 1e-14);
  CHECK(std::abs(double(k("flux")[0])) > 1e-2);
}

TEST_CASE("derivatives by one state hold the others") {
  const auto r = record(&networks);
  point p(r.view(), {0.75, -0.5, 0.25}, {-0.4, 0.6, 0.1}, 0.5);
  const double h = 1.0 / 4096;
  const auto f = p("f");
  double divergence = 0;
  for (int i = 0; i < 3; i++) {
    const auto c = std::size_t(i);
    const auto central = [&](const char* name, bool by_v, std::size_t number) {
      return double(p.moved(name, i, by_v ? 0 : h, by_v ? h : 0)[number] -
                    p.moved(name, i, by_v ? 0 : -h, by_v ? -h : 0)[number]) /
             (2 * h);
    };
    const auto near = [](double a) { return Approx(a).epsilon(1e-5).margin(1e-6); };
    CHECK(double(p("f_x")[c]) == near(central("f", false, c)));
    const double second = double(p.moved("f", i, 0, h)[c] - 2 * f[c] + p.moved("f", i, 0, -h)[c]) / (h * h);
    CHECK(double(p("f_vv")[c]) == near(second));
    CHECK(double(p("again")[c]) == near(p.at.state[c] * second));
    CHECK(double(p("u_v")[c]) == near(central("u", true, 0)));
    double by_x = 0, mixed = 0;
    for (std::size_t j = 0; j < 3; j++) by_x += central("f", false, j);
    CHECK(double(p("sum_x")[c]) == near(by_x));
    divergence += central("f", true, c);
    // sum over j of d^2 f_c / dv_c dx_j
    for (int j = 0; j < 3; j++) {
      sample_inputs there = p.at;
      const auto corner = [&](double a, double b) {
        there = p.at;
        there.state[std::size_t(j)] += a;
        there.inputs[0][c] += b;
        p.o.set_sample(there);
        return double(p("f")[c]);
      };
      mixed += (corner(h, h) - corner(h, -h) - corner(-h, h) + corner(-h, -h)) / (4 * h * h);
    }
    p.o.set_sample(p.at);
    CHECK(double(p("mixed")[c]) == Approx(mixed).epsilon(1e-4).margin(1e-5));
    double along = 0;
    for (int j = 0; j < 3; j++) {
      const double v = p.at.inputs[0][std::size_t(j)];
      along += v * v * double(p.moved("f", j, h, 0)[c] - p.moved("f", j, -h, 0)[c]) / (2 * h);
    }
    CHECK(double(p("along")[c]) == near(along));
  }
  CHECK(double(p("divergence")[0]) == Approx(divergence).epsilon(1e-5).margin(1e-6));
  const auto at = p("at"), swapped = p("swapped"), shifted = p("shifted");
  point other(r.view(), {0.5, 0.5, 0.5}, {-0.25, -0.25, -0.25}, 0.5);
  const double slope = double(other.moved("f", 1, 0, h)[1] - other.moved("f", 1, 0, -h)[1]) / (2 * h);
  CHECK(double(at[1]) == Approx(double(other("f")[1]) + slope).epsilon(1e-5));
  point exchanged(r.view(), p.at.inputs[0], p.at.state, 0.5);
  CHECK(double(swapped[2]) == Approx(double(exchanged("f")[2])).epsilon(1e-14));
  point later(r.view(), {1.75, 0.5, 1.25}, p.at.inputs[0], 0.5);
  CHECK(double(shifted[0]) ==
        Approx(double(later.moved("f", 0, 0, h)[0] - later.moved("f", 0, 0, -h)[0]) / (2 * h)).epsilon(1e-5).margin(1e-6));
  const auto single = record(&one_pair);
  point q(single.view(), {0.7}, {0.2}, 0);
  CHECK(double(q("along")[0]) == Approx(double(q("product")[0])).epsilon(1e-12));
}

TEST_CASE("kernels with several states agree with the oracle") {
  CHECK(table_disagreements(record(&networks).view(), 5) == "");
  CHECK(table_disagreements(record(&one_pair).view(), 6) == "");
  CHECK(table_disagreements(record(&kramers).view(), 7) == "");
}

TEST_CASE("what several states cannot have is refused in a sentence") {
  const auto refused = [](void (*build)(model&), const char* sentence) {
    CHECK_THROWS_WITH(record(build), Catch::Contains(sentence));
  };
  refused(
      [](model& m) {
        auto x = m.state<"x", 2>();
        auto v = m.state<"v", 2>();
        m.output<"r">(D<1>(x * v));
      },
      "by which one");
  refused(
      [](model& m) {
        auto x = m.state<"x", 2>();
        auto r = D<1>(sq(x));
        m.output<"r">(r * m.state<"v", 2>());
      },
      "by which one");
  refused(
      [](model& m) {
        auto x = m.state<"x", 2>();
        m.output<"r">(x * m.state<"v", 3>());
      },
      "same d");
  refused(
      [](model& m) {
        auto x = m.state<"x", 2>();
        auto v = m.state<"v", 2>();
        m.output<"r">(D<1>(D<1>(x * sq(v), v), x));
      },
      "mixed derivative");
  refused(
      [](model& m) {
        auto x = m.state<"x", 2>();
        auto v = m.state<"v", 2>();
        m.output<"r">(at(x * v, x == 1.0));
      },
      "name all of them");
  refused(
      [](model& m) {
        auto x = m.state<"x", 2>();
        auto v = m.state<"v", 2>();
        m.output<"r">(at(D<1>(x * v, x), x == 1.0, v == v));
      },
      "e moves with x");
  refused(
      [](model& m) {
        auto x = m.state<"x", 2>();
        auto v = m.state<"v", 2>();
        m.output<"r">(D<1>(x * v, x * v));
      },
      "one of the states");
  refused(
      [](model& m) {
        auto x = m.state<"x", 2>();
        auto v = m.state<"v", 2>();
        m.sde<"s">(v, x);
      },
      "files and boxes");
  refused(
      [](model& m) {
        auto x = m.state<"x", 2>();
        auto v = m.state<"v", 2>();
        m.output<"r">(jvp(x * v, x));
      },
      "by which one");
  refused(
      [](model& m) {
        auto x = m.state<"x", 2>();
        auto v = m.state<"v", 2>();
        m.output<"r">(x * v * m.input_per_dim<"v">());
      },
      "already has this name");
}
