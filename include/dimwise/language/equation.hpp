// language/equation.hpp: lhs == rhs, and what m.equation returns for it.
#pragma once
#include "derivatives.hpp"
#include "relative_form.hpp"

namespace dimwise {

/// `lhs == rhs` as written; only m.equation takes it.
template <class L, class R>
struct equation_sides {
  L left;
  R right;
  DIMWISE_REFUSE(
      "== does not compare: lhs == rhs is an equation for m.equation<\"name\">(lhs == rhs); values are not known while a model "
      "is recorded")
  constexpr operator bool() const {
    left.m->poison();
    return false;
  }
  /// What an operation that does not take an equation goes on with.
  constexpr L refused() const {
    left.m->poison();
    return left;
  }
};

namespace detail {
template <class A>
constexpr auto as_term(recorder& m, const A& a) {
  if constexpr (Term<A>) return a;
  else return make<kind{}, "">(m.literal(double(a)));
}
}  // namespace detail

/// An equation, for m.equation. It does not compare.
template <class A, class B>
requires detail::Fitting<A, B>
[[nodiscard("an equation lhs == rhs does nothing by itself: give it to m.equation<\"name\">(lhs == rhs)")]] constexpr auto
operator==(A a, B b) {
  detail::recorder& m = detail::recorder_of(a, b);
  m.open_equations++;
  auto left = detail::as_term(m, a);
  auto right = detail::as_term(m, b);
  return equation_sides<decltype(left), decltype(right)>{left, right};
}
template <class A, class B>
requires detail::Misfitting<A, B> DIMWISE_REFUSE(DIMWISE_WIDTHS_DIFFER)
constexpr auto operator==(A a, B b) {
  detail::recorder& m = detail::recorder_of(a, b);
  auto left = detail::as_term(m, a);
  m.poison();
  return equation_sides<decltype(left), decltype(left)>{left, left};
}
template <class A, class B>
requires detail::EquationInside<A, B> DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
constexpr auto operator==(A a, B b) { return detail::refused_equation(a, b); }

/// An equation of the model. Its sides are outputs of the kernel; all of them are expressions to be used in objectives.
template <class L, class R>
class equation_reference {
 public:
  constexpr equation_reference(detail::recorder& recorder, int number, L left, R right)
      : m(&recorder), index(number), l(left), r(right) {}

  constexpr L lhs() const { return l; }
  constexpr R rhs() const { return r; }
  /// lhs - rhs.
  constexpr auto residual() const { return typed(m->equations[index].residual); }
  /// residual / p for the positive factor p that the equation is relative to. p itself is not evaluated.
  constexpr auto relative() const {
    if (m->equations[index].relative < 0 && !m->broken) refused::this_equation_has_no_relative_form_call_relative_to();
    return typed(m->equations[index].relative);
  }
  /// What is trained: the relative form where there is one.
  constexpr auto relative_or_residual() const {
    const equation_entry& e = m->equations[index];
    return typed(e.relative >= 0 ? e.relative : e.residual);
  }
  constexpr double weight() const { return m->equations[index].weight; }
  /// Derives the relative form for p = exp(l), l at point level: every term must have exactly one factor p.
  constexpr const equation_reference& relative_to(Term auto p) const {
    m->equations[index].relative = detail::record_relative({m, m->equations[index].residual}, p).id;
    if (m->refusal) m->refusal();
    return *this;
  }
  /// Weight of this equation in a system of equations: what m.least_squares<"name">(equation, samples) takes unless it is given
  /// another.
  constexpr const equation_reference& weighted(double weight) const {
    m->equations[index].weight = weight;
    return *this;
  }

 private:
  detail::recorder* m;
  int index;
  L l;
  R r;
  constexpr auto typed(int id) const {
    constexpr kind k = joined_kind(L::k, R::k, op::sub);
    return detail::make < k, detail::name_of_either<L, R>(), L::typed && R::typed > ({m, id});
  }
};

}  // namespace dimwise
