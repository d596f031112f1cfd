// language/model.hpp: the builder that a model function is given: inputs, parameters, equations and outputs by name.
#pragma once
#include "dynamics.hpp"
#include "equation.hpp"
#include "parameters.hpp"

namespace dimwise {

namespace detail {
struct recording_key {};
}  // namespace detail

/// A model function `constexpr void f(model& m)` records its values here. Names are identity: asking again for the same name
/// gives the same value; the same name with another shape is refused.
class model : public detail::dynamics_recorder {
 public:
  constexpr explicit model(detail::recording_key) {}
  DIMWISE_REFUSE("a model function is given its model: take state, time and inputs from that m; values of two models cannot meet")
  constexpr model() { broken = true; }

  /// The state x with Dims coordinates (dim level, width 1): what D differentiates by. A model may have further ones with as many
  /// coordinates: m.state<"v", Dims>(); dimension i then has x_i and v_i, both its own coordinate, and derivatives name theirs:
  /// D<k>(f, v).
  template <fixed_string Name, int Dims>
  constexpr auto state() {
    static_assert(Dims >= 1, "m.state<name, d>(): d must be at least 1");
    constexpr kind k{level::dim, Dims == 1 ? depends::single_coordinate : depends::own, true, 1, because::it_is_not_dense};
    const handle h = record_state(Name, Dims);
    if (refusal) refusal();
    return detail::make<k, Name>(h);
  }
  /// The time t (point level): what dt differentiates by. One a model.
  template <fixed_string Name = "t">
  constexpr auto time() {
    const handle h = record_time(Name);
    if (refusal) refusal();
    return detail::make<kind{}, Name>(h);
  }

  /// The number of each dimension, from 0 (dim level): `m.index() / (d - 1.0)` is a coordinate along the dimensions. Depends on
  /// nothing. Needs the state first.
  constexpr auto index() {
    const handle h = record_dimension_leaf(op::index, 0);
    if (refusal) refusal();
    return detail::make<detail::leaf_kind(level::dim, 1), "index">(h);
  }
  /// 1 in dimension J, 0 in the others (dim level). Depends on nothing. Needs the state first.
  template <int J>
  constexpr auto indicator() {
    static_assert(J >= 0, "m.indicator<j>(): dimensions are numbered from 0");
    const handle h = record_dimension_leaf(op::indicator, J);
    if (refusal) refusal();
    return detail::make<detail::leaf_kind(level::dim, 1), "indicator">(h);
  }

  /// Width numbers per sample (point level), constant in x and t: context.
  template <fixed_string Name, int Width = 1>
  constexpr auto input() {
    constexpr kind k = detail::leaf_kind(level::point, Width);
    const handle h = record_input<Name>(k);
    if (refusal) refusal();
    return detail::make<k, Name>(h);
  }
  /// Width numbers per sample and dimension (dim level), constant in x and t.
  template <fixed_string Name, int Width = 1>
  constexpr auto input_per_dim() {
    constexpr kind k = detail::leaf_kind(level::dim, Width);
    const handle h = record_input<Name>(k);
    if (refusal) refusal();
    return detail::make<k, Name>(h);
  }
  /// A run-time constant, the same for all samples of a call: a step size, a schedule.
  template <fixed_string Name>
  constexpr auto constant(double default_value = 0) {
    const handle h = record_constant<Name>(default_value);
    if (refusal) refusal();
    return detail::make<kind{}, Name>(h);
  }

  /// Width trained numbers (point level). Options: `normal{deviation}` instead of a constant start, `untrained{}`.
  template <fixed_string Name, int Width = 1>
  constexpr auto parameter(initial_value start, untrained_or_trained training = {}) {
    constexpr kind k = detail::leaf_kind(level::point, Width);
    const handle h = record_parameter<Name>(k, start, training);
    if (refusal) refusal();
    return detail::make<k, Name>(h);
  }
  /// A trained number above 0, start * exp(q) with q trained from 0: the tensor holds q, so that steps are relative.
  template <fixed_string Name>
  constexpr auto positive(double start) {
    if (!(start > 0)) refuse(refused::a_positive_parameter_starts_above_zero);
    return start * exp(parameter<Name>(0.0));
  }
  /// A trained number between two bounds, lower + (upper - lower) sigmoid(q): the tensor holds q.
  template <fixed_string Name>
  constexpr auto bounded(double lower, double upper, double start) {
    if (!(lower < start && start < upper)) refuse(refused::a_bounded_parameter_starts_between_its_bounds);
    return lower + (upper - lower) * sigmoid(parameter<Name>(0.0) + log_of((start - lower) / (upper - start)));
  }
  /// Width trained numbers for each dimension (dim level): tensor [d][Width].
  template <fixed_string Name, int Width = 1>
  constexpr auto parameter_per_dim(initial_value start, untrained_or_trained training = {}) {
    constexpr kind k = detail::leaf_kind(level::dim, Width);
    const handle h = record_parameter<Name>(k, start, training);
    if (refusal) refusal();
    return detail::make<k, Name>(h);
  }

  /// lhs == rhs. The kernel has both sides, the residual, and the relative form where there is one: it is derived at once if the
  /// equation is proportional to the density exp(l) of one gaussian_mixture of the model, else by `.relative_to(p)`.
  template <fixed_string Name, class L, class R>
  constexpr auto equation(equation_sides<L, R> sides) {
    const int i = record_equation<Name>(sides.left, sides.right);
    if (refusal) refusal();
    return equation_reference<L, R>(*this, i, sides.left, sides.right);
  }
  template <fixed_string Name, Operand A>
  DIMWISE_REFUSE("m.equation<\"name\">(lhs == rhs) takes an equation, written with ==")
  constexpr auto equation(A a) {
    poison();
    auto side = detail::as_term(*this, a);
    return equation_reference<decltype(side), decltype(side)>(*this, 0, side, side);
  }

  /// A named value that the binary evaluates.
  template <fixed_string Name, Operand A>
  constexpr void output(A a) {
    record_output<Name>(detail::recorded(*this, a));
    if (refusal) refusal();
  }
  template <fixed_string Name, class L, class R>
  DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
  constexpr void output(equation_sides<L, R>) {
    poison();
  }

 private:
  /// log(a) for a > 0 in constant evaluation, to the last digits: halvings, then the series of 2 artanh((a - 1) / (a + 1)).
  static constexpr double log_of(double a) {
    double r = 0;
    while (a > 1.5) a /= 2, r += 0.693147180559945309417;
    while (a < 0.75) a *= 2, r -= 0.693147180559945309417;
    const double z = (a - 1) / (a + 1);
    double power = z, sum = 0;
    for (int k = 1; k < 60; k += 2, power *= z * z) sum += power / k;
    return r + 2 * sum;
  }
  constexpr handle record_state(short_name name, int dims) {
    if (state_node >= 0 && d != dims) return refuse(refused::the_states_of_a_model_have_equal_numbers_of_dimensions);
    if (state_node >= 0 && state_name != name) return record_another_state(name);
    d = dims;
    state_name = name;
    const kind k{level::dim, dims == 1 ? depends::single_coordinate : depends::own, true, 1, because::it_is_not_dense};
    const handle h = leaf(op::state, k);
    if (state_node < 0) states.push_back(h.id);
    state_node = h.id;
    return h;
  }
  /// A further state is bound as an input for each dimension; x - x, the second one held, gives it the series of a state.
  /// Derivatives by one state hold the others, so that one axis serves all.
  constexpr handle record_another_state(short_name name) {
    int i = 0;
    while (i < inputs.count && !(inputs[i].name == name)) i++;
    if (i < inputs.count && !inputs[i].state) return refuse(refused::a_state_has_the_name_of_an_input);
    if (i == inputs.count) inputs.push_back({name, level::dim, 1, true});
    const handle x{this, state_node};
    const handle h =
        binary(op::add, leaf(op::input_per_dim, detail::leaf_kind(level::dim, 1), i), binary(op::sub, x, held(x, held_along_x)));
    if (number_of_state(h.id) >= 0) return h;
    if (D_by_the_state) return refuse(refused::say_by_which_state);
    if (states.count == most_states) return refuse(refused::a_model_has_at_most_8_states);
    states.push_back(h.id);
    check_states();
    return h;
  }
  constexpr handle record_dimension_leaf(op o, int j) {
    if (state_node < 0) return refuse(refused::this_model_has_no_state);
    if (j >= d) return refuse(refused::there_is_no_such_component);
    return leaf(o, detail::leaf_kind(level::dim, 1), j);
  }
  constexpr handle record_time(short_name name) {
    if (time_name.text[0] && time_name != name) return refuse(refused::this_model_already_has_another_time);
    time_name = name;
    return leaf(op::time, kind{});
  }
  template <fixed_string Name>
  constexpr handle record_input(kind k) {
    int i = 0;
    while (i < inputs.count && !(inputs[i].name == short_name(Name))) i++;
    if (i == inputs.count) inputs.push_back({Name, k.l, k.width});
    if (inputs[i].state) return refuse(refused::a_state_has_the_name_of_an_input);
    if (inputs[i].l != k.l || inputs[i].width != k.width) return refuse(refused::this_input_already_has_another_width<Name>);
    return leaf(k.l == level::point ? op::input : op::input_per_dim, k, i);
  }
  template <fixed_string Name>
  constexpr handle record_constant(double default_value) {
    int i = 0;
    while (i < constants.count && !(constants[i].name == short_name(Name))) i++;
    if (i == constants.count) constants.push_back({Name, default_value});
    if (constants[i].value != default_value) return refuse(refused::this_constant_already_has_another_default<Name>);
    return leaf(op::constant, kind{}, i);
  }
  template <fixed_string Name>
  constexpr handle record_parameter(kind k, initial_value start, untrained_or_trained training) {
    detail::parameter_scope scope(*this, detail::naming<Name>, "parameter");
    detail::tensor_shape s;
    if (k.l == level::dim) s.rank = 2, s.shape[0] = d, s.shape[1] = k.width;
    else s.shape[0] = k.width;
    s.init = start.init, s.scale = start.scale, s.trained = training.trained;
    node x;
    x.o = op::parameter;
    x.k = k;
    x.weight = scope.tensor(s, {}, k.l == level::dim ? "numbers for each dimension" : "numbers");
    scope.finish();
    return put(x);
  }
  template <fixed_string Name>
  constexpr int record_equation(handle left, handle right) {
    name_is_free<Name>(equations);
    open_equations--;
    if (!owns(left) || !owns(right)) return 0;
    equation_entry e;
    e.name = Name;
    e.lhs = left.id, e.rhs = right.id;
    e.residual = binary(op::sub, left, right).id;
    e.relative = detail::automatic_relative(*this, e.residual);
    equations.push_back(e);
    return equations.count - 1;
  }
  template <fixed_string Name>
  constexpr void record_output(handle h) {
    name_is_free<Name>(outputs);
    name_is_free<Name>(integrals);
    if (!owns(h)) return;
    if (kind_of(h).l == level::units) refuse(refused::hidden_units_cannot_be_used_here);
    outputs.push_back({Name, h.id});
  }
};

}  // namespace dimwise
