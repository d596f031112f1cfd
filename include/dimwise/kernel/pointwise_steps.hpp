// kernel/pointwise_steps.hpp: products, elementary functions and their cotangents on jets, one vector of samples at a time in
// registers.
#pragma once
#include "../simd/split_tile.hpp"
#include "layer_steps.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {
namespace steps {

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

/// Vectors of samples that go through a software pipeline as a group: a block has three.
inline constexpr int vectors_of_group = 3;

namespace detail {
/// Samples from `from` on, one vector after another.
template <class T, function F, bool Slope, class Out, class A>
void unary_one_by_one(const step<T>& st, const call<T>& c, int from) {
  using V = simd::pack<T>;
  const unary_vectors<T, F, Slope, Out, A> f(st);
  unary_rows<T, A, Slope> at(st, c, f.set);
  for (int w = c.first_row, end = c.end_row(st.width); w < end; w++, at.next(f.set))
    for (int s = from; s < f.samples; s += simd::lanes<T>) {
      jet<V, typename decltype(f)::full_set> r(f.out.closure());
      if constexpr (F == function::exp_given)
        r[0] = simd::power(simd::load(c.at(st.in[1][0], w) + s), simd::load(c.at(st.in[2][0], w) + s));
      f.compute(st, at, s, r);
    }
}

#if defined(DIMWISE_SIMD_SPLIT)
/// Some vectors of samples of two rows, and from registers the bf16 parts of what becomes of them.
template <class T, function F, class Out, class A>
[[gnu::noinline]] void unary_of_two_rows(const step<T>& st, const two_rows<T>& at) {
  using V = simd::pack<T>;
  using vectors = unary_vectors<T, F, false, Out, A>;
  using series = jet<V, typename vectors::full_set>;
  const vectors f(st);
  // by value, because what is stored could change anything that is read through a reference
  const T* operand[2][A::capacity];
  f.set.each([&](auto k) DIMWISE_INLINE_LAMBDA {
    const int p = f.set.place(k);
    operand[0][p] = at.operand[p] + at.row * at.operand_row[p];
    operand[1][p] = operand[0][p] + at.operand_row[p];
  });
  T* const result[2] = {at.result + at.row * at.result_row, at.result + (at.row + 1) * at.result_row};
  const bool stores = at.result;
  std::uint16_t* const parts = at.parts + at.row / 2 * simd::split_parts * at.next_part;
  const std::ptrdiff_t next_part = at.next_part;
  const int split_begin = at.split_begin, split_end = at.split_end;
  const auto series_of = [&](int row, std::ptrdiff_t s) DIMWISE_INLINE_LAMBDA {
    series y(f.out.closure());
    V slope(T(0));
    jet<V, A> u(f.set);
    f.set.each([&](auto k) DIMWISE_INLINE_LAMBDA { u.c[f.set.place(k)] = simd::load(operand[row][f.set.place(k)] + s); });
    f.compute(st, u, y, slope);
    if (stores) f.store(result[row] + s, y);
    return y;
  };
  const auto both_rows = [&](std::ptrdiff_t s) DIMWISE_INLINE_LAMBDA {
    const series first = series_of(0, s), second = series_of(1, s);
    f.out.each([&](auto k) DIMWISE_INLINE_LAMBDA {
      const int p = f.out.place(k);
      if (p >= split_begin && p < split_end)
        simd::split_lines(simd::to_bits(first[k]), simd::to_bits(second[k]),
                          parts + (p * f.samples + s) * (simd::tile_depth / simd::tile_lines), next_part);
    });
  };
  // A loop keeps addresses for each row and coefficient: where a turn is one vector, up to a fifth of all instructions.
  if constexpr (!std::is_same_v<Out, dynamic_orders> && vectors_of_turn(Out::capacity) == 1) both_rows(at.begin);
  else
    for (std::ptrdiff_t s = at.begin, end = s + at.samples; s < end; s += simd::lanes<T>) both_rows(s);
}
#endif

/// All samples. Apart from `unary`, so that a turn of two rows does not save and restore what whole rows need.
template <class T, function F, bool Slope, class Out, class A>
[[gnu::noinline]] void unary_of_rows(const step<T>& st, const call<T>& c) {
  using V = simd::pack<T>;
  using vectors = unary_vectors<T, F, Slope, Out, A>;
  using Stages = typename decltype(stages_of<F, T, !vectors::alone>())::type;
  int done = 0;  // samples
  if constexpr (!std::is_void_v<Stages> && !std::is_same_v<Out, dynamic_orders>) {
    constexpr int group = vectors_of_group, together = group * simd::lanes<T>;
    const int rows = c.end_row(st.width) - c.first_row;
    const vectors f(st);
    if (rows >= simd::least_groups<Stages, group>)
      for (; done + together <= f.samples; done += together) {
        unary_rows<T, A, Slope> at(st, c, f.set);
        at.skip(f.set, done);
        const auto later = at;  // whose rows are loaded ahead of those that are written
        V value[group], slope[group];
        simd::software_pipeline<Stages, group>(
            rows, [&](int row, auto v) DIMWISE_INLINE_LAMBDA { return later.argument(f.set, v * simd::lanes<T>, row); },
            [&](auto v, const Stages& g) DIMWISE_INLINE_LAMBDA {
              constexpr int s = v * simd::lanes<T>;
              value[v] = g.value(at.argument(f.set, s));
              if constexpr (requires { g.slope; } && !f.alone) slope[v] = g.slope;
              if constexpr (vectors::full_set::capacity <= most_coefficients_unrolled) f.finish(at, s, value[v], slope[v]);
              else if constexpr (v == group - 1)
#pragma GCC unroll 1
                for (int i = 0; i < group; i++) f.finish(at, i * simd::lanes<T>, value[i], slope[i]);
              if constexpr (v == group - 1) at.next(f.set);
            });
      }
    if (done == f.samples) return;
  }
  unary_one_by_one<T, F, Slope, Out, A>(st, c, done);
}
}  // namespace detail

template <class T, function F, bool Slope, class Out, class A>
void unary(const step<T>& st, const call<T>& c) {
  if (c.layer) return void(*c.layer = layer_of<T, F, Slope, Out, A>());
#if defined(DIMWISE_SIMD_SPLIT)
  if constexpr (simd::has_split_tiles<T> && goes_by_vectors(F, Slope))
    if (c.pair) return void(c.pair->run = detail::unary_of_two_rows<T, F, Out, A>);
#endif
  detail::unary_of_rows<T, F, Slope, Out, A>(st, c);
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
