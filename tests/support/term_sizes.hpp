// tests/support/term_sizes.hpp: how large the terms are that the recurrences of elementary jets add up: the scale of their
// errors.
#pragma once
#include <cmath>
#include <limits>
#include <vector>

#include "taylor_reference.hpp"

namespace dimwise::testing {

/// A number on the way to a coefficient in precision T: its value, the largest magnitude among it and the terms that were added
/// up to it, and what underflow may have taken of it. `over`: something on the way to it is beyond the largest number.
template <class T>
struct term {
  using limits = std::numeric_limits<T>;
  long double value = 0, size = 0, lost = 0;
  bool over = false;
  term() = default;
  term(double v) : value(v), size(std::fabs(value)) {}

  /// The result of a function that may give 0 (or lose digits) up to 16 times the smallest normal number.
  static term flushed(long double v) {
    term t = exact(v);
    if (t.size < 16 * limits::min()) t.lost = 16 * limits::min();
    return t;
  }
  /// The result of a function that loses at most two bits below the normal numbers.
  static term exact(long double v) {
    term t;
    t.value = v;
    t.size = std::fabs(v);
    if (v != 0 && t.size < limits::min()) t.lost = 4 * limits::denorm_min();
    t.check();
    return t;
  }
  void check() { over = over || !(size < limits::max() / 16); }

  friend term operator*(const term& a, const term& b) {
    term t;
    t.value = a.value * b.value;
    t.size = a.size * b.size;
    t.lost = a.size * b.lost + b.size * a.lost;
    if (t.size != 0 && t.size < limits::min()) t.lost += limits::denorm_min();
    t.over = a.over || b.over;
    t.check();
    return t;
  }
  friend term operator+(const term& a, const term& b) {
    term t;
    t.value = a.value + b.value;
    t.size = std::max({std::fabs(t.value), a.size, b.size});
    t.lost = a.lost + b.lost;
    t.over = a.over || b.over;
    return t;
  }
  friend term operator-(const term& a) {
    term t = a;
    t.value = -t.value;
    return t;
  }
};

/// Sizes of the coefficients of y = f(u) and of w = f'(u) by the recurrence of each function.
template <class T>
class term_sizes {
 public:
  using series = std::vector<term<T>>;
  series y, w;

  term_sizes(const series_shape& shape, function f, const std::vector<long double>& u, long double value, long double slope,
             double p)
      : y(shape.size()), w(shape.size()), shape_(shape), u_(shape.size()) {
    using L = long double;
    for (std::size_t i = 0; i < u.size(); i++) u_[i] = term<T>::exact(u[i]);
    const L u0 = u[0];
    y[0] = decays(f) ? term<T>::flushed(value) : term<T>::exact(value);
    switch (f) {
      case function::exp:
      case function::exp_relative:
        solve([&](int s) { y[s] = chain(u_, y, s); });
        w = y;
        break;
      case function::expm1: {
        const term<T> kept = y[0];
        y[0] = term<T>::flushed(std::exp(u0));
        solve([&](int s) { y[s] = chain(u_, y, s); });
        w = y;
        y[0] = kept;
        break;
      }
      case function::log:
      case function::log1p: {
        const term<T> r = term<T>::exact(1 / (f == function::log ? u0 : 1 + u0));
        w[0] = r;
        solve([&](int s) {
          y[s] = (u_[s] + -chain(u_, y, s, false)) * r;
          w[s] = -sum(u_, w, s, true, false) * r;
        });
        break;
      }
      case function::tanh:
      case function::tan:
        w[0] = f == function::tanh ? term<T>::flushed(slope) : term<T>::exact(slope);
        solve([&](int s) {
          y[s] = chain(u_, w, s);
          w[s] = sum(y, y, s, false, false);
        });
        break;
      case function::sigmoid: sigmoid(y, w, slope); break;
      case function::softplus: {
        series ww(shape.size());
        w[0] = term<T>::flushed(slope);
        sigmoid(w, ww, slope * (1 / (1 + std::exp(u0))));
        solve([&](int s) { y[s] = chain(u_, w, s); });
        break;
      }
      case function::sin:
      case function::cos:
      case function::sinh:
      case function::cosh:
        w[0] = term<T>::exact(slope);
        solve([&](int s) {
          y[s] = chain(u_, w, s);
          w[s] = chain(u_, y, s);
          if (f == function::sin || f == function::cos) w[s] = -w[s];
        });
        break;
      case function::sqrt:
      case function::cbrt:
        y = composition(value, u0, f == function::sqrt ? 0.5L : 1.0L / 3, 0);
        w = composition(value, u0, f == function::sqrt ? 0.5L : 1.0L / 3, 1);
        break;
      case function::reciprocal:
        reciprocal(u_, y, y[0]);
        for (int s = 0; s < int(shape.size()); s++) w[s] = -sum(y, y, s, false, false);
        break;
      case function::power: {
        y = composition(value, u0, p, 0);
        w = composition(value, u0, p, 1);
        break;
      }
      case function::exp_given: {
        series z(shape.size()), r(shape.size());
        const term<T> reciprocal_u = term<T>::exact(1 / u0);
        solve([&](int s) { z[s] = (u_[s] + -chain(u_, z, s, false)) * reciprocal_u; });
        for (auto& c : z) c = c * term<T>(p);
        solve([&](int s) { y[s] = chain(z, y, s); });
        reciprocal(u_, r, reciprocal_u);
        for (int s = 0; s < int(shape.size()); s++) w[s] = sum(y, r, s, false, false) * term<T>(p);
        break;
      }
      case function::erf:
      case function::erfc:
      case function::normal_cdf: {
        series v(shape.size());
        const double scale = f == function::normal_cdf ? 0.5 : 1;
        const double factor = f == function::erf    ? 1.1283791670955126
                              : f == function::erfc ? -1.1283791670955126
                                                    : 0.3989422804014327;
        for (int s = 0; s < int(shape.size()); s++) v[s] = -sum(u_, u_, s, false, false) * term<T>(scale);
        w[0] = term<T>::flushed(std::exp(-scale * u0 * u0));
        solve([&](int s) { w[s] = chain(v, w, s); });
        for (auto& c : w) c = c * term<T>(factor);
        solve([&](int s) { y[s] = chain(u_, w, s); });
        break;
      }
      case function::asin:
      case function::acos: {
        series q(shape.size());
        for (int s = 0; s < int(shape.size()); s++) q[s] = -sum(u_, u_, s, false, false);
        const L q0 = (1 - u0) * (1 + u0);
        q[0] = term<T>::exact(q0);
        w[0] = term<T>::exact(1 / std::sqrt(q0));
        power(q, w, term<T>::exact(1 / q0), -0.5);
        solve([&](int s) { y[s] = chain(u_, w, s); });
        break;
      }
      case function::atan: {
        series q(shape.size());
        w[0] = term<T>::flushed(1 / (1 + u0 * u0));
        const term<T> ratio = term<T>::flushed(2 * u0 / (1 + u0 * u0));
        solve([&](int s) {
          q[s] = ratio * u_[s] + w[0] * sum(u_, u_, s, true, true);
          w[s] = -sum(q, w, s, true, false);
        });
        solve([&](int s) { y[s] = chain(u_, w, s); });
        break;
      }
      case function::relu:
      case function::abs:
        w[0] = term<T>::exact(slope);
        solve([&](int s) { y[s] = w[0] * u_[s]; });
        break;
      case function::none: break;
    }
  }
  /// y = u f(u) for the y of f, w its derivative f + u f'.
  void times_argument() {
    series product(y.size()), slope(y.size());
    for (int s = 0; s < int(y.size()); s++) {
      product[s] = sum(u_, y, s, false, false);
      slope[s] = y[s] + sum(u_, w, s, false, false);
    }
    y = product, w = slope;
  }

 private:
  const series_shape& shape_;
  series u_;

  /// Functions that go to 0 for large arguments.
  static bool decays(function f) {
    return f == function::exp || f == function::sigmoid || f == function::softplus || f == function::erfc ||
           f == function::normal_cdf || f == function::power || f == function::exp_given;
  }
  template <class F>
  void solve(const F& step) {
    for (int s = 1; s < int(shape_.size()); s++) step(s);
  }
  /// sum of a_i b_(s-i); without i = 0 (first) and without i = s (last) if said so.
  term<T> sum(const series& a, const series& b, int s, bool not_first, bool not_last) const {
    term<T> r;
    if (s == 0) return a[0] * b[0];
    for (int i = shape_.first[s]; i < shape_.first[s + 1]; i++)
      if (const auto& t = shape_.products[i]; !(not_first && t.a == 0) && !(not_last && t.b == 0)) r = r + a[t.a] * b[t.b];
    return r;
  }
  /// sum of (order of i / order of s) a_i b_(s-i); if not `whole`, of (order of i / order of s) b_i a_(s-i) without i = s.
  term<T> chain(const series& a, const series& b, int s, bool whole = true) const {
    term<T> r;
    const int c = shape_.coefficients[std::size_t(s)];
    for (int i = shape_.first[s]; i < shape_.first[s + 1]; i++) {
      const auto& t = shape_.products[i];
      if (!whole && t.b == 0) continue;
      const int d = shape_.coefficients[std::size_t(t.a)], of = x_order(c) ? x_order(c) : t_order(c),
                order = x_order(c) ? x_order(d) : t_order(d);
      if (order) r = r + term<T>(double(order) / of) * (whole ? a[t.a] * b[t.b] : b[t.a] * a[t.b]);
    }
    return r;
  }
  void sigmoid(series& f, series& g, long double slope) const {
    g[0] = term<T>::flushed(slope);
    for (int s = 1; s < int(shape_.size()); s++) {
      f[s] = chain(u_, g, s);
      g[s] = f[s] + -sum(f, f, s, false, false);
    }
  }
  void reciprocal(const series& a, series& b, const term<T>& value) const {
    b[0] = value;
    for (int s = 1; s < int(shape_.size()); s++) b[s] = -sum(a, b, s, true, false) * value;
  }
  /// Of the terms f_j (u - u_0)^j, f the (shift-th derivative of the) power with this value at u0.
  series composition(long double value, long double u0, long double p, int shift) const {
    std::vector<long double> power{value}, factor{1};
    for (int j = 1; j <= highest; j++) power.push_back(power.back() / u0), factor.push_back(factor.back() * ((p - j + 1) / j));
    const auto coefficient = [&](int j) {
      return term<T>::flushed(power[std::size_t(j + shift)]) * term<T>(double(factor[std::size_t(j + shift)] * rising(j, shift)));
    };
    series r(shape_.size()), next(shape_.size());
    r[0] = coefficient(highest - 1);
    for (int j = highest - 2; j >= 0; j--) {
      for (int s = 1; s < int(shape_.size()); s++) next[s] = sum(u_, r, s, true, false);
      next[0] = coefficient(j);
      std::swap(r, next);
    }
    return r;
  }
  void power(const series& a, series& b, const term<T>& r, double p) const {
    for (int s = 1; s < int(shape_.size()); s++) {
      term<T> total;
      const int c = shape_.coefficients[std::size_t(s)];
      for (int i = shape_.first[s]; i < shape_.first[s + 1]; i++) {
        const auto& t = shape_.products[i];
        if (t.a == 0) continue;
        const int d = shape_.coefficients[std::size_t(t.a)];
        const double of = x_order(c) ? x_order(c) : t_order(c), order = x_order(c) ? x_order(d) : t_order(d);
        total = total + a[t.a] * term<T>(((p + 1) * order - of) / of) * b[t.b];
      }
      b[s] = total * r;
    }
  }
};

}  // namespace dimwise::testing
