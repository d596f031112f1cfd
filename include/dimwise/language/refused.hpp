// language/refused.hpp: refusals of what only the recording knows: in constant evaluation the name of the called function is the
// message (none is constexpr), at run time the sentence is thrown.
#pragma once
#include "../core/error.hpp"
#include "../core/fixed_string.hpp"

namespace dimwise::refused {

[[noreturn]] inline void stop(const char* sentence) { throw error(sentence); }
[[noreturn]] inline void stop(const char* before, std::string_view name, const char* after) {
  throw error(std::string(before) + "'" + std::string(name) + "'" + after);
}

// --- names
template <fixed_string Name>
[[noreturn]] void this_name_already_has_another_shape() {
  stop("the name ", Name.view(),
       " already has another shape or initial value; one name is one set of parameters: give the other a name of its own");
}
template <fixed_string Name>
[[noreturn]] void this_name_is_already_taken() {
  stop("the name ", Name.view(), " is already taken in this model");
}
template <fixed_string Name>
[[noreturn]] void this_input_already_has_another_width() {
  stop("the input ", Name.view(), " already has another width or level");
}
template <fixed_string Name>
[[noreturn]] void this_constant_already_has_another_default() {
  stop("the constant ", Name.view(), " already has another default");
}
[[noreturn]] inline void a_name_of_a_parameter_is_longer_than_63_characters() {
  stop("a name of a parameter is longer than 63 characters: give its network a shorter one");
}
[[noreturn]] inline void the_states_of_a_model_have_equal_numbers_of_dimensions() {
  stop("m.state<name, d>(): the states of a model have the same d; dimension i has one coordinate of each");
}
[[noreturn]] inline void a_model_has_at_most_8_states() { stop("a model has at most 8 states"); }
[[noreturn]] inline void a_state_has_the_name_of_an_input() { stop("m.state<name, d>(): an input already has this name"); }
[[noreturn]] inline void say_by_which_state() {
  stop(
      "this model has several states: say by which one a derivative is taken, D<k>(f, v), jvp(f, u, v), grad(f, v), after all "
      "states are declared");
}
[[noreturn]] inline void D_is_by_a_state() { stop("D<k>(f, v): v must be one of the states of the model, as m.state gave it"); }
[[noreturn]] inline void D_by_one_state_of_a_D_by_another() {
  stop(
      "D<k>(f, v): f holds a derivative by another state; a mixed derivative is jvp(D<k>(f, v), m.indicator<j>(), x), or jvp "
      "along a direction");
}
[[noreturn]] inline void at_names_every_state_or_none() {
  stop("at(u, x == e, v == w): in a model with several states name all of them, those that stay as v == v");
}
[[noreturn]] inline void several_states_are_read_from_files_and_boxes_only() {
  stop(
      "a model with several states takes its samples from files and boxes; m.sde, m.ode, m.transitions, m.jittered, m.drawn, "
      "standardise and whiten take "
      "one state");
}
[[noreturn]] inline void this_model_already_has_another_time() { stop("this model already has another time; a model has one"); }
[[noreturn]] inline void this_model_has_no_state() { stop("this needs a state: call m.state<\"x\", d>() first"); }

// --- values
[[noreturn]] inline void this_value_was_recorded_by_another_model() {
  stop("this value was recorded by another model; take the state, time and inputs from this model's m");
}
[[noreturn]] inline void a_term_of_this_model_was_refused() { stop("a term of this model was refused (see the warnings)"); }
[[noreturn]] inline void the_type_and_the_table_disagree() {
  stop("internal error: the type and the table disagree about a value");
}
[[noreturn]] inline void the_operands_have_different_feature_widths() {
  stop("the operands have different feature widths; only width 1 is repeated");
}
[[noreturn]] inline void the_features_do_not_divide_into_dimensions() {
  stop("unstack: the operand must be point-level and have d times the wanted width");
}
[[noreturn]] inline void the_slice_goes_beyond_the_features() {
  stop("slice: begin and width must lie within the features of the operand");
}
[[noreturn]] inline void hidden_units_cannot_be_used_here() {
  stop("the hidden units of a masked stream can only pass through functions, masked_hidden and readout");
}
[[noreturn]] inline void D_of_a_dense_value() {
  stop("D<k>(v): v is dense, its derivatives need a pass per dimension; differentiate inside the sum");
}
[[noreturn]] inline void the_orders_of_nested_derivatives_add_up_to_more_than_7() {
  stop("the orders of D within D, or of dt within dt, add up to more than 7, the largest order that kernels carry");
}
[[noreturn]] inline void the_operand_of_a_conditioner_mixes_coordinates() {
  stop("an operand of a conditioner already mixes coordinates: the result would see x_i through it and not be hollow");
}
[[noreturn]] inline void a_conditioner_needs_a_value_for_each_dimension() {
  stop("a conditioner needs an operand at dim level, such as the state");
}
[[noreturn]] inline void the_context_of_a_stream_depends_on_the_state() {
  stop(
      "the context of a masked stream (what follows its first operand) must be point-level and not depend on the state: no mask "
      "stands "
      "before it");
}
[[noreturn]] inline void masked_hidden_and_readout_take_hidden_units() {
  stop("masked_hidden and readout take the units of masked_left or masked_right, or functions of them");
}
[[noreturn]] inline void a_conditioner_needs_a_hidden_layer() { stop("masked_mlp{...} needs at least one hidden layer"); }
[[noreturn]] inline void a_pool_needs_features_of_each_coordinate() {
  stop("exclusive_pool{mlp{...}, mlp{...}}: the first needs at least one layer, whose outputs are added up over the coordinates");
}
[[noreturn]] inline void a_periodic_convolution_sees_both_sides() {
  stop("a periodic convolution sees both sides: it cannot be autoregressive");
}
[[noreturn]] inline void the_operands_of_an_attention() {
  stop(
      "attention_to_others(query, key, value): the query must not depend on the state, keys and values on their own coordinate "
      "only");
}
[[noreturn]] inline void every_width_must_be_at_least_1() { stop("every width of a network must be at least 1"); }
[[noreturn]] inline void a_network_has_at_most_8_hidden_layers() { stop("a network has at most 8 hidden layers"); }
[[noreturn]] inline void a_sum_of_others_needs_a_value_for_each_dimension() {
  stop("sum_before, sum_after and sum_others need a value for each dimension, such as the state");
}
[[noreturn]] inline void the_operand_of_a_sum_of_others_mixes_coordinates() {
  stop(
      "the operand of sum_before, sum_after or sum_others sees more coordinates than it may: component i would see x_i through "
      "it");
}
[[noreturn]] inline void a_shift_needs_a_value_for_each_dimension() {
  stop("shift needs a value for each dimension, such as the state");
}
[[noreturn]] inline void the_operand_of_a_shift_mixes_coordinates() {
  stop("the operand of shift sees more coordinates than it may: component i would see x_i through it");
}
[[noreturn]] inline void the_grid_has_another_number_of_places() {
  stop("shift(v, grid{rows, columns}): rows times columns must be the number of dimensions");
}
[[noreturn]] inline void this_periodic_shift_brings_every_component_to_itself() {
  stop("a periodic shift by a multiple of the length brings every component to itself: write the value without shift");
}
[[noreturn]] inline void a_component_is_of_a_value_for_each_dimension() {
  stop(
      "v[j] is component j of a value for each dimension, such as the state; features of other values are slice<begin, "
      "width>(v)");
}
[[noreturn]] inline void components_needs_one_value_for_each_dimension() {
  stop("components(f_0, ..., f_{d-1}) needs exactly one value for each dimension of the state");
}
[[noreturn]] inline void each_of_the_components_is_one_number_a_sample() {
  stop("components(f_0, ..., f_{d-1}): each f_i must be one number a sample, made of single components x[j]");
}
[[noreturn]] inline void there_is_no_such_component() { stop("the components of a value are numbered from 0 to d - 1"); }
[[noreturn]] inline void a_monotone_transformer_needs_a_layer() { stop("sigmoids{...} needs at least one layer"); }
[[noreturn]] inline void the_operands_of_a_monotone_transformer() {
  stop("a monotone transformer takes a value of one feature for each dimension, then values that do not see x_i");
}
[[noreturn]] inline void a_flow_has_1_to_8_steps() { stop("flow_steps{n}: n from 1 to 8"); }
[[noreturn]] inline void the_operands_of_an_autoregressive_flow() {
  stop("an autoregressive_flow takes the state (or another value of one feature of its own coordinate), then time or inputs");
}
[[noreturn]] inline void factors_cannot_be_taken_out_of_this_sum() { stop("internal error: no factors to take out of a sum"); }
[[noreturn]] inline void the_parameters_of_a_mixture_must_not_depend_on_the_state() {
  stop("the weights, means and log deviations of a mixture must not depend on the state");
}
[[noreturn]] inline void a_mixture_that_is_linear_in_time_takes_x_and_t() {
  stop("gaussian_mixture with linear_in_time{} is called with the state and one time: density(x, t)");
}
[[noreturn]] inline void a_mixture_with_constant_parameters_takes_x_alone() {
  stop("gaussian_mixture with constant_parameters{} is called with the state alone: density(x)");
}
[[noreturn]] inline void a_mixture_from_a_network_needs_a_point_level_operand() {
  stop("gaussian_mixture with from_network{} is called with the state and what the network reads: density(x, t)");
}

[[noreturn]] inline void the_operands_of_a_full_gaussian() {
  stop(
      "a full_gaussian or full_gaussian_mixture is called with the state, or with the state and one time: density(x), density(x, "
      "t)");
}

[[noreturn]] inline void a_bounded_parameter_starts_between_its_bounds() {
  stop("m.bounded<\"name\">(lower, upper, start): lower < start < upper");
}
[[noreturn]] inline void a_positive_parameter_starts_above_zero() { stop("m.positive<\"name\">(start): start must be above 0"); }

// --- substitution
[[noreturn]] inline void only_the_state_or_the_time_can_be_replaced() {
  stop("at(u, x == e, t == c): the left side must be the state or the time itself");
}
[[noreturn]] inline void a_leaf_is_replaced_once() { stop("at(u, x == e, t == c): the state or the time is given twice"); }
[[noreturn]] inline void the_state_is_replaced_by_values_of_their_own_coordinate() {
  stop("at(u, x == e): e must have one feature and depend on nothing or on its own coordinate");
}
[[noreturn]] inline void the_time_is_replaced_by_a_number_for_each_sample() {
  stop("at(u, t == c): c must be one number a sample (point level, width 1) that does not depend on the state");
}
[[noreturn]] inline void a_derivative_by_x_is_replaced_at_constants_or_shifts_only() {
  stop(
      "at(u, x == e): u holds a derivative by x and e moves with x: differentiate after the substitution, D<k>(at(v, x == e)) "
      "times the "
      "factor of the chain rule, or take e = x + constant");
}
[[noreturn]] inline void a_derivative_by_t_is_replaced_at_constants_or_shifts_only() {
  stop(
      "at(u, x == e, t == c): u holds a derivative by t and e or c moves with t: differentiate after the substitution, "
      "dt<k>(at(v, t == c)), "
      "or take c = t + constant");
}

[[noreturn]] inline void a_direction_has_one_feature_for_each_dimension() {
  stop("jvp(v, u): the direction u must have one feature for each dimension (or be one number for all)");
}
[[noreturn]] inline void a_product_of_a_derivative_by_t_is_not_known() {
  stop(
      "jvp(v, u): v already holds dt<k> or another jvp; take the jvp first of what is differentiated, or write jvp<k>(v, u) for "
      "higher orders");
}
[[noreturn]] inline void dt_of_a_product_is_not_known() {
  stop(
      "dt<k>(v): v holds a Jacobian-vector product (jvp, or a dense operator that takes copies), whose derivative by time is not "
      "known");
}
[[noreturn]] inline void a_dense_derivative_would_need_more_than_64_copies() {
  stop(
      "dense::D<k>(v): v sums values that see other coordinates, so that its derivatives need a copy for each of more than 64 "
      "dimensions; "
      "differentiate inside the sum, or take jvp(v, u) along single directions");
}

// --- equations
[[noreturn]] inline void an_equation_was_written_but_not_given_to_m_equation() {
  stop("an equation lhs == rhs was written but not given to m.equation<\"name\">(lhs == rhs)");
}
[[noreturn]] inline void relative_to_needs_a_point_level_exponential() {
  stop("relative_to(p): p must be exp(l) of a point-level l");
}
[[noreturn]] inline void the_equation_is_not_proportional_to_this_factor() {
  stop("relative_to(p): the equation must be proportional to p (every term has exactly one factor p)");
}
[[noreturn]] inline void this_equation_has_no_relative_form_call_relative_to() {
  stop("this equation has no single density exp(l) that it is proportional to; say which with .relative_to(p)");
}

// --- learning
[[noreturn]] inline void an_objective_must_be_one_number_a_sample() {
  stop("an objective must be one number a sample: take sum or mean over dimensions, sum_features over features");
}
[[noreturn]] inline void a_drift_or_noise_has_one_feature() {
  stop("the drift and the noise of m.sde must have one feature (width 1)");
}
[[noreturn]] inline void a_vector_field_has_one_feature() { stop("the vector field of m.ode must have one feature (width 1)"); }
[[noreturn]] inline void a_carried_quantity_is_one_number_a_sample() {
  stop("what m.ode carries along is one number a sample: take sum or mean over dimensions");
}
[[noreturn]] inline void two_carried_quantities_have_the_same_name() { stop("m.ode: two carried quantities have the same name"); }
[[noreturn]] inline void this_is_not_the_log_density_of_a_mixture_of_this_model() {
  stop("m.drawn needs a gaussian_mixture that this model has called, or the log density that it returned");
}
[[noreturn]] inline void lbfgs_needs_the_same_samples_for_many_steps() {
  stop(
      ".how = method::lbfgs with .redraw = 1: L-BFGS compares gradients of the same samples, and new ones at every step leave it "
      "nothing to compare; leave redraw out, or train by Adam");
}
[[noreturn]] inline void a_set_draws_at_least_one_sample() { stop("draws(n): a set draws at least one sample a step"); }
[[noreturn]] inline void a_grid_gives_all_its_points_at_every_step() {
  stop("draws(n): m.grid and m.gauss give all their points at every step; take fewer points along each axis, or m.sobol");
}
[[noreturn]] inline void a_grid_has_one_or_more_points_along_each_axis() {
  stop("m.grid and m.gauss need at least one point along each axis and in time");
}
[[noreturn]] inline void a_grid_has_at_most_a_million_points() {
  stop(
      "m.grid and m.gauss have points^d times time_points points, here more than a million: in many dimensions take m.sobol or "
      "m.box, whose "
      "number of points is what a stage draws");
}
[[noreturn]] inline void gauss_has_at_most_200_points_along_each_axis() {
  stop("m.gauss has at most 200 points along each axis");
}
[[noreturn]] inline void sobol_points_have_at_most_3666_dimensions() {
  stop("m.sobol: Sobol points exist in at most 3,666 dimensions and time; take m.box");
}
[[noreturn]] inline void samples_need_t0_before_t1() {
  stop("the times of a sample set: t0 must come before t1 (equal ones are a slice)");
}
[[noreturn]] inline void samples_of_times_are_for_models_with_a_time_and_no_state() {
  stop("m.times(t0, t1) is for a model with m.time and without m.state; with a state take m.box(lower, upper, t0, t1)");
}
[[noreturn]] inline void an_integral_needs_a_set_that_covers_a_box_or_a_density() {
  stop(
      "m.integral: rows of a file are samples of an unknown density and cover no volume; take m.box, m.sobol, m.grid, m.gauss, "
      "m.faces or m.drawn");
}
[[noreturn]] inline void an_integral_must_be_of_one_number_a_sample() {
  stop("an integral is of one number a sample: take sum or mean over dimensions, sum_features over features");
}
[[noreturn]] inline void samples_of_a_box_need_lower_below_upper() {
  stop("m.box(lower, upper, t0, t1): lower must be below upper");
}

}  // namespace dimwise::refused
