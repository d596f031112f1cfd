// language/functions.hpp: functions of each feature of each component.
#pragma once
#include "arithmetic.hpp"

namespace dimwise {

namespace detail {
template <op O, Term A>
constexpr auto record_pointwise(const A& a, double number = 0, int n = 0) {
  constexpr kind k = pointwise_kind(A::k);
  return make<k, A::name, A::typed>(a.m->unary(O, a, number, n));
}
}  // namespace detail

/// A function of one value, applied to each feature; depends on what its operand depends on. Domain as in <cmath>; outside of it,
/// and of what is not a number, the value and every derivative are not a number. Errors: docs/reference/accuracy.md.
#define DIMWISE_FUNCTION(name, operation)                                             \
  constexpr auto name(Term auto a) { return detail::record_pointwise<operation>(a); } \
  template <class L, class R>                                                         \
  DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)                                        \
  constexpr auto name(equation_sides<L, R> a) {                                       \
    return a.refused();                                                               \
  }
DIMWISE_FUNCTION(exp, op::exp)
DIMWISE_FUNCTION(expm1, op::expm1)  ///< exp(a) - 1, without cancellation
DIMWISE_FUNCTION(log, op::log)      ///< of a positive value
DIMWISE_FUNCTION(log1p, op::log1p)  ///< log(1 + a), without cancellation; a > -1
DIMWISE_FUNCTION(sin, op::sin)
DIMWISE_FUNCTION(cos, op::cos)
DIMWISE_FUNCTION(tan, op::tan)
DIMWISE_FUNCTION(asin, op::asin)  ///< |a| <= 1; derivatives are infinite at the ends
DIMWISE_FUNCTION(acos, op::acos)  ///< as asin
DIMWISE_FUNCTION(atan, op::atan)
DIMWISE_FUNCTION(sinh, op::sinh)
DIMWISE_FUNCTION(cosh, op::cosh)
DIMWISE_FUNCTION(tanh, op::tanh)
DIMWISE_FUNCTION(sqrt, op::sqrt)              ///< of a positive value; at 0 the value is right and derivatives are infinite
DIMWISE_FUNCTION(cbrt, op::cbrt)              ///< the real cube root, of negative values too; at 0 as sqrt
DIMWISE_FUNCTION(sq, op::sq)                  ///< a * a
DIMWISE_FUNCTION(erf, op::erf)                ///< 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to a
DIMWISE_FUNCTION(erfc, op::erfc)              ///< 1 - erf(a), without cancellation
DIMWISE_FUNCTION(normal_cdf, op::normal_cdf)  ///< the standard normal distribution function, without cancellation in its tails
DIMWISE_FUNCTION(softplus, op::softplus)      ///< log(1 + exp(a))
DIMWISE_FUNCTION(sigmoid, op::sigmoid)        ///< 1 / (1 + exp(-a))
/// a where a > 0, else 0. Derivatives are those of the side that is taken, 0 at 0: nothing of the kink is seen by orders of 2 and
/// more.
DIMWISE_FUNCTION(relu, op::relu)
/// |a|. Derivatives as for relu, those of a at 0; `absolute` is smooth.
DIMWISE_FUNCTION(abs, op::abs)
/// a^exponent. An integer exponent takes every a (a != 0 where it is negative); any other takes a > 0.
constexpr auto pow(Term auto a, double exponent) {
  if (exponent == 2) return detail::record_pointwise<op::sq>(a);
  if (exponent == 0.5) return detail::record_pointwise<op::sqrt>(a);
  return detail::record_pointwise<op::power>(a, exponent);
}
/// a^b of a > 0; a number as the base is a value like any other.
template <class A, Term B>
requires detail::Fitting<A, B>
constexpr auto pow(A a, B b) {
  const handle h = detail::record_binary(op::pow, a, b);
  if (h.m->refusal) h.m->refusal();
  return detail::binary_result<op::pow, A, B>(h);
}
template <class A, Term B>
requires detail::Misfitting<A, B> DIMWISE_REFUSE(DIMWISE_WIDTHS_DIFFER)
constexpr auto pow(A a, B b) { return detail::refused_binary(a, b); }

/// sqrt(a^2 + 1e-12): |a| to within 1e-6, with a derivative at 0.
constexpr auto absolute(Term auto a) { return sqrt(sq(a) + 1e-12); }
/// 2 (sqrt(1 + a^2) - 1): a^2 for small a, 2 |a| for large (Charbonnier et al., 1997), written without cancellation.
constexpr auto pseudo_huber(Term auto a) { return 2.0 * sq(a) / (1.0 + sqrt(1.0 + sq(a))); }

/// 1 / (1 + exp(-a)), another name of sigmoid.
constexpr auto logistic(Term auto a) { return sigmoid(a); }
/// log(sigmoid(a)), without cancellation.
constexpr auto log_sigmoid(Term auto a) { return -softplus(-a); }
/// a sigmoid(a) (Elfwing et al., 2018).
constexpr auto silu(Term auto a) { return a * sigmoid(a); }
/// a times the standard normal distribution function (Hendrycks and Gimpel, 2016), in its exact form.
constexpr auto gelu(Term auto a) { return a * normal_cdf(a); }

/// The same value; no gradient reaches parameters through it. Derivatives by x and t are not changed.
DIMWISE_FUNCTION(frozen, op::frozen)
/// The same value, taken as constant in x and t and by gradients. This changes the mathematics of D and dt: D<1>(detach(x)) is 0.
DIMWISE_FUNCTION(detach, op::detach)
#undef DIMWISE_FUNCTION

/// The same value, taken as constant along x and t; gradients by parameters pass, unlike through `detach`. This changes the
/// mathematics of D and dt: D<1>(held(x) * x) is x.
template <Term A>
constexpr auto held(A u) {
  constexpr kind k = held_kind(A::k, held_along_x | held_along_t);
  return detail::make<k, A::name, A::typed>(u.m->held(u, held_along_x | held_along_t));
}

}  // namespace dimwise
