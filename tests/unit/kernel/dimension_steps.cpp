// tests/unit/kernel/dimension_steps.cpp: kernels of values that are brought from other dimensions: digits, no leak, no
// cancellation.
#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "dimwise/kernel/interpret.hpp"
#include "dimwise/language.hpp"
#include "dimwise/language/recording.hpp"
#include "support/kernel_failures.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {

/// All outputs of a recording, [output][sample * numbers]; parameters are within `largest` of 0.
template <class T>
std::vector<std::vector<T>> outputs_of(const table& t, const std::vector<T>& state, double largest = 0) {
  std::vector<output_info> infos;
  for (int i = 0; i < t.output_count; i++)
    infos.push_back({std::string(t.outputs[i].name.view()), t.outputs[i].node, level::point, 1});
  const auto kernel = interpret<T>(t, infos, false);
  const std::size_t samples = state.size() / std::size_t(t.d);
  std::vector<T> parameters(std::size_t(t.parameters)), workspace(kernel->evaluate_workspace());
  for (std::size_t p = 0; p < parameters.size(); p++) parameters[p] = T(largest * std::sin(1.3 * double(p)));
  const std::vector<T> time(samples, T(0.5));
  arguments<T> in;
  in.samples = samples;
  in.state = state.data();
  in.time = time.data();
  std::vector<std::vector<T>> values;
  std::vector<T*> out;
  for (const output_info& o : kernel->outputs()) {
    values.emplace_back(samples * std::size_t(o.width) * (o.l == level::dim ? std::size_t(t.d) : 1));
    out.push_back(values.back().data());
  }
  kernel->evaluate(parameters.data(), in, 0, samples, out.data(), workspace.data());
  return values;
}

/// What kernels of a model get wrong: values within 1e-12 of the oracle's, gradients within 1e-8.
std::string failures(void (*build)(model&)) {
  const auto r = record(build);
  failure_options o;
  o.bounds.value = 1e-12;
  o.bounds.single = 1e-4;
  o.gradient_entries = 100;
  const table_builder b(r.view());
  return kernel_failures<double>(
             b, [](const table& t, std::vector<output_info> outputs) { return interpret<double>(t, std::move(outputs), true); },
             o) +
         kernel_failures<float>(
             b, [](const table& t, std::vector<output_info> outputs) { return interpret<float>(t, std::move(outputs), true); },
             o);
}

constexpr int d = 7;
void sums(model& m) {
  auto x = m.state<"x", d>();
  m.output<"before">(sum_before(x));
  m.output<"after">(sum_after(x));
  m.output<"others">(sum_others(x));
  m.output<"index">(m.index() + 10.0 * m.indicator<3>());
  m.output<"next">(shift<1>(x));
  m.output<"last">(shift<-1>(x));
  m.output<"both">(shift<1>(x, periodic) * shift<-2>(x, periodic));
}

}  // namespace

TEST_CASE("sums over the others are added up, not taken from the total") {
  const auto r = record(&sums);
  std::vector<double> x{1e-9, 3, 1e18, -2, 5e-8, 7, 11};
  const auto v = outputs_of(r.view(), x);
  for (std::size_t i = 0; i < d; i++) {
    double before = 0, after = 0;
    for (std::size_t j = 0; j < i; j++) before += x[j];
    for (std::size_t j = d - 1; j > i; j--) after += x[j];
    CHECK(v[0][i] == before);
    CHECK(v[1][i] == after);
    CHECK(v[2][i] == before + after);
    CHECK(v[3][i] == double(i) + (i == 3 ? 10 : 0));
  }
  CHECK(v[2][2] == Approx(19 + 5.1e-8).epsilon(1e-15));  // 1e18 is not among them
}

TEST_CASE("wide values of many dimensions are added up group by group") {
  constexpr std::size_t many = 50;  // with AVX-512, 16 dimensions a group
  const auto r = record([](model& m) {
    value v = m.state<"x", int(many)>();
    for (int i = 0; i < 6; i++) v = concat(v, 2.0 * v);  // feature k: a power of two times x
    m.output<"before">(sum_before(v));
    m.output<"after">(sum_after(v));
    m.output<"others">(sum_others(v));
  });
  std::vector<double> x(many * 40);
  for (std::size_t e = 0; e < x.size(); e++) x[e] = std::sin(3.0 * double(e)) * std::exp(double(e % 17));
  const auto v = outputs_of(r.view(), x);
  for (const std::size_t s : {std::size_t(0), std::size_t(39)})
    for (std::size_t i = 0; i < many; i++) {
      double before = 0, after = 0, size[3] = {};
      for (std::size_t j = 0; j < i; j++) before += x[s * many + j], size[0] += std::abs(x[s * many + j]);
      for (std::size_t j = many - 1; j > i; j--) after += x[s * many + j], size[1] += std::abs(x[s * many + j]);
      size[2] = size[0] + size[1];
      const double expected[3] = {before, after, before + after};
      for (std::size_t o = 0; o < 3; o++) {
        CHECK(std::abs(v[o][(s * many + i) * 64] - expected[o]) <= 1e-15 * size[o]);
        CHECK(v[o][(s * many + i) * 64 + 63] == 64 * v[o][(s * many + i) * 64]);
      }
    }
  // the order of additions does not depend on how many samples are computed together
  const auto alone = outputs_of(r.view(), std::vector<double>(x.begin(), x.begin() + many));
  for (std::size_t o = 0; o < 3; o++) CHECK(std::equal(alone[o].begin(), alone[o].end(), v[o].begin()));
}

TEST_CASE("features that would fill far memory are computed again group by group, with the same digits") {
  constexpr std::size_t many = 2048;
  const auto r = record([](model& m) {
    auto x = m.state<"x", int(many)>();
    m.output<"f">(hollow_net<"net">(exclusive_pool{64, 8}, features{4}, mlp{8})(x));
    auto h = tanh(transformer<"h">(mlp{4}, outputs{64})(x));
    m.output<"h">(h);
    m.output<"others">(3.0 * sum_others(h));
    m.output<"after">(sum_after(h));
  });
  std::vector<double> x(many * 40);
  for (std::size_t e = 0; e < x.size(); e++) x[e] = std::sin(3.0 * double(e));
  const auto together = outputs_of(r.view(), x, 0.3);  // in a block of 24 samples the features do not fit
  const auto few = outputs_of(r.view(), std::vector<double>(x.begin(), x.begin() + many * 8), 0.3);
  for (std::size_t o = 0; o < together.size(); o++) CHECK(std::equal(few[o].begin(), few[o].end(), together[o].begin()));
  double before = 0, after = 0;
  for (std::size_t i = 0; i < many; i++) after += together[1][i * 64 + 63];
  for (std::size_t i = 0; i < many; i++) {
    after -= together[1][i * 64 + 63];
    CHECK(std::abs(together[3][i * 64 + 63] - after) <= 1e-11);
    CHECK(std::abs(together[2][i * 64 + 63] - 3 * (before + after)) <= 1e-11);
    before += together[1][i * 64 + 63];
  }
}

TEST_CASE("no bit of a sum over the others follows what it must not see") {
  const auto r = record(&sums);
  std::vector<float> x(d * 21);
  for (std::size_t e = 0; e < x.size(); e++) x[e] = float(std::sin(3.0 * double(e) + 0.1));
  const auto before = outputs_of(r.view(), x);
  for (std::size_t j = 0; j < d; j++)
    for (const float moved : {-40.5f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
      auto y = x;
      for (std::size_t s = 0; s < 21; s++) y[s * d + j] = moved;
      const auto after = outputs_of(r.view(), y);
      for (std::size_t s = 0; s < 21; s++)
        for (std::size_t i = 0; i < d; i++) {
          const auto same = [&](std::size_t o) {
            return std::memcmp(&before[o][s * d + i], &after[o][s * d + i], sizeof(float)) == 0;
          };
          REQUIRE(same(0) == (j >= i));
          REQUIRE(same(1) == (j <= i));
          REQUIRE(same(2) == (j == i));
          REQUIRE(same(4) == (j != i + 1));
          REQUIRE(same(5) == (j + 1 != i));
          REQUIRE(same(6) == (j != (i + 1) % d && j != (i + d - 2) % d));
        }
    }
}

namespace {
// Systems as they stand on paper.
void van_der_pol(model& m) {
  auto x = m.state<"x", 2>();
  auto mu = m.positive<"mu">(2.0);
  auto f = components(x[1], mu * (1.0 - sq(x[0])) * x[1] - x[0]);
  m.output<"f">(f);
  m.output<"D">(D<1>(f));
  m.output<"D2">(D<2>(x * f));
}
void robertson(model& m) {
  auto x = m.state<"x", 3>();
  auto k1 = m.positive<"k1">(0.04);
  auto k2 = m.positive<"k2">(3.0);
  auto k3 = m.positive<"k3">(1.5);
  auto f = components(-k1 * x[0] + k3 * x[1] * x[2], k1 * x[0] - k3 * x[1] * x[2] - k2 * sq(x[1]), k2 * sq(x[1]));
  m.output<"f">(f);
  m.output<"D">(D<1>(f));
  m.output<"D2">(D<2>(f));
}
void lotka_volterra(model& m) {
  auto x = m.state<"x", 2>();
  auto growth = m.parameter<"growth">(1.5);
  auto rate = m.parameter_per_dim<"rate">(1.0);
  auto f = components(x[0] * (growth - rate[0] * x[1]), x[1] * (rate[1] * x[0] - 3));
  m.output<"f">(f);
  m.output<"D">(D<1>(f));
  m.output<"divergence">(divergence(f));
}
}  // namespace

TEST_CASE("systems that are written out have the derivatives that paper has") {
  const std::vector<double> x{0.3, -1.25, 2, 0.5};  // two samples of two, or one of three
  const auto near = [](const std::vector<double>& got, const std::vector<double>& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t e = 0; e < got.size(); e++) CHECK(got[e] == Approx(expected[e]).epsilon(1e-14));
  };
  const auto v = outputs_of(record(&van_der_pol).view(), x);
  near(v[0], {-1.25, 2 * (1 - 0.09) * -1.25 - 0.3, 0.5, 2 * (1 - 4) * 0.5 - 2});
  near(v[1], {0, 2 * (1 - 0.09), 0, 2 * (1 - 4)});
  near(v[2], {0, 2 * 2 * (1 - 0.09), 0, 2 * 2 * (1 - 4)});
  const auto r = outputs_of(record(&robertson).view(), std::vector<double>{0.3, -1.25, 2});
  near(r[1], {-0.04, -1.5 * 2 - 2 * 3 * -1.25, 0});
  near(r[2], {0, -2 * 3, 0});
}

TEST_CASE("systems that are written out agree with the oracle, gradients too") {
  CHECK(failures(&van_der_pol) == "");
  CHECK(failures(&robertson) == "");
  CHECK(failures(&lotka_volterra) == "");
}

namespace {
void lorenz_96(model& m) {
  auto x = m.state<"x", 40>();
  auto f = (shift<1>(x, periodic) - shift<-2>(x, periodic)) * shift<-1>(x, periodic) - x + 8.0;
  m.output<"f">(f);
  m.output<"D">(D<1>(x * f));
}

/// u_t = a (u_xx + u_yy) on 3 x 4 places, u = 0 beyond the border.
void heat(model& m) {
  auto u = m.state<"u", 12>();
  auto t = m.time<"t">();
  auto a = m.positive<"a">(0.7);
  constexpr grid lattice{3, 4};
  auto v = u * sin(t);  // time passes through
  auto neighbours = shift<-1, 0>(v, lattice) + shift<1, 0>(v, lattice) + shift<0, -1>(v, lattice) + shift<0, 1>(v, lattice);
  auto f = a * (neighbours - 4.0 * v);
  m.output<"f">(f);
  m.output<"D">(D<1>(u * f));
  m.output<"dt">(dt(f));
  m.output<"energy">(sum(sq(f)));
}

/// Kuramoto oscillators on a periodic lattice: sum over neighbours of sin(y - x) = cos x sin y - sin x cos y.
void kuramoto(model& m) {
  auto x = m.state<"x", 6>();
  auto w = m.parameter_per_dim<"frequency">(normal{1});
  auto strength = m.parameter<"strength">(0.4);
  constexpr grid lattice{2, 3};
  const auto around = [&](auto v) {
    return shift<-1, 0>(v, lattice, periodic) + shift<0, -1>(v, lattice, periodic) + shift<0, 1>(v, lattice, periodic);
  };
  auto f = w + strength * (cos(x) * around(sin(x)) - sin(x) * around(cos(x)));
  m.output<"f">(f);
  m.output<"D2">(D<2>(f));
  m.output<"divergence">(divergence(f));
}

constexpr auto feature = transformer<"feature">(mlp{5}, outputs{3});
constexpr auto tau = transformer<"tau">(mlp{4});
constexpr auto tau_again = transformer<"tau_again">(mlp{4});
/// Exclusive sums and shifts of trained features, and further layers on them: cotangents have to come back the same way.
void trained_couplings(model& m) {
  auto x = m.state<"x", 5>();
  auto t = m.time<"t">();
  auto h = tanh(feature(x, t));
  auto pooled = concat(sum_others(h), shift<2>(h), shift<-1>(sum_before(h) * h));
  auto y = tau(x, pooled);
  m.output<"y">(y);
  m.output<"D">(D<2>(y) + dt(y));
  m.output<"again">(tau_again(x, concat(sum_after(concat(h, x)), shift<1>(concat(h, h, x)))));
  m.output<"component">(feature(x, t)[3] * feature(t * x, t)[0]);
}
}  // namespace

TEST_CASE("lattices and stencils have the derivatives that paper has") {
  std::vector<double> x(40);
  for (std::size_t i = 0; i < 40; i++) x[i] = std::cos(1.7 * double(i));
  const auto v = outputs_of(record(&lorenz_96).view(), x);
  const auto at = [&](std::size_t i) { return x[(i + 40) % 40]; };
  for (std::size_t i = 0; i < 40; i++) {
    const double others = (at(i + 1) - at(i + 38)) * at(i + 39) + 8;
    CHECK(v[0][i] == Approx(others - x[i]).epsilon(1e-14));
    CHECK(v[1][i] == Approx(others - 2 * x[i]).epsilon(1e-14));
  }
}

TEST_CASE("lattices, stencils and sums of trained features agree with the oracle, gradients too") {
  CHECK(failures(&lorenz_96) == "");
  CHECK(failures(&heat) == "");
  CHECK(failures(&kuramoto) == "");
  CHECK(failures(&trained_couplings) == "");
}
