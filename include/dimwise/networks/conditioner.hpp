// networks/conditioner.hpp: conditioners by themselves: features of the other coordinates, or of those before.
#pragma once
#include "masked_layers.hpp"

namespace dimwise {

#define DIMWISE_CONDITIONER_OPERAND                                                                                   \
  "an operand of this conditioner already mixes coordinates: the result would see x_i through it and not be hollow. " \
  "Give it the state, time, inputs, or functions of them coordinate by coordinate"
#define DIMWISE_CONDITIONER_LEVEL \
  "a conditioner needs a value for each dimension (the state, or an input_per_dim) among its operands"

namespace detail {
template <class A, sight S = sight::others>
concept UnmixedOperand = Operand<A> &&(!known<A>() || conditioner_operand(kind_of<A>(), S));
template <class A>
concept MaybePerDim = Term<A> &&(!A::typed || A::k.l == level::dim);
template <sight S, class... A>
concept ConditionerOperands = (UnmixedOperand<A, S> && ...) && (MaybePerDim<A> || ...);
template <sight S, class... A>
concept MixedOperands = (Operand<A> && ...) && (Term<A> || ...) && !(UnmixedOperand<A, S> && ...);
template <sight S, class... A>
concept PointOperandsOnly = (Operand<A> && ...) && (Term<A> || ...) && (UnmixedOperand<A, S> && ...) && !(MaybePerDim<A> || ...);

/// Point-level operands that do not depend on the state.
template <class A>
concept PointContext = Operand<A> &&(!known<A>() || (kind_of<A>().l == level::point && kind_of<A>().d == depends::nothing));
}  // namespace detail

/// See `conditioner` and `autoregressive_conditioner`.
template <fixed_string Name, int Width, detail::ConditionerForm Form, detail::sight Sight>
struct conditioner_network {
  static constexpr auto name = Name;
  Form hidden;

  template <class... A>
  requires detail::ConditionerOperands<Sight, A...>
  constexpr auto operator()(A... a) const {
    detail::recorder& m = detail::recorder_of_any(a...);
    const handle operands[] = {detail::recorded(m, a)...};
    detail::parameter_scope scope(m, detail::naming<Name>, "conditioner");
    const value h =
        conditioner_layers(scope, detail::split_operands(m, operands, int(sizeof...(A)), Sight), hidden, Width, Sight, false);
    scope.finish();
    if (m.refusal) m.refusal();
    return detail::make<result<A...>, Name, (detail::known<A>() && ...)>(h);
  }
  template <class... A>
  requires detail::MixedOperands<Sight, A...> DIMWISE_REFUSE(DIMWISE_CONDITIONER_OPERAND)
  constexpr auto operator()(A... a) const { return refused<A...>(a...); }
  template <class... A>
  requires detail::PointOperandsOnly<Sight, A...> DIMWISE_REFUSE(DIMWISE_CONDITIONER_LEVEL)
  constexpr auto operator()(A... a) const { return refused<A...>(a...); }

 private:
  template <class... A>
  static constexpr kind result = detail::conditioned_kind(detail::united_kind<A...>(), Width, Sight);
  template <class... A>
  static constexpr auto refused(const A&... a) {
    constexpr depends seen = Sight == detail::sight::others ? depends::hollow : depends::before;
    constexpr kind k{level::dim, seen, true, Width, because::it_is_not_dense};
    return detail::make<k, Name>(detail::recorder_of_any(a...).poison());
  }
};

/// Width features h_i of all coordinates but the i-th. Called with the state (and other values of their own coordinate), time and
/// inputs; returns a dim-level value that is constant along its own coordinate. Forms: masked_mlp{128, 128} (two masked streams,
/// tanh), and those of docs/reference/networks.md.
template <fixed_string Name, int Width = 1, detail::ConditionerForm Form>
constexpr auto conditioner(Form hidden) {
  static_assert(Width >= 1, "conditioner<name, width>(masked_mlp{...}): width at least 1");
  return conditioner_network<Name, Width, Form, detail::sight::others>{hidden};
}
/// Width features h_i of the coordinates before the i-th (h_0 sees time and inputs only). Its operands may themselves depend on
/// {before, own}, as the result of an autoregressive network does.
template <fixed_string Name, int Width = 1, detail::ConditionerForm Form>
constexpr auto autoregressive_conditioner(Form hidden) {
  static_assert(Width >= 1, "autoregressive_conditioner<name, width>(masked_mlp{...}): width at least 1");
  return conditioner_network<Name, Width, Form, detail::sight::before>{hidden};
}

}  // namespace dimwise
