// examples/vae/flow_solver.cpp: see flow_solver.hpp.
#include "examples/vae/flow_solver.hpp"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/torch.h>

#include <dimwise/core/error.hpp>

namespace vae {
using namespace dimwise;
using torch::Tensor;

template <class T>
struct flow_solver<T>::function : torch::autograd::Function<function> {
  static constexpr auto element = sizeof(T) == 4 ? torch::kFloat : torch::kDouble;

  /// What the solvers read; the tensors are kept alive by their owner.
  struct bound {
    std::vector<const T*> inputs;
    ode_problem<T> problem;
    ode_start<T> start;
    bound(const flow_solver& s, const Tensor& z, const Tensor& parameters, at::TensorList given) {
      for (const Tensor& i : given) inputs.push_back(i.data_ptr<T>());
      problem = {&s.recording_, &s.kernels_, parameters.data_ptr<T>(), inputs.data(), nullptr};
      start.samples = std::size_t(z.size(0));
      start.state = z.data_ptr<T>();
    }
  };
  static Tensor flat(const Tensor& a) { return a.to(element).contiguous(); }

  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, flow_solver* solver, const Tensor& z,
                                                const Tensor& parameters, at::TensorList inputs) {
    torch::autograd::variable_list kept{flat(z), flat(parameters)};
    for (const Tensor& i : inputs) kept.push_back(flat(i));
    const bound b(*solver, kept[0], kept[1], at::TensorList(kept).slice(2));
    const ode_solution<T> end = solve_explicit(b.problem, b.start, solver->how_, solver->workers_, solver->memory_);
    if (!end.ok()) throw error("the flow of the posterior could not be solved: " + end.text);
    context->save_for_backward(kept);
    context->saved_data["solver"] = std::int64_t(reinterpret_cast<std::intptr_t>(solver));
    const std::int64_t samples = z.size(0), carried = std::int64_t(b.problem.carried());
    const Tensor q = torch::from_blob(const_cast<T*>(end.carried.data()), {samples, carried}, element);
    return {torch::from_blob(const_cast<T*>(end.state.data()), {samples, z.size(1)}, element).clone(), q.select(1, 0).clone()};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list by) {
    auto* solver = reinterpret_cast<flow_solver*>(std::intptr_t(context->saved_data["solver"].toInt()));
    const auto kept = context->get_saved_variables();
    const bound b(*solver, kept[0], kept[1], at::TensorList(kept).slice(2));
    const std::size_t d = b.problem.dims(), q = b.problem.carried();
    const Tensor by_z = by[0].defined() ? flat(by[0]) : torch::zeros_like(kept[0]);
    const Tensor by_density = by[1].defined() ? flat(by[1]) : torch::zeros({kept[0].size(0)}, element);
    const T *z = by_z.data_ptr<T>(), *density = by_density.data_ptr<T>();
    const auto loss = [&](std::size_t begin, std::size_t end, const T*, const T*, T* by_state, T* by_carried) {
      std::copy(z + begin * d, z + end * d, by_state);
      for (std::size_t s = begin; s < end; s++) by_carried[(s - begin) * q] = density[s];
    };
    const bool parameters_wanted = context->needs_input_grad(1);
    Tensor by_start = torch::empty_like(kept[0]);
    Tensor by_parameters;
    if (parameters_wanted) by_parameters = torch::zeros({kept[1].size(0)}, torch::kDouble);
    torch::autograd::variable_list by_inputs(kept.size() - 2);
    std::vector<T*> input_pointers;
    for (std::size_t i = 0; i < by_inputs.size(); i++) {
      const bool wanted = context->needs_input_grad(2 + i);
      if (wanted) by_inputs[i] = torch::empty_like(kept[2 + i]);
      input_pointers.push_back(wanted ? by_inputs[i].template data_ptr<T>() : nullptr);
    }
    const solve_gradients<T> to{parameters_wanted ? by_parameters.data_ptr<double>() : nullptr, by_start.data_ptr<T>(),
                                input_pointers.data()};
    adjoint_options<T> how;
    how.carried_on_the_way_back = true;
    const auto end =
        solve_with_gradient<T>(b.problem, b.start, solver->how_, loss, to, how, solver->workers_, solver->adjoint_memory_);
    if (!end.ok()) throw error("the gradient of the posterior's flow could not be solved: " + end.text);
    torch::autograd::variable_list r{Tensor(), by_start, parameters_wanted ? by_parameters.to(element) : Tensor()};
    r.insert(r.end(), by_inputs.begin(), by_inputs.end());
    return r;
  }
};

template <class T>
flow_solver<T>::flow_solver(const table& recording, const ode_kernels<T>& kernels, explicit_options<T> how, int threads)
    : recording_(recording), kernels_(kernels), how_(std::move(how)), workers_(threads) {}

template <class T>
moved flow_solver<T>::operator()(const Tensor& z, const Tensor& parameters, const std::vector<Tensor>& inputs) {
  if (z.dim() != 2 || z.size(1) != recording_.d || parameters.numel() != recording_.parameters ||
      inputs.size() != std::size_t(recording_.input_count))
    throw error("the flow takes states [samples][" + std::to_string(recording_.d) + "], " +
                std::to_string(recording_.parameters) + " parameters and " + std::to_string(recording_.input_count) + " inputs");
  for (int i = 0; i < recording_.input_count; i++) {
    const input_slot& s = recording_.inputs[i];
    if (inputs[std::size_t(i)].numel() != z.size(0) * s.width * (s.l == level::dim ? recording_.d : 1))
      throw error("the flow's input '" + std::string(s.name.view()) +
                  "' has another number of entries than samples times its width");
  }
  const at::TensorList list(inputs);
  const auto r = function::apply(this, z, parameters, list);
  return {r[0], r[1]};
}

template class flow_solver<float>;
template class flow_solver<double>;

}  // namespace vae
