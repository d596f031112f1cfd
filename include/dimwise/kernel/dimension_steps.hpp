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

/// What sum_others keeps between dimensions, of one coefficient: the sum of what came before, sums of what follows each dimension
/// of the current group, and a row for each group.
template <class T>
struct rows_between {
  std::ptrdiff_t row, next;
  T *before, *in_group, *of_groups;
  rows_between(const step<T>& st, const call<T>& c, int place)
      : row(st.slope.row),
        next(st.slope.dim),
        before(c.workspace + st.slope.base + place * st.samples),
        in_group(before + next),
        of_groups(in_group + st.n2 * next) {}
};

/// Adds dimension i of the operand to the sum of its group.
template <class T>
void add_to_group(const step<T>& st, const rows_between<T>& between, int i, const T* from, std::ptrdiff_t from_row) {
  T* const total = between.of_groups + (i / st.n2) * between.next;
  if (i % st.n2 == 0) {
    for (int w = 0; w < st.width; w++) std::copy_n(from + w * from_row, st.samples, total + w * between.row);
  } else {
    feature_rows<T>{st.width, st.samples}.each(total, between.row, total, between.row, from, from_row,
                                               [](auto x, auto y) { return x + y; });
  }
}
}  // namespace detail

/// Adds the operand of a later sum_others to the sum of its group while it is in the nearest cache.
template <class T>
void sum_groups(const step<T>& st, const call<T>& c) {
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    if (a) detail::add_to_group(st, detail::rows_between<T>(st, c, place), c.i, c.at(*a), a->row);
  });
}

/// Adds up the dimensions before i (n = -1), after i (n = 1), or both (n = 0). Nothing is subtracted: what follows is added up
/// from the end, over the sums of groups of n2 dimensions at the first dimension, and within a group at the first of it, so that
/// the rows of a group stay in the second cache and each operand comes from memory once. `slope`: the rows kept between
/// dimensions; value 1: sum_groups has summed the groups.
template <class T>
void sum_others(const step<T>& st, const call<T>& c) {
  const int i = c.i, d = st.d, group = st.n2;
  const detail::feature_rows<T> rows{st.width, st.samples};
  const auto sum = [](auto x, auto y) { return x + y; };
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    const detail::rows_between<T> between(st, c, place);
    const std::ptrdiff_t row = between.row, next = between.next;
    T* const out = c.at(st.out) + place * st.samples;
    const auto in = [&](int j) { return c.workspace + a->base + j * a->dim; };
    const auto clear = [&](T* to) {
      for (int w = 0; w < st.width; w++) std::fill_n(to + w * row, st.samples, T(0));
    };
    const auto copy = [&](const T* from, T* to, std::ptrdiff_t to_row) {
      for (int w = 0; w < st.width; w++) std::copy_n(from + w * row, st.samples, to + w * to_row);
    };
    if (!a) {
      for (int w = 0; w < st.width; w++) std::fill_n(out + w * st.out.row, st.samples, T(0));
      return;
    }
    if (i == 0 && st.n >= 0) {  // from sums of groups to sums of those that follow each group
      for (int j = 0; st.value == 0 && j < d; j++) detail::add_to_group(st, between, j, in(j), a->row);
      T* const running = between.in_group;
      clear(running);
      for (int g = (d - 1) / group; g >= 0; g--) {
        T* const total = between.of_groups + g * next;
        for (int w = 0; w < st.width; w++)
          for (int s = 0; s < st.samples; s += simd::lanes<T>) {
            T *const r = running + w * row + s, *const own = total + w * row + s;
            const auto later = simd::load(r), here = simd::load(own);
            simd::store(own, later);
            simd::store(r, later + here);
          }
      }
    }
    if (i == 0) clear(between.before);
    if (st.n >= 0 && i % group == 0) {
      const int last = std::min(d, i + group) - 1;
      copy(between.of_groups + (i / group) * next, between.in_group + (last - i) * next, row);
      for (int j = last - 1; j >= i; j--)
        rows.each(between.in_group + (j - i) * next, row, between.in_group + (j + 1 - i) * next, row, in(j + 1), a->row, sum);
    }
    const T* const after = between.in_group + (i % group) * next;
    if (st.n > 0) return copy(after, out, st.out.row);
    for (int w = 0; w < st.width; w++)
      for (int s = 0; s < st.samples; s += simd::lanes<T>) {
        T* const b = between.before + w * row + s;
        const auto before = simd::load(b);
        simd::store(out + w * st.out.row + s, st.n < 0 ? before : before + simd::load(after + w * row + s));
        simd::store(b, before + simd::load(in(i) + w * a->row + s));
      }
  });
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
