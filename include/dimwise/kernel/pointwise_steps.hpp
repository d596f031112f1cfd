// kernel/pointwise_steps.hpp: products, elementary functions and their cotangents on jets, one vector of samples at a time in registers.
#pragma once
#include "../calculus/jet.hpp"
#include "../simd/elementary.hpp"
#include "../simd/pack.hpp"
#include "step.hpp"

namespace dimwise {

template <class T, class A>
struct multiply_add<xsimd::batch<T, A>> {
  using pack = xsimd::batch<T, A>;
  DIMWISE_INLINE static pack of(const pack& a, const pack& b, const pack& c) { return simd::fma(a, b, c); }
};

inline namespace DIMWISE_SIMD_ISA {
namespace steps {

namespace detail {
template <class T, class Set>
DIMWISE_INLINE void load_jet(jet<simd::pack<T>, Set>& u, const T* const* rows, const std::ptrdiff_t* strides, int w, int s) {
  u.set.each([&](auto k) DIMWISE_INLINE_LAMBDA {
    const int p = u.set.place(k);
    u.c[p] = simd::load(rows[p] + w * strides[p] + s);
  });
}
/// The rows of an operand for the current dimension.
template <class T, class Set>
struct operand_rows {
  const T* row[Set::capacity];
  std::ptrdiff_t stride[Set::capacity];
  /// first: the feature that the first row belongs to.
  DIMWISE_INLINE operand_rows(const call<T>& c, const row_reference* r, const Set& set, int first = 0) {
    set.each([&](auto k) DIMWISE_INLINE_LAMBDA {
      const int p = set.place(k);
      row[p] = c.at(r[p], -first);
      stride[p] = r[p].row;
    });
  }
};
}  // namespace detail

template <class T, class Out, class A, class B>
void mul(const step<T>& st, const call<T>& c) {
  using V = simd::pack<T>;
  const Out out(st.out_set);
  const A sa(st.in_set[0]);
  const B sb(st.in_set[1]);
  const detail::operand_rows<T, A> a(c, st.in[0], sa);
  const detail::operand_rows<T, B> b(c, st.in[1], sb);
  for (int w = 0; w < st.width; w++) {
    T* y = c.at(st.out, w);
    for (int s = 0; s < st.samples; s += simd::lanes<T>) {
      jet<V, A> u(sa);
      jet<V, B> v(sb);
      detail::load_jet(u, a.row, a.stride, w, s);
      detail::load_jet(v, b.row, b.stride, w, s);
      out.each([&](auto k) DIMWISE_INLINE_LAMBDA { simd::store(y + out.place(k) * st.samples + s, product_coefficient(u, v, k)); });
    }
  }
}

template <class T, class Out, class A, class B>
void correlate(const step<T>& st, const call<T>& c) {
  using V = simd::pack<T>;
  const Out out(st.out_set);
  const A sa(st.in_set[0]);
  const B sb(st.in_set[1]);
  const detail::operand_rows<T, A> a(c, st.in[0], sa);
  const detail::operand_rows<T, B> b(c, st.in[1], sb);
  const V factor = simd::broadcast<T>(T(st.value));
  for (int w = 0; w < st.width; w++) {
    T* y = c.at(st.out, w);
    for (int s = 0; s < st.samples; s += simd::lanes<T>) {
      jet<V, A> u(sa);
      jet<V, B> v(sb);
      detail::load_jet(u, a.row, a.stride, w, s);
      detail::load_jet(v, b.row, b.stride, w, s);
      out.each([&](auto k) DIMWISE_INLINE_LAMBDA {
        simd::store(y + out.place(k) * st.samples + s, factor * correlation_coefficient(u, v, k));
      });
    }
  }
}

/// w = 2 / sqrt(pi) exp(-u^2), or minus that.
template <class V, class U, class W>
DIMWISE_INLINE void error_function_slope(const jet<V, U>& u, jet<V, W>& w, bool complement) {
  jet<V, W> v(w.set), e(w.set);
  const V factor(complement ? -1.1283791670955126 : 1.1283791670955126);
  v.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { v[k] = V(0) - product_coefficient(u, u, k); });
  const V u0 = u.set.has(0) ? u[0] : V(0);
  e[0] = simd::exp(V(0) - u0 * u0);
  exp_jet(v, e);
  w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = factor * e[k]; });
}

/// y = f(u) on the set of y; slope is f'(u_0) where tanh and sigmoid keep it.
template <function F, class T, class U, class Y>
DIMWISE_INLINE void apply(const jet<simd::pack<T>, U>& u, jet<simd::pack<T>, Y>& y, simd::pack<T>& slope, double power) {
  using V = simd::pack<T>;
  const V u0 = u.set.has(0) ? u[0] : V(T(0));
  if constexpr (F == function::exp) {
    y[0] = simd::exp(u0);
    exp_jet(u, y);
  } else if constexpr (F == function::exp_relative) {
    y[0] = V(T(1));
    exp_jet(u, y);
  } else if constexpr (F == function::tanh) {
    jet<V, Y> w(y.set);
    y[0] = simd::tanh_with_slope(u0, slope);
    w[0] = slope;
    tanh_jet(u, y, w);
  } else if constexpr (F == function::sigmoid) {
    jet<V, Y> w(y.set);
    y[0] = simd::sigmoid_with_slope(u0, slope);
    w[0] = slope;
    sigmoid_jet(u, y, w);
  } else if constexpr (F == function::softplus) {
    jet<V, Y> w(y.set), ww(y.set);
    y[0] = simd::softplus(u0);
    w[0] = simd::sigmoid_with_slope(u0, ww[0]);
    sigmoid_jet(u, w, ww);
    integral_jet(u, w, y);
  } else if constexpr (F == function::log) {
    y[0] = simd::log(u0);
    log_jet(u, y, simd::reciprocal(u0));
  } else if constexpr (F == function::sqrt) {
    y[0] = simd::sqrt(u0);
    sqrt_jet(u, y, simd::reciprocal(y[0] + y[0]));
  } else if constexpr (F == function::reciprocal) {
    y[0] = simd::reciprocal(u0);
    reciprocal_jet(u, y);
  } else if constexpr (F == function::erf || F == function::erfc) {
    jet<V, Y> w(y.set);
    error_function_slope(u, w, F == function::erfc);
    y[0] = F == function::erf ? simd::erf(u0) : simd::erfc(u0);
    integral_jet(u, w, y);
  } else if constexpr (F == function::power) {
    y[0] = simd::power(u0, power);
    power_jet(u, y, simd::reciprocal(u0), power);
  } else {
    jet<V, Y> other(y.set);
    V sine, cosine;
    simd::sincos(u0, sine, cosine);
    y[0] = F == function::sin ? sine : cosine;
    other[0] = F == function::sin ? cosine : sine;
    if constexpr (F == function::sin) sincos_jet(u, y, other);
    else sincos_jet(u, other, y);
  }
}

template <class T, function F, bool Slope, class Out, class A>
void unary(const step<T>& st, const call<T>& c) {
  using V = simd::pack<T>;
  const Out out(st.out_set);
  const auto full = out.closure();
  const A sa(st.in_set[0]);
  const detail::operand_rows<T, A> a(c, st.in[0], sa, st.strip ? c.first_row : 0);
  for (int w = c.first_row, end = c.end_row(st.width); w < end; w++) {
    T* y = c.at(st.out, w);
    for (int s = 0; s < st.samples; s += simd::lanes<T>) {
      jet<V, A> u(sa);
      detail::load_jet(u, a.row, a.stride, w, s);
      jet<V, std::remove_const_t<decltype(full)>> r(full);
      V slope(T(0));
      apply<F, T>(u, r, slope, st.value);
      out.each([&](auto k) DIMWISE_INLINE_LAMBDA { simd::store(y + out.place(k) * st.samples + s, r[k]); });
      if constexpr (Slope) simd::store(c.at(st.slope, w) + s, slope);
    }
  }
}

/// w = f'(u) on its set, from u, y = f(u) or the kept slope.
template <function F, class T, class U, class Y, class W>
DIMWISE_INLINE void slope_jet(const jet<simd::pack<T>, U>& u, const jet<simd::pack<T>, Y>& y, simd::pack<T> slope, jet<simd::pack<T>, W>& w,
                              double power) {
  using V = simd::pack<T>;
  V unused(T(0));
  if constexpr (F == function::exp || F == function::exp_relative) {
    w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = y.set.has(k) ? y[k] : V(T(0)); });
  } else if constexpr (F == function::tanh) {
    w[0] = slope;
    tanh_slope_jet(y, w);
  } else if constexpr (F == function::sigmoid) {
    w[0] = slope;
    sigmoid_slope_jet(y, w);
  } else if constexpr (F == function::softplus) {
    apply<function::sigmoid, T>(u, w, unused, 0);
  } else if constexpr (F == function::log) {
    apply<function::reciprocal, T>(u, w, unused, 0);
  } else if constexpr (F == function::sqrt) {
    jet<V, W> r(w.set);
    r[0] = simd::reciprocal(y[0]);
    reciprocal_jet(y, r);
    w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = V(T(0.5)) * r[k]; });
  } else if constexpr (F == function::reciprocal) {
    w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = V(T(0)) - product_coefficient(y, y, k); });
  } else if constexpr (F == function::power) {
    jet<V, W> r(w.set);
    apply<function::power, T>(u, r, unused, power - 1);
    w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = V(T(power)) * r[k]; });
  } else if constexpr (F == function::erf || F == function::erfc) {
    error_function_slope(u, w, F == function::erfc);
  } else if constexpr (F == function::sin) {
    apply<function::cos, T>(u, w, unused, 0);
  } else {
    jet<V, W> r(w.set);
    apply<function::sin, T>(u, r, unused, 0);
    w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = V(T(0)) - r[k]; });
  }
}

template <class T, function F, class Out, class A, class U, class Y>
void unary_vjp(const step<T>& st, const call<T>& c) {
  using V = simd::pack<T>;
  const Out out(st.out_set);
  const A sa(st.in_set[0]);
  const U su(st.in_set[1]);
  const Y sy(st.in_set[2]);
  const auto sw = sa.closure();
  const detail::operand_rows<T, A> a(c, st.in[0], sa, st.strip ? c.first_row : 0);
  const detail::operand_rows<T, U> u_rows(c, st.in[1], su);
  const detail::operand_rows<T, Y> y_rows(c, st.in[2], sy);
  for (int w = c.first_row, end = c.end_row(st.width); w < end; w++) {
    T* to = c.at(st.out, w);
    for (int s = 0; s < st.samples; s += simd::lanes<T>) {
      jet<V, A> bar(sa);
      jet<V, U> u(su);
      jet<V, Y> y(sy);
      detail::load_jet(bar, a.row, a.stride, w, s);
      if constexpr (vjp_reads_operand(F)) detail::load_jet(u, u_rows.row, u_rows.stride, w, s);
      else detail::load_jet(y, y_rows.row, y_rows.stride, w, s);
      V slope(T(0));
      if constexpr (vjp_reads_slope(F)) slope = simd::load(c.at(st.slope, w) + s);
      jet<V, std::remove_const_t<decltype(sw)>> f(sw);
      slope_jet<F, T>(u, y, slope, f, st.value);
      out.each([&](auto k) DIMWISE_INLINE_LAMBDA { simd::store(to + out.place(k) * st.samples + s, correlation_coefficient(bar, f, k)); });
    }
  }
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
