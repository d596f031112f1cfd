// tests/unit/training/integrals.cpp: integrals over every sort of set against closed forms, as a constraint of training, and
// refusals.
#include "catch.hpp"

#include <cmath>

#include <dimwise/kernel.hpp>
#include <dimwise/training/integrals.hpp>
#include <dimwise/training/sampler.hpp>
#include <dimwise/training/train.hpp>

#include "support/folder.hpp"

using namespace dimwise;
using dimwise_tests::refusal;

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr auto density = gaussian_mixture<"density">(mixture_components{2});

constexpr void many(model& m) {
  auto x = m.state<"x", 2>();
  auto t = m.time<"t">();
  auto l = density(x, t);
  auto size = sum(sq(x));
  auto one = 1.0 + 0.0 * size;
  m.integral<"mass">(exp(l), m.gauss<"quadrature">(-12, 12, 60, 0.5, 0.5));
  m.integral<"mean size">(size, m.drawn<"particles">(l, 0, 1));
  m.integral<"random">(size * t, m.box<"box">(-1, 3, 0, 2));
  m.integral<"even">(size * t, m.sobol<"sobol">(-1, 3, 0, 2));
  m.integral<"exact">(size * t, m.gauss<"gauss">(-1, 3, 2, 0, 2));
  m.integral<"midpoints">(size * t, m.grid<"grid">(-1, 3, 10, 0, 2));
  m.integral<"surface">(one, m.faces<"faces">(-1, 3, 0, 0.5));
  m.integral<"initial">(one + t, m.slice<"slice">(-1, 3, 0.25));
  m.integral<"with input">(size * m.input<"c">(), m.box<"again">(-1, 3));
}

/// exp(a - x^2 / 2) with mass 1: a = -log(2 pi) / 2; a second residual pulls a to 0 and weighs nothing.
constexpr void normalised(model& m) {
  auto x = m.state<"x", 1>();
  auto a = m.parameter<"a">(0.0);
  auto mass = m.integral<"mass">(exp(a + sum(-0.5 * sq(x))), m.gauss<"space">(-9, 9, 50));
  m.stage<"fit">({.steps = 60, .batch = 10, .rate = 0.1, .warm_up = 0});
  m.constrain<"normalised">(mass, 1.0, weight{3});
  m.least_squares<"pull">(a + sum(0.0 * x), m.box<"points">(0, 1), weight{1e-12});
}

/// A mean over Gauss nodes is weighted in every method: the best constant for x^2 over [0, 1] is 1/3.
constexpr void weighted(model& m) {
  auto x = m.state<"x", 1>();
  m.stage<"fit">({.steps = 200, .batch = 10, .rate = 0.05, .warm_up = 0});
  m.least_squares<"fit">(m.parameter<"a">(0.0) - sum(sq(x)), m.gauss<"nodes">(0, 1, 4));
}

integral_value value_of(const compiled_model& m, const std::vector<double>& p, int i, std::size_t samples, int threads = 1) {
  team workers(threads);
  return integrate<double>(m, i, p, {}, samples, 5, workers);
}

std::vector<double> trained(const compiled_model& m, method how, int steps) {
  data_sets sets(m.recording);
  sets.prepare();
  progress silent;
  train_options o;
  o.stages = stages_of(m.recording);
  o.stages[0].how = how;
  o.stages[0].steps = steps;
  return train<double>(m, o, sets, silent).parameters;
}

}  // namespace

TEST_CASE("integrals over boxes, slices, faces and densities", "[training]") {
  const compiled_model m = compile<many>("many");
  std::vector<double> p(std::size_t(m.recording.parameters));
  for (std::size_t i = 0; i < p.size(); i++) p[i] = 0.1 * std::sin(double(i));
  const auto of = [&](int i) { return value_of(m, p, i, 20000); };
  CHECK(of(0).value == Approx(1).epsilon(1e-9));
  CHECK(of(0).points == 3600);
  CHECK(std::isnan(of(0).standard_error));
  // E |x|^2 over a box of side 4 around 1: 2 (1 + 4 / 3), times the area 16 and the integral of t, 2.
  const double exact = 2 * (1 + 4.0 / 3) * 16 * 2;
  for (const int i : {2, 3}) {
    const integral_value v = of(i);
    CHECK(v.points >= 19968);
    CHECK(v.standard_error > 0);
    CHECK(std::abs(v.value - exact) < 4 * v.standard_error);
  }
  CHECK(of(3).standard_error < 0.1 * of(2).standard_error);
  CHECK(of(4).value == Approx(exact).epsilon(1e-13));
  CHECK(of(4).points == 4);
  CHECK(of(5).value == Approx(exact - 2 * 16 * 2 * 0.4 * 0.4 / 12).epsilon(1e-13));
  CHECK(of(6).value == Approx(16 * 0.5).epsilon(1e-12));
  CHECK(of(7).value == Approx(16 * 1.25).epsilon(1e-12));
  // The mean over the density is that of the quadrature.
  const auto& mixture = *m.in_double.mixtures[0];
  REQUIRE(mixture.outputs().size() == 4);
  const integral_value drawn = of(1);
  CHECK(drawn.points == 20000);
  const integral_value twice = value_of(m, p, 1, 80000);
  CHECK(twice.standard_error == Approx(drawn.standard_error / 2).epsilon(0.1));
  CHECK(std::abs(twice.value - drawn.value) < 5 * drawn.standard_error);
  CHECK(value_of(m, p, 1, 20000, 2).value == drawn.value);
  CHECK(value_of(m, p, 3, 20000, 2).value == of(3).value);
}

TEST_CASE("a mean over a density agrees with the quadrature of the same density", "[training]") {
  const compiled_model m = compile<many>("many");
  std::vector<double> p(std::size_t(m.recording.parameters));
  for (std::size_t i = 0; i < p.size(); i++) p[i] = 0.2 * std::cos(double(i));
  // By hand: sum of exp(l) |x|^2 over a fine grid, at several times.
  const auto& kernel = *m.in_double.mixtures[0];
  const int n = 160, times = 8;
  std::vector<double> state, time;
  for (int k = 0; k < times; k++)
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) {
        state.push_back(-10 + 20 * (i + 0.5) / n), state.push_back(-10 + 20 * (j + 0.5) / n);
        time.push_back((k + 0.5) / times);
      }
  arguments<double> in;
  in.samples = time.size(), in.state = state.data(), in.time = time.data();
  std::vector<double> l(in.samples);
  double* out[4] = {nullptr, nullptr, nullptr, l.data()};
  evaluate_all(kernel, p.data(), in, out);
  double mean = 0;
  for (std::size_t s = 0; s < in.samples; s++)
    mean += std::exp(l[s]) * (state[2 * s] * state[2 * s] + state[2 * s + 1] * state[2 * s + 1]) * (400.0 / n / n) / times;
  const integral_value v = value_of(m, p, 1, 60000);
  CHECK(std::abs(v.value - mean) < 4 * v.standard_error + 1e-3 * mean);
}

TEST_CASE("an integral is met as a constraint by every method", "[training]") {
  const compiled_model m = compile<normalised>("normalised");
  const double a = -0.5 * std::log(2 * pi);
  CHECK(trained(m, method::levenberg_marquardt, 20)[0] == Approx(a).epsilon(1e-9));
  CHECK(trained(m, method::lbfgs, 40)[0] == Approx(a).epsilon(1e-8));
  CHECK(trained(m, method::adam, 400)[0] == Approx(a).epsilon(1e-3));
  CHECK(value_of(m, trained(m, method::lbfgs, 40), 0, 100).value == Approx(1).epsilon(1e-8));
}

TEST_CASE("means over quadrature nodes are weighted by every method", "[training]") {
  const compiled_model m = compile<weighted>("weighted");
  for (const method how : {method::adam, method::levenberg_marquardt, method::lbfgs})
    CHECK(trained(m, how, how == method::adam ? 600 : 60)[0] == Approx(1.0 / 3).epsilon(how == method::adam ? 1e-4 : 1e-7));
}

TEST_CASE("an integrand that reads an input is refused", "[training]") {
  const compiled_model m = compile<many>("many");
  const std::vector<double> p(std::size_t(m.recording.parameters), 0.1);
  CHECK_THAT(refusal([&] { value_of(m, p, 8, 100); }),
             Catch::Contains("the integral 'with input' reads an input, and the points of the set 'again' carry none"));
  CHECK_THAT(refusal([&] { value_of(m, p, 2, 1); }), Catch::Contains("needs 2 or more samples"));
}

TEST_CASE("points of every set lie where they should, and are drawn from the seed", "[training]") {
  const compiled_model m = compile<many>("many");
  const std::vector<double> p(std::size_t(m.recording.parameters), 0.1);
  data_sets sets(m.recording);
  team workers;
  sampler<double> s(m, sets, 9, 4096), same(m, sets, 9, 4096), other(m, sets, 10, 4096);
  sample_batch<double> a, b;
  a.reserve(m.recording, 4096);
  b.reserve(m.recording, 4096);
  const auto draw = [&](sampler<double>& from, const char* set, std::uint64_t step, sample_batch<double>& to) {
    from.draw(set_index(m.recording, set), 0, step, 512, p.data(), nullptr, workers, to);
  };
  draw(s, "faces", 3, a);
  int at[4] = {};
  for (std::size_t i = 0; i < 512; i++) {
    int faces = 0;
    for (std::size_t j = 0; j < 2; j++) {
      const double v = a.state[2 * i + j];
      CHECK((v >= -1 && v <= 3));
      if (v == -1 || v == 3) faces++, at[2 * j + (v == 3)]++;
    }
    CHECK(faces == 1);
  }
  for (const int n : at) CHECK(std::abs(n - 128) < 50);
  draw(s, "sobol", 3, a);
  draw(same, "sobol", 3, b);
  CHECK(std::equal(a.state.begin(), a.state.begin() + 1024, b.state.begin()));
  draw(other, "sobol", 3, b);
  CHECK_FALSE(std::equal(a.state.begin(), a.state.begin() + 1024, b.state.begin()));
  draw(s, "sobol", 4, b);
  CHECK(a.state[0] != b.state[0]);
  CHECK(a.time[7] != b.time[7]);
  std::vector<int> cells(256);
  for (std::size_t i = 0; i < 256; i++)
    cells[std::size_t((a.state[2 * i] + 1) * 4) * 16 + std::size_t((a.state[2 * i + 1] + 1) * 4)]++;
  for (const int n : cells) CHECK(n == 1);  // 16 by 16
  draw(s, "grid", 0, a);
  CHECK(a.samples == 100);
  CHECK(a.shares.empty());
  draw(s, "quadrature", 0, a);
  CHECK(a.samples == 3600);
  CHECK(a.shares.size() == 3600);
  CHECK(s.validation_samples(set_index(m.recording, "quadrature"), 10) == 3600);
  draw(s, "slice", 0, a);
  CHECK(a.shares.empty());
  for (std::size_t i = 0; i < 512; i++) CHECK(a.time[i] == 0.25);
}
