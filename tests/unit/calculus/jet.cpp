// tests/unit/calculus/jet.cpp: laws of truncated Taylor series, for sets known at compile time and at run time.
#include "dimwise/calculus/jet.hpp"

#include <cmath>

#include "catch.hpp"

using namespace dimwise;

namespace {

/// A scalar with the interface of a vector register.
struct real {
  double x = 0;
  constexpr real() = default;
  constexpr explicit real(double v) : x(v) {}
};
constexpr real operator+(real a, real b) { return real(a.x + b.x); }
constexpr real operator-(real a, real b) { return real(a.x - b.x); }
constexpr real operator*(real a, real b) { return real(a.x * b.x); }

constexpr orders five_by_three = 0x1f1f1f;  // x orders 0..4, time orders 0..2
using set = static_orders<five_by_three>;
using series_jet = jet<real, set>;

series_jet sample(unsigned seed, double value) {
  series_jet u{set{}};
  set::each([&](auto c) {
    seed = seed * 1664525u + 1013904223u;
    u[c] = real(c == 0 ? value : double(seed >> 8) / 16777216.0 - 0.5);
  });
  return u;
}
series_jet product(const series_jet& a, const series_jet& b) {
  series_jet y{set{}};
  set::each([&](auto c) { y[c] = product_coefficient(a, b, c); });
  return y;
}
void same(const series_jet& a, const series_jet& b, double tolerance = 1e-12) {
  set::each([&](auto c) { CHECK(a[c].x == Approx(b[c].x).epsilon(tolerance).margin(tolerance)); });
}

}  // namespace

TEST_CASE("products commute, associate and distribute", "[law]") {
  const series_jet a = sample(1, 0.3), b = sample(2, -1.2), c = sample(3, 0.7);
  same(product(a, b), product(b, a));
  same(product(product(a, b), c), product(a, product(b, c)));
  series_jet sum{set{}};
  set::each([&](auto k) { sum[k] = b[k] + c[k]; });
  const series_jet left = product(a, sum), ab = product(a, b), ac = product(a, c);
  set::each([&](auto k) { CHECK(left[k].x == Approx(ab[k].x + ac[k].x).margin(1e-13)); });
}

TEST_CASE("exp of a sum is the product of the exps, and log undoes exp", "[law]") {
  const series_jet a = sample(4, 0.2), b = sample(5, -0.4);
  series_jet ea{set{}}, eb{set{}}, sum{set{}}, es{set{}}, back{set{}};
  ea[0] = real(std::exp(a[0].x)), eb[0] = real(std::exp(b[0].x));
  exp_jet(a, ea), exp_jet(b, eb);
  set::each([&](auto k) { sum[k] = a[k] + b[k]; });
  es[0] = real(std::exp(sum[0].x));
  exp_jet(sum, es);
  same(es, product(ea, eb));
  back[0] = a[0];
  log_jet(ea, back, real(1 / ea[0].x));
  same(back, a);
}

TEST_CASE("sin and cos satisfy their identity and the double angle", "[law]") {
  const series_jet a = sample(6, 0.8);
  series_jet s{set{}}, c{set{}}, twice{set{}}, s2{set{}}, c2{set{}};
  s[0] = real(std::sin(0.8)), c[0] = real(std::cos(0.8));
  sincos_jet(a, s, c);
  const series_jet ss = product(s, s), cc = product(c, c);
  set::each([&](auto k) { CHECK(ss[k].x + cc[k].x == Approx(k == 0 ? 1.0 : 0.0).margin(1e-12)); });
  set::each([&](auto k) { twice[k] = a[k] + a[k]; });
  s2[0] = real(std::sin(1.6)), c2[0] = real(std::cos(1.6));
  sincos_jet(twice, s2, c2);
  const series_jet sc = product(s, c);
  set::each([&](auto k) { CHECK(s2[k].x == Approx(2 * sc[k].x).margin(1e-12)); });
}

TEST_CASE("tanh, sigmoid and softplus agree with their definitions through exp", "[law]") {
  const series_jet a = sample(7, 0.35);
  series_jet t{set{}}, w{set{}}, e{set{}}, twice{set{}}, plus{set{}}, r{set{}};
  t[0] = real(std::tanh(0.35)), w[0] = real(1 - t[0].x * t[0].x);
  tanh_jet(a, t, w);
  set::each([&](auto k) { twice[k] = a[k] + a[k]; });
  e[0] = real(std::exp(0.7));
  exp_jet(twice, e);
  plus = e;
  plus[0] = real(e[0].x + 1);
  r[0] = real(1 / plus[0].x);
  reciprocal_jet(plus, r);
  series_jet minus = e;
  minus[0] = real(e[0].x - 1);
  same(t, product(minus, r));
  series_jet w2{set{}};
  w2[0] = w[0];
  tanh_slope_jet(t, w2);
  same(w, w2);

  series_jet s{set{}}, ws{set{}}, p{set{}}, lp{set{}};
  s[0] = real(1 / (1 + std::exp(-0.7))), ws[0] = real(s[0].x * (1 - s[0].x));
  sigmoid_jet(twice, s, ws);
  same(s, product(e, r));
  p[0] = real(std::log1p(std::exp(0.7)));
  integral_jet(twice, s, p);
  lp[0] = p[0];
  log_jet(plus, lp, real(1 / plus[0].x));
  same(p, lp);
}

TEST_CASE("roots and powers multiply back", "[law]") {
  const series_jet a = sample(8, 1.7);
  series_jet root{set{}}, power{set{}};
  real f[7];  // orders up to 4 in x and 2 in t
  double factor = 1;
  for (int j = 0; j < 7; j++) {
    f[j] = real(factor * std::pow(1.7, 0.5 - j));
    factor *= (0.5 - j) / (j + 1);
  }
  composition_jet(a, f, root);
  same(product(root, root), a);
  power[0] = real(std::pow(1.7, 1.5));
  power_jet(a, power, real(1 / 1.7), 1.5);
  same(product(power, power), product(a, product(a, a)));
  same(power, product(a, root));
}

TEST_CASE("sets known at run time give the same digits", "[law]") {
  const series_jet a = sample(9, 0.1);
  series_jet y{set{}}, w{set{}};
  y[0] = real(std::tanh(0.1)), w[0] = real(1 - y[0].x * y[0].x);
  tanh_jet(a, y, w);
  const dynamic_orders m(five_by_three);
  jet<real, dynamic_orders> u(m), z(m), v(m);
  m.each([&](int c) { u[c] = a[c]; });
  z[0] = y[0], v[0] = w[0];
  tanh_jet(u, z, v);
  m.each([&](int c) { CHECK(z[c].x == y[c].x); });
}

TEST_CASE("the cotangent of a product is the transpose of its differential", "[law]") {
  const series_jet u = sample(10, 0.4), v = sample(11, -0.9), tangent = sample(12, 0.2), cotangent = sample(13, 1.1);
  const series_jet moved = product(tangent, v);
  double forward = 0, reverse = 0;
  set::each([&](auto k) { forward += cotangent[k].x * moved[k].x; });
  set::each([&](auto k) { reverse += correlation_coefficient(cotangent, v, k).x * tangent[k].x; });
  CHECK(forward == Approx(reverse).epsilon(1e-13));
  (void)u;
}
