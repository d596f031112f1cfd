// tests/unit/oracle/oracle.cpp: the oracle against closed forms, nested and mixed derivatives, relative forms, parameter
// derivatives.
#include "dimwise/oracle/oracle.hpp"

#include <string>

#include "catch.hpp"
#include "dimwise/core/error.hpp"
#include "support/table_builder.hpp"

using namespace dimwise;
using testing::table_builder;
namespace mp = boost::multiprecision;

namespace {

/// Digits that agree, relative to the expected number.
double digits(const wide_number& got, const wide_number& expected) {
  if (got == expected) return 100;
  const wide_number error = expected == 0 ? mp::abs(got) : mp::abs(wide_number(got / expected - 1));
  return double(-mp::log10(error));
}

sample_inputs at(std::vector<double> state, double t = 0) {
  sample_inputs s;
  s.state = std::move(state);
  s.time = t;
  return s;
}

}  // namespace

TEST_CASE("derivatives of sin and exp up to order 7") {
  table_builder b(2);
  const int x = b.state(), f = b.apply(op::sin, b.scaled(1.5, x)), g = b.apply(op::exp, x);
  std::vector<int> ds, de;
  for (int k = 1; k <= 7; k++) ds.push_back(b.D(k, f)), de.push_back(b.D(k, g));
  oracle o(b.view());
  o.set_parameters({});
  o.set_sample(at({0.3, -0.7}));
  for (int k = 1; k <= 7; k++) {
    for (int i = 0; i < 2; i++) {
      const wide_number x_i = i ? -0.7 : 0.3, u = x_i * 3 / 2;
      const wide_number cycle[] = {mp::sin(u), mp::cos(u), -mp::sin(u), -mp::cos(u)};
      CHECK(digits(o.value(ds[std::size_t(k - 1)])[std::size_t(i)], mp::pow(wide_number(1.5), k) * cycle[k % 4]) > 21);
      CHECK(digits(o.value(de[std::size_t(k - 1)])[std::size_t(i)], mp::exp(x_i)) > 21);
      CHECK(digits(o.dense_derivative(g, i, k)[0], mp::exp(x_i)) > 21);
    }
  }
  CHECK(digits(o.value(de[3])[0], mp::exp(wide_number(0.3))) > 32);
}

TEST_CASE("a derivative that is zero everywhere is zero, so that conditions on it are met as written") {
  table_builder b(2);
  const int x = b.state(), t = b.time(), zero = b.D(2, b.apply(op::mul, x, b.apply(op::sin, t)));
  const int chosen = b.choose(zero, b.scaled(2, x), x, true), other = b.choose(zero, b.scaled(2, x), x, false);
  oracle o(b.view());
  o.set_parameters({});
  for (int s = 0; s < 20; s++) {
    const double x0 = 0.3 + 0.7 * s, x1 = -1.9 / (s + 1);
    o.set_sample(at({x0, x1}, 0.11 * s));
    CHECK(o.value(zero) == std::vector<wide_number>{0, 0});
    CHECK(o.value(chosen) == std::vector<wide_number>{2 * wide_number(x0), 2 * wide_number(x1)});
    CHECK(o.value(other) == std::vector<wide_number>{x0, x1});
  }
}

TEST_CASE("nested D, D of a product, mixed with dt") {
  table_builder b(2);
  const int x = b.state(), t = b.time();
  // f = x^3 exp(2 t); D<1>(x D<2>(f)) = 12 x exp(2 t)
  const int f = b.apply(op::mul, b.power(x, 3), b.apply(op::exp, b.scaled(2, t)));
  const int nested = b.D(1, b.apply(op::mul, x, b.D(2, f)));
  const int mixed = b.dt(2, nested), other = b.D(2, b.dt(1, f));
  // four times nested: D<2>(D<2>(D<2>(D<2>(exp x)))) has total order 8
  int deep = b.apply(op::exp, x);
  for (int i = 0; i < 4; i++) deep = b.D(2, deep);
  oracle o(b.view());
  o.set_parameters({});
  o.set_sample(at({0.25, -1.5}, 0.5));
  const wide_number e = mp::exp(wide_number(1));
  CHECK(digits(o.value(nested)[1], 12 * wide_number(-1.5) * e) > 30);
  CHECK(digits(o.value(mixed)[0], 48 * wide_number(0.25) * e) > 24);
  CHECK(digits(o.value(other)[0], 12 * wide_number(0.25) * e) > 30);
  CHECK(digits(o.value(deep)[0], mp::exp(wide_number(0.25))) > 19);
}

TEST_CASE("a derivative by one coordinate of a value that sums all of them") {
  table_builder b(3);
  const int x = b.state();
  const int q = b.sum(b.apply(op::sq, x));               // sum x_j^2
  const int f = b.apply(op::mul, x, q);                  // x_i q: D = q + 2 x_i^2
  const int inner = b.sum(b.D(1, b.apply(op::exp, x)));  // sum exp x_j
  const int of_inner = b.D(1, b.apply(op::mul, x, inner));
  const int of_f = b.D(1, f);
  oracle o(b.view());
  o.set_parameters({});
  o.set_sample(at({1, 2, -0.5}));
  CHECK(digits(o.value(of_f)[1], wide_number(5.25) + 8) > 30);
  const wide_number sum = mp::exp(wide_number(1)) + mp::exp(wide_number(2)) + mp::exp(wide_number(-0.5));
  CHECK(digits(o.value(of_inner)[1], sum + 2 * mp::exp(wide_number(2))) > 30);
}

TEST_CASE("detach is constant, frozen is not, exp_relative is 1 with the derivatives of the logarithm") {
  table_builder b(1);
  const int x = b.state(), t = b.time();
  const int held = b.D(1, b.apply(op::mul, b.apply(op::detach, x), b.apply(op::sq, x)));  // x 2 x
  const int held_in_t = b.dt(1, b.apply(op::mul, b.apply(op::detach, t), t));
  const int free = b.D(1, b.apply(op::mul, b.apply(op::frozen, x), b.apply(op::sq, x)));  // 3 x^2
  const int l = b.scaled(-2, b.apply(op::sq, x));
  const int r = b.apply(op::exp_relative, l), r1 = b.D(1, r), r2 = b.D(2, r);
  oracle o(b.view());
  o.set_parameters({});
  o.set_sample(at({1.5}, 0.75));
  CHECK(digits(o.value(held)[0], 4.5) > 30);
  CHECK(digits(o.value(held_in_t)[0], 0.75) > 30);
  CHECK(digits(o.value(free)[0], 6.75) > 30);
  CHECK(o.value(r)[0] == 1);
  CHECK(digits(o.value(r1)[0], -6) > 30);
  CHECK(digits(o.value(r2)[0], 36 - 4) > 30);
}

TEST_CASE("log density of one Gaussian, and the Ornstein-Uhlenbeck Fokker-Planck residual is zero") {
  // dx = -a x dt + s dW from N(m, v) with v(t) the solution: p solves dt p = D(a x p) + s^2/2 D2 p
  table_builder b(1);
  const int x = b.state(), t = b.time();
  const double a = 0.75, s = 0.5;
  const int mean = b.scaled(2, b.apply(op::exp, b.scaled(-a, t)));
  // variance: c + (0.25 - c) exp(-2 a t), c = s^2 / (2 a)
  const int c = b.apply(op::div, b.literal(s * s), b.literal(2 * a));
  const int v =
      b.apply(op::add, c, b.apply(op::mul, b.apply(op::sub, b.literal(0.25), c), b.apply(op::exp, b.scaled(-2 * a, t))));
  const int z2 = b.apply(op::div, b.apply(op::sq, b.apply(op::sub, x, mean)), v);
  const int l = b.scaled(-0.5, b.apply(op::add, z2, b.apply(op::log, v)));
  const int p = b.apply(op::exp, l);
  const auto rhs = [&](int density) {
    return b.apply(op::add, b.D(1, b.apply(op::mul, b.scaled(a, x), density)), b.scaled(s * s / 2, b.D(2, density)));
  };
  const int lhs = b.sum(b.dt(1, p)), right = b.sum(rhs(p));
  const int pr = b.apply(op::exp_relative, l);
  const int relative = b.apply(op::sub, b.sum(b.dt(1, pr)), b.sum(rhs(pr)));
  b.equation("fokker_planck", lhs, right, relative);
  // wrong drift: the residual is not zero
  const int wrong = b.apply(op::sub, b.sum(b.dt(1, pr)), b.sum(b.D(1, b.apply(op::mul, x, pr))));
  oracle o(b.view());
  o.set_parameters({});
  o.set_sample(at({0.5}, 0.25));
  CHECK(mp::abs(o.value(b.equations[0].residual)[0] / o.value(lhs)[0]) < 1e-30);
  CHECK(mp::abs(o.value(relative)[0]) < 1e-30);
  CHECK(mp::abs(o.value(wrong)[0]) > 1e-3);
}

TEST_CASE("the relative form where the density underflows in double precision and far beyond") {
  table_builder b(64);
  const int x = b.state();
  const int l = b.sum(b.scaled(-40, b.apply(op::sq, x)));
  const auto side = [&](int p) {  // sum_i D<2>((1 + x_i) p) / p
    return b.sum(b.D(2, b.apply(op::mul, b.apply(op::add, b.literal(1), x), p)));
  };
  const int p = b.apply(op::exp, l);
  const int relative = b.apply(op::sub, side(b.apply(op::exp_relative, l)), b.literal(3));
  b.equation("e", side(p), b.scaled(3, p), relative);
  const table t = b.view();
  oracle o(t);
  o.set_parameters({});
  sample_inputs s;
  wide_number expected = -3;
  for (int i = 0; i < 64; i++) {
    s.state.push_back((i % 7 - 3) * 0.5);
    const wide_number x_i = s.state.back();
    // D2((1 + x) exp(-40 x^2)) / exp(-40 x^2) = (1 + x) (6400 x^2 - 80) - 160 x
    expected += (1 + x_i) * (6400 * x_i * x_i - 80) - 160 * x_i;
  }
  o.set_sample(s);
  CHECK(double(o.value(p)[0]) == 0);
  CHECK(o.value(p)[0] > 0);
  CHECK(digits(o.value(relative)[0], expected) > 30);
  CHECK(digits(o.exact_relative(0), expected) > 30);
}

TEST_CASE("parameter derivatives: a network by hand, frozen parts, and the quotient by p") {
  table_builder b(2);
  const int x = b.state();
  const int w = b.parameter("w", level::point, 1), v = b.parameter("v", level::point, 1);
  const int y = b.sum(b.apply(op::mul, w, b.apply(op::tanh, b.apply(op::mul, v, x))));
  const int half_frozen = b.sum(b.apply(op::mul, b.apply(op::frozen, w), b.apply(op::mul, w, x)));
  const int second = b.sum(b.D(2, b.apply(op::exp, b.apply(op::mul, v, x))));  // sum v^2 exp(v x)
  b.apply(op::tanh, b.apply(op::mul, v, x));
  const int of_p = b.sum(b.D(1, b.apply(op::exp_relative, b.apply(op::mul, v, b.apply(op::sq, x)))));  // sum 2 v x
  oracle o(b.view());
  o.set_parameters({0.75, -0.5});
  o.set_sample(at({0.5, 2}));
  const wide_number t0 = mp::tanh(wide_number(-0.25)), t1 = mp::tanh(wide_number(-1));
  CHECK(digits(o.parameter_derivative(y, 0), t0 + t1) > 40);
  CHECK(digits(o.parameter_derivative(y, 1), wide_number(0.75) * ((1 - t0 * t0) / 2 + (1 - t1 * t1) * 2)) > 40);
  CHECK(digits(o.parameter_derivative(half_frozen, 0), wide_number(0.75) * 2.5) > 40);
  const auto d = [](wide_number vv, wide_number xx) { return (2 * vv + vv * vv * xx) * mp::exp(wide_number(vv * xx)); };
  CHECK(digits(o.parameter_derivative(second, 1), d(-0.5, 0.5) + d(-0.5, 2)) > 25);
  CHECK(o.parameter_derivative(second, 0) == 0);
  CHECK(digits(o.parameter_derivative(of_p, 1), 5) > 25);
  const auto each = o.parameter_derivatives(b.apply(op::tanh, b.apply(op::mul, v, x)), 1);
  CHECK(digits(each[1], (1 - t1 * t1) * 2) > 40);
  basic_oracle<fifty_digits> fast(b.view());
  fast.set_parameters({0.75, -0.5});
  fast.set_sample(at({0.5, 2}));
  CHECK(digits(wide_number(fast.parameter_derivative(second, 1)), d(-0.5, 0.5) + d(-0.5, 2)) > 15);
}

TEST_CASE("changing one parameter and evaluating only what it changes gives what a full evaluation gives") {
  table_builder b(3);
  const int x = b.state(), t = b.time();
  const int h = b.conditioner("f.conditioner", x, t, {5, 4}, 3);
  const int f = b.mlp("f.tau", b.concat(b.concat(x, t), h), {5, 1}, true);
  const int l = b.gaussian_mixture("p", 3, t);
  const int p = b.apply(op::exp_relative, l);
  const int net = b.unstack(b.mlp("m", b.concat(t, b.input("c", 2)), {4, 6}));
  const int y = b.sum(b.apply(op::add, b.D(1, b.apply(op::mul, f, p)), b.apply(op::mul, b.D(2, p), b.sum_features(net))));
  const int loss = b.apply(op::sq, b.apply(op::sub, b.dt(1, p), y));
  const table recording = b.view();
  auto parameters = draw_parameters(recording, 3);
  const auto s = draw_sample(recording, 3, 0);
  oracle o(recording);
  o.set_parameters(parameters);
  o.set_sample(s);
  const double step = 0x1p-40;
  for (int w = 0; w < recording.tensor_count; w++) {
    const int entry = recording.tensors[w].offset + (w * 7 + 3) % recording.tensors[w].size();
    const auto got = o.parameter_derivative(loss, entry);
    auto moved = parameters;
    wide_number difference = 0;
    for (int sign : {1, -1}) {
      moved[std::size_t(entry)] = parameters[std::size_t(entry)] + sign * step;
      oracle full(recording);
      full.set_parameters(moved);
      full.set_sample(s);
      difference += sign * full.value(loss)[0];
      if (sign < 0) difference /= parameters[std::size_t(entry)] + step - moved[std::size_t(entry)];
    }
    INFO(recording.tensors[w].name.view());
    if (got == 0) CHECK(difference == 0);
    else CHECK(digits(got, difference) > 7);
  }
}

TEST_CASE("largest terms look through sums, products and derivatives of sums") {
  table_builder b(2);
  const int x = b.state();
  const int large = b.scaled(1e6, x);
  const int small = b.apply(op::sub, b.apply(op::add, large, b.literal(1)), large);
  const int both = b.sum(b.apply(op::sub, large, x));
  const int product = b.apply(op::mul, small, b.literal(3));
  const int leibniz = b.D(1, b.apply(op::sub, b.apply(op::mul, large, x), b.apply(op::mul, large, x)));
  const int derivative = b.D(1, b.apply(op::sub, b.apply(op::sq, large), b.apply(op::exp, x)));
  oracle o(b.view());
  o.set_parameters({});
  o.set_sample(at({2, 1}));
  CHECK(double(o.largest_terms(small)[0]) == Approx(2e6));
  CHECK(double(o.largest_terms(small)[1]) == Approx(1e6));
  CHECK(double(o.largest_terms(both)[0]) == Approx(3e6 - 3));
  CHECK(double(o.largest_terms(product)[0]) == Approx(6e6));
  CHECK(double(o.value(leibniz)[0]) == 0);
  CHECK(double(o.largest_terms(leibniz)[0]) == Approx(4e6));
  CHECK(double(o.largest_terms(derivative)[0]) == Approx(4e12));
}

TEST_CASE("largest terms look through tanh, which vanishes where the terms of its argument cancel") {
  table_builder b(2);
  const int x = b.state();
  const int tiny = b.apply(op::sub, b.apply(op::add, x, b.literal(1)), x), zero = b.apply(op::sub, x, x);
  const int flat = b.apply(op::tanh, tiny), crossing = b.apply(op::tanh, zero), slope = b.D(1, b.apply(op::tanh, zero));
  oracle o(b.view());
  o.set_parameters({});
  o.set_sample(at({200, 3}));
  CHECK(double(o.largest_terms(crossing)[0]) == Approx(200));
  CHECK(double(o.largest_terms(crossing)[1]) == Approx(3));
  const double t = std::tanh(1.0);
  CHECK(double(o.largest_terms(flat)[0]) == Approx(201 * (1 - t * t)));
  CHECK(double(o.largest_terms(slope)[0]) < 1e-10);
}

TEST_CASE("largest terms of matrix products are those of their rows, of both streams, and of the bias") {
  table_builder b(2);
  const int x = b.state(), t = b.time();
  const int left = b.masked_input("l", x, t, 1, false), right = b.masked_input("r", x, t, 1, true);
  const int h = b.readout("h", left, right, 1);
  const table recording = b.view();
  oracle o(recording);
  // l: 3 x_0 - 6 t + 1, r: 5 x_1 + 0 t + 7; h_0 = 2 + 0.5 r, h_1 = l - 1
  o.set_parameters({3, 0, -6, 1, 0, 5, 0, 7, 0, 1, 0.5, 0, 2, -1});
  o.set_sample(at({2, -1}, 0.5));
  CHECK(double(o.value(left)[0]) == 4);
  CHECK(double(o.value(right)[0]) == 2);
  CHECK(double(o.value(h)[0]) == 3);
  CHECK(double(o.value(h)[1]) == 3);
  CHECK(double(o.largest_terms(left)[0]) == 6);
  CHECK(double(o.largest_terms(right)[0]) == 7);
  CHECK(double(o.largest_terms(h)[0]) == 3);
  CHECK(double(o.largest_terms(h)[1]) == 4);
}

TEST_CASE("a wrong number of parameters is refused") {
  table_builder b(1);
  b.parameter("w", level::point, 2);
  oracle o(b.view());
  std::string sentence;
  try {
    o.set_parameters({1});
  } catch (const error& e) {
    sentence = e.what();
  }
  CHECK(sentence.find("2 parameters") != std::string::npos);
}
