// simd/packs.hpp: some registers that go through the same operations in turns, so that the processor always has one that need not
// wait.
#pragma once
#include <dimwise/simd/pack.hpp>
#include <utility>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

/// N registers of T. Operations on them are those on each; an elementary function of N registers, written operation by operation
/// for all of them, takes 10 to 20 % less time than N functions one after the other, whose operations wait for each other
/// (measured on a Zen 5).
template <class T, int N>
struct packs {
  using value_type = T;
  pack<T> part[N];
  DIMWISE_INLINE packs() = default;
  DIMWISE_INLINE explicit packs(T x) {
    for (pack<T>& p : part) p = broadcast<T>(x);
  }
  /// N lanes<T> elements from `p`, which need not be aligned.
  DIMWISE_INLINE static packs load(const T* p) {
    packs x;
    for (pack<T>& each : x.part) {
      each = simd::load(p);
      p += lanes<T>;
    }
    return x;
  }
  /// The same number to `p`.
  DIMWISE_INLINE void store(T* p) const {
    for (const pack<T>& each : part) {
      simd::store(p, each);
      p += lanes<T>;
    }
  }
};

/// The type of the numbers in a pack or packs.
template <class V>
using element = typename V::value_type;

/// f of the packs that belong together.
template <class F, class T, class... Rest>
DIMWISE_INLINE pack<T> by_parts(F&& f, const xsimd::batch<T>& a, const Rest&... rest) {
  return f(a, rest...);
}
template <class F, class T, int N, class... Rest>
DIMWISE_INLINE packs<T, N> by_parts(F&& f, const packs<T, N>& a, const Rest&... rest) {
  packs<T, N> r;
  const auto one = [&](auto i) DIMWISE_INLINE_LAMBDA { r.part[i] = f(a.part[i], rest.part[i]...); };
  [&]<int... I>(std::integer_sequence<int, I...>) DIMWISE_INLINE_LAMBDA { (one(std::integral_constant<int, I>{}), ...); }
  (std::make_integer_sequence<int, N>{});
  return r;
}

template <class T, int N>
DIMWISE_INLINE packs<T, N> operator+(const packs<T, N>& a, const packs<T, N>& b) {
  return by_parts([](const pack<T>& x, const pack<T>& y) DIMWISE_INLINE_LAMBDA { return x + y; }, a, b);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> operator-(const packs<T, N>& a, const packs<T, N>& b) {
  return by_parts([](const pack<T>& x, const pack<T>& y) DIMWISE_INLINE_LAMBDA { return x - y; }, a, b);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> operator*(const packs<T, N>& a, const packs<T, N>& b) {
  return by_parts([](const pack<T>& x, const pack<T>& y) DIMWISE_INLINE_LAMBDA { return x * y; }, a, b);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> operator/(const packs<T, N>& a, const packs<T, N>& b) {
  return by_parts([](const pack<T>& x, const pack<T>& y) DIMWISE_INLINE_LAMBDA { return x / y; }, a, b);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> fma(const packs<T, N>& a, const packs<T, N>& b, const packs<T, N>& c) {
  return by_parts([](const pack<T>& x, const pack<T>& y, const pack<T>& z) DIMWISE_INLINE_LAMBDA { return simd::fma(x, y, z); },
                  a, b, c);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> fnma(const packs<T, N>& a, const packs<T, N>& b, const packs<T, N>& c) {
  return by_parts([](const pack<T>& x, const pack<T>& y, const pack<T>& z) DIMWISE_INLINE_LAMBDA { return simd::fnma(x, y, z); },
                  a, b, c);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> min(const packs<T, N>& a, const packs<T, N>& b) {
  return by_parts([](const pack<T>& x, const pack<T>& y) DIMWISE_INLINE_LAMBDA { return simd::min(x, y); }, a, b);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> max(const packs<T, N>& a, const packs<T, N>& b) {
  return by_parts([](const pack<T>& x, const pack<T>& y) DIMWISE_INLINE_LAMBDA { return simd::max(x, y); }, a, b);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> abs(const packs<T, N>& a) {
  return by_parts([](const pack<T>& x) DIMWISE_INLINE_LAMBDA { return simd::abs(x); }, a);
}
template <class T, int N>
DIMWISE_INLINE packs<T, N> reciprocal(const packs<T, N>& a) {
  return by_parts([](const pack<T>& x) DIMWISE_INLINE_LAMBDA { return simd::reciprocal(x); }, a);
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
