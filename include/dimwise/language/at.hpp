// language/at.hpp: a value somewhere else: at(u, x == e, t == c), for boundaries, initial values and periodicity.
#pragma once
#include "../analysis/kind_rules.hpp"
#include "equation.hpp"
#include "substitution.hpp"

namespace dimwise {

namespace detail {

/// Whether `left == right` may say where a value is taken, as far as the types know.
constexpr bool replaces(kind left, kind right) {
  if (left.width != 1 || right.width > 1 || !left.dimwise) return false;
  if (left.l == level::point) return left.d == depends::nothing && right.l == level::point && right.d == depends::nothing;
  return left.l == level::dim && (left.d == depends::own || single(left)) && unmixed(right);
}
template <class L, class R>
concept Replaces = !L::typed || !R::typed || replaces(L::k, R::k);

/// The class of a value of class u once `left` is replaced by `right`.
constexpr kind replaced_kind(kind u, kind left, kind right) {
  if (left.l == level::dim && right.d == depends::nothing)
    return {u.l, depends::nothing, true, u.width, because::it_is_not_dense};
  return u;
}
/// Of several states, one that stays or moves leaves the class as it is.
template <class A, class... Pairs>
constexpr kind replaced_kind_of() {
  kind k = A::k;
  if constexpr (!((decltype(Pairs::left)::k.l == level::dim && decltype(Pairs::right)::k.d != depends::nothing) || ...))
    ((k = replaced_kind(k, decltype(Pairs::left)::k, decltype(Pairs::right)::k)), ...);
  return k;
}
template <class L, class R>
constexpr void replace(substitution& s, const equation_sides<L, R>& e) {
  e.left.m->open_equations--;
  s.replace(e.left, e.right);
}
}  // namespace detail

/// u with the state replaced by e, the time by c, or both: the same networks at other points. `at(u, x == 1.0)`, `at(u, t ==
/// 0.0)`, `at(u, x == -x)`, `at(u, x == x + period)`. e depends on nothing or on its own coordinate, c on nothing; a number or
/// point-level e is every coordinate's. Derivatives in u are those of u taken at (e, c): with D<k> in u, e must depend on nothing
/// or be x + constant; with dt<k> in u, e and c must not depend on time, or c be t + constant. At an e that depends on nothing
/// the result depends on nothing; else it is of u's class. Costs another evaluation of u.
template <Term A, class... L, class... R>
requires(sizeof...(L) > 0 && (detail::Replaces<L, R> && ...)) constexpr auto at(A u, equation_sides<L, R>... where) {
  constexpr kind k = detail::replaced_kind_of<A, equation_sides<L, R>...>();
  detail::substitution s(*u.m);
  (detail::replace(s, where), ...);
  const handle h = s(u);
  if (h.m->refusal) h.m->refusal();
  return detail::make < k, A::name, A::typed && ((L::typed && R::typed) && ...) > (h);
}
template <Term A, class... L, class... R>
requires(sizeof...(L) > 0 && !(detail::Replaces<L, R> && ...)) DIMWISE_REFUSE(
    "at(u, x == e, t == c): the left sides are the state or the time; e depends on nothing or on its own coordinate, "
    "c depends on nothing and is one number a sample")
constexpr auto at(A u, equation_sides<L, R>...) {
  u.m->poison();
  return u;
}

}  // namespace dimwise
