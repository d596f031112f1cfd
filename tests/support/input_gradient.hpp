// tests/support/input_gradient.hpp: vector-Jacobian products of a kernel against the oracle: by the state, the time and every
// input.
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "dimwise/oracle/compare.hpp"
#include "dimwise/oracle/oracle.hpp"

namespace dimwise::testing {

/// A recording in which the point-level and dim-level inputs are parameters, so that the oracle differentiates by them, and
/// nothing is frozen; its parameter vector goes on with the inputs of one sample.
struct inputs_as_parameters {
  bool usable = true;  ///< false where a relative exponential treats parameters and inputs differently
  std::vector<node> nodes;
  std::vector<tensor> tensors;
  std::vector<int> first;  ///< entry of the parameter vector where input k starts
  table recording;

  explicit inputs_as_parameters(const table& t)
      : nodes(t.nodes, t.nodes + t.node_count), tensors(t.tensors, t.tensors + t.tensor_count), recording(t) {
    for (int k = 0; k < t.input_count; k++) {
      tensor w;
      w.rank = t.inputs[k].l == level::dim ? 2 : 1;
      w.shape[0] = w.rank == 2 ? t.d : t.inputs[k].width;
      if (w.rank == 2) w.shape[1] = t.inputs[k].width;
      w.offset = recording.parameters;
      first.push_back(w.offset);
      recording.parameters += w.size();
      for (node& x : nodes)
        if ((x.o == op::input || x.o == op::input_per_dim) && x.n == k) {
          x.o = op::parameter;
          x.n = 0;
          x.weight = int(tensors.size());
        }
      tensors.push_back(w);
    }
    for (node& x : nodes) {
      if (x.o == op::frozen) x.o = op::slice;
      usable = usable && x.o != op::exp_relative;
    }
    recording.nodes = nodes.data();
    recording.tensors = tensors.data();
    recording.tensor_count = int(tensors.size());
  }
};

/// The largest error of the kernel's products with cotangents sin(3 e + 1) of all its outputs, relative to the largest product of
/// a sample; the gradient of the parameters must be that of `gradient`, bit for bit, and what is left out must not change the
/// rest.
template <class T>
double worst_input_gradient(const kernel_interface<T>& kernel, const table& t, std::uint64_t seed, std::size_t samples = 2) {
  std::vector<sample_inputs> drawn;
  std::vector<T> state, time, constants;
  std::vector<std::vector<T>> inputs(std::size_t(t.input_count));
  auto parameters = draw_parameters(t, seed);
  if (sizeof(T) == 4) round_to_float(parameters);
  for (std::size_t s = 0; s < samples; s++) {
    sample_inputs one = draw_sample(t, seed, s);
    if (sizeof(T) == 4) round_to_float(one);
    state.insert(state.end(), one.state.begin(), one.state.end());
    time.push_back(T(one.time));
    for (std::size_t j = 0; j < inputs.size(); j++) inputs[j].insert(inputs[j].end(), one.inputs[j].begin(), one.inputs[j].end());
    drawn.push_back(one);
  }
  constants.assign(drawn[0].constants.begin(), drawn[0].constants.end());
  std::vector<const T*> pointers;
  for (const auto& i : inputs) pointers.push_back(i.data());
  arguments<T> in{samples, state.data(), time.data(), pointers.data(), constants.data()};
  std::vector<std::vector<T>> cotangents;
  std::vector<const T*> cotangent_pointers;
  std::vector<T*> out(kernel.outputs().size(), nullptr);
  for (const output_info& o : kernel.outputs()) {
    cotangents.emplace_back(samples * std::size_t(o.width) * std::size_t(o.l == level::dim ? t.d : 1));
    for (std::size_t e = 0; e < cotangents.back().size(); e++) cotangents.back()[e] = T(std::sin(double(3 * e + 1)));
  }
  for (const auto& c : cotangents) cotangent_pointers.push_back(c.data());

  std::vector<T> by_state(state.size(), T(7)), by_time(time.size(), T(7)), again(state.size(), T(7));
  std::vector<std::vector<T>> by_inputs;
  std::vector<T*> by_input_pointers;
  for (const auto& i : inputs) by_inputs.emplace_back(i.size(), T(7));
  for (auto& i : by_inputs) by_input_pointers.push_back(i.data());
  const std::vector<T> p(parameters.begin(), parameters.end());
  std::vector<T> workspace(kernel.vector_jacobian_workspace() + 64);
  std::vector<double> gradient(p.size(), 0.0), alone(p.size(), 0.0);
  kernel.vector_jacobian(p.data(), in, 0, samples, cotangent_pointers.data(), out.data(),
                         {by_state.data(), by_time.data(), by_input_pointers.data()}, gradient.data(), workspace.data());
  kernel.vector_jacobian(p.data(), in, 0, samples, cotangent_pointers.data(), out.data(), {again.data(), nullptr, nullptr},
                         nullptr, workspace.data());
  if (again != by_state) return 1e300;
  kernel.gradient(p.data(), in, 0, samples, cotangent_pointers.data(), out.data(), alone.data(), workspace.data());
  if (alone != gradient) return 1e301;

  const inputs_as_parameters other(t);
  double worst = 0;
  for (std::size_t s = 0; s < samples; s++) {
    std::vector<double> known = parameters;
    for (const auto& i : drawn[s].inputs) known.insert(known.end(), i.begin(), i.end());
    basic_oracle<fifty_digits> oracle(other.recording);
    oracle.set_parameters(known);
    oracle.set_sample(drawn[s]);
    std::vector<double> exact, found;
    const auto cotangent = [&](std::size_t j, std::size_t e) {
      const output_info& o = kernel.outputs()[j];
      return double(cotangents[j][s * std::size_t(o.width) * std::size_t(o.l == level::dim ? t.d : 1) + e]);
    };
    for (int i = -1; i < t.d; i++) {
      fifty_digits sum = 0;
      for (std::size_t j = 0; j < cotangents.size(); j++) {
        const output_info& o = kernel.outputs()[j];
        for (int of = 0; of < (o.l == level::dim ? t.d : 1); of++) {
          const auto v = oracle.input_derivative(o.node, of, i);
          for (int w = 0; w < o.width; w++) sum += v[std::size_t(w)] * cotangent(j, std::size_t(of * o.width + w));
        }
      }
      exact.push_back(double(sum));
      found.push_back(double(i < 0 ? by_time[s] : by_state[s * std::size_t(t.d) + std::size_t(i)]));
    }
    for (std::size_t k = 0; k < inputs.size() && other.usable; k++) {
      const std::size_t each = inputs[k].size() / samples;
      for (std::size_t e = 0; e < each; e++) {
        fifty_digits sum = 0;
        for (std::size_t j = 0; j < cotangents.size(); j++) {
          const auto v = oracle.parameter_derivatives(kernel.outputs()[j].node, other.first[k] + int(e));
          for (std::size_t c = 0; c < v.size(); c++) sum += v[c] * cotangent(j, c);
        }
        exact.push_back(double(sum));
        found.push_back(double(by_inputs[k][s * each + e]));
      }
    }
    double size = 1e-3;
    for (const double v : exact) size = std::max(size, std::abs(v));
    for (std::size_t e = 0; e < exact.size(); e++) worst = std::max(worst, std::abs(found[e] - exact[e]) / size);
  }
  return worst;
}

}  // namespace dimwise::testing
