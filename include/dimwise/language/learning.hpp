// language/learning.hpp: samples, objectives, stages of training and what is done to data, written beside the equations.
#pragma once
#include "factored_sum.hpp"
#include "features.hpp"
#include "parameters.hpp"

namespace dimwise {

/// A sample set of the model.
struct samples_reference {
  detail::recorder* m = nullptr;
  int index = -1;
  /// So many samples are drawn per step, instead of the stage's batch.
  constexpr samples_reference draws(int samples) const {
    if (samples < 1) m->refuse(refused::a_set_draws_at_least_one_sample);
    if (m->refusal) m->refusal();
    m->sets[index].draws = samples;
    return *this;
  }
};
/// A stage of training of the model.
struct stage_reference {
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
  int redraw = 0;         ///< Levenberg-Marquardt and L-BFGS: steps between two draws of the samples; 0: 20 and 500
  double candidates = 1;  ///< Levenberg-Marquardt and L-BFGS: points drawn for each one that is kept; those with large residuals are likelier
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
class learning_recorder : public recorder {
 public:
  /// Samples from a file bound at run time under this name: columns of the state, the time and the inputs.
  template <fixed_string Name>
  constexpr samples_reference samples() {
    const samples_reference r = add_set<Name>(set_from(sample_source::file));
    if (refusal) refusal();
    return r;
  }
  /// Pairs of consecutive rows of a file: state and time now; the input_per_dim "next" is the next state, the input "step" the
  /// time between.
  template <fixed_string Name>
  constexpr samples_reference transitions() {
    need_state();
    const samples_reference r = add_set<Name>(set_from(sample_source::transitions));
    if (refusal) refusal();
    return r;
  }
  /// Rows of another set with N(0, spread^2) added to the state (after the data transform).
  template <fixed_string Name>
  constexpr samples_reference jittered(samples_reference of, double spread) {
    sample_set s = set_from(sample_source::jittered);
    s.of = of.index, s.spread = spread;
    const samples_reference r = add_set<Name>(s);
    if (refusal) refusal();
    return r;
  }
  /// States drawn from a mixture at times uniform in [t0, t1]. `density`: a gaussian_mixture that the model has called, or the
  /// log density that it returned.
  template <fixed_string Name, class Density>
  constexpr samples_reference drawn(const Density& density, double t0, double t1) {
    sample_set s = set_from(sample_source::density);
    s.mixture = mixture_of(density), s.t0 = t0, s.t1 = t1;
    const samples_reference r = add_set<Name>(s);
    if (refusal) refusal();
    return r;
  }
  /// States uniform in [lower, upper]^d at times uniform in [t0, t1].
  template <fixed_string Name>
  constexpr samples_reference box(double lower, double upper, double t0 = 0, double t1 = 1) {
    need_state();
    if (!(lower < upper)) refuse(refused::samples_of_a_box_need_lower_below_upper);
    sample_set s = set_from(sample_source::box);
    s.lower = lower, s.upper = upper, s.t0 = t0, s.t1 = t1;
    const samples_reference r = add_set<Name>(s);
    if (refusal) refusal();
    return r;
  }

  /// A stage of training; stages run in the order in which they are written.
  template <fixed_string Name>
  constexpr stage_reference stage(stage_numbers n = {}) {
    name_is_free<Name>(stages);
    if (n.how == method::lbfgs && n.redraw == 1) refuse(refused::lbfgs_needs_the_same_samples_for_many_steps);
    if (refusal) refusal();
    const int redraw = n.redraw != 0 ? n.redraw : n.how == method::lbfgs ? 500 : 20;
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

  /// The mean over the samples of `set` of the sum of squares of a residual (over its features and dimensions) is minimised; a stage
  /// with .how = method::levenberg_marquardt takes no other objectives. Options as for `minimize`, and sample_weight{w}: a factor of the
  /// residual, one number a sample (or one for each of the residual's), through which no gradient passes; Levenberg-Marquardt takes its
  /// value when samples are drawn.
  template <fixed_string Name, Term A, class... Options>
  requires((ObjectiveOption<Options> || std::is_same_v<Options, sample_weight>)&&...) constexpr void least_squares(
      A residual, samples_reference set, Options... options) {
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

  /// Each coordinate of the data: minus its mean, divided by its standard deviation, both of the training rows.
  constexpr void standardise() { transformation = {transform::standardise, 0, 1}; }
  /// The data minus a seasonal mean, times the inverse Cholesky factor of the residual covariance, both of the training rows.
  constexpr void whiten(season s = {}) { transformation = {transform::whiten, s.harmonics, s.period}; }

 private:
  constexpr void need_state() {
    if (state_node < 0) refuse(refused::this_model_has_no_state);
  }
  static constexpr sample_set set_from(sample_source source) {
    sample_set s;
    s.source = source;
    return s;
  }
  template <fixed_string Name>
  constexpr samples_reference add_set(sample_set s) {
    name_is_free<Name>(sets);
    s.name = Name;
    sets.push_back(s);
    return {this, sets.count - 1};
  }
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
      refuse(refused::an_objective_must_be_one_number_a_sample);
    if (stages.count == 0) stage<"training">();
    objective_entry o;
    o.name = Name;
    o.node = a.id;
    o.set = set.index;
    o.stage = stages.count - 1;
    (apply(o, options), ...);
    objectives.push_back(o);
  }
  static constexpr void apply(objective_entry& o, const sample_weight& w) { o.sample_weight = w.factor.id; }
  static constexpr void apply(objective_entry& o, weight w) { o.weight = w.factor; }
  static constexpr void apply(objective_entry& o, stage_reference s) { o.stage = s.index; }
  template <class Density>
  constexpr int mixture_of(const Density& density) {
    for (int i = 0; i < mixtures.count; i++) {
      if constexpr (Term<Density>) {
        if (mixtures[i].log_density == density.id) return i;
      } else {
        if (mixtures[i].name == short_name(density.name)) return i;
      }
    }
    refuse(refused::this_is_not_the_log_density_of_a_mixture_of_this_model);
    return -1;
  }
};

}  // namespace detail
}  // namespace dimwise
