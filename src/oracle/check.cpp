// src/oracle/check.cpp: all checks of a compiled model.
#include "../../include/dimwise/oracle/check.hpp"

#include <cmath>
#include <cstring>
#include <string>

#include "../../include/dimwise/core/error.hpp"
#include "../../include/dimwise/kernel/network_probe.hpp"
#include "../../include/dimwise/oracle/compare.hpp"
#include "sight.hpp"

namespace dimwise {
namespace {

/// "check.drift.D3" is D of drift (its order is a column of its own), "fokker_planck.lhs" is lhs of fokker_planck, anything else
/// a value.
output_label label_of(const table& t, const output_info& o) {
  std::string name = o.name;
  const std::string prefix = "check.";
  const bool extra = name.rfind(prefix, 0) == 0;
  if (extra) name = name.substr(prefix.size());
  const auto dot = name.rfind('.');
  if (dot == std::string::npos) return {name, "value"};
  const std::string first = name.substr(0, dot);
  std::string last = name.substr(dot + 1);
  if (extra) return {first, t.nodes[o.node].o == op::D ? "D" : last};
  for (int e = 0; e < t.equation_count; e++)
    if (t.equations[e].name.view() == first) return {first, last};
  return {name, "value"};
}

/// The readout behind an output that is a readout or its tanh; -1 for others.
int readout_behind(const table& t, int node) {
  if (t.nodes[node].o == op::tanh) node = t.nodes[node].a;
  return t.nodes[node].o == op::readout ? node : -1;
}

template <class T>
void check_kernel_hollowness(const kernel_interface<T>& kernel, const reference_values& exact,
                             const std::function<void(check_record)>& add) {
  const table& t = exact.recording();
  std::vector<check_record> records(kernel.outputs().size());
  bool any = false;
  for (std::size_t j = 0; j < records.size(); j++) {
    const int node = kernel.outputs()[j].node;
    if (readout_behind(t, node) < 0 && !detail::partly_blind(t.nodes[node].k)) continue;
    records[j] = {label_of(t, kernel.outputs()[j]).name, "hollow", 0, sizeof(T) == 4 ? "float" : "double", 0, 0, true, ""};
    any = true;
  }
  if (!any) return;
  const auto before = evaluate(kernel, exact);
  for (int i = 0; i < t.d; i++) {
    auto moved = exact.samples();
    for (auto& s : moved) {
      s.state.resize(std::size_t(t.d), 0.0);
      s.state[std::size_t(i)] = 17 - 3 * s.state[std::size_t(i)];
    }
    const auto after = evaluate(kernel, reference_values(t, exact.parameters(), moved));
    for (std::size_t j = 0; j < records.size(); j++) {
      if (records[j].name.empty()) continue;
      const auto width = std::size_t(kernel.outputs()[j].width);
      const kind k = t.nodes[kernel.outputs()[j].node].k;
      for (std::size_t e = 0; e < before[j].size(); e++) {
        const int s = int(e / width) / t.d, component = int(e / width) % t.d;
        if (detail::may_see(k, component, i) || std::memcmp(&before[j][e], &after[j][e], sizeof(T)) == 0) continue;
        const double change = std::abs(double(before[j][e]) - double(after[j][e]));
        auto& r = records[j];
        r.ok = false;
        if (change >= r.max_relative_error || r.where.empty()) {
          r.max_relative_error = change;
          r.where = "sample " + std::to_string(s) + ", component " + std::to_string(component) + " follows " +
                    (component == i ? "its own coordinate" : "coordinate " + std::to_string(i));
        }
      }
    }
  }
  for (auto& r : records)
    if (!r.name.empty()) add(r);
}

/// Values of a kernel's outputs, named after the outputs, and the hollowness of its conditioners.
template <class T>
void check_outputs(const kernel_interface<T>* kernel, reference_values& exact, const check_options& options,
                   const std::function<void(check_record)>& add) {
  if (!kernel) return;
  check_kernel_hollowness(*kernel, exact, add);
  std::vector<output_label> labels;
  for (const auto& o : kernel->outputs()) labels.push_back(label_of(exact.recording(), o));
  for (const auto& r : compare_outputs(*kernel, exact, labels, options.bounds)) add(r);
}

template <class T>
void check_kernels(const model_kernels<T>& kernels, reference_values& exact, const check_options& options,
                   const std::function<void(check_record)>& add) {
  const table& t = exact.recording();
  const auto add_all = [&](const std::vector<check_record>& records) {
    for (const auto& r : records) add(r);
  };
  check_outputs(kernels.outputs.get(), exact, options, add);
  const auto add_group = [&](const kernel_interface<T>* kernel, std::string name, const char* fallback,
                             const std::vector<std::string>& quantities) {
    if (!kernel) return;
    if (name.empty()) name = fallback;
    std::vector<output_label> labels;
    for (std::size_t j = 0; j < kernel->outputs().size(); j++)
      labels.push_back({name, j < quantities.size() ? quantities[j] : kernel->outputs()[j].name});
    add_all(compare_outputs(*kernel, exact, labels, options.bounds));
  };
  for (std::size_t i = 0; i < kernels.sdes.size(); i++)
    add_group(kernels.sdes[i].get(), std::string(t.sdes[i].name.view()), "sde", {"drift", "noise", "noise derivative"});
  for (std::size_t i = 0; i < kernels.odes.size(); i++) {
    const std::string name(t.odes[i].name.view());
    add_group(kernels.odes[i].field.get(), name, "ode", {"field"});
    add_group(kernels.odes[i].carried.get(), name, "ode", {"field"});
    add_group(kernels.odes[i].diagonal.get(), name, "ode", {"field", "diagonal"});
  }
  for (std::size_t i = 0; i < kernels.mixtures.size(); i++)
    add_group(kernels.mixtures[i].get(), std::string(t.mixtures[i].name.view()), "mixture",
              {"log weights", "mean", "log deviation", "log density"});
  for (std::size_t i = 0; i < kernels.objectives.size(); i++)
    add_group(kernels.objectives[i].get(), std::string(t.objectives[i].name.view()), "objective", {"value"});
  gradient_sampling which;
  which.seed = options.seed;
  which.entries = options.gradient_entries;
  which.samples = options.gradient_samples;
  for (std::size_t i = 0; i < kernels.objectives.size(); i++)
    if (kernels.objectives[i] && kernels.objectives[i]->has_gradient())
      add_all(compare_gradient(*kernels.objectives[i], 0, exact, {std::string(t.objectives[i].name.view()), "gradient"}, which,
                               options.bounds));
}

template <class T>
void collect_nodes(const model_kernels<T>& kernels, std::vector<int>& nodes) {
  const auto collect = [&](const auto& k) {
    if (k)
      for (const auto& o : k->outputs()) nodes.push_back(o.node);
  };
  collect(kernels.outputs);
  for (const auto& ode : kernels.odes) collect(ode.field), collect(ode.carried), collect(ode.diagonal);
  for (const auto* group : {&kernels.objectives, &kernels.sdes, &kernels.mixtures})
    for (const auto& k : *group) collect(k);
}

/// Random samples at which every checked value is finite, as far as fifty draws find such.
std::vector<sample_inputs> usable_samples(const compiled_model& model, const std::vector<double>& parameters,
                                          const check_options& options, bool rounded) {
  std::vector<int> nodes;
  collect_nodes(model.in_double, nodes);
  collect_nodes(model.in_float, nodes);
  basic_oracle<fifty_digits> o(model.recording);
  o.set_parameters(parameters);
  std::vector<sample_inputs> samples;
  for (std::uint64_t number = 0; int(samples.size()) < options.samples; number++) {
    auto s = draw_sample(model.recording, options.seed, number);
    if (rounded) round_to_float(s);
    o.set_sample(s);
    bool finite = true;
    if (number < 50)
      for (int node : nodes)
        for (const auto& v : o.value(node)) finite = finite && isfinite(v);
    if (finite) samples.push_back(std::move(s));
  }
  return samples;
}

}  // namespace

std::vector<check_record> check(const compiled_model& model, const std::vector<double>& given, const check_options& options) {
  const table& t = model.recording;
  if (int(given.size()) != t.parameters)
    throw error("Model \"" + model.name + "\" has " + std::to_string(t.parameters) + " parameters, but check was given " +
                std::to_string(given.size()) + ": pass the whole parameter vector.");
  std::vector<check_record> records;
  const auto add = [&](check_record r) {
    records.push_back(std::move(r));
    if (options.progress) options.progress(records.back());
  };
  auto parameters = given;
  if (options.in_float) round_to_float(parameters);
  auto samples = options.given;
  for (auto& s : samples)
    if (options.in_float) round_to_float(s);
  if (samples.empty()) samples = usable_samples(model, parameters, options, options.in_float);

  for (auto& r : check_hollowness(t, parameters, {samples[0]})) add(r);
  const network_probe networks(t);
  reference_values exact(networks.recording(), parameters, samples);
  for (int e = 0; e < t.equation_count; e++) {
    if (t.equations[e].relative < 0) continue;
    const auto [difference, sample] = exact.relative_form_error(e);
    add({std::string(t.equations[e].name.view()), "relative form is residual / p", 0, "oracle", difference, 1e-15,
         difference <= 1e-15, "sample " + std::to_string(sample)});
  }
  if (options.in_double) {
    check_outputs(networks.in_double(), exact, options, add);
    check_kernels(model.in_double, exact, options, add);
  }
  if (options.in_float) {
    check_outputs(networks.in_float(), exact, options, add);
    check_kernels(model.in_float, exact, options, add);
  }
  return records;
}

}  // namespace dimwise
