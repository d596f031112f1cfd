// tests/unit/kernel/dimension_steps.cpp: kernels of values that are brought from other dimensions: digits, no leak, no cancellation.
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

/// All outputs of a recording without parameters, [output][sample * numbers].
template <class T>
std::vector<std::vector<T>> outputs_of(const table& t, const std::vector<T>& state) {
  std::vector<output_info> infos;
  for (int i = 0; i < t.output_count; i++) infos.push_back({std::string(t.outputs[i].name.view()), t.outputs[i].node, level::point, 1});
  const auto kernel = interpret<T>(t, infos, false);
  const std::size_t samples = state.size() / std::size_t(t.d);
  std::vector<T> parameters(std::size_t(t.parameters)), workspace(kernel->evaluate_workspace());
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
  return kernel_failures<double>(b, [](const table& t, std::vector<output_info> outputs) { return interpret<double>(t, std::move(outputs), true); }, o) +
         kernel_failures<float>(b, [](const table& t, std::vector<output_info> outputs) { return interpret<float>(t, std::move(outputs), true); }, o);
}

constexpr int d = 7;
void sums(model& m) {
  auto x = m.state<"x", d>();
  m.output<"before">(sum_before(x));
  m.output<"after">(sum_after(x));
  m.output<"others">(sum_others(x));
  m.output<"index">(m.index() + 10.0 * m.indicator<3>());
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

TEST_CASE("wide values of many dimensions are added up group by group, in the same order") {
  constexpr std::size_t many = 50;  // 64 features of a block are 8 KB: 16 dimensions a group
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
      double before = 0, after = 0;
      for (std::size_t j = 0; j < i; j++) before += x[s * many + j];
      for (std::size_t j = many - 1; j > i; j--) after += x[s * many + j];
      const double expected[3] = {before, after, before + after};
      for (std::size_t o = 0; o < 3; o++) {
        CHECK(v[o][(s * many + i) * 64] == expected[o]);
        CHECK(v[o][(s * many + i) * 64 + 63] == 64 * expected[o]);
      }
    }
}

TEST_CASE("no bit of a sum over the others follows what it must not see") {
  const auto r = record(&sums);
  std::vector<float> x(d * 21);
  for (std::size_t e = 0; e < x.size(); e++) x[e] = float(std::sin(3.0 * double(e)));
  const auto before = outputs_of(r.view(), x);
  for (std::size_t j = 0; j < d; j++)
    for (const float moved : {-40.5f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
      auto y = x;
      for (std::size_t s = 0; s < 21; s++) y[s * d + j] = moved;
      const auto after = outputs_of(r.view(), y);
      for (std::size_t s = 0; s < 21; s++)
        for (std::size_t i = 0; i < d; i++) {
          const auto same = [&](std::size_t o) { return std::memcmp(&before[o][s * d + i], &after[o][s * d + i], sizeof(float)) == 0; };
          REQUIRE(same(0) == (j >= i));
          REQUIRE(same(1) == (j <= i));
          REQUIRE(same(2) == (j == i));
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
