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

/// For all dimensions at once: adds up those before (n = -1), after (n = 1), or both (n = 0); nothing is subtracted.
template <class T>
void sum_others(const step<T>& st, const call<T>& c) {
  detail::each_coefficient(st, [&](int, int place, const row_reference* a, const row_reference*) {
    for (int w = 0; w < st.width; w++) {
      T* const out = c.at(st.out, w) + place * st.samples;
      const T* const in = a ? c.at(*a, w) : nullptr;
      const std::ptrdiff_t in_dim = a ? a->dim : 0;
      for (int s = 0; s < st.samples; s += simd::lanes<T>) {
        auto total = simd::broadcast<T>(T(0));
        for (int i = 0; i < st.d; i++) {
          simd::store(out + i * st.out.dim + s, total);
          if (in && st.n <= 0) total = total + simd::load(in + i * in_dim + s);
        }
        if (!in || st.n < 0) continue;
        total = simd::broadcast<T>(T(0));
        for (int i = st.d - 1; i >= 0; i--) {
          T* const to = out + i * st.out.dim + s;
          simd::store(to, simd::load(to) + total);
          total = total + simd::load(in + i * in_dim + s);
        }
      }
    }
  });
}

}  // namespace steps
}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
