// language/learning.hpp: objectives, stages of training and what is done to data, written beside the equations.
#pragma once
#include "equation.hpp"
#include "factored_sum.hpp"
#include "features.hpp"
#include "sample_sets.hpp"

namespace dimwise {

/// A stage of training of the model.
struct stage_reference {
  detail::recorder* m = nullptr;
  int index = -1;
};
/// An integral of the model, for m.constrain.
struct integral_reference {
  detail::recorder* m = nullptr;
  int index = -1;
};
/// Option of m.minimize: the factor of an objective in the sum (1 if absent).
struct weight {
  double factor = 1;
};
/// Option of m.least_squares: a factor of the residual that differs from sample to sample.
struct sample_weight {
  handle factor;
  constexpr explicit sample_weight(Term auto w) : factor(w) {}
};
/// Numbers of one stage; the command line overrides each. `m.stage<"fit">({.steps = 3000, .batch = 512, .rate = 3e-3})`.
struct stage_numbers {
  int steps = 3000;
  int batch = 256;           ///< samples drawn per step from each set
  double rate = 3e-3;        ///< largest learning rate
  int warm_up = 100;         ///< steps of linear warm-up; cosine decay follows
  double final_rate = 0.01;  ///< rate at the end, as a fraction of `rate`
  double clip = 1;           ///< largest norm of the gradient; 0: no clipping
  double decay = 0;          ///< decoupled weight decay (AdamW); 0 is Adam
  method how = method::adam;
  int redraw = 0;  ///< Levenberg-Marquardt and L-BFGS: steps between two draws of the samples; 0: 20 and 500
  double candidates =
      1;  ///< Levenberg-Marquardt and L-BFGS: points drawn for each one that is kept; those with large residuals are likelier
};
/// A seasonal mean of `harmonics` sines and cosines of `period` (in units of time) that is removed before whitening.
struct season {
  int harmonics = 0;
  double period = 1;
};

namespace detail {

/// weight{w}, or a stage.
template <class Option>
concept ObjectiveOption = std::is_same_v<Option, weight> || std::is_same_v<Option, stage_reference>;

/// One number a sample, as far as the type knows.
template <class A>
concept OneNumber = Term<A> &&(!A::typed || (A::k.l == level::point && A::k.width <= 1));

/// The part of `model` that records learning.
class learning_recorder : public set_recorder {
 public:
  /// A stage of training; stages run in the order in which they are written.
  template <fixed_string Name>
  constexpr stage_reference stage(stage_numbers n = {}) {
    name_is_free<Name>(stages);
    if (n.how == method::lbfgs && n.redraw == 1) refuse(refused::lbfgs_needs_the_same_samples_for_many_steps);
    if (refusal) refusal();
    const int redraw = n.redraw != 0 ? n.redraw : usual_redraw(n.how);
    stages.push_back({Name, n.steps, n.batch, n.rate, n.warm_up, n.final_rate, n.clip, n.decay, n.how, redraw, n.candidates});
    return {this, stages.count - 1};
  }
  /// The mean over the samples of `set` of a point-level number is minimised. Options in any order: weight{w}, a stage (else the
  /// last one written so far; a stage "training" is made where there is none).
  template <fixed_string Name, OneNumber A, ObjectiveOption... Options>
  constexpr void minimize(A a, samples_reference set, Options... options) {
    record_objective<Name>(a, set, options...);
    if (refusal) refusal();
  }
  template <fixed_string Name, Term A, class... Options>
  requires(!OneNumber<A>)
      DIMWISE_REFUSE("an objective must be one number a sample: take sum or mean over dimensions, sum_features over features")
  constexpr void minimize(A, samples_reference, Options...) { poison(); }
  template <fixed_string Name, class L, class R, class... Options>
  DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
  constexpr void minimize(equation_sides<L, R>, Options...) {
    poison();
  }

  /// The mean over the samples of `set` of the sum of squares of a residual (over its features and dimensions) is minimised; a
  /// stage with .how = method::levenberg_marquardt takes no other objectives. Options as for `minimize`, and sample_weight{w}: a
  /// factor of the residual, one number a sample (or one for each of the residual's), through which no gradient passes;
  /// Levenberg-Marquardt takes its value when samples are drawn.
  template <fixed_string Name, Term A, class... Options>
  requires((ObjectiveOption<Options> ||
            std::is_same_v<Options, sample_weight>)&&...) constexpr void least_squares(A residual, samples_reference set,
                                                                                       Options... options) {
    objective_entry of;
    (apply(of, options), ...);
    handle weighted = residual;
    if (of.sample_weight >= 0) weighted = binary(op::mul, unary(op::frozen, {this, of.sample_weight}), residual);
    record_objective<Name>(squares(weighted), set, options...);
    if (!broken) objectives[objectives.count - 1].residual = residual.id;
    if (refusal) refusal();
  }
  template <fixed_string Name, class L, class R, class... Options>
  DIMWISE_REFUSE(DIMWISE_EQUATION_IS_NO_VALUE)
  constexpr void least_squares(equation_sides<L, R>, samples_reference, Options...) {
    poison();
  }

  /// An equation of the model: its relative form if it has one, else its residual, with the weight of the equation (.weighted(w))
  /// unless another is given.
  template <fixed_string Name, class L, class R, class... Options>
  constexpr void least_squares(const equation_reference<L, R>& equation, samples_reference set, Options... options) {
    least_squares<Name>(equation.relative_or_residual(), set, weight{equation.weight()}, options...);
  }

  /// The integral of one number a sample over what a set covers: the box of m.box, m.sobol, m.grid, m.gauss (and its times, where
  /// t0 < t1), the surface of m.faces, the times of m.times; over the density of m.drawn, so that it is a mean. `eval` computes
  /// it, with a standard error where the points are random.
  template <fixed_string Name, OneNumber A>
  constexpr integral_reference integral(A integrand, samples_reference set) {
    record_integral<Name>(integrand, set);
    if (refusal) refusal();
    return {this, integrals.count - 1};
  }
  template <fixed_string Name, Term A>
  requires(!OneNumber<A>)
      DIMWISE_REFUSE("an integral is of one number a sample: take sum or mean over dimensions, sum_features over features")
  constexpr integral_reference integral(A, samples_reference) {
    poison();
    return {this, 0};
  }
  /// (integral - target)^2 is minimised, with the integral computed on the samples of each step: exact on a quadrature (m.gauss,
  /// m.grid); on n random samples its minimum is shifted by the variance of the mean, which is 1 / n times that of the integrand.
  /// Options as for `minimize`.
  template <fixed_string Name, ObjectiveOption... Options>
  constexpr void constrain(integral_reference what, double target, Options... options) {
    if (broken) return;
    const integral_entry of = integrals[what.index];
    record_objective<Name>(handle{this, of.node}, {this, of.set}, options...);
    if (!broken) objectives[objectives.count - 1].integral = what.index, objectives[objectives.count - 1].target = target;
    if (refusal) refusal();
  }

  /// Each coordinate of the data: minus its mean, divided by its standard deviation, both of the training rows.
  constexpr void standardise() {
    transformation = {transform::standardise, 0, 1};
    check_states();
    if (refusal) refusal();
  }
  /// The data minus a seasonal mean, times the inverse Cholesky factor of the residual covariance, both of the training rows.
  constexpr void whiten(season s = {}) {
    transformation = {transform::whiten, s.harmonics, s.period};
    check_states();
    if (refusal) refusal();
  }

 private:
  /// The sum of squares over features and dimensions: one number a sample.
  constexpr handle squares(handle r) {
    handle s = unary(op::sq, r);
    if (kind_of(s).width > 1) s = record_resized(op::sum_features, s, 1);
    return kind_of(s).l == level::dim ? record_sum(s) : s;
  }
  template <fixed_string Name, class... Options>
  constexpr void record_objective(handle a, samples_reference set, Options... options) {
    name_is_free<Name>(objectives);
    if (owns(a) && (kind_of(a).l != level::point || kind_of(a).width != 1))
      refuse(refused::an_objective_must_be_one_number_a_sample, a);
    if (stages.count == 0) stage<"training">();
    objective_entry o;
    o.name = Name;
    o.node = a.id;
    o.set = set.index;
    o.stage = stages.count - 1;
    (apply(o, options), ...);
    objectives.push_back(o);
  }
  template <fixed_string Name>
  constexpr void record_integral(handle a, samples_reference set) {
    name_is_free<Name>(integrals);
    name_is_free<Name>(outputs);
    if (owns(a) && (kind_of(a).l != level::point || kind_of(a).width != 1))
      refuse(refused::an_integral_must_be_of_one_number_a_sample);
    const sample_source from = sets[set.index].source;
    if (is_rows(from) || from == sample_source::jittered) refuse(refused::an_integral_needs_a_set_that_covers_a_box_or_a_density);
    integral_entry e;
    e.name = Name;
    e.node = a.id;
    e.set = set.index;
    integrals.push_back(e);
  }
  static constexpr void apply(objective_entry& o, const sample_weight& w) { o.sample_weight = w.factor.id; }
  static constexpr void apply(objective_entry& o, weight w) { o.weight = w.factor; }
  static constexpr void apply(objective_entry& o, stage_reference s) { o.stage = s.index; }
};

}  // namespace detail
}  // namespace dimwise
