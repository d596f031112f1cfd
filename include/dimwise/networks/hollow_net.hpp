// networks/hollow_net.hpp: networks f_i = tau(x_i, h_i) with h_i = c_i(x without x_i): HollowNets; with h_i = c_i(x before i):
// autoregressive networks.
#pragma once
#include "conditioner.hpp"

namespace dimwise {

namespace detail {
/// Operands of a transformer: those at dim level, then those at point level, then what a conditioner made of them.
constexpr value transformer_operands(recorder& m, const handle* operands, int count, value h) {
  value in{handle{}};
  for (const level l : {level::dim, level::point})
    for (int i = 0; i < count; i++)
      if (operands[i].m == &m && m.kind_of(operands[i]).l == l) in = joined(in, operands[i]);
  return joined(in, h);
}
}  // namespace detail

/// See `hollow_net` and `autoregressive_net`.
template <fixed_string Name, detail::ConditionerForm Form, detail::sight Sight>
struct conditioned_network {
  static constexpr auto name = Name;
  Form hidden;
  features width;
  mlp transformer;
  detail::network_options options;

  template <class... A>
  requires detail::ConditionerOperands<Sight, A...>
  constexpr auto operator()(A... a) const {
    detail::recorder& m = detail::recorder_of_any(a...);
    const handle operands[] = {detail::recorded(m, a)...};
    const handle h = record(m, operands, int(sizeof...(A)));
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
  static constexpr kind result = linear_kind(joined_kind(detail::united_kind<A...>(),
                                                         detail::conditioned_kind(detail::united_kind<A...>(), 1, Sight),
                                                         op::concat),
                                             1, false);
  template <class... A>
  static constexpr auto refused(const A&... a) {
    constexpr depends seen = Sight == detail::sight::others ? depends::everything : depends::autoregressive;
    constexpr kind k{level::dim, seen, true, 1, because::it_is_not_dense};
    return detail::make<k, Name>(detail::recorder_of_any(a...).poison());
  }
  constexpr handle record(detail::recorder& m, const handle* operands, int count) const {
    detail::parameter_scope scope(m, detail::naming<Name>, Sight == detail::sight::others ? "hollow_net" : "autoregressive_net");
    const value h =
        conditioner_layers(scope, detail::split_operands(m, operands, count, Sight), hidden, width.count, Sight, true);
    const value f =
        detail::mlp_layers(scope, detail::transformer_operands(m, operands, count, h), transformer, 1, options, "transformer");
    scope.finish();
    return f;
  }
};

/// f_i = tau(x_i, ..., t, ..., h_i) with features h_i = c_i(x without x_i, t, ...) of a conditioner (Chen & Duvenaud, 2019): one
/// number for each dimension, whose D<k> costs only tau's own Taylor coefficients. Called with the state (and other values of
/// their own coordinate), time and inputs. With d = 1 the conditioner sees time and inputs only. tau is one mlp for all
/// dimensions; options: own_weights{} (one for each dimension), last_layer_scale{s}.
template <fixed_string Name, detail::ConditionerForm Form, detail::NetworkOption... Options>
constexpr auto hollow_net(Form hidden, features width, mlp transformer, Options... options) {
  return conditioned_network<Name, Form, detail::sight::others>{hidden, width, transformer, detail::network_options(options...)};
}

/// f_i = tau(x_i, ..., t, ..., h_i) with h_i = c_i(x before i, t, ...) (with a masked_mlp: Germain et al., MADE, 2015): depends
/// on {before, own}, so that its Jacobian is triangular with diagonal D<1>(f). Operands may themselves depend on {before, own}:
/// such networks can be stacked. Options as for hollow_net.
template <fixed_string Name, detail::ConditionerForm Form, detail::NetworkOption... Options>
constexpr auto autoregressive_net(Form hidden, features width, mlp transformer, Options... options) {
  return conditioned_network<Name, Form, detail::sight::before>{hidden, width, transformer, detail::network_options(options...)};
}

}  // namespace dimwise
