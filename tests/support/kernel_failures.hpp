// tests/support/kernel_failures.hpp: what a kernel of a recording gets wrong at random parameters and samples, as text; nothing
// if all is right.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dimwise/oracle/compare.hpp"
#include "random_table.hpp"
#include "table_program.hpp"

namespace dimwise::testing {

/// Makes a kernel for a recording that computes the given outputs, with a gradient.
template <class T>
using kernel_maker = std::function<std::unique_ptr<kernel_interface<T>>(const table&, std::vector<output_info>)>;

struct failure_options {
  std::uint64_t seed = 1;
  int samples = 3;
  int gradient_entries = 6;
  bool gradients = true;
  check_bounds bounds;
};

/// Compares all outputs and equation sides, and the gradient of every output and objective, with the oracle.
template <class T>
std::vector<check_record> kernel_records(const table& t, const kernel_maker<T>& make, const failure_options& options = {}) {
  std::vector<output_info> infos;
  std::vector<output_label> labels;
  const auto add = [&](const std::string& name, int node) {
    if (node < 0) return;
    infos.push_back({name, node, t.nodes[node].k.l, t.nodes[node].k.width});
    labels.push_back({name, "value"});
  };
  for (int i = 0; i < t.output_count; i++) add(std::string(t.outputs[i].name.view()), t.outputs[i].node);
  for (int i = 0; i < t.equation_count; i++) add("residual", t.equations[i].residual), add("relative", t.equations[i].relative);
  for (int i = 0; i < t.objective_count; i++) add(std::string(t.objectives[i].name.view()), t.objectives[i].node);
  if (infos.empty()) return {};
  std::vector<sample_inputs> samples;
  for (int s = 0; s < options.samples; s++) {
    samples.push_back(draw_sample(t, options.seed, std::uint64_t(s)));
    if (sizeof(T) == 4) round_to_float(samples.back());
  }
  auto parameters = draw_parameters(t, options.seed);
  if (sizeof(T) == 4) round_to_float(parameters);
  reference_values exact(t, parameters, samples);
  const auto kernel = make(t, infos);
  std::vector<check_record> records = compare_outputs(*kernel, exact, labels, options.bounds);
  gradient_sampling which;
  which.seed = options.seed;
  which.entries = options.gradient_entries;
  which.samples = 2;
  if (options.gradients)
    for (std::size_t j = 0; j < infos.size(); j++)
      for (const auto& r : compare_gradient(*kernel, j, exact, labels[j], which, options.bounds)) records.push_back(r);
  return records;
}
/// The records that break their bounds, as text.
template <class T>
std::string kernel_failures(const table& t, const kernel_maker<T>& make, const failure_options& options = {}) {
  std::string text;
  for (const auto& r : kernel_records<T>(t, make, options))
    if (!r.ok) text += to_text(r) + "\n";
  return text;
}

template <class T>
std::string kernel_failures(const table_builder& b, const kernel_maker<T>& make, const failure_options& options = {}) {
  return kernel_failures<T>(b.view(), make, options);
}

/// The first failure of seeds [first, last) made as small as possible, with the seed, the recording and the records; nothing if
/// there is none.
template <class T>
std::string smallest_failure(std::uint64_t first, std::uint64_t last, const random_table_options& tables,
                             const kernel_maker<T>& make, const failure_options& options = {}) {
  for (std::uint64_t seed = first; seed < last; seed++) {
    const table_builder b = random_table(seed, tables);
    if (kernel_failures<T>(b.view(), make, options).empty()) continue;
    const table_builder small =
        shrink(b, [&](const table_builder& c) { return !kernel_failures<T>(c.view(), make, options).empty(); });
    return "seed " + std::to_string(seed) + "\n" + to_text(small.view()) + "as a program:\n" + to_program(small.view()) +
           kernel_failures<T>(small.view(), make, options);
  }
  return "";
}

}  // namespace dimwise::testing
