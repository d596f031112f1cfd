// kernel/unit_steps.hpp: steps on values that lie feature beside feature, [coefficient][sample][padded features], for a few
// samples at a time. What works number by number is shared with the ordinary plan: to those steps a row of features is a row of
// samples of one feature. A value of one feature has it in every lane.
#pragma once
#include <algorithm>

#include "../simd/unit_tile.hpp"
#include "matrix_steps.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {
namespace steps {

// In these steps `width` counts features, `n2` samples, `samples` the elements of a coefficient: n2 times the padded width.

namespace detail {
template <class T>
constexpr int padded_units(int n) {
  return (n + simd::lanes<T> - 1) / simd::lanes<T> * simd::lanes<T>;
}
/// n features to a row of whole vectors; one is repeated. The lanes behind the last are 0, so that no work is done on what is no
/// number.
template <class T>
inline void fill_units(const T* from, int n, T* to) {
  if (n == 1) {
    simd::store(to, simd::broadcast<T>(*from));
    return;
  }
  int w = 0;
  for (; w + simd::lanes<T> <= n; w += simd::lanes<T>) simd::store(to + w, simd::load(from + w));
  if (w < n) simd::store(to + w, simd::load_first(from + w, n - w));
}
}  // namespace detail

template <class T>
void load_state_units(const step<T>& st, const call<T>& c) {
  const T* from = c.in->state + c.first * std::size_t(st.d);
  T* to = c.workspace + st.out.base;
  for (int i = 0; i < st.d; i++, to += st.out.dim) {
    for (int s = 0; s < st.n2; s++) simd::store(to + s * simd::lanes<T>, simd::broadcast<T>(from[s * st.d + i]));
    if (contains(st.out_set, coefficient(1, 0)))
      std::fill_n(to + slot(st.out_set, coefficient(1, 0)) * st.samples, st.samples, T(1));
  }
}

template <class T>
void load_time_units(const step<T>& st, const call<T>& c) {
  T* to = c.at(st.out);
  for (int s = 0; s < st.n2; s++) simd::store(to + s * simd::lanes<T>, simd::broadcast<T>(c.in->time[c.first + std::size_t(s)]));
  if (contains(st.out_set, coefficient(0, 1)))
    std::fill_n(to + slot(st.out_set, coefficient(0, 1)) * st.samples, st.samples, T(1));
}

template <class T>
void along_units(const step<T>& st, const call<T>& c) {
  T* to = c.at(st.out);
  std::fill_n(to, count(st.out_set) * st.samples, T(0));
  if (contains(st.out_set, coefficient(0, 1)))
    std::fill_n(to + slot(st.out_set, coefficient(0, 1)) * st.samples, st.samples, T(1));
}

template <class T>
void load_input_units(const step<T>& st, const call<T>& c) {
  const T* from = c.in->inputs[st.n] + c.first * std::size_t(st.width);
  for (int s = 0; s < st.n2; s++)
    detail::fill_units(from + s * st.width, st.width, c.at(st.out) + s * detail::padded_units<T>(st.width));
}

template <class T>
void load_input_per_dim_units(const step<T>& st, const call<T>& c) {
  const T* from = c.in->inputs[st.n] + c.first * std::size_t(st.d * st.width);
  for (int i = 0; i < st.d; i++)
    for (int s = 0; s < st.n2; s++)
      detail::fill_units(from + (s * st.d + i) * st.width, st.width,
                         c.workspace + st.out.base + i * st.out.dim + s * detail::padded_units<T>(st.width));
}

template <class T>
void literal_units(const step<T>& st, const call<T>& c) {
  std::fill_n(c.at(st.out), count(st.out_set) * st.samples, T(0));
  std::fill_n(c.at(st.out), st.samples, T(st.value));
}

/// A parameter, prepared: padded, or one number in every lane.
template <class T>
void parameter_units(const step<T>& st, const call<T>& c) {
  const T* from = c.parameters + st.parameter + c.i * st.parameter_dim;
  const int padded = detail::padded_units<T>(st.width);
  for (int s = 0; s < st.n2; s++) std::copy_n(from, padded, c.at(st.out) + s * padded);
}

/// One feature, which is in every lane of its vector, for as many vectors as `width` features have; coefficients that are not
/// there are 0.
template <class T>
void spread_units(const step<T>& st, const call<T>& c) {
  const int padded = detail::padded_units<T>(st.width);
  T* to = c.at(st.out);
  for (orders m = st.out_set; m; m &= m - 1) {
    const int k = std::countr_zero(m);
    const T* from = contains(st.in_set[0], k) ? c.at(st.in[0][slot(st.in_set[0], k)]) : nullptr;
    for (int s = 0; s < st.n2; s++, to += padded) {
      const auto x = from ? simd::load(from + s * simd::lanes<T>) : simd::broadcast<T>(T(0));
      for (int w = 0; w < padded; w += simd::lanes<T>) simd::store(to + w, x);
    }
  }
}

/// A row with the features of every dimension behind each other.
template <class T>
void collect_units(const step<T>& st, const call<T>& c) {
  const int each = st.in_width, from_row = detail::padded_units<T>(each), to_row = detail::padded_units<T>(st.width);
  T* to = c.at(st.out);
  for (orders m = st.out_set; m; m &= m - 1) {
    const row_reference& r = st.in[0][slot(st.in_set[0], std::countr_zero(m))];
    for (int s = 0; s < st.n2; s++, to += to_row)
      for (int i = 0; i < st.d; i++) {
        const T* from = c.workspace + r.base + i * r.dim + s * from_row;
        if (each == 1) to[i] = *from;
        else std::copy_n(from, each, to + i * each);
      }
  }
}

/// steps::features for features side by side; n2 is the number of samples here, so the place never depends on the dimension,
/// except of `unstack`.
template <class T>
void features_units(const step<T>& st, const call<T>& c) {
  const int first = std::min(st.in_width + std::min(st.n, 0), st.width), second = st.width - first;
  const int row = detail::padded_units<T>(st.width), row_a = detail::padded_units<T>(st.in_width),
            row_b = detail::padded_units<T>(second);
  T* to = c.at(st.out);
  for (orders m = st.out_set; m; m &= m - 1) {
    const int k = std::countr_zero(m);
    const T* a = contains(st.in_set[0], k) ? c.at(st.in[0][slot(st.in_set[0], k)]) - st.n : nullptr;
    const T* b = contains(st.in_set[1], k) ? c.at(st.in[1][slot(st.in_set[1], k)]) : nullptr;
    for (int s = 0; s < st.n2; s++, to += row) {
      std::fill_n(to + row - simd::lanes<T>, simd::lanes<T>, T(0));
      if (a) std::copy_n(a + s * row_a, first, to);
      else std::fill_n(to, first, T(0));
      if (b) std::copy_n(b + s * row_b, second, to + first);
      else std::fill_n(to + first, second, T(0));
      if (st.width == 1) simd::store(to, simd::broadcast<T>(*to));
    }
  }
}

/// Features i W .. of a point-level value.
template <class T>
void unstack_units(const step<T>& st, const call<T>& c) {
  const int row = detail::padded_units<T>(st.width), row_a = detail::padded_units<T>(st.in_width);
  T* to = c.at(st.out);
  for (orders m = st.out_set; m; m &= m - 1) {
    const int k = std::countr_zero(m);
    const T* a = contains(st.in_set[0], k) ? c.at(st.in[0][slot(st.in_set[0], k)]) + c.i * st.width : nullptr;
    for (int s = 0; s < st.n2; s++, to += row) {
      if (a) detail::fill_units(a + s * row_a, st.width, to);
      else std::fill_n(to, row, T(0));
    }
  }
}

/// Added up in the order of steps::sum_features.
template <class T>
void sum_features_units(const step<T>& st, const call<T>& c) {
  const int row_a = detail::padded_units<T>(st.in_width);
  T* to = c.at(st.out);
  for (orders m = st.out_set; m; m &= m - 1) {
    const int k = std::countr_zero(m);
    const T* a = contains(st.in_set[0], k) ? c.at(st.in[0][slot(st.in_set[0], k)]) : nullptr;
    for (int s = 0; s < st.n2; s++, to += simd::lanes<T>) {
      T total = 0;
      if (a)
        for (int w = 0; w < st.in_width; w++) total += a[s * row_a + w];
      simd::store(to, simd::broadcast<T>(total));
    }
  }
}

/// steps::shift_by_maximum; the operands have as many features as the result, or one.
template <class T>
void shift_by_maximum_units(const step<T>& st, const call<T>& c) {
  const int row = detail::padded_units<T>(st.width), row_b = detail::padded_units<T>(st.in_width);
  T* to = c.at(st.out);
  for (orders m = st.out_set; m; m &= m - 1) {
    const int k = std::countr_zero(m);
    const T* a = contains(st.in_set[0], k) ? c.at(st.in[0][slot(st.in_set[0], k)]) : nullptr;
    for (int s = 0; s < st.n2; s++, to += row) {
      const T* b = c.at(st.in[1][0]) + s * row_b;
      T largest = b[0];
      for (int w = 1; w < st.in_width; w++) largest = largest > b[w] ? largest : b[w];
      largest = std::max(largest, std::numeric_limits<T>::lowest());
      const auto by = simd::broadcast<T>(k ? T(0) : st.value < 0 ? -largest : largest);
      for (int w = 0; w < row; w += simd::lanes<T>) {
        const auto x = a ? simd::load(a + s * row + w) : simd::broadcast<T>(T(0));
        simd::store(to + w, k ? x : x + by);
      }
    }
  }
}

namespace detail {
template <class T>
inline void store_one(const step<T>& st, const call<T>& c) {
  T* to = c.outputs ? c.outputs[st.n] : nullptr;
  if (!to) return;
  const int per_sample = st.in_width * st.width, row = padded_units<T>(st.width);
  to += c.first * std::size_t(per_sample) + std::size_t(st.in_width > 1 ? c.i * st.width : 0);
  const T* from = c.at(st.in[0][0]);
  const T factor = T(st.value);
  if (st.width == 1) {  // most often; the loops below begin and end slowly
#pragma GCC unroll 1
    for (int s = 0; s < st.n2; s++, to = simd::detail::opaque(to + per_sample), from += simd::lanes<T>) *to = factor * *from;
    return;
  }
  for (int s = 0; s < st.n2; s++, to += per_sample, from += row)
    for (int w = 0; w < st.width; w++) to[w] = factor * from[w];
}
}  // namespace detail

/// `value` times the operand's row to the caller's array; in_width: values that a sample has in it, divided by the width. Then
/// the followers.
template <class T>
void store_units(const step<T>& st, const call<T>& c) {
  for (const step<T>* s = &st; s; s = s->follower) detail::store_one(*s, c);
}

namespace detail {
/// A tile that nothing is added to.
template <class T>
inline void start_units(const simd::gemm_strip<T>& g, int rows, int units) {
  for (int r = 0; r < rows; r++)
    for (int u = 0; u < units; u += simd::lanes<T>)
      simd::store(g.c + r * g.c_stride + u, r < g.bias_rows ? simd::load(g.bias + u) : simd::broadcast<T>(T(0)));
}
}  // namespace detail

/// Products of prepared weights with a few samples, one for each tile, whose `rows` are units and `columns` samples.
template <class T>
void products_units(const step<T>& st, const call<T>& c) {
  simd::gemm_strip<T> g;
  for (const matrix_product *p = st.products, *last = p + st.product_count; p != last;) {
    g.c = c.workspace + p->c + c.i * p->c_dim;
    g.c_stride = p->c_row;
    g.bias = c.parameters + p->bias + c.i * p->bias_dim;
    g.bias_rows = p->bias_rows;
    g.count = p->terms;
    if (g.count == 0) {
      detail::start_units(g, p->columns, p->rows);
      p++;
      continue;
    }
    const int tile = p->tile;
    const matrix_product* const next = p + g.count;
    for (simd::gemm_term<T>* to = g.terms; p != next; p++, to++) {
      const int depth = p->rule == extent_rule::full ? p->depth : detail::readable_units(*p, st.d, c.i);
      const T* from = p->leaf < 0 ? c.workspace : c.in->of_leaf(p->leaf) + c.first * std::size_t(p->b_row);
      *to = {from + p->b + c.i * p->b_dim, p->b_row, 1, c.parameters + p->a + c.i * p->a_dim, p->a_row, depth};
    }
    simd::compute_unit_tile(g, tile);
  }
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
