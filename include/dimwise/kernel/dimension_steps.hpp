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
/// Calls f(feature, first sample of a vector) for the vectors of a coefficient's rows.
template <class T, class F>
DIMWISE_INLINE void each_vector(const step<T>& st, F&& f) {
  for (int w = 0, width = st.width, samples = st.samples; w < width; w++)
    for (int s = 0; s < samples; s += simd::lanes<T>) f(w, s);
}

/// What sum_others keeps between dimensions, of one coefficient: the sum of what came before, a row for each dimension of the
/// current group, and a row for each group.
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
  const std::ptrdiff_t row = between.row;
  T* const total = between.of_groups + (i / st.n2) * between.next;
  if (i % st.n2 == 0)
    each_vector(
        st, [=](int w, int s) DIMWISE_INLINE_LAMBDA { simd::store(total + w * row + s, simd::load(from + w * from_row + s)); });
  else
    each_vector(st, [=](int w, int s) DIMWISE_INLINE_LAMBDA {
      simd::store(total + w * row + s, simd::load(total + w * row + s) + simd::load(from + w * from_row + s));
    });
}

/// From sums of groups to sums of those that follow each group.
template <class T>
void sum_following_groups(const step<T>& st, const rows_between<T>& between) {
  each_vector(st, [&](int w, int s) DIMWISE_INLINE_LAMBDA {
    auto later = simd::broadcast<T>(T(0));
    for (int g = (st.d - 1) / st.n2; g >= 0; g--) {
      T* const own = between.of_groups + g * between.next + w * between.row + s;
      const auto here = simd::load(own);
      simd::store(own, later);
      later = later + here;
    }
  });
}

/// `value` times the sums of `count` dimensions of a group, the first of which lies at `from` (which may be the same rows), in
/// its rows. In registers, for some dimensions at a time: each operand is read from memory once, and from the nearest cache once
/// more.
template <class T>
void sum_in_group(const step<T>& st, const rows_between<T>& between, const T* from, std::ptrdiff_t dim, std::ptrdiff_t from_row,
                  const T* following, int count) {
  using V = simd::pack<T>;
  constexpr int part = 8, parts = most_of_group / part;
  const int last = (count - 1) / part;
  const bool both = st.n == 0;
  const V factor = simd::broadcast<T>(T(st.value));
  const std::ptrdiff_t row = between.row, next = between.next;
  T *const sums = between.in_group, *const sums_before = between.before;
  each_vector(st, [=](int w, int s) DIMWISE_INLINE_LAMBDA {
    const T* const in = from + w * from_row + s;
    T* const out = sums + w * row + s;
    T* const running = sums_before + w * row + s;
    V ends[parts], after = simd::load(following + w * row + s), before = simd::load(running);
    for (int p = last; p > 0; p--) {
      ends[p] = after;
      for (int j = std::min(count, (p + 1) * part) - 1; j >= p * part; j--) after = after + simd::load(in + j * dim);
    }
    ends[0] = after;
    for (int p = 0; p <= last; p++) {
      const int first = p * part, n = std::min(part, count - first);
      V own[part], later[part];
      after = ends[p];
      const auto read = [&](int j) DIMWISE_INLINE_LAMBDA {
        own[j] = simd::load(in + (first + j) * dim);
        later[j] = after;
        after = after + own[j];
      };
      const auto write = [&](int j) DIMWISE_INLINE_LAMBDA {
        simd::store(out + (first + j) * next, factor * (both ? before + later[j] : later[j]));
        before = before + own[j];
      };
      if (n == part) {
#pragma GCC unroll 8
        for (int j = part - 1; j >= 0; j--) read(j);
#pragma GCC unroll 8
        for (int j = 0; j < part; j++) write(j);
      } else {
        for (int j = n - 1; j >= 0; j--) read(j);
        for (int j = 0; j < n; j++) write(j);
      }
    }
    simd::store(running, before);
  });
}
}  // namespace detail

/// Adds the operand of a later sum_others to the sum of its group while it is in the nearest cache.
template <class T>
void sum_groups(const step<T>& st, const call<T>& c) {
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    if (a) detail::add_to_group(st, detail::rows_between<T>(st, c, place), c.i, c.at(*a), a->row);
  });
}

/// Collects the operand of a sum_others for the dimensions of a group.
template <class T>
void collect_group(const step<T>& st, const call<T>& c) {
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    if (!a) return;
    const detail::rows_between<T> between(st, c, place);
    T* const to = between.in_group + (c.i % st.n2) * between.next;
    const T* const from = c.at(*a);
    const std::ptrdiff_t row = between.row, from_row = a->row;
    detail::each_vector(
        st, [=](int w, int s) DIMWISE_INLINE_LAMBDA { simd::store(to + w * row + s, simd::load(from + w * from_row + s)); });
  });
}

/// Adds up the dimensions before i (n = -1), after i (n = 1), or both (n = 0), times `value`. Nothing is subtracted: what follows
/// is added up from the end, over the sums of groups of n2 dimensions at the first dimension, and within a group at the first of
/// it, so that the rows of a group stay in the second cache and each operand comes from memory once. `slope`: the rows kept
/// between dimensions.
template <class T>
void sum_others(const step<T>& st, const call<T>& c) {
  const int i = c.i, group = st.n2;
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    const detail::rows_between<T> between(st, c, place);
    T* const out = c.at(st.out) + place * st.samples;
    const auto in = [&](int j) { return c.workspace + a->base + j * a->dim; };
    if (!a) {
      for (int w = 0; w < st.width; w++) std::fill_n(out + w * st.out.row, st.samples, T(0));
      return;
    }
    if (i == 0)
      for (int w = 0; w < st.width; w++) std::fill_n(between.before + w * between.row, st.samples, T(0));
    if (st.n < 0) {
      const auto factor = simd::broadcast<T>(T(st.value));
      detail::each_vector(st, [&](int w, int s) DIMWISE_INLINE_LAMBDA {
        T* const before = between.before + w * between.row + s;
        const auto sum = simd::load(before);
        simd::store(out + w * st.out.row + s, factor * sum);
        simd::store(before, sum + simd::load(in(i) + w * a->row + s));
      });
      return;
    }
    if (i == 0) {
      for (int j = 0; st.operand == group_operand::kept && j < st.d; j++) detail::add_to_group(st, between, j, in(j), a->row);
      detail::sum_following_groups(st, between);
    }
    if (i % group == 0) {
      const T* const following = between.of_groups + (i / group) * between.next;
      const int count = std::min(st.d - i, group);
      if (st.operand == group_operand::repeated)
        detail::sum_in_group(st, between, between.in_group, between.next, between.row, following, count);
      else detail::sum_in_group(st, between, in(i), a->dim, a->row, following, count);
    }
    const T* const sums = between.in_group + (i % group) * between.next;
    if (out == sums) return;  // they are read where they are
    const std::ptrdiff_t row = between.row, out_row = st.out.row;
    detail::each_vector(
        st, [=](int w, int s) DIMWISE_INLINE_LAMBDA { simd::store(out + w * out_row + s, simd::load(sums + w * row + s)); });
  });
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
