// kernel/pointwise_steps.hpp: products, elementary functions and their cotangents on jets, one vector of samples at a time in
// registers.
#pragma once
#include "elementary_jets.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {
namespace steps {

namespace detail {
template <class V, class T>
DIMWISE_INLINE V load(const T* p) {
  if constexpr (std::is_same_v<V, simd::pack<T>>) return simd::load(p);
  else return V::load(p);
}
template <class T>
DIMWISE_INLINE void store(T* p, const simd::pack<T>& x) {
  simd::store(p, x);
}
template <class T, int N>
DIMWISE_INLINE void store(T* p, const simd::packs<T, N>& x) {
  x.store(p);
}
template <class V, class T, class Set>
DIMWISE_INLINE void load_jet(jet<V, Set>& u, const T* const* rows, const std::ptrdiff_t* strides, int w, int s) {
  u.set.each([&](auto k) DIMWISE_INLINE_LAMBDA {
    const int p = u.set.place(k);
    u.c[p] = load<V>(rows[p] + w * strides[p] + s);
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
}  // namespace detail

template <class T, class Out, class A, class B>
void mul(const step<T>& st, const call<T>& c) {
  using V = simd::pack<T>;
  const Out out(st.out_set);
  const A sa(st.in_set[0]);
  const B sb(st.in_set[1]);
  detail::moving_rows<T, A> a(c, st.in[0], sa);
  detail::moving_rows<T, B> b(c, st.in[1], sb);
  const int samples = st.samples;
  const std::ptrdiff_t row = st.out.row;
  T* y = c.at(st.out);
  for (int left = st.width; left > 0; left--) {
    for (int s = 0; s < samples; s += simd::lanes<T>) {
      jet<V, A> u(sa);
      jet<V, B> v(sb);
      a.load(u, s);
      b.load(v, s);
      out.each([&](auto k) DIMWISE_INLINE_LAMBDA { simd::store(y + out.place(k) * samples + s, product_coefficient(u, v, k)); });
    }
    y += row;
    a.next(sa);
    b.next(sb);
  }
}

template <class T, class Out, class A, class B>
void correlate(const step<T>& st, const call<T>& c) {
  using V = simd::pack<T>;
  const Out out(st.out_set);
  const A sa(st.in_set[0]);
  const B sb(st.in_set[1]);
  detail::moving_rows<T, A> a(c, st.in[0], sa);
  detail::moving_rows<T, B> b(c, st.in[1], sb);
  const V factor = simd::broadcast<T>(T(st.value));
  const int samples = st.samples;
  const std::ptrdiff_t row = st.out.row;
  T* y = c.at(st.out);
  for (int left = st.width; left > 0; left--) {
    for (int s = 0; s < samples; s += simd::lanes<T>) {
      jet<V, A> u(sa);
      jet<V, B> v(sb);
      a.load(u, s);
      b.load(v, s);
      out.each([&](auto k) DIMWISE_INLINE_LAMBDA {
        simd::store(y + out.place(k) * samples + s, factor * correlation_coefficient(u, v, k));
      });
    }
    y += row;
    a.next(sa);
    b.next(sb);
  }
}

/// Whether the value is all that is asked for of a function whose value costs less than its value and slope.
template <function F, bool Slope, class Out>
inline constexpr bool value_alone = (F == function::tanh || F == function::sigmoid) && !Slope
                                    && std::is_same_v<Out, static_orders<value_only>>;

/// Vectors of samples whose function values are computed in turns (a block has three), and the largest number of coefficients up
/// to which their series are, too; more would not fit the registers.
inline constexpr int packs_in_turns = simd::vector_registers >= 32 ? 3 : 1;
inline constexpr int most_coefficients_in_turns = 3;
/// Longer series are a loop over the vectors: unrolled, they would be 2 % faster, but g++ takes 1.6 times as long for orders 1 to
/// 6 as for 1 and 2.
inline constexpr int most_coefficients_unrolled = 5;
/// From so many coefficients on, the series of some vectors run behind the function values of the next ones, so that neither
/// waits for itself: 4.4 to 3.6 ns a vector for orders 0 to 3 of tanh in single precision, 5.6 to 4.6 for 0 to 4 (Zen 5).
inline constexpr int least_coefficients_behind = 4;

template <class T, function F, bool Slope, class Out, class A>
void unary(const step<T>& st, const call<T>& c) {
  using V = simd::pack<T>;
  const Out out(st.out_set);
  const auto full = out.closure();
  using Full = std::remove_const_t<decltype(full)>;
  const A sa(st.in_set[0]);
  const detail::operand_rows<T, A> a(c, st.in[0], sa, st.strip ? c.strip_row : 0);
  const int samples = st.samples;
  const std::ptrdiff_t row = st.out.row, slope_row = st.slope.row;
  T* const y = c.at(st.out);
  [[maybe_unused]] T* const y_slope = Slope ? c.at(st.slope) : nullptr;
  const auto save = [&](const auto& r, const auto& slope, int w, int s) DIMWISE_INLINE_LAMBDA {
    T* const to = y + w * row + s;
    out.each([&](auto k) DIMWISE_INLINE_LAMBDA { detail::store(to + out.place(k) * samples, r[k]); });
    if constexpr (Slope) detail::store(y_slope + w * slope_row + s, slope);
  };
  [[maybe_unused]] const auto argument = [&]<class P>(std::type_identity<P>, int w, int s) DIMWISE_INLINE_LAMBDA {
    return sa.has(0) ? detail::load<P>(a.row[sa.place(0)] + w * a.stride[sa.place(0)] + s) : P(T(0));
  };
  /// The other coefficients, whose arguments are loaded only now.
  [[maybe_unused]] const auto series = [&]<class P>(const P& y0, const P& slope, int w, int s) DIMWISE_INLINE_LAMBDA {
    const auto of = [&]<class Q>(const Q& value, const Q& slope_of, int at) DIMWISE_INLINE_LAMBDA {
      jet<Q, A> u(sa);
      detail::load_jet(u, a.row, a.stride, w, at);
      jet<Q, Full> r(full);
      r[0] = value;
      series_from_value<F>(u, r, slope_of);
      save(r, slope_of, w, at);
    };
    if constexpr (Full::capacity <= most_coefficients_in_turns || std::is_same_v<P, V>) of(y0, slope, s);
    else if constexpr (Full::capacity <= most_coefficients_unrolled)
      [&]<int... I>(std::integer_sequence<int, I...>) DIMWISE_INLINE_LAMBDA {
        (of(y0.part[I], slope.part[I], s + I * simd::lanes<T>), ...);
      }
    (std::make_integer_sequence<int, packs_in_turns>{});
    else
#pragma GCC unroll 1
        for (int i = 0; i < packs_in_turns; i++) of(y0.part[i], slope.part[i], s + i * simd::lanes<T>);
  };
  /// As many vectors as there are in P.
  [[maybe_unused]] const auto in_turns = [&]<class P>(P slope, int w, int s) DIMWISE_INLINE_LAMBDA {
    const P u0 = argument(std::type_identity<P>{}, w, s);
    if constexpr (value_alone<F, Slope, Out>) {
      jet<P, Full> r(full);
      if constexpr (F == function::tanh) r[0] = simd::tanh(u0);
      else r[0] = simd::sigmoid(u0);
      save(r, slope, w, s);
    } else {
      const P y0 = value_and_slope<F>(u0, slope);
      series(y0, slope, w, s);
    }
  };
  constexpr int together = packs_in_turns * simd::lanes<T>;
  constexpr bool turns = computed_in_turns(F) && packs_in_turns > 1 && !std::is_same_v<Out, dynamic_orders>;
  constexpr bool behind = turns && Full::capacity >= least_coefficients_behind;
  const int first = c.first_row, end = c.end_row(st.width);
  int done = 0;  // samples of each row
  if constexpr (behind) {
    using P = simd::packs<T, packs_in_turns>;
    done = samples - samples % together;
    P y0(T(0)), slope(T(0));
    for (int w = done > 0 ? first : end, s = 0, last_w = end, last_s = 0;;) {
      P next(T(0)), next_slope(T(0));
      if (w < end) next = value_and_slope<F>(argument(std::type_identity<P>{}, w, s), next_slope);
      if (last_w < end) series(y0, slope, last_w, last_s);
      if (w >= end) break;
      y0 = next, slope = next_slope, last_w = w, last_s = s;
      s += together;
      if (s >= done) s = 0, w++;
    }
  }
  for (int w = first; w < end; w++) {
    int s = done;
    if constexpr (computed_in_turns(F)) {
      if constexpr (turns && !behind)
        for (; s + together <= samples; s += together) in_turns(simd::packs<T, packs_in_turns>(T(0)), w, s);
      for (; s < samples; s += simd::lanes<T>) in_turns(V(T(0)), w, s);
    } else {
      for (; s < samples; s += simd::lanes<T>) {
        jet<V, A> u(sa);
        detail::load_jet(u, a.row, a.stride, w, s);
        jet<V, Full> r(full);
        V slope(T(0));
        if constexpr (F == function::exp_given)
          r[0] = simd::power(simd::load(c.at(st.in[1][0], w) + s), simd::load(c.at(st.in[2][0], w) + s));
        apply<F, T>(u, r, slope, st.value);
        save(r, slope, w, s);
      }
    }
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
  const int first = c.first_row, end = c.end_row(st.width), samples = st.samples;
  detail::moving_rows<T, A> a(c, st.in[0], sa, st.strip ? first - c.strip_row : first);
  detail::moving_rows<T, U> u_rows(c, st.in[1], su, first);
  detail::moving_rows<T, Y> y_rows(c, st.in[2], sy, first);
  const double power = st.value;
  const std::ptrdiff_t row = st.out.row, slope_row = st.slope.row;
  T* to = c.at(st.out, first);
  const T* from_slope = vjp_reads_slope(F) ? c.at(st.slope, first) : nullptr;
  const T* weight = st.scaled ? c.parameters + st.parameter + c.i * st.parameter_dim + first : nullptr;
  for (int left = end - first; left > 0; left--) {
    const V factor = simd::broadcast<T>(weight ? *weight++ : T(1));
    for (int s = 0; s < samples; s += simd::lanes<T>) {
      jet<V, A> bar(sa);
      jet<V, U> u(su);
      jet<V, Y> y(sy);
      a.load(bar, s);
      if constexpr (vjp_reads_operand(F)) u_rows.load(u, s);
      else y_rows.load(y, s);
      V slope(T(0));
      if constexpr (vjp_reads_slope(F)) slope = simd::load(from_slope + s);
      jet<V, std::remove_const_t<decltype(sw)>> f(sw);
      slope_jet<F, T>(u, y, slope, f, power);
      out.each([&](auto k) DIMWISE_INLINE_LAMBDA {
        V sum = correlation_coefficient(bar, f, k);
        if (weight) sum = sum * factor;
        simd::store(to + out.place(k) * samples + s, sum);
      });
    }
    to += row;
    if constexpr (vjp_reads_slope(F)) from_slope += slope_row;
    a.next(sa);
    if constexpr (vjp_reads_operand(F)) u_rows.next(su);
    else y_rows.next(sy);
  }
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
