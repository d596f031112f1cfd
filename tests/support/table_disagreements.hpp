// tests/support/table_disagreements.hpp: what kernels of a recorded model get wrong against the oracle: values and all gradients,
// as text.
#pragma once
#include <string>
#include <vector>

#include "dimwise/kernel/interpret.hpp"
#include "dimwise/oracle/compare.hpp"

namespace dimwise::testing {

/// Empty if all outputs of the table and their gradients agree with the oracle at random parameters and samples.
inline std::string table_disagreements(const table& t, std::uint64_t seed = 1, int entries = 6, check_bounds bounds = {}) {
  std::vector<output_info> infos;
  std::vector<output_label> labels;
  for (int i = 0; i < t.output_count; i++) {
    const std::string name(t.outputs[i].name.view());
    const kind k = t.nodes[t.outputs[i].node].k;
    infos.push_back({name, t.outputs[i].node, k.l, k.width});
    labels.push_back({name, "value"});
  }
  std::vector<sample_inputs> samples;
  for (std::uint64_t s = 0; s < 2; s++) samples.push_back(draw_sample(t, seed, s));
  reference_values exact(t, draw_parameters(t, seed), samples);
  const auto kernel = interpret<double>(t, infos, true);
  std::vector<check_record> records = compare_outputs(*kernel, exact, labels, bounds);
  gradient_sampling which;
  which.entries = entries;
  for (std::size_t j = 0; j < infos.size(); j++)
    for (const auto& r : compare_gradient(*kernel, j, exact, labels[j], which, bounds)) records.push_back(r);
  std::string text;
  for (const auto& r : records)
    if (!r.ok) text += to_text(r) + "\n";
  return text;
}

/// The node of output `name`, or -1.
inline int node_of_output(const table& t, std::string_view name) {
  for (int i = 0; i < t.output_count; i++)
    if (t.outputs[i].name.view() == name) return t.outputs[i].node;
  return -1;
}

}  // namespace dimwise::testing
