// language/where.hpp: comparisons, and values that are chosen by them.
#pragma once
#include "features.hpp"

namespace dimwise {

/// a < b and the like: only `where` takes it. True where the difference is positive (or zero, if `or_equal`); NaN is false.
template <Term C>
struct comparison {
  C difference;
  bool or_equal;
};

namespace detail {
constexpr handle record_choice(handle condition, bool or_equal, handle branches) {
  recorder& m = *condition.m;
  if (!m.owns(condition) || !m.owns(branches)) return m.poison();
  const kind &c = m.kind_of(condition), &b = m.kind_of(branches);
  if (c.width != 1 && 2 * c.width != b.width)
    return m.refuse(refused::the_operands_have_different_feature_widths, condition, branches);
  node x;
  x.o = op::choose;
  x.a = condition.id;
  x.b = branches.id;
  x.n = or_equal;
  x.k = choice_kind(c, b, b.width / 2);
  return m.put(x);
}
constexpr handle record_branches(handle a, handle b) {
  recorder& m = *a.m;
  if (m.owns(a) && m.owns(b) && m.kind_of(a).width != m.kind_of(b).width)
    return m.refuse(refused::the_operands_have_different_feature_widths, a, b);
  return m.binary(op::concat, a, b);
}
}  // namespace detail

template <class A, class B>
requires detail::Fitting<A, B>
constexpr auto operator<(A a, B b) { return comparison<decltype(b - a)>{b - a, false}; }
template <class A, class B>
requires detail::Fitting<A, B>
constexpr auto operator>(A a, B b) { return comparison<decltype(a - b)>{a - b, false}; }
template <class A, class B>
requires detail::Fitting<A, B>
constexpr auto operator<=(A a, B b) { return comparison<decltype(b - a)>{b - a, true}; }
template <class A, class B>
requires detail::Fitting<A, B>
constexpr auto operator>=(A a, B b) { return comparison<decltype(a - b)>{a - b, true}; }

/// a where the condition holds, else b; its derivatives are those of the branch that is taken, so that nothing is seen of a jump
/// or kink at the border itself. Both branches are evaluated: keep the arguments of a logarithm, a root or a division in its
/// domain in both, or the gradient is not a number. a and b have equal widths; a number is a width of 1.
template <Term C, class A, class B>
requires(Operand<A>&& Operand<B>) constexpr auto where(comparison<C> condition, A a, B b) {
  constexpr kind ka = detail::kind_of<A>(), kb = detail::kind_of<B>();
  static_assert(!detail::known<A>() || !detail::known<B>() || ka.width == kb.width || ka.width == recorded_width ||
                    kb.width == recorded_width,
                "where(condition, a, b): a and b have different feature widths");
  constexpr kind k = choice_kind(C::k, joined_kind(ka, kb, op::concat), joined_width(ka.width, kb.width));
  detail::recorder& m = *condition.difference.m;
  const handle branches = detail::record_branches(detail::recorded(m, a), detail::recorded(m, b));
  return detail::make < k, detail::name_of_any<A, B, C>(),
         C::typed && detail::known<A>() &&
             detail::known<B>() > (detail::record_choice(condition.difference, condition.or_equal, branches));
}

/// The smaller and the larger value; derivatives are those of the one that is taken (of b where they are equal).
template <class A, class B>
requires detail::TwoOperands<A, B>
constexpr auto min(A a, B b) { return where(a < b, a, b); }
template <class A, class B>
requires detail::TwoOperands<A, B>
constexpr auto max(A a, B b) { return where(a > b, a, b); }

/// The angle in [-pi, pi] of the point (x, y), not the origin: 2 atan(y / (r + |x|)) for its distance r, taken from +-pi on the
/// left. r is below 1e19 (float) or 1e154 (double).
constexpr auto atan2(Term auto y, Term auto x) {
  constexpr double half_turn = 3.14159265358979323846;
  const auto angle = 2.0 * atan(y / (sqrt(sq(x) + sq(y)) + abs(x)));
  return where(x >= 0.0, angle, where(y >= 0.0, half_turn - angle, -half_turn - angle));
}

}  // namespace dimwise
