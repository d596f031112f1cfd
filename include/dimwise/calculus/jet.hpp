// calculus/jet.hpp: arithmetic on truncated Taylor series in (own coordinate, time), for any value type with +, - and *.
#pragma once
#include <utility>

#include "../core/inline.hpp"
#include "../ir/orders.hpp"

namespace dimwise {

/// a * b + c of a value type; specialised where one rounding is to be had.
template <class V>
struct multiply_add {
  DIMWISE_INLINE static constexpr V of(const V& a, const V& b, const V& c) { return a * b + c; }
};

/// A set of coefficients known at compile time: loops over it unroll.
template <orders Mask>
struct static_orders {
  static constexpr int capacity = Mask ? count(Mask) : 1;
  static constexpr orders mask = Mask;
  constexpr static_orders() = default;
  constexpr explicit static_orders(orders) {}
  static constexpr bool has(int c) { return contains(Mask, c); }
  static constexpr int place(int c) { return slot(Mask, c); }
  template <class F>
  DIMWISE_INLINE static constexpr void each(F&& f) {
    [&]<int... I>(std::integer_sequence<int, I...>) DIMWISE_INLINE_LAMBDA { (f(std::integral_constant<int, nth(I)>{}), ...); }(
        std::make_integer_sequence<int, count(Mask)>{});
  }
  /// The same from the last coefficient to the first.
  template <class F>
  DIMWISE_INLINE static constexpr void each_descending(F&& f) {
    [&]<int... I>(std::integer_sequence<int, I...>) DIMWISE_INLINE_LAMBDA { (f(std::integral_constant<int, nth(count(Mask) - 1 - I)>{}), ...); }(
        std::make_integer_sequence<int, count(Mask)>{});
  }
  static constexpr auto closure() { return static_orders<lower_closure(Mask)>{}; }

 private:
  static constexpr int nth(int i) {
    orders m = Mask;
    while (i--) m &= m - 1;
    return std::countr_zero(m);
  }
};

/// The same set known only at run time.
struct dynamic_orders {
  static constexpr int capacity = 64;
  orders mask = 0;
  constexpr dynamic_orders() = default;
  constexpr explicit dynamic_orders(orders m) : mask(m) {}
  constexpr bool has(int c) const { return contains(mask, c); }
  constexpr int place(int c) const { return slot(mask, c); }
  template <class F>
  constexpr void each(F&& f) const {
    for (orders m = mask; m; m &= m - 1) f(std::countr_zero(m));
  }
  template <class F>
  constexpr void each_descending(F&& f) const {
    for (orders m = mask; m;) {
      const int c = 63 - std::countl_zero(m);
      m &= ~bit_of(c);
      f(c);
    }
  }
  constexpr auto closure() const { return dynamic_orders(lower_closure(mask)); }
};

/// Coefficients of one series; c[j] belongs to the j-th coefficient of the set. Coefficients outside are zero.
template <class V, class Set>
struct jet {
  [[no_unique_address]] Set set;
  V c[Set::capacity];
  DIMWISE_INLINE constexpr explicit jet(Set s) : set(s) {}
  DIMWISE_INLINE constexpr V& operator[](int i) { return c[set.place(i)]; }
  DIMWISE_INLINE constexpr const V& operator[](int i) const { return c[set.place(i)]; }
};

namespace detail {
/// A sum of products that starts with the first of them, not with zero.
template <class V>
struct product_sum {
  V value{};
  bool empty = true;
  DIMWISE_INLINE constexpr void add(const V& a, const V& b) {
    value = empty ? a * b : multiply_add<V>::of(a, b, value);
    empty = false;
  }
  DIMWISE_INLINE constexpr V result() const { return empty ? V(0) : value; }
};

/// Order of a in the direction in which the recurrence for coefficient s runs: x where s has an x order, else time.
constexpr int along(int s, int a) { return x_order(s) > 0 ? x_order(a) : t_order(a); }
}  // namespace detail

/// Coefficient s of u * v.
template <class V, class U, class W>
DIMWISE_INLINE constexpr V product_coefficient(const jet<V, U>& u, const jet<V, W>& v, int s) {
  detail::product_sum<V> sum;
  u.set.each([&](auto a) DIMWISE_INLINE_LAMBDA {
    if (divides(a, s) && v.set.has(s - a)) sum.add(u[a], v[s - a]);
  });
  return sum.result();
}

/// Coefficient s of -y^2. The product with coefficient s itself comes last, because it is known last where y is being computed.
template <class V, class Y>
DIMWISE_INLINE constexpr V minus_square_coefficient(const jet<V, Y>& y, int s) {
  detail::product_sum<V> sum;
  y.set.each_descending([&](auto a) DIMWISE_INLINE_LAMBDA {
    if (divides(a, s) && a <= s - a && y.set.has(s - a)) sum.add(y[a] * V(a == s - a ? -1.0 : -2.0), y[s - a]);
  });
  return sum.result();
}

/// sum over r >= j of a_r w_(r - j): what the cotangent a of y = w * u (or of y = f(u), w = f'(u)) gives u_j.
template <class V, class A, class W>
DIMWISE_INLINE constexpr V correlation_coefficient(const jet<V, A>& a, const jet<V, W>& w, int j) {
  detail::product_sum<V> sum;
  a.set.each([&](auto r) DIMWISE_INLINE_LAMBDA {
    if (divides(j, r) && w.set.has(r - j)) sum.add(a[r], w[r - j]);
  });
  return sum.result();
}

/// Coefficient s != 0 of y where dy = w du: sum over a of (order of a / order of s) u_a w_(s - a). The coefficients of w that are known last
/// come last, which shortens the wait where w follows from y.
template <class V, class U, class W>
DIMWISE_INLINE constexpr V chain_coefficient(const jet<V, U>& u, const jet<V, W>& w, int s) {
  detail::product_sum<V> sum;
  u.set.each_descending([&](auto a) DIMWISE_INLINE_LAMBDA {
    const int order = detail::along(s, a), of = detail::along(s, s);
    if (divides(a, s) && order > 0 && w.set.has(s - a)) {
      if (order == of) sum.add(u[a], w[s - a]);
      else sum.add(u[a] * V(double(order) / of), w[s - a]);
    }
  });
  return sum.result();
}

/// Fills the coefficients s != 0 of y = exp(u); y_0 is given.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void exp_jet(const jet<V, U>& u, jet<V, Y>& y) {
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) y[s] = chain_coefficient(u, y, s);
  });
}

/// Fills y = tanh(u) and w = 1 - y^2; y_0 and w_0 are given.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void tanh_jet(const jet<V, U>& u, jet<V, Y>& y, jet<V, Y>& w) {
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) {
      y[s] = chain_coefficient(u, w, s);
      w[s] = minus_square_coefficient(y, s);
    }
  });
}

/// Fills y = tan(u) and w = 1 + y^2; y_0 and w_0 are given.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void tan_jet(const jet<V, U>& u, jet<V, Y>& y, jet<V, Y>& w) {
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) {
      y[s] = chain_coefficient(u, w, s);
      w[s] = product_coefficient(y, y, s);
    }
  });
}

/// Fills w = 1 - y^2 from y; w_0 is given.
template <class V, class Y, class W>
DIMWISE_INLINE constexpr void tanh_slope_jet(const jet<V, Y>& y, jet<V, W>& w) {
  w.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) w[s] = minus_square_coefficient(y, s);
  });
}

/// Fills y = 1 / (1 + exp(-u)) and w = y - y^2; y_0 and w_0 are given.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void sigmoid_jet(const jet<V, U>& u, jet<V, Y>& y, jet<V, Y>& w) {
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) {
      y[s] = chain_coefficient(u, w, s);
      w[s] = y[s] + minus_square_coefficient(y, s);
    }
  });
}

/// Fills w = y - y^2 from y; w_0 is given.
template <class V, class Y, class W>
DIMWISE_INLINE constexpr void sigmoid_slope_jet(const jet<V, Y>& y, jet<V, W>& w) {
  w.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) w[s] = (y.set.has(s) ? y[s] : V(0)) + minus_square_coefficient(y, s);
  });
}

/// Fills y with dy = w du; y_0 is given.
template <class V, class U, class W, class Y>
DIMWISE_INLINE constexpr void integral_jet(const jet<V, U>& u, const jet<V, W>& w, jet<V, Y>& y) {
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) y[s] = chain_coefficient(u, w, s);
  });
}

/// Fills sine = sin(u) and cosine = cos(u); both values are given.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void sincos_jet(const jet<V, U>& u, jet<V, Y>& sine, jet<V, Y>& cosine) {
  sine.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) {
      sine[s] = chain_coefficient(u, cosine, s);
      cosine[s] = V(0) - chain_coefficient(u, sine, s);
    }
  });
}

/// Fills y = sinh(u) and other = cosh(u), or the other way round; both values are given.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void sinhcosh_jet(const jet<V, U>& u, jet<V, Y>& y, jet<V, Y>& other) {
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) {
      y[s] = chain_coefficient(u, other, s);
      other[s] = chain_coefficient(u, y, s);
    }
  });
}

/// Fills y = 1 / u; y_0 is given.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void reciprocal_jet(const jet<V, U>& u, jet<V, Y>& y) {
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) {
      V sum(0);
      u.set.each([&](auto a) DIMWISE_INLINE_LAMBDA {
        if (a != 0 && divides(a, s)) sum = multiply_add<V>::of(u[a], y[s - a], sum);
      });
      y[s] = (V(0) - sum) * y[0];
    }
  });
}

/// Fills y = sum over j of f_j (u - u_0)^j, the Taylor coefficients f_0 .. f_K of a function at u_0 given, K the largest total order of y.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void composition_jet(const jet<V, U>& u, const V* f, jet<V, Y>& y) {
  const int most = max_x(y.set.mask) + max_t(y.set.mask);
  jet<V, Y> next(y.set);
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA { y[s] = V(0); });
  y[0] = f[most];
  for (int j = most - 1; j >= 0; j--) {
    y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
      V sum(0);
      u.set.each([&](auto a) DIMWISE_INLINE_LAMBDA {
        if (a != 0 && divides(a, s)) sum = multiply_add<V>::of(u[a], y[s - a], sum);
      });
      next[s] = sum;
    });
    next[0] = f[j];
    y = next;
  }
}

/// Fills y = log(u); y_0 and r = 1 / u_0 are given.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void log_jet(const jet<V, U>& u, jet<V, Y>& y, V r) {
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) {
      V sum(0);
      y.set.each([&](auto a) DIMWISE_INLINE_LAMBDA {
        const int order = detail::along(s, a), of = detail::along(s, s);
        if (a != s && divides(a, s) && order > 0 && u.set.has(s - a)) sum = multiply_add<V>::of(y[a] * V(double(order) / of), u[s - a], sum);
      });
      y[s] = ((u.set.has(s) ? u[s] : V(0)) - sum) * r;
    }
  });
}

/// Fills y = u^p; y_0 and r = 1 / u_0 are given.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void power_jet(const jet<V, U>& u, jet<V, Y>& y, V r, double p) {
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) {
      V sum(0);
      u.set.each([&](auto a) DIMWISE_INLINE_LAMBDA {
        const double order = detail::along(s, a), of = detail::along(s, s);
        if (a != 0 && divides(a, s)) sum = multiply_add<V>::of(u[a] * V(((p + 1) * order - of) / of), y[s - a], sum);
      });
      y[s] = sum * r;
    }
  });
}

}  // namespace dimwise
