// kernel/boundary_steps.hpp: from the caller's arrays into a block, and back.
#pragma once
#include <algorithm>

#include "../simd/transpose.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {
namespace steps {

namespace detail {
/// Turns [valid][columns] into rows of samples, `row` apart, and repeats the last sample for the lanes that do not exist.
template <class T>
inline void gather(const T* from, int columns, int valid, int samples, T* to, std::ptrdiff_t row) {
  if (columns == 1) std::copy_n(from, valid, to);
  else simd::transpose(from, columns, valid, columns, to, row);
  if (valid == samples) return;
  for (int w = 0; w < columns; w++) std::fill(to + w * row + valid, to + w * row + samples, to[w * row + valid - 1]);
}
/// Where the value (0, 0) and, if the node stores it, the unit derivative go.
template <class T>
inline void unit_row(const step<T>& st, T* row, int c) {
  if (contains(st.out_set, c)) std::fill_n(row + slot(st.out_set, c) * st.samples, st.samples, T(1));
}
}  // namespace detail

template <class T>
void load_state(const step<T>& st, const call<T>& c) {
  T* rows = c.workspace + st.out.base;
  detail::gather(c.in->state + c.first * std::size_t(st.d), st.d, c.valid, st.samples, rows, st.out.dim);
  for (int i = 0; i < st.d; i++) detail::unit_row(st, rows + i * st.out.dim, coefficient(1, 0));
}

template <class T>
void load_time(const step<T>& st, const call<T>& c) {
  T* row = c.at(st.out);
  detail::gather(c.in->time + c.first, 1, c.valid, st.samples, row, 0);
  detail::unit_row(st, row, coefficient(0, 1));
}

template <class T>
void along(const step<T>& st, const call<T>& c) {
  T* row = c.at(st.out);
  std::fill_n(row, count(st.out_set) * st.samples, T(0));
  detail::unit_row(st, row, coefficient(0, 1));
}

template <class T>
void load_input(const step<T>& st, const call<T>& c) {
  detail::gather(c.in->inputs[st.n] + c.first * std::size_t(st.width), st.width, c.valid, st.samples, c.at(st.out), st.out.row);
}

template <class T>
void load_input_per_dim(const step<T>& st, const call<T>& c) {
  const int all = st.d * st.width;  // features of a dimension follow each other, and so do the dimensions
  detail::gather(c.in->inputs[st.n] + c.first * std::size_t(all), all, c.valid, st.samples, c.workspace + st.out.base,
                 st.out.row);
}

template <class T>
void load_cotangent(const step<T>& st, const call<T>& c) {
  const T* from = c.cotangents ? c.cotangents[st.n] : nullptr;
  const int per_sample = (st.n2 ? st.d : 1) * st.width, at = st.n2 ? c.i * st.width : 0;
  for (int w = 0; w < st.width; w++) {
    T* row = c.at(st.out, w);
    std::fill_n(row, st.samples, T(0));
    if (!from) continue;
    for (int s = 0; s < c.valid; s++) row[s] = from[(c.first + std::size_t(s)) * std::size_t(per_sample) + std::size_t(at + w)];
  }
}

template <class T>
void literal(const step<T>& st, const call<T>& c) {
  for (int w = 0; w < st.width; w++) {
    std::fill_n(c.at(st.out, w), count(st.out_set) * st.samples, T(0));
    std::fill_n(c.at(st.out, w), st.samples, T(st.value));
  }
}

template <class T>
void constant(const step<T>& st, const call<T>& c) {
  std::fill_n(c.at(st.out), st.samples, c.in->constants[st.n]);
}

template <class T>
void parameter(const step<T>& st, const call<T>& c) {
  const T* from = c.parameters + st.parameter + c.i * st.parameter_dim;
  for (int w = 0; w < st.width; w++) std::fill_n(c.at(st.out, w), st.samples, from[w]);
}

/// A weight of each feature, n from one to the next, in all samples.
template <class T>
void spread_weights(const step<T>& st, const call<T>& c) {
  for (int w = 0; w < st.width; w++) std::fill_n(c.at(st.out, w), st.samples, c.parameters[st.parameter + w * st.n]);
}

/// Adds to [sample][width] in squares of a vector's lanes: a row of samples alone would touch a cache line for each number.
template <class T>
void store_cotangent(const step<T>& st, const call<T>& c) {
  T* to = c.input_gradients ? c.input_gradients->of_leaf(st.n) : nullptr;
  if (!to) return;
  constexpr int n = simd::lanes<T>;
  const int per_sample = (st.n2 ? st.d : 1) * st.width;
  const row_reference& from = st.in[0][0];
  to += c.first * std::size_t(per_sample) + std::size_t(st.n2 ? c.i * st.width : 0);
  if (st.width == 1) {
    const T* row = c.at(from);
    for (int s = 0; s < c.valid; s++) to[s * per_sample] += row[s];
    return;
  }
  T square[n * n];
  for (int w = 0; w < st.width; w += n) {
    const int columns = std::min(n, st.width - w);
    for (int s = 0; s < c.valid; s += n) {
      const int rows = std::min(n, c.valid - s);
      simd::transpose(c.at(from, w) + s, from.row, columns, rows, square, n);
      for (int r = 0; r < rows; r++)
        for (int k = 0; k < columns; k++) to[(s + r) * per_sample + w + k] += square[r * n + k];
    }
  }
}

/// Values of every dimension are collected for as many dimensions as a vector has lanes, and written together.
template <class T>
void store(const step<T>& st, const call<T>& c) {
  T* to = c.outputs ? c.outputs[st.n] : nullptr;
  if (!to) return;
  const int per_sample = (st.n2 ? st.d : 1) * st.width;
  const row_reference& from = st.in[0][0];
  to += c.first * std::size_t(per_sample);
  if (per_sample == 1) {
    std::copy_n(c.at(from), c.valid, to);
    return;
  }
  if (!st.n2) {
    if (from.row) simd::transpose(c.at(from), from.row, st.width, c.valid, to, per_sample);
    return;
  }
  const int place = c.i % simd::lanes<T>;
  T* collected = c.workspace + st.out.base;
  for (int w = 0; w < st.width; w++) std::copy_n(c.at(from, w), st.samples, collected + (place * st.width + w) * st.samples);
  if (place == simd::lanes<T> - 1 || c.i == st.d - 1)
    simd::transpose(collected, st.samples, (place + 1) * st.width, c.valid, to + (c.i - place) * st.width, per_sample);
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
