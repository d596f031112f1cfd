// language/sample_sets.hpp: where the samples of an objective come from.
#pragma once
#include "expression.hpp"
#include "recorder.hpp"

namespace dimwise {

/// A sample set of the model.
struct samples_reference {
  detail::recorder* m = nullptr;
  int index = -1;
  /// So many samples are drawn per step, instead of the stage's batch.
  constexpr samples_reference draws(int samples) const {
    if (samples < 1) m->refuse(refused::a_set_draws_at_least_one_sample);
    if (is_fixed(m->sets[index].source)) m->refuse(refused::a_grid_gives_all_its_points_at_every_step);
    if (m->refusal) m->refusal();
    m->sets[index].draws = samples;
    return *this;
  }
};
namespace detail {

/// The part of `model` that records sample sets.
class set_recorder : public recorder {
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
    const samples_reference r = in_box<Name>(sample_source::box, lower, upper, t0, t1);
    if (refusal) refusal();
    return r;
  }
  /// The same at one time: for initial values.
  template <fixed_string Name>
  constexpr samples_reference slice(double lower, double upper, double t) {
    const samples_reference r = in_box<Name>(sample_source::box, lower, upper, t, t);
    if (refusal) refusal();
    return r;
  }
  /// On the faces of a box: one coordinate at `lower` or `upper`, the others uniform, at times uniform in [t0, t1]. For boundary
  /// values.
  template <fixed_string Name>
  constexpr samples_reference faces(double lower, double upper, double t0 = 0, double t1 = 1) {
    const samples_reference r = in_box<Name>(sample_source::faces, lower, upper, t0, t1);
    if (refusal) refusal();
    return r;
  }
  /// Sobol points (Joe and Kuo, 2008) of [lower, upper]^d x [t0, t1], which fill it more evenly than random ones. Their digits
  /// are shifted by random ones at each draw. At most 3,666 dimensions; best in powers of two.
  template <fixed_string Name>
  constexpr samples_reference sobol(double lower, double upper, double t0 = 0, double t1 = 1) {
    if (d + 1 > 3667) refuse(refused::sobol_points_have_at_most_3666_dimensions);
    const samples_reference r = in_box<Name>(sample_source::sobol, lower, upper, t0, t1);
    if (refusal) refusal();
    return r;
  }
  /// The centres of points^d x time_points equal cells of [lower, upper]^d x [t0, t1]: all of them at every step, at most a
  /// million. A mean over them is the midpoint rule.
  template <fixed_string Name>
  constexpr samples_reference grid(double lower, double upper, int points, double t0 = 0, double t1 = 1, int time_points = 1) {
    const samples_reference r = in_box<Name>(sample_source::grid, lower, upper, t0, t1, points, time_points);
    if (refusal) refusal();
    return r;
  }
  /// Gauss-Legendre nodes, as many and as wide. A mean over them is weighted, so that it is exact for polynomials of degree 2
  /// points - 1 in each coordinate (2 time_points - 1 in time).
  template <fixed_string Name>
  constexpr samples_reference gauss(double lower, double upper, int points, double t0 = 0, double t1 = 1, int time_points = 1) {
    const samples_reference r = in_box<Name>(sample_source::gauss, lower, upper, t0, t1, points, time_points);
    if (refusal) refusal();
    return r;
  }
  /// Times uniform in [t0, t1], for a model without a state: ordinary differential equations in t.
  template <fixed_string Name>
  constexpr samples_reference times(double t0, double t1) {
    if (state_node >= 0 || time_name.view().empty()) refuse(refused::samples_of_times_are_for_models_with_a_time_and_no_state);
    sample_set s = set_from(sample_source::box);
    if (!(t0 < t1)) refuse(refused::samples_need_t0_before_t1);
    s.t0 = t0, s.t1 = t1;
    const samples_reference r = add_set<Name>(s);
    if (refusal) refusal();
    return r;
  }

 protected:
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
    check_states();
    return {this, sets.count - 1};
  }
  /// Refusals are raised by the caller: compilers then quote one function less.
  template <fixed_string Name>
  constexpr samples_reference in_box(sample_source source, double lower, double upper, double t0, double t1, int points = 0,
                                     int time_points = 1) {
    need_state();
    if (!(lower < upper)) refuse(refused::samples_of_a_box_need_lower_below_upper);
    if (!(t0 <= t1)) refuse(refused::samples_need_t0_before_t1);
    if (is_fixed(source)) {
      if (points < 1 || time_points < 1) refuse(refused::a_grid_has_one_or_more_points_along_each_axis);
      if (time_points > 1 && !(t0 < t1)) refuse(refused::samples_need_t0_before_t1);
      if (source == sample_source::gauss && (points > 200 || time_points > 200))
        refuse(refused::gauss_has_at_most_200_points_along_each_axis);
      long long all = time_points;
      for (int i = 0; i < d && all <= 1000000; i++) all *= points;
      if (all > 1000000) refuse(refused::a_grid_has_at_most_a_million_points);
    }
    sample_set s = set_from(source);
    s.lower = lower, s.upper = upper, s.t0 = t0, s.t1 = t1, s.points = points, s.time_points = time_points;
    return add_set<Name>(s);
  }
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
