// tests/support/taylor_reference.hpp: Taylor coefficients of elementary functions in closed form, in any wide arithmetic, and
// their composition with a series: what jets of kernels are compared with. Nothing here follows the recurrences of the kernels.
#pragma once
#include <array>
#include <cmath>
#include <vector>

#include <boost/math/constants/constants.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include "dimwise/ir/jet_program.hpp"
#include "src/oracle/elementary.hpp"

namespace dimwise::testing {

/// 113 bits, for double; long double (64 bits and more) is enough for float.
using quadruple = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<113, boost::multiprecision::digit_base_2>,
                                                boost::multiprecision::et_off>;
template <class T>
using reference_number = std::conditional_t<sizeof(T) == 4, long double, quadruple>;

constexpr int highest = 7;  ///< coefficients 0..7 of a function: 0..6 of its derivative
template <class N>
using taylor = std::array<N, highest + 1>;

/// Elementary functions of a wide number, with full relative accuracy.
template <class N>
struct wide_functions {
  detail::elementary<N> f;
  N exp(const N& x) const { return f.exp(x); }
  N expm1(const N& x) const { return f.expm1(x); }
  N log(const N& x) const { return f.log(x); }
  N log1p(const N& x) const { return f.log1p(x); }
  N sinh(const N& x) const { return f.sinh(x); }
  N cosh(const N& x) const { return f.cosh(x); }
  N tanh(const N& x) const { return f.tanh(x); }
  N power(const N& x, double p) const { return f.power(x, p); }
  N sin(const N& x) const { return of_angle(x, 0); }
  N cos(const N& x) const { return of_angle(x, 1); }

 private:
  /// sin(x + quarters pi/2). Arguments are reduced in 100 digits; beyond 1e30 by the standard library, whose 64 bits leave 11
  /// more than double has.
  static N of_angle(const N& x, int quarters) {
    if (abs(x) >= N(1e30)) return N(quarters ? std::cos(static_cast<long double>(x)) : std::sin(static_cast<long double>(x)));
    static const wide_number quarter = boost::math::constants::half_pi<wide_number>();
    const wide_number wide(x), n = round(wide_number(wide / quarter));
    const N rest(wide_number(wide - n * quarter));
    const int turn = (int(static_cast<long long>(fmod(n, wide_number(4)))) + 4 + quarters) % 4;
    const N y = turn % 2 ? N(boost::multiprecision::cos(rest)) : N(boost::multiprecision::sin(rest));
    return turn >= 2 ? N(-y) : y;
  }
};
template <>
struct wide_functions<long double> {
  using N = long double;
  N exp(N x) const { return std::exp(x); }
  N expm1(N x) const { return std::expm1(x); }
  N log(N x) const { return std::log(x); }
  N log1p(N x) const { return std::log1p(x); }
  N sinh(N x) const { return std::sinh(x); }
  N cosh(N x) const { return std::cosh(x); }
  N tanh(N x) const { return std::tanh(x); }
  N power(N x, double p) const { return std::pow(x, N(p)); }
  N sin(N x) const { return std::sin(x); }
  N cos(N x) const { return std::cos(x); }
};

template <class N>
class taylor_reference {
 public:
  /// f^(j)(x) / j!, j = 0 .. 7, inside the domain of f.
  taylor<N> of(function f, const N& x, double p) const {
    using std::abs, std::acos, std::asin, std::atan, std::sqrt;
    taylor<N> y{};
    switch (f) {
      case function::exp:
      case function::exp_relative:
      case function::expm1: {
        y = exponential(f == function::exp_relative ? N(0) : x, 1);
        if (f == function::expm1) y[0] = m_.expm1(x);
        return y;
      }
      case function::log: return logarithm(m_.log(x), x);
      case function::log1p: return logarithm(m_.log1p(x), N(1 + x));
      case function::sin: return cycle(m_.sin(x), m_.cos(x), -1);
      case function::cos: return cycle(m_.cos(x), N(-m_.sin(x)), -1);
      case function::sinh: return cycle(m_.sinh(x), m_.cosh(x), 1);
      case function::cosh: return cycle(m_.cosh(x), m_.sinh(x), 1);
      case function::tan: return quotient(of(function::sin, x, 0), of(function::cos, x, 0));
      case function::tanh: {
        if (abs(x) < 1) return quotient(of(function::sinh, x, 0), of(function::cosh, x, 0));
        // (1 - e) / (1 + e) with e = exp(-2 |x|): its coefficients keep their digits in saturation
        taylor<N> numerator = exponential(N(-2 * abs(x)), -2), denominator = numerator;
        for (N& c : numerator) c = -c;
        numerator[0] = -m_.expm1(N(-2 * abs(x)));
        denominator[0] += 1;
        y = quotient(numerator, denominator);
        for (int j = 0; x < 0 && j <= highest; j += 2) y[std::size_t(j)] = -y[std::size_t(j)];
        return y;
      }
      case function::sigmoid: {
        taylor<N> e = exponential(N(-abs(x)), x < 0 ? 1 : -1), one{}, denominator = e;
        one[0] = 1;
        denominator[0] += 1;
        return quotient(x < 0 ? e : one, denominator);
      }
      case function::softplus:
        return integral(x > 0 ? N(x + m_.log1p(m_.exp(N(-x)))) : m_.log1p(m_.exp(x)), of(function::sigmoid, x, 0));
      case function::sqrt: return binomial(sqrt(x), x, N(0.5));
      case function::cbrt: return binomial(x < 0 ? N(-m_.exp(N(m_.log(N(-x)) / 3))) : m_.exp(N(m_.log(x) / 3)), x, N(N(1) / 3));
      case function::reciprocal: return binomial(N(1 / x), x, N(-1));
      case function::power:
      case function::exp_given: return binomial(m_.power(x, p), x, N(p));
      case function::erf:
      case function::erfc: {
        const N root_pi = sqrt(boost::math::constants::pi<N>());
        const N sign = f == function::erf ? 1 : -1;
        return integral(f == function::erf ? N(boost::math::erf(x)) : N(boost::math::erfc(x)),
                        gaussian(N(2 * sign / root_pi * m_.exp(N(-x * x))), x, 2));
      }
      case function::normal_cdf: {
        const N root_two = sqrt(N(2)), root_tau = sqrt(N(2 * boost::math::constants::pi<N>()));
        return integral(N(boost::math::erfc(N(-x / root_two)) / 2), gaussian(N(m_.exp(N(-x * x / 2)) / root_tau), x, 1));
      }
      case function::asin:
      case function::acos: {
        // (1 - x^2) w' = x w: no terms cancel
        taylor<N> a{};
        const N q = (1 - x) * (1 + x);
        a[0] = 1 / sqrt(q);
        for (std::size_t j = 0; j < highest; j++)
          a[j + 1] = (x * int(2 * j + 1) * a[j] + (j ? N(int(j) * a[j - 1]) : N(0))) / q / int(j + 1);
        if (f == function::acos)
          for (N& c : a) c = -c;
        return integral(f == function::asin ? N(asin(x)) : N(acos(x)), a);
      }
      case function::atan: {
        taylor<N> one{}, denominator{};
        one[0] = 1;
        denominator[0] = 1 + x * x, denominator[1] = 2 * x, denominator[2] = 1;
        return integral(atan(x), quotient(one, denominator));
      }
      case function::relu: y[0] = x > 0 ? x : N(0), y[1] = x > 0 ? 1 : 0; return y;
      case function::abs: y[0] = abs(x), y[1] = x >= 0 ? 1 : -1; return y;
      case function::none: break;
    }
    return y;
  }
  static taylor<N> product(const taylor<N>& a, const taylor<N>& b) {
    taylor<N> y{};
    for (std::size_t i = 0; i <= highest; i++)
      for (std::size_t j = 0; i + j <= highest; j++) y[i + j] += a[i] * b[j];
    return y;
  }
  /// x f(x) from the coefficients of f.
  static taylor<N> times_argument(const taylor<N>& f, const N& x) {
    taylor<N> line{};
    line[0] = x, line[1] = 1;
    return product(line, f);
  }

 private:
  wide_functions<N> m_;

  /// exp(a + c h).
  taylor<N> exponential(const N& a, int c) const {
    taylor<N> y{};
    y[0] = m_.exp(a);
    for (std::size_t j = 1; j <= highest; j++) y[j] = y[j - 1] * c / int(j);
    return y;
  }
  static taylor<N> logarithm(const N& value, const N& x) {
    taylor<N> y{};
    y[0] = value;
    N power = 1;
    for (std::size_t j = 1; j <= highest; j++) {
      power /= x;
      y[j] = (j % 2 ? power : N(-power)) / int(j);
    }
    return y;
  }
  static taylor<N> cycle(const N& value, const N& slope, int sign) {
    taylor<N> y{};
    N factorial = 1;
    for (std::size_t j = 0; j <= highest; j++) {
      if (j) factorial *= int(j);
      y[j] = (j % 2 ? slope : value) * (j / 2 % 2 ? sign : 1) / factorial;
    }
    return y;
  }
  /// value = x^p.
  static taylor<N> binomial(const N& value, const N& x, const N& p) {
    taylor<N> y{};
    y[0] = value;
    for (std::size_t j = 1; j <= highest; j++) y[j] = y[j - 1] * (p - int(j) + 1) / int(j) / x;
    return y;
  }
  static taylor<N> quotient(const taylor<N>& a, const taylor<N>& b) {
    taylor<N> y{};
    for (std::size_t j = 0; j <= highest; j++) {
      N rest = a[j];
      for (std::size_t i = 0; i < j; i++) rest -= y[i] * b[j - i];
      y[j] = rest / b[0];
    }
    return y;
  }
  static taylor<N> integral(const N& value, const taylor<N>& slope) {
    taylor<N> y{};
    y[0] = value;
    for (std::size_t j = 1; j <= highest; j++) y[j] = slope[j - 1] / int(j);
    return y;
  }
  /// value exp(-c (x + h)^2 / 2) / exp(-c x^2 / 2), by the recurrence of Hermite polynomials.
  static taylor<N> gaussian(const N& value, const N& x, int c) {
    taylor<N> y{};
    y[0] = value;
    for (std::size_t j = 0; j < highest; j++) y[j + 1] = -c * (x * y[j] + (j ? y[j - 1] : N(0))) / int(j + 1);
    return y;
  }
};

/// The products of a set of coefficients, listed once.
struct series_shape {
  struct triple {
    int a, b, s;
  };
  std::vector<int> coefficients;  ///< in the order of a buffer
  std::vector<triple> products;   ///< places of a + b = s, s != 0, in the order of s
  std::vector<int> first{0};      ///< those of s begin at first[s] and end at first[s + 1]
  explicit series_shape(orders set) {
    for (orders rest = set; rest; rest &= rest - 1) coefficients.push_back(std::countr_zero(rest));
    for (int s = 0; s < int(coefficients.size()); s++) {
      for (int a = 0; s != 0 && a < int(coefficients.size()); a++) {
        const int c = coefficients[std::size_t(s)], d = coefficients[std::size_t(a)];
        if (divides(d, c)) products.push_back({a, slot(set, c - d), s});
      }
      first.push_back(int(products.size()));
    }
  }
  std::size_t size() const { return coefficients.size(); }
};

/// sum_j f_j (u - u_0)^j, j <= 6, truncated. f_j = f[j + shift] rising(j, shift): the shift-th derivative. `plain`: u - u_0 is h.
template <class N>
std::vector<N> composed(const taylor<N>& f, const std::vector<N>& u, const series_shape& shape, int shift, bool plain) {
  std::vector<N> y(shape.size(), N(0)), next(shape.size());
  const auto coefficient = [&](int j) { return N(f[std::size_t(j + shift)] * rising(j, shift)); };
  if (plain) {
    for (std::size_t p = 0; p < shape.size(); p++)
      if (t_order(shape.coefficients[p]) == 0) y[p] = coefficient(x_order(shape.coefficients[p]));
    return y;
  }
  y[0] = coefficient(highest - 1);
  for (int j = highest - 2; j >= 0; j--) {
    for (N& c : next) c = 0;
    for (const auto& t : shape.products)
      if (t.b != 0 && y[std::size_t(t.a)] != 0) next[std::size_t(t.s)] += y[std::size_t(t.a)] * u[std::size_t(t.b)];
    next[0] = coefficient(j);
    std::swap(y, next);
  }
  return y;
}

}  // namespace dimwise::testing
