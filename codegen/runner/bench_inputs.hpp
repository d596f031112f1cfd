// codegen/runner/bench_inputs.hpp: the random inputs and parameters on which a model is timed.
#pragma once
#include <string_view>
#include <vector>

#include "codegen/runner/arguments.hpp"
#include "dimwise/core/random.hpp"
#include "dimwise/training/initialise.hpp"

namespace dimwise {

/// Every input of the model from a stream of its own: N(0, 1).
template <class T>
model_arrays<T> random_arrays(const table& t, std::size_t samples, std::uint64_t seed) {
  model_arrays<T> all;
  all.samples = samples;
  auto fill = [&](std::string_view name, std::size_t n) {
    std::vector<double> values(n);
    random_stream(seed, name).normals(0, 0, n, values.data());
    return aligned_vector<T>(values.begin(), values.end());
  };
  const std::size_t d = std::size_t(t.d);
  if (!t.state_name.view().empty()) all.state = fill("bench state", samples * d);
  if (!t.time_name.view().empty()) all.time = fill("bench time", samples);
  for (int i = 0; i < t.input_count; i++)
    all.inputs.push_back(
        fill(t.inputs[i].name.view(), samples * std::size_t(t.inputs[i].width) * (t.inputs[i].l == level::dim ? d : 1)));
  for (const auto& in : all.inputs) all.input_pointers.push_back(in.data());
  for (int i = 0; i < t.constant_count; i++) all.constants.push_back(T(t.constants[i].value));
  return all;
}

/// Tensors that start at zero are moved, so that nothing is 0 by accident: N(0, 0.1^2), as the biases of the workloads are.
inline std::vector<double> bench_parameters(const table& t, std::uint64_t seed) {
  std::vector<double> p = initial_parameters(t, seed);
  for (int i = 0; i < t.tensor_count; i++) {
    const tensor& w = t.tensors[i];
    if (w.init != initial::constant || w.scale != 0 || w.masked != mask::none) continue;
    std::vector<double> values(std::size_t(w.size()));
    random_stream(seed, w.name.view()).normals(0, 0, values.size(), values.data());
    for (std::size_t j = 0; j < values.size(); j++) p[std::size_t(w.offset) + j] = 0.1 * values[j];
  }
  return p;
}

}  // namespace dimwise
