// language/arithmetic.hpp: + - * / between values and numbers.
#pragma once
#include "recorder.hpp"

namespace dimwise {

namespace detail {
template <class T>
inline constexpr bool is_equation = false;
template <class L, class R>
inline constexpr bool is_equation<equation_sides<L, R>> = true;

template <class A, class B>
concept TwoOperands = Operand<A> && Operand<B> &&(Term<A> || Term<B>);
template <class A, class B>
concept Fitting = TwoOperands<A, B> &&(!known<A>() || !known<B>() || widths_fit(kind_of<A>(), kind_of<B>()));
template <class A, class B>
concept Misfitting = TwoOperands<A, B> && !Fitting<A, B>;
template <class A, class B>
concept EquationInside = (is_equation<A> && (Operand<B> || is_equation<B>)) || (is_equation<B> && Operand<A>);

template <class T>
T example();
/// A result that a variable of type A can take.
template <class A, class Result>
concept Updates = std::is_same_v<A, Result> || !A::typed;

template <class A, class B>
constexpr recorder& recorder_of(const A& a, const B& b) {
  if constexpr (Term<A>) return *a.m;
  else return *b.m;
}
template <class A, class... Rest>
constexpr recorder& recorder_of_any(const A& a, const Rest&... rest) {
  if constexpr (Term<A>) return *a.m;
  else return recorder_of_any(rest...);
}
template <class A>
constexpr handle recorded(recorder& m, const A& a) {
  if constexpr (Term<A>) return a;
  else return m.literal(double(a));
}
template <class A, class B>
constexpr handle record_binary(op o, const A& a, const B& b) {
  recorder& m = recorder_of(a, b);
  return m.binary(o, recorded(m, a), recorded(m, b));
}
/// h as the result of the operation on an A and a B.
template <op O, class A, class B>
constexpr auto binary_result(handle h) {
  return make < joined_kind(kind_of<A>(), kind_of<B>(), O), name_of_either<A, B>(), known<A>() && known<B>() > (h);
}
/// A value in place of an equation that was refused.
template <class A, class B>
constexpr auto refused_equation(const A& a, const B& b) {
  if constexpr (is_equation<A>) return a.refused();
  else return b.refused();
}
/// The result of a refused operation: of a usable class.
template <class A, class B>
constexpr auto refused_binary(const A& a, const B& b) {
  return binary_result<op::add, A, B>(recorder_of(a, b).poison());
}
}  // namespace detail

#define DIMWISE_WIDTHS_DIFFER "the operands have different feature widths (the numbers in the types); only width 1 is repeated"
#define DIMWISE_EQUATION_IS_NO_VALUE                                                                                           \
  "lhs == rhs is an equation, not a value: give it to m.equation<\"name\">(lhs == rhs) and use .residual(), .lhs() or .rhs() " \
  "of that"

// Written out for each operator: a macro would be quoted in every message of a compiler.

/// a + b: equal widths, or width 1 repeated; point-level operands are repeated for each dimension; numbers are literals.
template <class A, class B>
requires detail::Fitting<A, B>
constexpr auto operator+(A a, B b) {
  const handle h = detail::record_binary(op::add, a, b);
  if (h.m->refusal) h.m->refusal();
  return detail::binary_result<op::add, A, B>(h);
}
template <class A, class B>
requires detail::Misfitting<A, B> DIMWISE_REFUSE(DIMWISE_WIDTHS_DIFFER)
constexpr auto operator+(A a, B b) { return detail::refused_binary(a, b); }
template <class A, class B>
requires detail::EquationInside<A, B> DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
constexpr auto operator+(A a, B b) { return detail::refused_equation(a, b); }

/// a - b, see +.
template <class A, class B>
requires detail::Fitting<A, B>
constexpr auto operator-(A a, B b) {
  const handle h = detail::record_binary(op::sub, a, b);
  if (h.m->refusal) h.m->refusal();
  return detail::binary_result<op::sub, A, B>(h);
}
template <class A, class B>
requires detail::Misfitting<A, B> DIMWISE_REFUSE(DIMWISE_WIDTHS_DIFFER)
constexpr auto operator-(A a, B b) { return detail::refused_binary(a, b); }
template <class A, class B>
requires detail::EquationInside<A, B> DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
constexpr auto operator-(A a, B b) { return detail::refused_equation(a, b); }

/// a * b, see +.
template <class A, class B>
requires detail::Fitting<A, B>
constexpr auto operator*(A a, B b) {
  const handle h = detail::record_binary(op::mul, a, b);
  if (h.m->refusal) h.m->refusal();
  return detail::binary_result<op::mul, A, B>(h);
}
template <class A, class B>
requires detail::Misfitting<A, B> DIMWISE_REFUSE(DIMWISE_WIDTHS_DIFFER)
constexpr auto operator*(A a, B b) { return detail::refused_binary(a, b); }
template <class A, class B>
requires detail::EquationInside<A, B> DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
constexpr auto operator*(A a, B b) { return detail::refused_equation(a, b); }

/// a / b, see +.
template <class A, class B>
requires detail::Fitting<A, B>
constexpr auto operator/(A a, B b) {
  const handle h = detail::record_binary(op::div, a, b);
  if (h.m->refusal) h.m->refusal();
  return detail::binary_result<op::div, A, B>(h);
}
template <class A, class B>
requires detail::Misfitting<A, B> DIMWISE_REFUSE(DIMWISE_WIDTHS_DIFFER)
constexpr auto operator/(A a, B b) { return detail::refused_binary(a, b); }
template <class A, class B>
requires detail::EquationInside<A, B> DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
constexpr auto operator/(A a, B b) { return detail::refused_equation(a, b); }

template <Term A>
constexpr auto operator-(A a) {
  return -1.0 * a;
}
template <Term A>
constexpr auto operator+(A a) {
  return a;
}

/// a += b and the like: a = a + b, where that has the class of a.
template <Term A, class B>
requires detail::Updates<A, decltype(detail::example<A>() + detail::example<B>())>
constexpr A& operator+=(A& a, B b) { return a = a + b; }
template <Term A, class B>
requires(!detail::Updates<A, decltype(detail::example<A>() + detail::example<B>())>)
    DIMWISE_REFUSE(DIMWISE_ASSIGNMENT_CHANGES_CLASS)
constexpr A& operator+=(A& a, B) {
  a.m->poison();
  return a;
}
template <Term A, class B>
requires detail::Updates<A, decltype(detail::example<A>() - detail::example<B>())>
constexpr A& operator-=(A& a, B b) { return a = a - b; }
template <Term A, class B>
requires(!detail::Updates<A, decltype(detail::example<A>() - detail::example<B>())>)
    DIMWISE_REFUSE(DIMWISE_ASSIGNMENT_CHANGES_CLASS)
constexpr A& operator-=(A& a, B) {
  a.m->poison();
  return a;
}
template <Term A, class B>
requires detail::Updates<A, decltype(detail::example<A>() * detail::example<B>())>
constexpr A& operator*=(A& a, B b) { return a = a * b; }
template <Term A, class B>
requires(!detail::Updates<A, decltype(detail::example<A>() * detail::example<B>())>)
    DIMWISE_REFUSE(DIMWISE_ASSIGNMENT_CHANGES_CLASS)
constexpr A& operator*=(A& a, B) {
  a.m->poison();
  return a;
}
template <Term A, class B>
requires detail::Updates<A, decltype(detail::example<A>() / detail::example<B>())>
constexpr A& operator/=(A& a, B b) { return a = a / b; }
template <Term A, class B>
requires(!detail::Updates<A, decltype(detail::example<A>() / detail::example<B>())>)
    DIMWISE_REFUSE(DIMWISE_ASSIGNMENT_CHANGES_CLASS)
constexpr A& operator/=(A& a, B) {
  a.m->poison();
  return a;
}

}  // namespace dimwise
