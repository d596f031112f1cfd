// codegen/runner/bench_solves.cpp: see bench_solves.hpp.
#include "codegen/runner/bench_solves.hpp"

#include <algorithm>

#include "codegen/runner/timing.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/solvers/normalizing_flow.hpp"

namespace dimwise::commands {
namespace {

constexpr std::size_t solver_steps = 32, stages = 4;

/// Lower quartile of what the calls took in this thread (of all threads: on the wall); a call that takes longer than the budget
/// is made once.
template <class Work>
double call_seconds(double budget, int threads, Work work) {
  std::vector<double> times;
  double spent = 0;
  while (spent < budget || times.empty()) {
    const double took = threads == 1 ? thread_seconds_of(work) : seconds_of(work);
    if (times.empty() && spent == 0 && took < budget) {  // warm
      spent = 1e-9;
      continue;
    }
    times.push_back(took);
    spent += std::max(took, 1e-6);
  }
  const auto place = times.begin() + std::ptrdiff_t(times.size() / 4);
  std::nth_element(times.begin(), place, times.end());
  return *place;
}

}  // namespace

template <class T>
std::vector<solve_figure> measure_solves(const compiled_model& model, const T* parameters, const arguments<T>& in, int threads,
                                         double seconds, const std::function<bool(const std::string&)>& wanted) {
  const table& t = model.recording;
  const std::size_t n = in.samples, d = std::size_t(t.d);
  std::vector<solve_figure> figures;
  std::vector<double> gradient(std::size_t(t.parameters));
  for (int i = 0; i < t.ode_count; i++) {
    const std::string name(t.odes[i].name.view());
    if (!wanted("solve " + name) && !wanted("solve_gradient " + name)) continue;
    flow_options<T> options;
    options.solver = flow_options<T>::equal_steps(solver_steps);
    options.threads = threads;
    normalizing_flow<T> flow(model, options, {name});
    flow_inputs<T> inputs;
    for (int j = 0; j < t.input_count; j++)
      if (t.odes[i].noise < 0 || t.nodes[t.odes[i].noise].n != j)
        if (t.inputs[j].name.view() != "trace_noise") inputs.emplace_back(std::string(t.inputs[j].name.view()), in.inputs[j]);
    const auto& kernels = model.kernels<T>().odes[std::size_t(i)];
    const double passes = double(solver_steps * stages), probes = t.odes[i].how == trace::full ? double(d) : 1;
    const auto finite_or_stop = [&](const flow_result<T>& r) {
      if (!r.ok()) throw error("bench: the differential equation '" + name + "': " + r.text);
    };
    if (wanted("solve " + name))
      figures.push_back(
          {"solve " + name,
           call_seconds(seconds, threads, [&] { finite_or_stop(flow.to_data(parameters, n, in.state, inputs)); }) / double(n),
           passes * probes * kernels.whole().cost().value_matrix_flop});
    if (!wanted("solve_gradient " + name)) continue;
    const T each = T(1) / T(n);
    const auto loss = [&](std::size_t begin, std::size_t end, const T* x, T* by_x, T* by_change) {
      for (std::size_t e = 0; e < (end - begin) * d; e++) by_x[e] = each * x[e];
      std::fill_n(by_change, end - begin, each);
    };
    const double took = call_seconds(seconds, threads, [&] {
      finite_or_stop(flow.to_data_gradient(parameters, n, in.state, inputs, loss, {gradient.data(), nullptr, {}}));
    });
    // forward without what is carried, then each stage again with its products; all of the latter for each direction of a full
    // trace
    figures.push_back(
        {"solve_gradient " + name, took / double(n),
         passes * (kernels.field->cost().value_matrix_flop + probes * kernels.whole().cost().gradient_matrix_flop)});
  }
  return figures;
}
template std::vector<solve_figure> measure_solves<float>(const compiled_model&, const float*, const arguments<float>&, int,
                                                         double, const std::function<bool(const std::string&)>&);
template std::vector<solve_figure> measure_solves<double>(const compiled_model&, const double*, const arguments<double>&, int,
                                                          double, const std::function<bool(const std::string&)>&);

}  // namespace dimwise::commands
