// kernel/dimension_steps.hpp: steps that know the number of a dimension, or read other dimensions than their own.
#pragma once
#include "copy_steps.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {
namespace steps {

template <class T>
void index(const step<T>& st, const call<T>& c) {
  std::fill_n(c.at(st.out), st.samples, T(c.i));
}

template <class T>
void indicator(const step<T>& st, const call<T>& c) {
  std::fill_n(c.at(st.out), st.samples, T(c.i == st.n ? 1 : 0));
}

/// The value of dimension n.
template <class T>
void component(const step<T>& st, const call<T>& c) {
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    for (int w = 0; w < st.width; w++) {
      T* out = c.at(st.out, w) + place * st.samples;
      if (a) std::copy_n(c.at(*a, w) + st.n * a->dim, st.samples, out);
      else std::fill_n(out, st.samples, T(0));
    }
  });
}

/// The operand in dimension n, 0 in the others.
template <class T>
void in_dimension(const step<T>& st, const call<T>& c) {
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    for (int w = 0; w < st.width; w++) {
      T* out = c.at(st.out, w) + place * st.samples;
      if (a && c.i == st.n) std::copy_n(c.at(*a, w), st.samples, out);
      else std::fill_n(out, st.samples, T(0));
    }
  });
}

/// The operand in the dimension that the offset names, 0 beyond the border.
template <class T>
void shift(const step<T>& st, const call<T>& c) {
  const int from = st.offset.source(c.i, st.d);
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    for (int w = 0; w < st.width; w++) {
      T* out = c.at(st.out, w) + place * st.samples;
      if (a && from >= 0) std::copy_n(c.workspace + a->base + from * a->dim + w * a->row, st.samples, out);
      else std::fill_n(out, st.samples, T(0));
    }
  });
}

namespace detail {
/// Rows of one coefficient, a whole number of vectors for each feature.
template <class T>
struct feature_rows {
  int width, samples;
  template <class F>
  void each(T* out, std::ptrdiff_t out_row, const T* a, std::ptrdiff_t a_row, const T* b, std::ptrdiff_t b_row, F&& f) const {
    for (int w = 0; w < width; w++)
      for (int s = 0; s < samples; s += simd::lanes<T>)
        simd::store(out + w * out_row + s, f(simd::load(a + w * a_row + s), simd::load(b + w * b_row + s)));
  }
};
}  // namespace detail

/// Adds up the dimensions before i (n = -1), after i (n = 1), or both (n = 0). Nothing is subtracted: what follows is added up from the end,
/// for whole groups of n2 dimensions at the first dimension, and within a group at the first of it, so that the rows of a group stay in the
/// second cache and each operand comes from memory twice. `slope`: the rows kept between dimensions.
template <class T>
void sum_others(const step<T>& st, const call<T>& c) {
  const int i = c.i, d = st.d, group = st.n2;
  const std::ptrdiff_t row = st.slope.row, next = st.slope.dim;
  const detail::feature_rows<T> rows{st.width, st.samples};
  const auto sum = [](auto x, auto y) { return x + y; };
  const auto clear = [&](T* out) {
    for (int w = 0; w < st.width; w++) std::fill_n(out + w * row, st.samples, T(0));
  };
  const auto copy = [&](const T* from, T* out, std::ptrdiff_t out_row) {
    for (int w = 0; w < st.width; w++) std::copy_n(from + w * row, st.samples, out + w * out_row);
  };
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    T* const before = c.workspace + st.slope.base + place * st.samples;
    T* const in_group = before + next;
    T* const of_groups = in_group + group * next;
    T* const out = c.at(st.out) + place * st.samples;
    const auto in = [&](int j) { return c.workspace + a->base + j * a->dim; };
    if (!a) {
      for (int w = 0; w < st.width; w++) std::fill_n(out + w * st.out.row, st.samples, T(0));
      return;
    }
    if (i == 0) clear(before);
    if (st.n >= 0) {
      const auto end_of = [&](int g) { return std::min(d, (g + 1) * group); };
      if (i == 0) {
        int g = (d - 1) / group;
        for (clear(of_groups + g * next); g > 0; g--) {
          T* const total = of_groups + (g - 1) * next;
          copy(of_groups + g * next, total, row);
          for (int j = end_of(g) - 1; j >= g * group; j--) rows.each(total, row, total, row, in(j), a->row, sum);
        }
      }
      if (i % group == 0) {
        const int last = end_of(i / group) - 1;
        copy(of_groups + (i / group) * next, in_group + (last - i) * next, row);
        for (int j = last - 1; j >= i; j--)
          rows.each(in_group + (j - i) * next, row, in_group + (j + 1 - i) * next, row, in(j + 1), a->row, sum);
      }
    }
    const T* const after = in_group + (i % group) * next;
    if (st.n < 0) copy(before, out, st.out.row);
    else if (st.n > 0) copy(after, out, st.out.row);
    else rows.each(out, st.out.row, before, row, after, row, sum);
    if (st.n <= 0) rows.each(before, row, before, row, in(i), a->row, sum);
  });
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
