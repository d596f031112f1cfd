// language/dynamics.hpp: what can be integrated or simulated: ordinary and stochastic differential equations.
#pragma once
#include "dense_operators.hpp"
#include "learning.hpp"

namespace dimwise {

/// A quantity that is integrated along the solution of an ODE: dq/dt = `rate`, one number a sample. Made by
/// `carry<"name">(rate)`.
template <fixed_string Name, Term A>
struct carried_quantity {
  static constexpr auto name = Name;
  A rate;
};
template <fixed_string Name, Term A>
constexpr auto carry(A rate) {
  return carried_quantity<Name, A>{rate};
}

namespace detail {

template <class T>
inline constexpr bool is_carried = false;
template <fixed_string Name, class A>
inline constexpr bool is_carried<carried_quantity<Name, A>> = OneNumber<A>;

template <class Field, trace How>
concept DenseForExactTrace = How == trace::exact&& TypedTerm<Field> && !DimwiseDifferentiable<Field>;

/// The part of `model` that records differential equations.
class dynamics_recorder : public learning_recorder {
 public:
  /// dx_i = drift_i dt + noise_i dW_i, for simulation. Records D<1>(noise) for Milstein where noise is dimension-wise
  /// differentiable.
  template <fixed_string Name, Operand Drift, Operand Noise>
  constexpr void sde(Drift drift, Noise noise) {
    record_sde<Name>(recorded(*this, drift), recorded(*this, noise));
    if (refusal) refusal();
  }

  /// dx_i/dt = field_i(x, t), for the solvers. Carried quantities, such as carry<"log_density">(-divergence(f)) or
  /// carry<"energy">(sum(sq(f))), are integrated along with it and do not act back on it; at most four. Records D<1>(field) for
  /// Jacobi-Newton where the field is dimension-wise differentiable.
  template <fixed_string Name, Operand Field, class... Carried>
  requires(is_carried<Carried>&&...) constexpr void ode(Field field, Carried... quantities) {
    record_carrying<Name>(trace::none, handle{this, -1}, field, quantities...);
  }
  template <fixed_string Name, class Field, class... Others>
  requires(sizeof...(Others) > 0 && !(is_carried<Others> && ...)) DIMWISE_REFUSE(
      "m.ode<\"name\">(f, carry<\"q\">(rate), ...): what is carried along is one number a sample (take sum or mean over "
      "dimensions), named by carry")
  constexpr void ode(Field, Others...) { poison(); }

  /// The same with the log density of the moving samples, d log p / dt = -divergence(field), as the first carried quantity. How:
  /// see `trace`; hutchinson and full take the directions of their probes from the input_per_dim "trace_noise", which
  /// `normalizing_flow` fills in, and need no dimension-wise differentiable field. Mean cost of one evaluation: exact 1.2,
  /// hutchinson 2, full 2 d of the field alone.
  template <fixed_string Name, trace How = trace::exact, Term Field, class... Carried>
  requires(!DenseForExactTrace<Field, How> && (is_carried<Carried> && ...)) constexpr void flow(Field field,
                                                                                                Carried... quantities) {
    static_assert(sizeof...(Carried) < most_carried, "m.flow carries the log density and at most three quantities more");
    if constexpr (How == trace::none) {
      record_carrying<Name>(How, handle{this, -1}, field, quantities...);
    } else if constexpr (How == trace::exact) {
      record_carrying<Name>(How, handle{this, -1}, field, dimwise::carry<"log_density">(-divergence(field)), quantities...);
    } else {
      if (!has_state()) return;
      const auto noise = make<noise_kind, "trace_noise">(record_noise());
      record_carrying<Name>(How, noise, field, dimwise::carry<"log_density">(-dimwise::sum(noise * jvp(field, noise))),
                            quantities...);
    }
  }

  template <fixed_string Name, trace How = trace::exact, Term Field, class... Carried>
  requires DenseForExactTrace<Field, How> DIMWISE_REFUSE(
      "m.flow<\"name\">(f): f is dense, so that the exact trace of its Jacobian needs a pass per dimension. Ways out: let f come "
      "from a hollow_net; estimate the "
      "trace, m.flow<\"name\", trace::hutchinson>(f); or pay for the passes, m.flow<\"name\", trace::full>(f)")
  constexpr void flow(Field, Carried...) { poison(); }
  template <fixed_string Name, trace How = trace::exact, Term Field, class... Others>
  requires(!DenseForExactTrace<Field, How> && sizeof...(Others) > 0 && !(is_carried<Others> && ...)) DIMWISE_REFUSE(
      "m.flow<\"name\">(f, carry<\"q\">(rate), ...): what is carried along is one number a sample (take sum or mean over "
      "dimensions), named by carry")
  constexpr void flow(Field, Others...) { poison(); }

 protected:
  template <fixed_string Name, class Field, class... Carried>
  constexpr void record_carrying(trace how, handle noise, Field field, Carried... quantities) {
    static_assert(sizeof...(Carried) <= most_carried, "m.ode carries at most four quantities");
    ode_entry e;
    e.name = Name;
    e.how = how;
    e.noise = noise.id;
    (carry(e, Carried::name, quantities.rate), ...);
    record_ode<Name>(e, recorded(*this, field));
    if (refusal) refusal();
  }

 private:
  static constexpr kind noise_kind{level::dim, depends::nothing, true, 1, because::it_is_not_dense};
  /// The directions of probes: one input for all flows of a model.
  constexpr handle record_noise() {
    constexpr short_name name("trace_noise");
    int i = 0;
    while (i < inputs.count && !(inputs[i].name == name)) i++;
    if (i == inputs.count) inputs.push_back({name, level::dim, 1});
    if (inputs[i].state) refuse(refused::a_state_has_the_name_of_an_input);
    else if (inputs[i].l != level::dim || inputs[i].width != 1)
      refuse(refused::this_input_already_has_another_width<"trace_noise">);
    if (refusal) refusal();
    return leaf(op::input_per_dim, noise_kind, i);
  }
  /// h for each dimension: a point-level value is repeated by adding 0 x.
  constexpr handle at_dim_level(handle h) {
    if (kind_of(h).l == level::dim) return h;
    return binary(op::add, h, binary(op::mul, literal(0), {this, state_node}));
  }
  constexpr bool has_state() {
    if (state_node >= 0) return true;
    refuse(refused::this_model_has_no_state);
    return false;
  }
  template <fixed_string Name>
  constexpr void record_sde(handle drift, handle noise) {
    name_is_free<Name>(sdes);
    if (!owns(drift) || !owns(noise) || !has_state()) return;
    if (kind_of(drift).width != 1 || kind_of(noise).width != 1) refuse(refused::a_drift_or_noise_has_one_feature);
    sde_entry e;
    e.name = Name;
    e.drift = at_dim_level(drift).id;
    e.noise = at_dim_level(noise).id;
    e.noise_derivative = own_derivative(noise);
    sdes.push_back(e);
    check_states();
  }
  /// D<1>(v) at dim level, or -1 where v is dense.
  constexpr int own_derivative(handle v) {
    const kind& k = kind_of(v);
    if (!k.dimwise) return -1;
    return at_dim_level(sees_own(k) ? unary(op::D, v, 0, 1) : literal(0)).id;
  }
  constexpr void carry(ode_entry& e, short_name name, handle rate) {
    if (!owns(rate)) return;
    if (kind_of(rate).l != level::point || kind_of(rate).width != 1) refuse(refused::a_carried_quantity_is_one_number_a_sample);
    for (int i = 0; i < e.carried_count; i++)
      if (e.carried[i].name == name) refuse(refused::two_carried_quantities_have_the_same_name);
    e.carried[e.carried_count++] = {name, rate.id};
  }
  template <fixed_string Name>
  constexpr void record_ode(ode_entry e, handle field) {
    name_is_free<Name>(odes);
    if (!owns(field) || !has_state()) return;
    if (kind_of(field).width != 1) refuse(refused::a_vector_field_has_one_feature);
    e.field = at_dim_level(field).id;
    e.diagonal = own_derivative(field);
    odes.push_back(e);
    check_states();
  }
};

}  // namespace detail
}  // namespace dimwise
