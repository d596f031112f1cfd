// solvers/ode.cpp: names, sentences and access to a compiled model's ODEs.
#include <dimwise/solvers/ode.hpp>

#include <dimwise/core/error.hpp>

namespace dimwise {

int ode_index(const table& recording, const std::string& name) {
  std::string known;
  for (int i = 0; i < recording.ode_count; i++) {
    if (name.empty() || recording.odes[i].name.view() == name) return i;
    known += (i ? ", '" : "'") + std::string(recording.odes[i].name.view()) + "'";
  }
  if (known.empty())
    throw error("the model names no ordinary differential equation: call m.ode<\"name\">(f) in the model function");
  throw error("the model has no ordinary differential equation '" + name + "'; it has " + known);
}

template <class T>
ode_problem<T> problem_of(const compiled_model& model, const std::string& name, const T* parameters) {
  const int i = ode_index(model.recording, name);
  const auto& odes = model.template kernels<T>().odes;
  if (std::size_t(i) >= odes.size() || !odes[std::size_t(i)].field)
    throw error("the model '" + model.name + "' has no kernel of this precision for its differential equation");
  ode_problem<T> p;
  p.recording = &model.recording;
  p.kernels = &odes[std::size_t(i)];
  p.parameters = parameters;
  return p;
}
template ode_problem<float> problem_of<float>(const compiled_model&, const std::string&, const float*);
template ode_problem<double> problem_of<double>(const compiled_model&, const std::string&, const double*);

template <class T>
named_inputs<T>::named_inputs(const table& recording, const std::vector<std::pair<std::string, const T*>>& given) {
  for (int i = 0; i < recording.input_count; i++) {
    const std::string name(recording.inputs[i].name.view());
    for (const auto& [known, values] : given)
      if (known == name) slots_.push_back(values);
    if (slots_.size() != std::size_t(i) + 1) throw error("the input '" + name + "' of the model must be given once");
  }
  for (const auto& [name, values] : given) {
    bool known = false;
    for (int i = 0; i < recording.input_count; i++) known = known || recording.inputs[i].name.view() == name;
    if (!known) throw error("the model has no input '" + name + "'");
  }
}
template class named_inputs<float>;
template class named_inputs<double>;

const char* sentence(solve_status status) {
  switch (status) {
    case solve_status::success: return "the solution reached the end";
    case solve_status::stopped_at_event: return "the solution stopped where the event function changed sign";
    case solve_status::too_many_steps: return "the solve stopped: it took as many steps as it was allowed";
    case solve_status::step_too_small: return "the solve stopped: the step size fell below what the time can resolve";
    case solve_status::not_finite: return "the solve stopped: the vector field or the state is not finite";
    case solve_status::no_convergence: return "the solve stopped: the corrector did not converge";
  }
  return "";
}

}  // namespace dimwise
