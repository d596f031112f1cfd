// codegen/runner/bench_beside.cpp: see bench_beside.hpp.
#include "codegen/runner/bench_beside.hpp"

#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>

#include "codegen/runner/bench_inputs.hpp"
#include "codegen/runner/json_file.hpp"
#include "codegen/runner/timing.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/npy.hpp"
#include "dimwise/solvers/normalizing_flow.hpp"
#include "dimwise/training/optimiser.hpp"
#include "dimwise/training/parallel.hpp"
#include "dimwise/training/trained_entries.hpp"

namespace dimwise {
namespace {
namespace fs = std::filesystem;

template <class T>
void write_inputs(const fs::path& folder, const table& t, const model_arrays<T>& arrays, const std::vector<double>& parameters) {
  fs::create_directories(folder);
  const std::size_t n = arrays.samples, d = std::size_t(t.d);
  save_parameters((folder / "parameters.safetensors").string(), t, {parameters, {}});
  if (!arrays.state.empty()) write_npy((folder / "state.npy").string(), {n, d}, arrays.state.data());
  if (!arrays.time.empty()) write_npy((folder / "time.npy").string(), {n}, arrays.time.data());
  for (int i = 0; i < t.input_count; i++) {
    std::vector<std::size_t> shape = {n};
    if (t.inputs[i].l == level::dim) shape.push_back(d);
    shape.push_back(std::size_t(t.inputs[i].width));
    write_npy((folder / (std::string(t.inputs[i].name.view()) + ".npy")).string(), shape, arrays.inputs[std::size_t(i)].data());
  }
}

void write_tensors(const fs::path& folder, const table& t, const double* values) {
  fs::create_directories(folder);
  for (int i = 0; i < t.tensor_count; i++) {
    const tensor& w = t.tensors[i];
    const std::vector<std::size_t> shape(w.shape, w.shape + w.rank);
    write_npy((folder / (std::string(w.name.view()) + ".npy")).string(), shape, values + w.offset);
  }
}

// As timing.hpp's best_call, but a short call is repeated so that the clock does not count.
double least_seconds(double budget, const std::function<void()>& call) {
  const double one = seconds_of(call);
  const int repeats = std::max(1, int(2e-4 / std::max(one, 1e-8)));
  double best = one, spent = 0;
  while (spent < budget) {
    const double took = seconds_of([&] {
      for (int i = 0; i < repeats; i++) call();
    });
    best = std::min(best, took / repeats);
    spent += took;
  }
  return best;
}

/// The gradient through 32 steps of RK4 over [0, 1] of the mean of sum_i x_i^2 / 2 + change, as bench_solves.hpp times it;
/// in/direction.npy is the direction of Hutchinson's estimate.
template <class T>
std::function<void()> flow_gradient(const compiled_model& m, const std::string& name, const beside_request& r,
                                    const model_arrays<T>& arrays, const aligned_vector<T>& p, std::vector<double>& gradient) {
  const std::size_t n = r.samples, d = std::size_t(m.recording.d);
  flow_options<T> options;
  options.solver = flow_options<T>::equal_steps(32);
  options.threads = r.threads;
  std::vector<double> uniform(n * d);
  random_stream(options.seed, "trace noise").uniforms(0, 0, uniform.size(), uniform.data());
  std::vector<T> direction(n * d);
  for (std::size_t e = 0; e < direction.size(); e++) direction[e] = uniform[e] < 0.5 ? T(-1) : T(1);
  write_npy((fs::path(r.folder) / "in" / "direction.npy").string(), {n, d}, direction.data());
  const auto flow = std::make_shared<normalizing_flow<T>>(m, options, std::vector<std::string>{name});
  return [=, &arrays, &p, &gradient] {
    std::fill(gradient.begin(), gradient.end(), 0.0);
    const auto loss = [=](std::size_t begin, std::size_t end, const T* x, T* by_x, T* by_change) {
      for (std::size_t e = 0; e < (end - begin) * d; e++) by_x[e] = x[e] / T(n);
      std::fill_n(by_change, end - begin, T(1) / T(n));
    };
    const flow_result<T> done =
        flow->to_data_gradient(p.data(), n, arrays.state.data(), {}, loss, {gradient.data(), nullptr, {}});
    if (!done.ok()) throw error("the flow '" + name + "': " + done.text);
  };
}

int answer(const std::function<void()>& call) {
  std::printf("%s\n", json{{"ready", "dimwise"}}.dump().c_str());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    std::printf("%.9e\n", least_seconds(number_of(line, "a line of the input"), call));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

template <class T>
int bench_beside(const compiled_model& m, const beside_request& r) {
  const table& t = m.recording;
  const fs::path results = fs::path(r.folder) / "dimwise";
  fs::create_directories(results);
  const model_arrays<T> arrays = random_arrays<T>(t, r.samples, r.seed);
  arguments<T> in = arrays.view();
  std::vector<double> parameters = bench_parameters(t, r.seed);
  write_inputs(fs::path(r.folder) / "in", t, arrays, parameters);
  aligned_vector<T> p(parameters.begin(), parameters.end());
  team workers(r.threads);
  parallel_memory<T> memory;
  const auto arrays_of = [&](const kernel_interface<T>& kernel, std::vector<T*>& pointers) {
    std::vector<aligned_vector<T>> out;
    for (const auto& info : kernel.outputs())
      out.emplace_back(r.samples * std::size_t(info.width) * std::size_t(info.l == level::dim ? t.d : 1));
    for (auto& o : out) pointers.push_back(o.data());
    return out;
  };
  std::vector<T*> pointers;

  const auto& kernels = m.kernels<T>();
  if (r.variant.empty()) {
    if (!kernels.outputs) throw error("the model has no values to time.");
    const auto& kernel = *kernels.outputs;
    const auto out = arrays_of(kernel, pointers);
    aligned_vector<T> prepared(kernel.prepared_size());
    kernel.prepare(p.data(), prepared.data());
    if (!prepared.empty()) in.prepared = prepared.data();
    const auto call = [&] { evaluate_all(kernel, p.data(), in, pointers.data(), workers, memory); };
    call();
    for (std::size_t i = 0; i < out.size(); i++) {
      const output_info& info = kernel.outputs()[i];
      std::vector<std::size_t> shape = {r.samples};
      if (info.l == level::dim) shape.push_back(std::size_t(t.d));
      if (info.width > 1) shape.push_back(std::size_t(info.width));
      write_npy((results / (info.name + ".npy")).string(), shape, out[i].data());
    }
    return answer(call);
  }

  const bool step = r.variant.rfind("adam_step", 0) == 0;
  const std::size_t space = r.variant.find(' ');
  const std::string name = space == std::string::npos ? "" : r.variant.substr(space + 1);
  std::vector<double> gradient(parameters.size());
  if (r.variant.rfind("solve_gradient", 0) == 0) {
    const auto call = flow_gradient<T>(m, name, r, arrays, p, gradient);
    call();
    write_tensors(results / "gradient", t, gradient.data());
    return answer(call);
  }
  int chosen = -1;
  for (int i = 0; i < t.objective_count; i++)
    if (name.empty() ? i == 0 : t.objectives[i].name.view() == name) chosen = i;
  if (chosen < 0 || (!step && r.variant.rfind("gradient", 0) != 0))
    throw error("--variant '" + r.variant + "' names nothing that this model has.");
  const auto& kernel = *kernels.objectives[std::size_t(chosen)];
  const auto out = arrays_of(kernel, pointers);
  const aligned_vector<T> cotangent(r.samples, T(1) / T(r.samples));
  const T* cotangents[] = {cotangent.data()};
  adam optimiser(parameters.size(), movable_entries(t, reached_tensors(t, {t.objectives[chosen].node})));
  const auto call = [&] {
    clear_all(gradient.data(), gradient.size(), workers);
    gradient_all(kernel, p.data(), p.size(), in, cotangents, pointers.data(), gradient.data(), workers, memory);
    if (!step) return;
    optimiser.step(parameters.data(), gradient.data(), 1, 1e-3, 0, &workers);
    round_all(parameters.data(), p.data(), p.size(), workers);
  };
  call();
  write_tensors(results / (step ? "parameters" : "gradient"), t, step ? parameters.data() : gradient.data());
  return answer(call);
}

template int bench_beside<float>(const compiled_model&, const beside_request&);
template int bench_beside<double>(const compiled_model&, const beside_request&);

}  // namespace dimwise
