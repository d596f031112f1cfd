// language/features.hpp: joining, cutting and adding up features.
#pragma once
#include "functions.hpp"

namespace dimwise {

namespace detail {
constexpr handle record_resized(op o, handle a, int width, int n = 0) {
  recorder& m = *a.m;
  if (!m.owns(a)) return m.poison();
  if (m.kind_of(a).l == level::units) return m.refuse(refused::hidden_units_cannot_be_used_here, a);
  node x;
  x.o = o;
  x.a = a.id;
  x.n = n;
  x.k = of_width(m.kind_of(a), width);
  return m.put(x);
}
constexpr handle record_slice(handle a, int begin, int width) {
  if (begin + width > a.m->kind_of(a).width) return a.m->refuse(refused::the_slice_goes_beyond_the_features, a);
  return record_resized(op::slice, a, width, begin);
}
constexpr handle record_unstack(handle a, int width) {
  recorder& m = *a.m;
  if (m.kind_of(a).l != level::point || m.kind_of(a).width != m.d * width)
    return m.refuse(refused::the_features_do_not_divide_into_dimensions, a);
  node x;
  x.o = op::unstack;
  x.a = a.id;
  x.k = unstack_kind(m.kind_of(a), width);
  return m.put(x);
}
}  // namespace detail

/// The features of all operands, in order; point-level operands are repeated for each dimension beside dim-level ones.
template <Term A>
constexpr auto concat(A a) {
  return a;
}
template <class A, class B, class... Rest>
requires(detail::TwoOperands<A, B>) constexpr auto concat(A a, B b, Rest... rest) {
  return concat(detail::binary_result<op::concat, A, B>(detail::record_binary(op::concat, a, b)), rest...);
}

/// Features Begin .. Begin + Width - 1.
template <int Begin, int Width, Term A>
constexpr auto slice(A a) {
  static_assert(Begin >= 0 && Width >= 1, "slice<begin, width>(v): begin >= 0, width >= 1");
  static_assert(!A::typed || A::k.width == recorded_width || Begin + Width <= A::k.width,
                "slice<begin, width>(v): v has fewer features");
  constexpr kind k = of_width(A::k, Width);
  return detail::make<k, A::name, A::typed>(detail::record_slice(a, Begin, Width));
}

/// log of the sum of exp over features: width 1.
template <Term A>
constexpr auto logsumexp(A a) {
  constexpr kind k = of_width(A::k, 1);
  return detail::make<k, A::name, A::typed>(detail::record_resized(op::logsumexp, a, 1));
}
/// Sum over features: width 1.
template <Term A>
constexpr auto sum_features(A a) {
  constexpr kind k = of_width(A::k, 1);
  return detail::make<k, A::name, A::typed>(detail::record_resized(op::sum_features, a, 1));
}
/// Mean over features: width 1.
template <Term A>
constexpr auto mean_features(A a) {
  return (1.0 / a.m->kind_of(a).width) * sum_features(a);
}

/// A point-level vector of d * Width features dealt out: dimension i gets features i Width .. i Width + Width - 1.
template <int Width, Term A>
constexpr auto unstack(A a) {
  static_assert(!A::typed || A::k.l == level::point, "unstack<width>(v): v must be point-level");
  constexpr kind k = unstack_kind(A::k, Width);
  return detail::make<k, A::name, A::typed>(detail::record_unstack(a, Width));
}

}  // namespace dimwise
