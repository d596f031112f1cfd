// diagnose.hpp: the main function of a model file while `dimwise check` looks for the reason why the model is refused (run.hpp
// includes it where DIMWISE_DIAGNOSE is defined): all values are type-erased, so that the model compiles, and the recorder
// refuses it at run time.
#pragma once
#include <string>

#include "language.hpp"
#include "language/recording.hpp"

namespace dimwise {

/// A refused model, as far as it was recorded.
struct refused_recording {
  std::string sentence;
  table so_far;
  int operands[2] = {-1, -1};  ///< what the refused operation was given
};

/// The sentence, the way from the state to the operands of the refused operation, step by step, and what to write instead.
std::string explain(const refused_recording& refused);

/// Prints the explanation; exit status 4, or 0 where the recorder has no objection.
int show_refusal(const refused_recording& refused);

namespace detail {
inline table unfinished(const recorder& m) {
  table t;
  t.nodes = m.nodes.data, t.node_count = m.nodes.count;
  t.tensors = m.tensors.data, t.tensor_count = m.tensors.count;
  t.inputs = m.inputs.data, t.input_count = m.inputs.count;
  t.constants = m.constants.data, t.constant_count = m.constants.count;
  t.mixtures = m.mixtures.data, t.mixture_count = m.mixtures.count;
  t.state_name = m.state_name, t.time_name = m.time_name;
  t.d = m.d, t.parameters = m.parameters;
  return t;
}
}  // namespace detail

/// Calls build(m) and hands a refusal to `done(refused_recording)`, while the recording is still there; else returns 0.
template <class Build, class Done>
int record_until_refused(Build&& build, Done&& done) {
  model m(detail::recording_key{});
  try {
    build(m);
    detail::finish_recording(m);
  } catch (const error& e) {
    return done(refused_recording{e.what(), detail::unfinished(m), {m.culprit[0].id, m.culprit[1].id}});
  }
  return 0;
}

#ifdef DIMWISE_DIAGNOSE
template <auto Build>
int run(int, char**, std::string = {}) {
  return record_until_refused([](model& m) { Build(m); }, show_refusal);
}
#endif

}  // namespace dimwise
