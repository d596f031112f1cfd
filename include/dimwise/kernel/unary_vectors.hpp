// kernel/unary_vectors.hpp: an elementary function's series for vectors of samples, and where its operand and results lie.
#pragma once
#include "elementary_jets.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {
namespace steps {

/// Up to so many coefficients, the series of each vector of a group is code of its own; more are a loop over the group, or g++
/// would take 1.6 times as long for orders 1 to 6 as for 1 and 2.
inline constexpr int most_coefficients_unrolled = 5;

namespace detail {

/// The rows of an operand for the current dimension, one feature after another. Pointers are kept by value: what a step stores
/// could change anything that it reads through the call, so that would be read and multiplied out again for each vector.
template <class T, class Set>
struct moving_rows {
  using V = simd::pack<T>;
  const T* row[Set::capacity];
  std::ptrdiff_t stride[Set::capacity];
  /// w: the feature to begin with, counted from the first row in memory.
  DIMWISE_INLINE moving_rows(const call<T>& c, const row_reference* r, const Set& set, int w = 0) {
    set.each([&](auto k) DIMWISE_INLINE_LAMBDA {
      const int p = set.place(k);
      row[p] = c.at(r[p], w);
      stride[p] = r[p].row;
    });
  }
  DIMWISE_INLINE void load(jet<V, Set>& u, int s) const {
    u.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { u.c[u.set.place(k)] = simd::load(row[u.set.place(k)] + s); });
  }
  DIMWISE_INLINE void next(const Set& set) {
    set.each([&](auto k) DIMWISE_INLINE_LAMBDA { row[set.place(k)] += stride[set.place(k)]; });
  }
};

/// The rows of an operand and of what an elementary function makes of it, one feature after another.
template <class T, class A, bool Slope>
struct unary_rows {
  moving_rows<T, A> operand;
  T* y;
  T* slope;
  std::ptrdiff_t row, slope_row;
  DIMWISE_INLINE unary_rows(const step<T>& st, const call<T>& c, const A& set)
      : operand(c, st.in[0], set, c.first_row - (st.strip ? c.strip_row : 0)),
        y(c.at(st.out, c.first_row)),
        slope(Slope ? c.at(st.slope, c.first_row) : nullptr),
        row(st.out.row),
        slope_row(st.slope.row) {}
  /// The value of the operand at sample s, some rows later.
  DIMWISE_INLINE simd::pack<T> argument(const A& set, int s, int later = 0) const {
    const int place = set.place(0);
    return set.has(0) ? simd::load(operand.row[place] + later * operand.stride[place] + s) : simd::pack<T>(T(0));
  }
  DIMWISE_INLINE void skip(const A& set, int samples) {
    set.each([&](auto k) DIMWISE_INLINE_LAMBDA { operand.row[set.place(k)] += samples; });
    y += samples;
    if constexpr (Slope) slope += samples;
  }
  DIMWISE_INLINE void next(const A& set) {
    operand.next(set);
    y += row;
    if constexpr (Slope) slope += slope_row;
  }
};

/// What an elementary function's step does with a vector of samples.
template <class T, function F, bool Slope, class Out, class A>
struct unary_vectors {
  using V = simd::pack<T>;
  using rows = unary_rows<T, A, Slope>;
  using full_set = std::remove_const_t<decltype(Out().closure())>;
  /// Whether nothing but the value is asked for.
  static constexpr bool alone = !Slope && std::is_same_v<Out, static_orders<value_only>>;
  Out out;
  A set;
  int samples;
  DIMWISE_INLINE explicit unary_vectors(const step<T>& st) : out(st.out_set), set(st.in_set[0]), samples(st.samples) {}

  /// The coefficients that are asked for, `samples` numbers from each other.
  DIMWISE_INLINE void store(T* y, const jet<V, full_set>& r) const {
    out.each([&](auto k) DIMWISE_INLINE_LAMBDA { simd::store(y + out.place(k) * samples, r[k]); });
  }
  DIMWISE_INLINE void save(const rows& at, int s, const jet<V, full_set>& r, const V& slope) const {
    store(at.y + s, r);
    if constexpr (Slope) simd::store(at.slope + s, slope);
  }
  /// r = F(u), and the slope F'(u_0) where it is kept or the series is made from it. r[0] is there already where F is exp_given.
  DIMWISE_INLINE void compute(const step<T>& st, const jet<V, A>& u, jet<V, full_set>& r, V& slope) const {
    if constexpr (follows_from_value(F)) {
      r[0] = value_and_slope<F, !alone, T>(value_of<V>(u), slope);
      if constexpr (!alone) series_from_value<F>(u, r, slope);
    } else {
      apply<F, T>(u, r, slope, st.value);
    }
  }
  /// The whole of one vector.
  DIMWISE_INLINE void compute(const step<T>& st, const rows& at, int s, jet<V, full_set>& r) const {
    V slope(T(0));
    jet<V, A> u(set);
    at.operand.load(u, s);
    compute(st, u, r, slope);
    save(at, s, r, slope);
  }
  /// The rest of it, where value and slope are there.
  DIMWISE_INLINE void finish(const rows& at, int s, const V& value, const V& slope) const {
    jet<V, A> u(set);
    at.operand.load(u, s);
    jet<V, full_set> r(out.closure());
    r[0] = value;
    if constexpr (!alone) series_from_value<F>(u, r, slope);
    save(at, s, r, slope);
  }
};

}  // namespace detail
}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
