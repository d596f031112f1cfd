// kernel/elementary_jets.hpp: elementary functions and their derivatives on series of packs.
#pragma once
#include "../calculus/jet.hpp"
#include "../ir/jet_program.hpp"
#include "../simd/elementary.hpp"

namespace dimwise {

template <class T, class A>
struct multiply_add<xsimd::batch<T, A>> {
  using pack = xsimd::batch<T, A>;
  DIMWISE_INLINE static pack of(const pack& a, const pack& b, const pack& c) { return simd::fma(a, b, c); }
  DIMWISE_INLINE static pack minus(const pack& a, const pack& b, const pack& c) { return simd::fnma(a, b, c); }
};

inline namespace DIMWISE_SIMD_ISA {
namespace steps {

namespace detail {
template <class V, class U>
DIMWISE_INLINE V value_of(const jet<V, U>& u) {
  return u.set.has(0) ? u[0] : V(0);
}

/// w = factor exp(-scale u^2), scale 1 or 1/2: what erf, erfc and the normal distribution function integrate.
template <class T, class U, class W>
DIMWISE_INLINE void gaussian_jet(const jet<simd::pack<T>, U>& u, jet<simd::pack<T>, W>& w, double factor, double scale) {
  using V = simd::pack<T>;
  jet<V, W> v(w.set), e(w.set);
  const V minus(static_cast<T>(-scale)), times(static_cast<T>(factor));
  v.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { v[k] = minus * product_coefficient(u, u, k); });
  e[0] = scale == 1 ? simd::exp_minus_square(value_of(u)) : simd::exp_minus_half_square(value_of(u));
  exp_jet(v, e);
  w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = times * e[k]; });
}

/// w = 1 / (1 + u^2). The coefficients of 1 + u^2 are divided by its value first, so that nothing overflows where u^2 does.
template <class T, class U, class W>
DIMWISE_INLINE void arctangent_slope_jet(const jet<simd::pack<T>, U>& u, jet<simd::pack<T>, W>& w) {
  using V = simd::pack<T>;
  const V one(static_cast<T>(1)), u0 = value_of(u), r = simd::reciprocal(simd::fma(u0, u0, one));
  const V twice_ratio =
      V(static_cast<T>(2)) * simd::reciprocal(u0 + simd::reciprocal(u0));  // 2 u / (1 + u^2), at 0 and infinity too
  jet<V, W> q(w.set);
  w[0] = r;
  w.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) {
      V square(static_cast<T>(0)), sum(static_cast<T>(0));
      u.set.each([&](auto a) DIMWISE_INLINE_LAMBDA {
        if (a != 0 && a != s && divides(a, s) && u.set.has(s - a)) square = simd::fma(u[a], u[s - a], square);
      });
      q[s] = r * square;
      if (u.set.has(s)) q[s] = simd::fma(twice_ratio, u[s], q[s]);
      w.set.each([&](auto a) DIMWISE_INLINE_LAMBDA {
        if (a != 0 && divides(a, s)) sum = simd::fma(q[a], w[s - a], sum);
      });
      w[s] = V(static_cast<T>(0)) - sum;
    }
  });
}

/// w = (1 - u^2)^(-1/2).
template <class T, class U, class W>
DIMWISE_INLINE void arcsine_slope_jet(const jet<simd::pack<T>, U>& u, jet<simd::pack<T>, W>& w) {
  using V = simd::pack<T>;
  const V one(static_cast<T>(1)), u0 = value_of(u);
  jet<V, W> q(w.set);
  q[0] = (one - u0) * (one + u0);
  q.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
    if (s != 0) q[s] = V(static_cast<T>(0)) - product_coefficient(u, u, s);
  });
  w[0] = simd::reciprocal(simd::sqrt(q[0]));
  power_jet(q, w, simd::reciprocal(q[0]), -0.5);
}

/// y = u^p for any real p, or with `slope` its derivative. Taylor coefficients of the power by a power each: a recurrence that
/// starts from u_0^p would lose the others' digits where that underflows.
template <class T, class U, class Y>
DIMWISE_INLINE void power_jet_of_any_size(const jet<simd::pack<T>, U>& u, jet<simd::pack<T>, Y>& y, double p, bool slope) {
  const int most = max_x(y.set.mask) + max_t(y.set.mask);
  const simd::pack<T> u0 = value_of(u);
  simd::pack<T> f[2 * max_order + 1];
  double factor = slope ? p : 1;
  for (int j = 0; j <= most; j++) {
    const double order = j + slope, exponent = p - order, part = exponent - p;
    const double tail = (p - (exponent - part)) + (-order - part);  // what the difference lost
    f[j] = simd::broadcast<T>(static_cast<T>(factor)) * simd::power(u0, exponent, tail);
    factor *= exponent / (j + 1);
  }
  composition_jet(u, f, y);
}

/// y = u^(1/n), n = 2 or 3, or with `slope` its derivative; by composition, whose errors do not add up from order to order.
template <int N, class T, class U, class Y>
DIMWISE_INLINE void root_jet(const jet<simd::pack<T>, U>& u, jet<simd::pack<T>, Y>& y, bool slope) {
  using V = simd::pack<T>;
  const int most = max_x(y.set.mask) + max_t(y.set.mask) + slope;
  const V u0 = value_of(u), root = N == 2 ? simd::sqrt(u0) : simd::cbrt(u0), r = simd::reciprocal(u0);
  V f[2 * max_order + 2];
  f[0] = root;
  f[1] = simd::reciprocal(simd::broadcast<T>(N) * (N == 2 ? root : root * root));
  for (int j = 2; j <= most; j++) f[j] = f[j - 1] * simd::broadcast<T>(static_cast<T>((1.0 / N - (j - 1)) / j)) * r;
  for (int j = 0; slope && j < most; j++) f[j] = f[j + 1] * simd::broadcast<T>(static_cast<T>(j + 1));
  composition_jet(u, f, y);
}

/// 1 / u_0 for a logarithm: not a number below 0, so that no derivative is one where the value is none.
template <class T>
DIMWISE_INLINE simd::pack<T> logarithm_slope(const simd::pack<T>& u0) {
  using V = simd::pack<T>;
  return simd::select<T>(u0 < V(static_cast<T>(0)), V(std::numeric_limits<T>::quiet_NaN()), simd::reciprocal(u0));
}

/// The derivative of relu (0 at 0) and of abs (1 at 0), or not a number.
template <function F, class T>
DIMWISE_INLINE simd::pack<T> side(const simd::pack<T>& u0) {
  using V = simd::pack<T>;
  const V zero(static_cast<T>(0)), one(static_cast<T>(1));
  if constexpr (F == function::relu) return simd::select<T>(u0 > zero, one, simd::select<T>(u0 <= zero, zero, u0));
  else return simd::select<T>(u0 >= zero, one, simd::select<T>(u0 < zero, V(static_cast<T>(-1)), u0));
}
}  // namespace detail

/// Functions whose other coefficients follow from their value, and of tanh and sigmoid their slope, at u_0.
constexpr bool follows_from_value(function f) { return f == function::exp || f == function::tanh || f == function::sigmoid; }

/// f(u_0) of such a function, and if asked for the slope that tanh and sigmoid keep.
template <function F, bool WithSlope, class T>
DIMWISE_INLINE simd::pack<T> value_and_slope(const simd::pack<T>& u0, simd::pack<T>& slope) {
  if constexpr (F == function::exp) return simd::exp(u0);
  else if constexpr (F == function::tanh && WithSlope) return simd::tanh_with_slope(u0, slope);
  else if constexpr (F == function::tanh) return simd::tanh(u0);
  else if constexpr (WithSlope) return simd::sigmoid_with_slope(u0, slope);
  else return simd::sigmoid(u0);
}

/// The type of its stages (simd/software_pipeline.hpp), with the slope if asked for; void where it is not cut into any.
template <function F, class T, bool WithSlope>
constexpr auto stages_of() {
#if defined(DIMWISE_SIMD_AVX512)
  if constexpr (F == function::tanh) return std::type_identity<simd::tanh_stages<T, WithSlope>>{};
  else if constexpr (F == function::exp && sizeof(T) == 4) return std::type_identity<simd::exp_stages>{};
  else if constexpr (F == function::sigmoid && sizeof(T) == 4) return std::type_identity<simd::sigmoid_stages<WithSlope>>{};
  else
#endif
    return std::type_identity<void>{};
}

/// Fills y_s, s != 0, of such a function; y_0 and the slope are given.
template <function F, class V, class U, class Y>
DIMWISE_INLINE void series_from_value(const jet<V, U>& u, jet<V, Y>& y, const V& slope) {
  if constexpr (F == function::exp) {
    exp_jet(u, y);
  } else {
    jet<V, Y> w(y.set);
    w[0] = slope;
    if constexpr (F == function::tanh) tanh_jet(u, y, w);
    else sigmoid_jet(u, y, w);
  }
}

/// y = f(u) on the set of y; slope is f'(u_0) where tanh and sigmoid keep it. Of exp_given, y_0 is given.
template <function F, class T, class U, class Y>
DIMWISE_INLINE void apply(const jet<simd::pack<T>, U>& u, jet<simd::pack<T>, Y>& y, simd::pack<T>& slope, double power) {
  using V = simd::pack<T>;
  const V u0 = detail::value_of(u), zero(static_cast<T>(0));
  if constexpr (follows_from_value(F)) {
    y[0] = value_and_slope<F, true, T>(u0, slope);
    series_from_value<F>(u, y, slope);
  } else if constexpr (F == function::exp_relative) {
    y[0] = V(T(1));
    exp_jet(u, y);
  } else if constexpr (F == function::exp_given) {
    exp_jet(u, y);
  } else if constexpr (F == function::expm1) {
    y[0] = simd::exp(u0);
    exp_jet(u, y);
    y[0] = simd::expm1(u0);
  } else if constexpr (F == function::tan) {
    jet<V, Y> w(y.set);
    y[0] = simd::tan(u0);
    w[0] = simd::fma(y[0], y[0], V(T(1)));
    tan_jet(u, y, w);
  } else if constexpr (F == function::softplus) {
    jet<V, Y> w(y.set), ww(y.set);
    y[0] = simd::softplus_with_slopes(u0, w[0], ww[0]);
    sigmoid_jet(u, w, ww);
    integral_jet(u, w, y);
  } else if constexpr (F == function::log) {
    y[0] = simd::log(u0);
    log_jet(u, y, detail::logarithm_slope<T>(u0));
  } else if constexpr (F == function::log1p) {
    y[0] = simd::log1p(u0);
    log_jet(u, y, detail::logarithm_slope<T>(u0 + V(T(1))));
  } else if constexpr (F == function::sqrt) {
    detail::root_jet<2, T>(u, y, false);
  } else if constexpr (F == function::cbrt) {
    detail::root_jet<3, T>(u, y, false);
  } else if constexpr (F == function::reciprocal) {
    y[0] = simd::reciprocal(u0);
    reciprocal_jet(u, y);
  } else if constexpr (F == function::erf || F == function::erfc) {
    jet<V, Y> w(y.set);
    detail::gaussian_jet<T>(u, w, F == function::erf ? 1.1283791670955125739 : -1.1283791670955125739, 1);
    y[0] = F == function::erf ? simd::erf(u0) : simd::erfc(u0);
    integral_jet(u, w, y);
  } else if constexpr (F == function::normal_cdf) {
    jet<V, Y> w(y.set);
    detail::gaussian_jet<T>(u, w, 0.39894228040143267794, 0.5);
    y[0] = simd::normal_cdf(u0);
    integral_jet(u, w, y);
  } else if constexpr (F == function::asin || F == function::acos) {
    jet<V, Y> w(y.set);
    detail::arcsine_slope_jet<T>(u, w);
    if constexpr (F == function::acos) w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = zero - w[k]; });
    y[0] = F == function::asin ? simd::asin(u0) : simd::acos(u0);
    integral_jet(u, w, y);
  } else if constexpr (F == function::atan) {
    jet<V, Y> w(y.set);
    detail::arctangent_slope_jet<T>(u, w);
    y[0] = simd::atan(u0);
    integral_jet(u, w, y);
  } else if constexpr (F == function::power) {
    detail::power_jet_of_any_size<T>(u, y, power, false);
  } else if constexpr (F == function::relu || F == function::abs) {
    const V by = detail::side<F, T>(u0);
    y.set.each([&](auto s) DIMWISE_INLINE_LAMBDA {
      const V with = by * (u.set.has(s) ? u[s] : zero);
      y[s] = F == function::relu ? simd::select<T>(by == zero, zero, with) : with;  // 0 for minus infinity, too
    });
  } else if constexpr (F == function::sinh || F == function::cosh) {
    jet<V, Y> other(y.set);
    const V sine = simd::sinh(u0), cosine = simd::cosh(u0);
    y[0] = F == function::sinh ? sine : cosine;
    other[0] = F == function::sinh ? cosine : sine;
    sinhcosh_jet(u, y, other);
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

/// w = f'(u) on its set, from u, y = f(u) or the kept slope.
template <function F, class T, class U, class Y, class W>
DIMWISE_INLINE void slope_jet(const jet<simd::pack<T>, U>& u, const jet<simd::pack<T>, Y>& y, simd::pack<T> slope,
                              jet<simd::pack<T>, W>& w, double power) {
  using V = simd::pack<T>;
  const V zero(T(0));
  V unused(T(0));
  if constexpr (F == function::exp || F == function::exp_relative || F == function::exp_given) {
    w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = y.set.has(k) ? y[k] : zero; });
  } else if constexpr (F == function::expm1) {
    apply<function::exp, T>(u, w, unused, 0);
  } else if constexpr (F == function::tanh) {
    w[0] = slope;
    tanh_slope_jet(y, w);
  } else if constexpr (F == function::tan) {
    w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = product_coefficient(y, y, k); });
    w[0] = w[0] + V(T(1));
  } else if constexpr (F == function::sigmoid) {
    w[0] = slope;
    sigmoid_slope_jet(y, w);
  } else if constexpr (F == function::softplus) {
    apply<function::sigmoid, T>(u, w, unused, 0);
  } else if constexpr (F == function::log) {
    w[0] = detail::logarithm_slope<T>(detail::value_of(u));
    reciprocal_jet(u, w);
  } else if constexpr (F == function::log1p) {
    w[0] = detail::logarithm_slope<T>(detail::value_of(u) + V(T(1)));
    reciprocal_jet(u, w);
  } else if constexpr (F == function::sqrt) {
    detail::root_jet<2, T>(u, w, true);
  } else if constexpr (F == function::cbrt) {
    detail::root_jet<3, T>(u, w, true);
  } else if constexpr (F == function::reciprocal) {
    w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = zero - product_coefficient(y, y, k); });
  } else if constexpr (F == function::power) {
    detail::power_jet_of_any_size<T>(u, w, power, true);
  } else if constexpr (F == function::erf || F == function::erfc) {
    detail::gaussian_jet<T>(u, w, F == function::erf ? 1.1283791670955125739 : -1.1283791670955125739, 1);
  } else if constexpr (F == function::normal_cdf) {
    detail::gaussian_jet<T>(u, w, 0.39894228040143267794, 0.5);
  } else if constexpr (F == function::asin || F == function::acos) {
    detail::arcsine_slope_jet<T>(u, w);
    if constexpr (F == function::acos) w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = zero - w[k]; });
  } else if constexpr (F == function::atan) {
    detail::arctangent_slope_jet<T>(u, w);
  } else if constexpr (F == function::relu || F == function::abs) {
    w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = zero; });
    w[0] = detail::side<F, T>(detail::value_of(u));
  } else if constexpr (F == function::sinh) {
    apply<function::cosh, T>(u, w, unused, 0);
  } else if constexpr (F == function::cosh) {
    apply<function::sinh, T>(u, w, unused, 0);
  } else if constexpr (F == function::sin) {
    apply<function::cos, T>(u, w, unused, 0);
  } else {
    jet<V, W> r(w.set);
    apply<function::sin, T>(u, r, unused, 0);
    w.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { w[k] = zero - r[k]; });
  }
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
