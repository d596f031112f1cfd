// language/expression.hpp: what users hold: a handle to a recorded value, in a type that says what the compiler must know to
// judge it.
#pragma once
#include <type_traits>

#include "../analysis/dependence.hpp"
#include "../core/fixed_string.hpp"
#include "refuse.hpp"

namespace dimwise {

namespace detail {
class recorder;
/// Marks the recording of e as refused.
template <class E>
constexpr void break_recording(const E& e);
/// v[j], see components.hpp.
template <class E>
constexpr auto component_of(const E& v, int j);
}  // namespace detail

template <class L, class R>
struct equation_sides;

/// A value of a recording. Cheap to copy; means nothing outside the model function that made it.
struct handle {
  detail::recorder* m = nullptr;
  int id = -1;
};

#define DIMWISE_ASSIGNMENT_CHANGES_CLASS \
  "this assignment changes what the variable depends on: declare it with the type `value` instead of auto"
#define DIMWISE_COMPONENT_OF_A_POINT_VALUE \
  "v[j] is component j of a value for each dimension; this value is one per sample: its features are slice<begin, width>(v)"
#define DIMWISE_ASSIGNMENT_IS_NOT_AN_EQUATION "one = assigns; an equation is written with ==: m.equation<\"name\">(lhs == rhs)"

/// A dimension-wise differentiable value: level, dependence, feature width (0: known to the recording only), and the name to
/// blame.
template <level Level, depends Depends, int Width, fixed_string Name>
struct expression : handle {
  static constexpr kind k{Level, Depends, true, Width, because::it_is_not_dense};
  static constexpr bool typed = true;
  static constexpr auto name = Name;
  constexpr explicit expression(handle h) : handle(h) {}
  constexpr expression(const expression&) = default;
  constexpr expression& operator=(const expression&) & = default;
  template <class Other>
  DIMWISE_REFUSE(DIMWISE_ASSIGNMENT_CHANGES_CLASS)
  constexpr expression& operator=(const Other&) & {
    detail::break_recording(*this);
    return *this;
  }
  template <class Other>
  DIMWISE_REFUSE(DIMWISE_ASSIGNMENT_IS_NOT_AN_EQUATION)
  constexpr auto operator=(const Other& other) && {
    detail::break_recording(*this);
    return equation_sides<expression, Other>{*this, other};
  }
  /// Component j, from 0: point level; x[j] of the state is dimension-wise differentiable.
  constexpr auto operator[](int j) const requires(Level == level::dim) { return detail::component_of(*this, j); }
  DIMWISE_REFUSE(DIMWISE_COMPONENT_OF_A_POINT_VALUE)
  constexpr auto operator[](int) const requires(Level != level::dim) {
    detail::break_recording(*this);
    return *this;
  }
};

/// A value whose derivatives along every coordinate would need a pass per dimension, and why.
template <level Level, because Why, int Width, fixed_string Name>
struct dense_expression : handle {
  static constexpr kind k{Level, depends::everything, false, Width, Why};
  static constexpr bool typed = true;
  static constexpr auto name = Name;
  constexpr explicit dense_expression(handle h) : handle(h) {}
  constexpr dense_expression(const dense_expression&) = default;
  constexpr dense_expression& operator=(const dense_expression&) & = default;
  template <class Other>
  DIMWISE_REFUSE(DIMWISE_ASSIGNMENT_CHANGES_CLASS)
  constexpr dense_expression& operator=(const Other&) & {
    detail::break_recording(*this);
    return *this;
  }
  template <class Other>
  DIMWISE_REFUSE(DIMWISE_ASSIGNMENT_IS_NOT_AN_EQUATION)
  constexpr auto operator=(const Other& other) && {
    detail::break_recording(*this);
    return equation_sides<dense_expression, Other>{*this, other};
  }
  /// Component j, from 0: point level; x[j] of the state is dimension-wise differentiable.
  constexpr auto operator[](int j) const requires(Level == level::dim) { return detail::component_of(*this, j); }
  DIMWISE_REFUSE(DIMWISE_COMPONENT_OF_A_POINT_VALUE)
  constexpr auto operator[](int) const requires(Level != level::dim) {
    detail::break_recording(*this);
    return *this;
  }
};

/// Any value, its class known to the recording only: for loops and arrays whose terms differ in class. Refusals come when the
/// model is recorded instead of at the line.
struct value : handle {
  static constexpr kind k{};
  static constexpr bool typed = false;
  static constexpr fixed_string<1> name{""};
  constexpr value(handle h) : handle(h) {}
  /// Component j, from 0, of a value for each dimension.
  constexpr value operator[](int j) const;
};

template <class T>
concept Term = std::is_base_of_v<handle, T>;
template <class T>
concept TypedTerm = Term<T> && T::typed;

/// A term, or a number, which becomes a literal.
template <class T>
concept Operand = Term<T> || std::is_arithmetic_v<T>;
/// Whether D<k>(e) is accepted. (g++ finds `requires { D<1>(e); }` true for a refused overload: ask this instead.)
template <class E>
concept DimwiseDifferentiable = Term<E> &&(!E::typed || E::k.dimwise);

namespace detail {
template <class T>
constexpr kind kind_of() {
  if constexpr (Term<T>) return T::k;
  else return kind{};
}
template <class T>
constexpr bool known() {
  if constexpr (Term<T>) return T::typed;
  else return true;
}
template <class T>
constexpr auto name_of() {
  if constexpr (Term<T>) return T::name;
  else return fixed_string<1>{""};
}
template <class T>
constexpr bool mixes() {
  if constexpr (Term<T>) return !T::k.dimwise || sees_others(T::k);
  else return false;
}
/// The name of the operand to blame: the one that mixes coordinates, else the first that has a name.
template <class A, class B>
constexpr auto name_of_either() {
  constexpr bool a = !name_of<A>().empty(), b = !name_of<B>().empty();
  if constexpr (a && (mixes<A>() || !b || !mixes<B>())) return name_of<A>();
  else return name_of<B>();
}
template <class A, class... Rest>
constexpr auto name_of_any() {
  if constexpr (sizeof...(Rest) == 0) return name_of<A>();
  else if constexpr (mixes<A>()) return name_of<A>();
  else {
    constexpr auto rest = name_of_any<Rest...>();
    if constexpr (rest.empty() || !(mixes<Rest>() || ...)) {
      if constexpr (!name_of<A>().empty()) return name_of<A>();
      else return rest;
    } else return rest;
  }
}
}  // namespace detail

}  // namespace dimwise
