// tests/support/network_failures.cpp: recorded models against the oracle, through the run-time interpreter of the passes.
#include "network_failures.hpp"

#include "dimwise/analysis/dependence.hpp"
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

std::string sight_failures(const table& t, std::string_view output, bool all_of_it) {
  int root = -1;
  for (int i = 0; i < t.output_count; i++)
    if (t.outputs[i].name.view() == output) root = t.outputs[i].node;
  if (root < 0) return "there is no output " + std::string(output) + "\n";
  const kind k = t.nodes[root].k;
  if (k.l != level::dim) return std::string(output) + " is not a value for each dimension\n";
  oracle o(t);
  o.set_parameters(draw_parameters(t, 3));
  const auto W = std::size_t(k.width);
  std::string text;
  const auto report = [&](int i, int j, const char* what) {
    text += std::string(output) + ": component " + std::to_string(i) + what + std::to_string(j) + "\n";
  };
  for (int s = 0; s < 2; s++) {
    const sample_inputs at = draw_sample(t, 3, std::uint64_t(s));
    o.set_sample(at);
    const auto before = o.value(root);
    if (!sees_own(k))
      for (int i = 0; i < t.d; i++)
        for (const wide_number& slope : o.dense_derivative(root, i, 1))
          if (slope != 0) report(i, i, " has a derivative by coordinate ");
    for (int j = 0; j < t.d; j++) {
      sample_inputs moved = at;
      moved.state[std::size_t(j)] += 0.75;
      o.set_sample(moved);
      const auto after = o.value(root);
      for (int i = 0; i < t.d; i++) {
        bool follows = false;
        for (std::size_t w = 0; w < W; w++) follows = follows || after[std::size_t(i) * W + w] != before[std::size_t(i) * W + w];
        const bool may = single(k) || (bits(k.d) & (j < i ? 1 : j == i ? 2 : 4));
        if (follows && !may) report(i, j, " follows coordinate ");
        if (all_of_it && !follows && may) report(i, j, " does not follow coordinate ");
      }
    }
  }
  return text;
}

}  // namespace dimwise::testing
