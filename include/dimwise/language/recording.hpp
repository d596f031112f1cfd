// language/recording.hpp: a model function recorded: at compile time as static tables, at run time as an owning object.
#pragma once
#include "canonical.hpp"
#include "model.hpp"

namespace dimwise {

namespace detail {

struct recording_sizes {
  int nodes = 0, tensors = 0, inputs = 0, constants = 0, equations = 0, outputs = 0, sdes = 0, odes = 0, sets = 0, mixtures = 0,
      integrals = 0, objectives = 0, stages = 0;
};
constexpr recording_sizes sizes_of(const model& m, const canonical_order& order) {
  return {order.node_of.count, order.tensor_of.count, order.input_of.count, order.constant_of.count,
          m.equations.count,   m.outputs.count,       m.sdes.count,         m.odes.count,
          m.sets.count,        m.mixtures.count,      m.integrals.count,    m.objectives.count,
          m.stages.count};
}
/// Arrays of known length; empty ones have one unused entry.
constexpr int at_least_one(int n) { return n > 0 ? n : 1; }
template <recording_sizes S>
struct static_arrays {
  node nodes[at_least_one(S.nodes)];
  tensor tensors[at_least_one(S.tensors)];
  input_slot inputs[at_least_one(S.inputs)];
  constant_slot constants[at_least_one(S.constants)];
  equation_entry equations[at_least_one(S.equations)];
  output_entry outputs[at_least_one(S.outputs)];
  sde_entry sdes[at_least_one(S.sdes)];
  ode_entry odes[at_least_one(S.odes)];
  sample_set sets[at_least_one(S.sets)];
  mixture_entry mixtures[at_least_one(S.mixtures)];
  integral_entry integrals[at_least_one(S.integrals)];
  objective_entry objectives[at_least_one(S.objectives)];
  stage_entry stages[at_least_one(S.stages)];
  table facts;  ///< everything but the arrays
};
struct dynamic_arrays {
  list<node> nodes;
  list<tensor> tensors;
  list<input_slot> inputs;
  list<constant_slot> constants;
  list<equation_entry> equations;
  list<output_entry> outputs;
  list<sde_entry> sdes;
  list<ode_entry> odes;
  list<sample_set> sets;
  list<mixture_entry> mixtures;
  list<integral_entry> integrals;
  list<objective_entry> objectives;
  list<stage_entry> stages;
  table facts;
  explicit dynamic_arrays(const recording_sizes& n)
      : nodes(at_least_one(n.nodes), {}),
        tensors(at_least_one(n.tensors), {}),
        inputs(at_least_one(n.inputs), {}),
        constants(at_least_one(n.constants), {}),
        equations(at_least_one(n.equations), {}),
        outputs(at_least_one(n.outputs), {}),
        sdes(at_least_one(n.sdes), {}),
        odes(at_least_one(n.odes), {}),
        sets(at_least_one(n.sets), {}),
        mixtures(at_least_one(n.mixtures), {}),
        integrals(at_least_one(n.integrals), {}),
        objectives(at_least_one(n.objectives), {}),
        stages(at_least_one(n.stages), {}) {}
};

/// Copies a finished recording in canonical order.
template <class Arrays>
constexpr void store(const model& m, const canonical_order& order, Arrays& to) {
  if (m.broken) return;
  table& t = to.facts;
  for (int i = 0; i < order.node_of.count; i++) to.nodes[i] = order.node_at(i);
  for (int i = 0; i < order.tensor_of.count; i++) {
    to.tensors[i] = m.tensors.data[order.tensor_of.data[i]];
    to.tensors[i].offset = t.parameters;
    t.parameters += to.tensors[i].size();
  }
  for (int i = 0; i < order.input_of.count; i++) to.inputs[i] = m.inputs.data[order.input_of.data[i]];
  for (int i = 0; i < order.constant_of.count; i++) to.constants[i] = m.constants.data[order.constant_of.data[i]];
  for (int i = 0; i < m.equations.count; i++) to.equations[i] = order.renumbered(m.equations.data[i]);
  for (int i = 0; i < m.outputs.count; i++) to.outputs[i] = order.renumbered(m.outputs.data[i]);
  for (int i = 0; i < m.sdes.count; i++) to.sdes[i] = order.renumbered(m.sdes.data[i]);
  for (int i = 0; i < m.odes.count; i++) to.odes[i] = order.renumbered(m.odes.data[i]);
  for (int i = 0; i < m.sets.count; i++) to.sets[i] = m.sets.data[i];
  for (int i = 0; i < m.mixtures.count; i++) to.mixtures[i] = order.renumbered(m.mixtures.data[i]);
  for (int i = 0; i < m.integrals.count; i++) to.integrals[i] = order.renumbered(m.integrals.data[i]);
  for (int i = 0; i < m.objectives.count; i++) to.objectives[i] = order.renumbered(m.objectives.data[i]);
  for (int i = 0; i < m.stages.count; i++) to.stages[i] = m.stages.data[i];
  t.transform = m.transformation;
  t.state_name = m.state_name, t.time_name = m.time_name;
  t.d = m.d;
}
template <class Arrays>
constexpr table table_of(const Arrays& from, const recording_sizes& n) {
  table t = from.facts;
  t.nodes = &from.nodes[0], t.node_count = n.nodes;
  t.tensors = &from.tensors[0], t.tensor_count = n.tensors;
  t.inputs = &from.inputs[0], t.input_count = n.inputs;
  t.constants = &from.constants[0], t.constant_count = n.constants;
  t.equations = &from.equations[0], t.equation_count = n.equations;
  t.outputs = &from.outputs[0], t.output_count = n.outputs;
  t.sdes = &from.sdes[0], t.sde_count = n.sdes;
  t.odes = &from.odes[0], t.ode_count = n.odes;
  t.sets = &from.sets[0], t.set_count = n.sets;
  t.mixtures = &from.mixtures[0], t.mixture_count = n.mixtures;
  t.integrals = &from.integrals[0], t.integral_count = n.integrals;
  t.objectives = &from.objectives[0], t.objective_count = n.objectives;
  t.stages = &from.stages[0], t.stage_count = n.stages;
  return t;
}

/// Refuses what is wrong with the model as a whole. A broken model has had its error at the user's line: it is recorded as empty,
/// so that there is no second one.
constexpr void finish_recording(const model& m) {
#ifdef DIMWISE_REFUSES_LATE
  if (m.broken) refused::a_term_of_this_model_was_refused();
#endif
  if (m.open_equations != 0 && !m.broken) refused::an_equation_was_written_but_not_given_to_m_equation();
}
template <auto Build>
constexpr recording_sizes measure() {
  model m(recording_key{});
  Build(m);
  finish_recording(m);
  const canonical_order order(m);
  return m.broken ? recording_sizes{} : sizes_of(m, order);
}
/// A model for one call of a model function, checked as finish_recording does, in one place for the sake of short messages.
struct checked_model {
  model own{recording_key{}};
  model& m = own;
  constexpr ~checked_model() {
    if (own.open_equations != 0) refused::an_equation_was_written_but_not_given_to_m_equation();
  }
};
template <int>
struct constant_expression {};
template <auto Build>
concept Recordable = requires {
  typename constant_expression<measure<Build>().nodes>;
};
template <auto Build, recording_sizes S>
constexpr static_arrays<S> record_arrays() {
  model m(recording_key{});
  Build(m);
  const canonical_order order(m);
  static_arrays<S> a{};
  store(m, order, a);
  return a;
}
}  // namespace detail

/// The recording of a model function, as static constant data: `recording<fokker_planck>::view`.
template <auto Build>
struct recording {
  static constexpr detail::recording_sizes sizes = detail::measure<Build>();
  static constexpr auto arrays = detail::record_arrays<Build, sizes>();
  static constexpr table view = detail::table_of(arrays, sizes);
};
/// A model that cannot be recorded: one error, and no consequences of it.
template <auto Build>
requires(!detail::Recordable<Build>) struct recording<Build> {
  // one call deep: each function between this line and the user's is quoted
  static_assert((Build(detail::checked_model().m), false),
                "this model is refused; the lines around this one name the reason and your line");
  static constexpr detail::recording_sizes sizes{};
  static constexpr detail::static_arrays<sizes> arrays{};
  static constexpr table view{};
};

/// A recording made at run time by the same builder: the same table.
class recorded_table {
 public:
  /// Throws `error` with a sentence where the model is refused.
  explicit recorded_table(void (*build)(model&)) {
    model m(detail::recording_key{});
    build(m);
    detail::finish_recording(m);
    const detail::canonical_order order(m);
    sizes = detail::sizes_of(m, order);
    arrays = new detail::dynamic_arrays(sizes);
    detail::store(m, order, *arrays);
  }
  recorded_table(recorded_table&& other) noexcept : sizes(other.sizes), arrays(other.arrays) { other.arrays = nullptr; }
  recorded_table(const recorded_table&) = delete;
  recorded_table& operator=(const recorded_table&) = delete;
  ~recorded_table() { delete arrays; }
  /// Valid as long as this object lives.
  table view() const { return detail::table_of(*arrays, sizes); }

 private:
  detail::recording_sizes sizes;
  detail::dynamic_arrays* arrays = nullptr;
};
inline recorded_table record(void (*build)(model&)) { return recorded_table(build); }

}  // namespace dimwise
