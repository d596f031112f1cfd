// calculus/jet.hpp: arithmetic on truncated Taylor series in (own coordinate, time), for any value type with +, - and *.
#pragma once
#include <utility>

#include "../core/inline.hpp"
#include "../ir/orders.hpp"

namespace dimwise {

/// a * b + c and c - a * b of a value type; specialised where one rounding is to be had.
template <class V>
struct multiply_add {
  DIMWISE_INLINE static constexpr V of(const V& a, const V& b, const V& c) { return a * b + c; }
  DIMWISE_INLINE static constexpr V minus(const V& a, const V& b, const V& c) { return c - a * b; }
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
    [&]<int... I>(std::integer_sequence<int, I...>) DIMWISE_INLINE_LAMBDA { (f(std::integral_constant<int, nth(I)>{}), ...); }
    (std::make_integer_sequence<int, count(Mask)>{});
  }
  /// The same from the last coefficient to the first.
  template <class F>
  DIMWISE_INLINE static constexpr void each_descending(F&& f) {
    [&]<int... I>(std::integer_sequence<int, I...>) DIMWISE_INLINE_LAMBDA {
      (f(std::integral_constant<int, nth(count(Mask) - 1 - I)>{}), ...);
    }
    (std::make_integer_sequence<int, count(Mask)>{});
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
  template <int I>
  DIMWISE_INLINE constexpr V& operator[](std::integral_constant<int, I> i) {
    if constexpr (requires { requires(Set::place(I) < Set::capacity); })
      return c[std::integral_constant<int, Set::place(I)>::value];
    else return c[set.place(i)];
  }
  template <int I>
  DIMWISE_INLINE constexpr const V& operator[](std::integral_constant<int, I> i) const {
    return const_cast<jet&>(*this)[i];
  }
};

namespace detail {
// The sums below run over the coefficients for which both factors are there. They are chosen before the loop, where possible at
// compile time: the compiler is spared all others, most of its work at high orders.

/// Order of a in the direction in which the recurrence for coefficient s runs: x where s has an x order, else time.
constexpr int along(int s, int a) { return x_order(s) > 0 ? x_order(a) : t_order(a); }

/// a of u such that s - a is of v.
constexpr orders product_terms(int s, orders u, orders v) {
  orders r = 0;
  for (orders m = u; m; m &= m - 1)
    if (const int a = std::countr_zero(m); divides(a, s) && contains(v, s - a)) r |= bit_of(a);
  return r;
}
constexpr orders square_terms(int s, orders y) { return product_terms(s, y, y) & ((bit_of(s / 2) << 1) - 1); }
constexpr orders correlation_terms(int j, orders a, orders w) {
  orders r = 0;
  for (orders m = a; m; m &= m - 1)
    if (const int s = std::countr_zero(m); divides(j, s) && contains(w, s - j)) r |= bit_of(s);
  return r;
}
/// Those of product_terms that the derivative in the direction of s leaves.
constexpr orders chain_terms(int s, orders u, orders w) {
  orders r = product_terms(s, u, w);
  for (orders m = r; m; m &= m - 1)
    if (along(s, std::countr_zero(m)) == 0) r &= ~bit_of(std::countr_zero(m));
  return r;
}
constexpr orders chain_terms_below(int s, orders u, orders w) { return chain_terms(s, u, w) & ~bit_of(s); }
/// Those whose factor (order of a / order of s) is 1, and the others.
constexpr orders whole_chain_terms(int s, orders u, orders w) {
  orders r = 0;
  for (orders m = chain_terms(s, u, w); m; m &= m - 1)
    if (along(s, std::countr_zero(m)) == along(s, s)) r |= m & -m;
  return r;
}
constexpr orders part_chain_terms(int s, orders u, orders w) { return chain_terms(s, u, w) & ~whole_chain_terms(s, u, w); }
constexpr orders later_terms(int s, orders u) { return product_terms(s, u, ~orders{0}) & ~value_only; }

/// The set Terms(s, sets ...), known at compile time where they are.
template <auto Terms, class S, class... Sets>
DIMWISE_INLINE constexpr auto chosen(S s, const Sets&... sets) {
  if constexpr (requires { std::bool_constant<(Terms(S::value, Sets::mask...), true)>{}; })
    return static_orders<Terms(S::value, Sets::mask...)>{};
  else return dynamic_orders(Terms(s, sets.mask...));
}
template <class A, class B>
DIMWISE_INLINE constexpr auto difference(A a, B b) {
  if constexpr (requires { std::bool_constant<(A::value, B::value, true)>{}; })
    return std::integral_constant<int, A::value - B::value>{};
  else return int(a) - int(b);
}
/// Whether a is the first or the last coefficient of a set.
template <class Set, class A>
DIMWISE_INLINE constexpr auto is_first(const Set& set, A a) {
  if constexpr (requires { std::bool_constant<(A::value, Set::mask, true)>{}; })
    return std::bool_constant<A::value == std::countr_zero(Set::mask)>{};
  else return int(a) == std::countr_zero(set.mask);
}
template <class Set, class A>
DIMWISE_INLINE constexpr auto is_last(const Set& set, A a) {
  if constexpr (requires { std::bool_constant<(A::value, Set::mask, true)>{}; })
    return std::bool_constant<A::value == 63 - std::countl_zero(Set::mask)>{};
  else return int(a) == 63 - std::countl_zero(set.mask);
}

/// n x, rounded once, for a small n > 0: by additions, for which processors have ports that multiply-adds do not need.
template <class V>
DIMWISE_INLINE constexpr V times(const V& x, int n) {
  switch (n) {
    case 1: return x;
    case 2: return x + x;
    case 3: return (x + x) + x;
    case 4: return (x + x) + (x + x);
    default: return x * V(double(n));
  }
}

/// A sum of products that starts with the first of them, not with zero.
template <class V>
struct product_sum {
  V value{};
  DIMWISE_INLINE constexpr void add(std::true_type, const V& a, const V& b) { value = a * b; }
  DIMWISE_INLINE constexpr void add(std::false_type, const V& a, const V& b) { value = multiply_add<V>::of(a, b, value); }
  DIMWISE_INLINE constexpr void add(bool first, const V& a, const V& b) {
    value = first ? a * b : multiply_add<V>::of(a, b, value);
  }
  template <class Set>
  DIMWISE_INLINE constexpr V result(const Set& terms) const {
    return terms.mask ? value : V(0);
  }
};
}  // namespace detail

/// Coefficient s of u * v. (Here and below, s is an integral_constant or an int.)
template <class V, class U, class W, class S>
DIMWISE_INLINE constexpr V product_coefficient(const jet<V, U>& u, const jet<V, W>& v, S s) {
  const auto terms = detail::chosen<detail::product_terms>(s, u.set, v.set);
  detail::product_sum<V> sum;
  terms.each([&](auto a) DIMWISE_INLINE_LAMBDA { sum.add(detail::is_first(terms, a), u[a], v[detail::difference(s, a)]); });
  return sum.result(terms);
}

/// Coefficient s of -y^2. The product with coefficient s itself comes last, because it is known last where y is being computed.
template <class V, class Y, class S>
DIMWISE_INLINE constexpr V minus_square_coefficient(const jet<V, Y>& y, S s) {
  const auto terms = detail::chosen<detail::square_terms>(s, y.set);
  detail::product_sum<V> sum;
  terms.each_descending([&](auto a) DIMWISE_INLINE_LAMBDA {
    sum.add(detail::is_last(terms, a), y[a] * V(2 * a == s ? -1.0 : -2.0), y[detail::difference(s, a)]);
  });
  return sum.result(terms);
}

/// sum over r >= j of a_r w_(r - j): what the cotangent a of y = w * u (or of y = f(u), w = f'(u)) gives u_j.
template <class V, class A, class W, class S>
DIMWISE_INLINE constexpr V correlation_coefficient(const jet<V, A>& a, const jet<V, W>& w, S j) {
  const auto terms = detail::chosen<detail::correlation_terms>(j, a.set, w.set);
  detail::product_sum<V> sum;
  terms.each([&](auto r) DIMWISE_INLINE_LAMBDA { sum.add(detail::is_first(terms, r), a[r], w[detail::difference(r, j)]); });
  return sum.result(terms);
}

/// Coefficient s != 0 of y where dy = w du: sum over a of (order of a / order of s) u_a w_(s - a). Where several terms have a
/// factor, the division by the order of s comes once, at the end. The coefficients of w that are known last come last, which
/// shortens the wait where w follows from y.
template <class V, class U, class W, class S>
DIMWISE_INLINE constexpr V chain_coefficient(const jet<V, U>& u, const jet<V, W>& w, S s) {
  const auto whole = detail::chosen<detail::whole_chain_terms>(s, u.set, w.set);
  const auto part = detail::chosen<detail::part_chain_terms>(s, u.set, w.set);
  const int of = detail::along(s, s);
  const bool one = count(part.mask) == 1;
  detail::product_sum<V> sum, parts;
  whole.each_descending([&](auto a)
                            DIMWISE_INLINE_LAMBDA { sum.add(detail::is_last(whole, a), u[a], w[detail::difference(s, a)]); });
  part.each_descending([&](auto a) DIMWISE_INLINE_LAMBDA {
    const int order = detail::along(s, a);
    if (one) sum.add(whole.mask == 0, u[a] * V(double(order) / of), w[detail::difference(s, a)]);
    else parts.add(detail::is_last(part, a), detail::times(u[a], order), w[detail::difference(s, a)]);
  });
  if (part.mask && !one) sum.add(whole.mask == 0, parts.value, V(1.0 / of));
  return whole.mask | part.mask ? sum.value : V(0);
}

/// Fills the coefficients s != 0 of y = exp(u); y_0 is given.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void exp_jet(const jet<V, U>& u, jet<V, Y>& y) {
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) y[s] = chain_coefficient(u, y, s);
  });
}

namespace detail {
/// Factor of u_a q_(s - a) in the recurrence of tanh below, a != s.
constexpr int square_factor(int s, int a) {
  const bool middle =
      x_order(s - a) % 2 == 0 && t_order(s - a) % 2 == 0;  // has y^2 a square of one coefficient, or only terms that come twice
  return along(s, a) * (middle ? 1 : 2);
}
/// What all these factors can be divided by: the order of s, or 2, or 1.
constexpr int common_factor(int s, orders terms) {
  const int of = along(s, s);
  bool whole = true, even = of % 2 == 0;
  for (orders m = terms; m; m &= m - 1) {
    whole = whole && square_factor(s, std::countr_zero(m)) % of == 0;
    even = even && square_factor(s, std::countr_zero(m)) % 2 == 0;
  }
  return whole ? of : even ? 2 : 1;
}
}  // namespace detail

/// Fills y = tanh(u) and w = 1 - y^2; y_0 and w_0 are given. The recurrence runs on q_s, coefficient s of y^2 or half of it where
/// all its terms come twice, with whole factors: 1, 4, 10 and 17 multiplications up to orders 1 to 4.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void tanh_jet(const jet<V, U>& u, jet<V, Y>& y, jet<V, Y>& w) {
  jet<V, Y> q(y.set);
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s == 0) return;
    // y_s = u_s w_0 - (1 / of) sum of factor_a u_a q_(s - a)
    const auto terms = detail::chosen<detail::chain_terms_below>(s, u.set, y.set);
    const int of = detail::along(s, s), common = detail::common_factor(s, terms.mask);
    V value = u.set.has(s) ? u[s] * w[0] : V(0);
    detail::product_sum<V> sum;
    terms.each_descending([&](auto a) DIMWISE_INLINE_LAMBDA {
      const V v = detail::times(u[a], detail::square_factor(s, a) / common);
      if (common == of) value = multiply_add<V>::minus(v, q[detail::difference(s, a)], value);
      else sum.add(detail::is_last(terms, a), v, q[detail::difference(s, a)]);
    });
    if (common != of) value = multiply_add<V>::minus(sum.value, V(double(common) / of), value);
    y[s] = value;
    const bool middle = x_order(s) % 2 == 0 && t_order(s) % 2 == 0;
    const auto pairs = detail::chosen<detail::square_terms>(s, y.set);
    detail::product_sum<V> square;
    pairs.each_descending([&](auto a) DIMWISE_INLINE_LAMBDA {
      square.add(detail::is_last(pairs, a), detail::times(y[a], middle && 2 * a != s ? 2 : 1), y[detail::difference(s, a)]);
    });
    q[s] = square.value;
    w[s] = q[s] * V(middle ? -1.0 : -2.0);
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
      detail::chosen<detail::later_terms>(s, u.set).each(
          [&](auto a) DIMWISE_INLINE_LAMBDA { sum = multiply_add<V>::of(u[a], y[detail::difference(s, a)], sum); });
      y[s] = (V(0) - sum) * y[0];
    }
  });
}

/// Fills y = sum over j of f_j (u - u_0)^j, the Taylor coefficients f_0 .. f_K of a function at u_0 given, K the largest total
/// order of y.
template <class V, class U, class Y>
DIMWISE_INLINE constexpr void composition_jet(const jet<V, U>& u, const V* f, jet<V, Y>& y) {
  const int most = max_x(y.set.mask) + max_t(y.set.mask);
  jet<V, Y> next(y.set);
  y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA { y[s] = V(0); });
  y[0] = f[most];
  for (int j = most - 1; j >= 0; j--) {
    y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
      V sum(0);
      detail::chosen<detail::later_terms>(s, u.set).each(
          [&](auto a) DIMWISE_INLINE_LAMBDA { sum = multiply_add<V>::of(u[a], y[detail::difference(s, a)], sum); });
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
      detail::chosen<detail::chain_terms_below>(s, y.set, u.set).each([&](auto a) DIMWISE_INLINE_LAMBDA {
        sum = multiply_add<V>::of(y[a] * V(double(detail::along(s, a)) / detail::along(s, s)), u[detail::difference(s, a)], sum);
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
      detail::chosen<detail::later_terms>(s, u.set).each([&](auto a) DIMWISE_INLINE_LAMBDA {
        const double order = detail::along(s, a), of = detail::along(s, s);
        sum = multiply_add<V>::of(u[a] * V(((p + 1) * order - of) / of), y[detail::difference(s, a)], sum);
      });
      y[s] = sum * r;
    }
  });
}

}  // namespace dimwise
