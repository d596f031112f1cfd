// kernel/copy_steps.hpp: steps whose work is reading and writing rows: sums, feature maps, derivatives by shifting coefficients.
#pragma once
#include <algorithm>

#include "../simd/pack.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {
namespace steps {

namespace detail {
/// Rows of one coefficient, one feature after another: the step's own addresses are read once for all of them, because what a
/// step stores could change anything that it reads through the call.
template <class T>
struct row_block {
  T* first;
  std::ptrdiff_t row;
};
template <class T>
inline row_block<const T> rows_at(const call<T>& c, const row_reference& r, int feature = 0) {
  return {c.at(r, feature), r.row};
}
template <class T>
inline row_block<T> rows_of_result(const step<T>& st, const call<T>& c, int place, int feature = 0) {
  return {c.at(st.out, feature) + place * st.samples, st.out.row};
}
/// out = f(a) for `width` features.
template <class T, class F>
inline void map_rows(int width, int samples, row_block<T> out, row_block<const T> a, F&& f) {
  for (; width > 0; width--, out.first += out.row, a.first += a.row)
#pragma GCC unroll 3
    for (int s = 0; s < samples; s += simd::lanes<T>) simd::store(out.first + s, f(simd::load(a.first + s)));
}
/// out = f(a, b).
template <class T, class F>
inline void map_rows(int width, int samples, row_block<T> out, row_block<const T> a, row_block<const T> b, F&& f) {
  for (; width > 0; width--, out.first += out.row, a.first += a.row, b.first += b.row)
#pragma GCC unroll 3
    for (int s = 0; s < samples; s += simd::lanes<T>)
      simd::store(out.first + s, f(simd::load(a.first + s), simd::load(b.first + s)));
}
template <class T>
inline void copy_rows(int width, int samples, row_block<T> out, row_block<const T> a) {
  map_rows(width, samples, out, a, [](auto x) { return x; });
}
template <class T>
inline void clear_rows(int width, int samples, row_block<T> out) {
  const auto zero = simd::broadcast<T>(T(0));
  for (; width > 0; width--, out.first += out.row)
#pragma GCC unroll 3
    for (int s = 0; s < samples; s += simd::lanes<T>) simd::store(out.first + s, zero);
}
/// Calls f(c, place in the result, reference or null for operand 0, the same for operand 1) for each coefficient of the result.
template <class T, class F>
inline void each_coefficient(const step<T>& st, F&& f) {
  int place = 0;
  for (orders m = st.out_set; m; m &= m - 1, place++) {
    const int c = std::countr_zero(m);
    f(c, place, contains(st.in_set[0], c) ? st.in[0] + slot(st.in_set[0], c) : nullptr,
      contains(st.in_set[1], c) ? st.in[1] + slot(st.in_set[1], c) : nullptr);
  }
}
}  // namespace detail

/// a + value * b; value is 1 or -1.
template <class T>
void add(const step<T>& st, const call<T>& c) {
  const bool minus = st.value < 0;
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference* b) {
    const auto out = detail::rows_of_result(st, c, place);
    if (a && b) {
      const auto x = detail::rows_at(c, *a), y = detail::rows_at(c, *b);
      if (minus) detail::map_rows(st.width, st.samples, out, x, y, [](auto p, auto q) { return p - q; });
      else detail::map_rows(st.width, st.samples, out, x, y, [](auto p, auto q) { return p + q; });
    } else if (b && minus) {
      detail::map_rows(st.width, st.samples, out, detail::rows_at(c, *b), [](auto q) { return -q; });
    } else if (a || b) {
      detail::copy_rows(st.width, st.samples, out, detail::rows_at(c, a ? *a : *b));
    } else {
      detail::clear_rows(st.width, st.samples, out);
    }
  });
}

namespace detail {
/// Whether the condition's row asks for the first branch; NaN does not.
template <class T>
inline auto first_chosen(const step<T>& st, const T* condition) {
  const auto a = simd::load(condition), zero = simd::broadcast<T>(T(0));
  return st.n == 1 ? a >= zero : a > zero;
}
}  // namespace detail

/// The first or second half of the features of operand 1, by the sign of operand 0's value.
template <class T>
void choose(const step<T>& st, const call<T>& c) {
  const auto zero = simd::broadcast<T>(T(0));
  detail::each_coefficient(st, [&](int, int place, const row_reference*, const row_reference* b) {
    for (int w = 0; w < st.width; w++) {
      T* out = c.at(st.out, w) + place * st.samples;
      const T* condition = c.at(st.in[0][0], w);
      for (int s = 0; s < st.samples; s += simd::lanes<T>)
        simd::store(out + s, b ? xsimd::select(detail::first_chosen(st, condition + s), simd::load(c.at(*b, w) + s),
                                               simd::load(c.at(*b, st.width + w) + s))
                               : zero);
    }
  });
}

/// Its transpose: operand 1 is the cotangent.
template <class T>
void choose_vjp(const step<T>& st, const call<T>& c) {
  const auto zero = simd::broadcast<T>(T(0));
  const int half = st.width / 2;
  detail::each_coefficient(st, [&](int, int place, const row_reference*, const row_reference* b) {
    for (int w = 0; w < half; w++) {
      T *first = c.at(st.out, w) + place * st.samples, *second = c.at(st.out, half + w) + place * st.samples;
      const T* condition = c.at(st.in[0][0], w);
      for (int s = 0; s < st.samples; s += simd::lanes<T>) {
        const auto chosen = detail::first_chosen(st, condition + s);
        const auto bar = b ? simd::load(c.at(*b, w) + s) : zero;
        simd::store(first + s, xsimd::select(chosen, bar, zero));
        simd::store(second + s, xsimd::select(chosen, zero, bar));
      }
    }
  });
}

template <class T>
void scale(const step<T>& st, const call<T>& c) {
  const auto factor = simd::broadcast<T>(T(st.value));
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    const auto out = detail::rows_of_result(st, c, place);
    if (a) detail::map_rows(st.width, st.samples, out, detail::rows_at(c, *a), [&](auto x) { return factor * x; });
    else detail::clear_rows(st.width, st.samples, out);
  });
}

template <class T>
void offset(const step<T>& st, const call<T>& c) {
  detail::each_coefficient(st, [&](int k, int place, const row_reference* a, const row_reference*) {
    const auto value = simd::broadcast<T>(T(k == 0 ? st.value : 0));
    const auto out = detail::rows_of_result(st, c, place);
    if (a) detail::map_rows(st.width, st.samples, out, detail::rows_at(c, *a), [&](auto x) { return x + value; });
    else detail::map_rows(st.width, st.samples, out, {out.first, out.row}, [&](auto) { return value; });
  });
}

/// a -+ (largest value over features of b); value is -1 or 1.
template <class T>
void shift_by_maximum(const step<T>& st, const call<T>& c) {
  for (int s = 0; s < st.samples; s += simd::lanes<T>) {
    auto largest = simd::load(c.at(st.in[1][0], 0) + s);
    for (int w = 1; w < st.in_width; w++) largest = simd::max(largest, simd::load(c.at(st.in[1][0], w) + s));
    // -inf - (-inf) would be NaN where every term is zero
    largest = simd::max(largest, simd::broadcast<T>(std::numeric_limits<T>::lowest()));
    detail::each_coefficient(st, [&](int k, int place, const row_reference* a, const row_reference*) {
      for (int w = 0; w < st.width; w++) {
        auto x = a ? simd::load(c.at(*a, w) + s) : simd::broadcast<T>(T(0));
        if (k == 0) x = st.value < 0 ? x - largest : x + largest;
        simd::store(c.at(st.out, w) + place * st.samples + s, x);
      }
    });
  }
}

/// Coefficient (j, l) is rising(j, n) rising(l, n2) a_(j+n, l+n2).
template <class T>
void derivative(const step<T>& st, const call<T>& c) {
  int place = 0;
  for (orders m = st.out_set; m; m &= m - 1, place++) {
    const int k = std::countr_zero(m), from = k + coefficient(st.n, st.n2);
    const bool there = x_order(k) + st.n <= max_order && t_order(k) + st.n2 <= max_order && contains(st.in_set[0], from);
    const auto factor = simd::broadcast<T>(T(rising(x_order(k), st.n) * rising(t_order(k), st.n2)));
    const auto out = detail::rows_of_result(st, c, place);
    if (there)
      detail::map_rows(st.width, st.samples, out, detail::rows_at(c, st.in[0][slot(st.in_set[0], from)]),
                       [&](auto x) { return factor * x; });
    else detail::clear_rows(st.width, st.samples, out);
  }
}

template <class T>
void derivative_vjp(const step<T>& st, const call<T>& c) {
  int place = 0;
  for (orders m = st.out_set; m; m &= m - 1, place++) {
    const int k = std::countr_zero(m), from = k - coefficient(st.n, st.n2);
    const bool there = x_order(k) >= st.n && t_order(k) >= st.n2 && contains(st.in_set[0], from);
    const auto factor = simd::broadcast<T>(T(there ? rising(x_order(from), st.n) * rising(t_order(from), st.n2) : 0));
    const auto out = detail::rows_of_result(st, c, place);
    if (there)
      detail::map_rows(st.width, st.samples, out, detail::rows_at(c, st.in[0][slot(st.in_set[0], from)]),
                       [&](auto x) { return factor * x; });
    else detail::clear_rows(st.width, st.samples, out);
  }
}

/// Feature w of the result is feature w - n of operand 0 where that exists, else of operand 1 (from its feature 0 behind operand
/// 0), else 0. Serves concat (n = 0), slice (n < 0), and their transposes; with n2 the place depends on the dimension, n = i *
/// (features of operand 0).
template <class T>
void features(const step<T>& st, const call<T>& c) {
  const int shift = st.n2 ? c.i * st.in_width : st.n;
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference* b) {
    // features before operand 0, of it, and behind it
    const int begin = std::clamp(shift, 0, st.width), end = std::clamp(shift + st.in_width, 0, st.width);
    detail::clear_rows(begin, st.samples, detail::rows_of_result(st, c, place));
    const auto middle = detail::rows_of_result(st, c, place, begin), last = detail::rows_of_result(st, c, place, end);
    if (a) detail::copy_rows(end - begin, st.samples, middle, detail::rows_at(c, *a, begin - shift));
    else detail::clear_rows(end - begin, st.samples, middle);
    if (b) detail::copy_rows(st.width - end, st.samples, last, detail::rows_at(c, *b, end - shift - st.in_width));
    else detail::clear_rows(st.width - end, st.samples, last);
  });
}

template <class T>
void repeat_features(const step<T>& st, const call<T>& c) {
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    const auto out = detail::rows_of_result(st, c, place);
    if (a) detail::copy_rows(st.width, st.samples, out, {c.at(*a, 0), 0});
    else detail::clear_rows(st.width, st.samples, out);
  });
}

template <class T>
void sum_features(const step<T>& st, const call<T>& c) {
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    T* out = c.at(st.out) + place * st.samples;
    for (int s = 0; s < st.samples; s += simd::lanes<T>) {
      auto total = simd::broadcast<T>(T(0));
      if (a)
        for (int w = 0; w < st.in_width; w++) total = total + simd::load(c.at(*a, w) + s);
      simd::store(out + s, total);
    }
  });
}

/// Adds the value of dimension i to the result.
template <class T>
void sum_dims(const step<T>& st, const call<T>& c) {
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    if (!a) return;
    const auto out = detail::rows_of_result(st, c, place);
    detail::map_rows(st.width, st.samples, out, {out.first, out.row}, detail::rows_at(c, *a),
                     [](auto x, auto y) { return x + y; });
  });
}

/// Features i W .. of a point-level value.
template <class T>
void unstack(const step<T>& st, const call<T>& c) {
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    const auto out = detail::rows_of_result(st, c, place);
    if (a) detail::copy_rows(st.width, st.samples, out, detail::rows_at(c, *a, c.i * st.width));
    else detail::clear_rows(st.width, st.samples, out);
  });
}

template <class T>
void unstack_vjp(const step<T>& st, const call<T>& c) {
  const int w_dim = st.width / st.d;
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    if (!a) return;
    detail::copy_rows(w_dim, st.samples, detail::rows_of_result(st, c, place, c.i * w_dim), detail::rows_at(c, *a));
  });
}

/// Zeroes a result that the loop over dimensions adds to.
template <class T>
void clear(const step<T>& st, const call<T>& c) {
  for (int w = 0; w < st.width; w++) std::fill_n(c.at(st.out, w), count(st.out_set) * st.samples, T(0));
}

/// Adds up the samples of the cotangent of a parameter.
template <class T>
void parameter_gradient(const step<T>& st, const call<T>& c) {
  if (!contains(st.in_set[0], 0)) return;
  T* to = c.accumulators + st.parameter + c.i * st.parameter_dim;
  for (int w = 0; w < st.width; w++) {
    auto total = simd::broadcast<T>(T(0));
    const T* a = c.at(st.in[0][0], w);
    for (int s = 0; s < st.samples; s += simd::lanes<T>) total = total + simd::load(a + s);
    to[w] += simd::reduce_add(total);
  }
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
