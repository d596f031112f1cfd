// tests/support/network_failures.cpp: recorded models against the oracle, through the run-time interpreter of the passes.
#include "network_failures.hpp"

#include "dimwise/analysis/dependence.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/kernel/interpret.hpp"
#include "kernel_failures.hpp"

namespace dimwise::testing {
namespace {

template <class T>
std::string failures(const table& t, bool gradients) {
  failure_options o;
  o.gradients = gradients;
  return kernel_failures<T>(
      t,
      [](const table& recording, std::vector<output_info> outputs) { return interpret<T>(recording, std::move(outputs), true); },
      o);
}

}  // namespace

std::string oracle_failures(const table& t, bool gradients) {
  return failures<double>(t, gradients) + failures<float>(t, gradients);
}

namespace {
int node_of(const table& t, std::string_view output) {
  for (int i = 0; i < t.output_count; i++)
    if (t.outputs[i].name.view() == output && t.nodes[t.outputs[i].node].k.l == level::dim) return t.outputs[i].node;
  throw error("there is no output for each dimension called " + std::string(output));
}
}  // namespace

std::vector<std::vector<bool>> sight_of(const table& t, std::string_view output) {
  const int root = node_of(t, output);
  const auto W = std::size_t(t.nodes[root].k.width);
  std::vector<std::vector<bool>> sees(std::size_t(t.d), std::vector<bool>(std::size_t(t.d)));
  oracle o(t);
  o.set_parameters(draw_parameters(t, 3));
  for (int s = 0; s < 2; s++) {
    const sample_inputs at = draw_sample(t, 3, std::uint64_t(s));
    o.set_sample(at);
    const auto before = o.value(root);
    for (std::size_t j = 0; j < sees.size(); j++) {
      sample_inputs moved = at;
      moved.state[j] += 0.75;
      o.set_sample(moved);
      const auto after = o.value(root);
      for (std::size_t e = 0; e < after.size(); e++)
        if (after[e] != before[e]) sees[e / W][j] = true;
    }
  }
  return sees;
}

std::string sight_failures(const table& t, std::string_view output, bool all_of_it) {
  const int root = node_of(t, output);
  const kind k = t.nodes[root].k;
  const auto sees = sight_of(t, output);
  std::string text;
  const auto report = [&](int i, int j, const char* what) {
    text += std::string(output) + ": component " + std::to_string(i) + what + std::to_string(j) + "\n";
  };
  for (int i = 0; i < t.d; i++)
    for (int j = 0; j < t.d; j++) {
      const bool may = single(k) || (bits(k.d) & (j < i ? 1 : j == i ? 2 : 4)), follows = sees[std::size_t(i)][std::size_t(j)];
      if (follows && !may) report(i, j, " follows coordinate ");
      if (all_of_it && !follows && may) report(i, j, " does not follow coordinate ");
    }
  if (sees_own(k)) return text;
  oracle o(t);
  o.set_parameters(draw_parameters(t, 3));
  o.set_sample(draw_sample(t, 3, 0));
  for (int i = 0; i < t.d; i++)
    for (const wide_number& slope : o.dense_derivative(root, i, 1))
      if (slope != 0) report(i, i, " has a derivative by coordinate ");
  return text;
}

}  // namespace dimwise::testing
