// tests/unit/kernel/quotient_steps.cpp: layers computed together with their function: which ones, and with which digits.
#include "dimwise/kernel/quotient_steps.hpp"

#include <random>

#include "catch.hpp"
#include "dimwise/kernel.hpp"
#include "dimwise/kernel/plan_kernel.hpp"
#include "dimwise/training/initialise.hpp"

using namespace dimwise;

namespace {

constexpr auto smooth = network<"smooth">(mlp{20, 64, 33}, outputs{1});
constexpr auto gate = network<"gate">(mlp{}, outputs{40});
constexpr auto hollow = hollow_net<"hollow">(masked_mlp{40, 24}, features{16}, mlp{24});

/// Layers whose rows are no multiple of a tile's, masked ones, sigmoids, and a first derivative beside them.
constexpr void layers(model& m) {
  auto x = m.state<"x", 4>();
  auto u = m.input<"u", 30>();
  auto f = hollow(x);
  m.output<"value">(smooth(u));
  m.output<"gate">(sigmoid(gate(u)));
  m.output<"f">(f);
  m.output<"Df">(D<1>(f));
}

template <class T>
int layers_with_functions(int samples = plan_kernel<T>::default_block) {
  using namespace kernel_detail;
  const auto& program = static_program<layers, kernel_purpose::outputs, 0, by_nothing>::template executable<T>();
  const plan<T> p(recording<layers>::view, program.nodes, program.functions, samples);
  return int(std::count_if(p.steps.begin(), p.steps.end(), [](const step<T>& s) { return s.other_run; }));
}

/// All samples at once, and so few at a time that no block has three vectors, or two.
template <class T>
void same_digits() {
  const table& t = recording<layers>::view;
  const auto values = kernel<layers, T>();
  const std::size_t n = 250, vector = values->vector();
  std::mt19937 engine(3);
  std::normal_distribution<double> normal;
  const auto numbers = [&](std::size_t count) {
    std::vector<T> r(count);
    for (T& v : r) v = T(normal(engine));
    return r;
  };
  std::vector<T> parameters;
  for (const double v : initial_parameters(t, 1)) parameters.push_back(T(v));
  const std::vector<T> x = numbers(4 * n), u = numbers(30 * n);
  const auto evaluate = [&](std::size_t of_call) {
    std::vector<std::vector<T>> out;
    for (const output_info& o : values->outputs()) out.emplace_back(n * std::size_t(o.width * (o.l == level::dim ? t.d : 1)));
    aligned_vector<T> workspace(values->evaluate_workspace());
    const T* const inputs[] = {u.data()};
    arguments<T> in;
    in.samples = n;
    in.state = x.data();
    in.inputs = inputs;
    std::vector<T*> to;
    for (auto& o : out) to.push_back(o.data());
    for (std::size_t begin = 0; begin < n; begin += of_call)
      values->evaluate(parameters.data(), in, begin, std::min(n, begin + of_call), to.data(), workspace.data());
    return out;
  };
  const auto expected = evaluate(vector);
  CHECK(evaluate(n) == expected);
  CHECK(evaluate(2 * vector) == expected);
}

TEST_CASE("layers of which the value alone is asked for are computed with their function, with the same digits", "[kernel]") {
#if defined(DIMWISE_SIMD_AVX512)
  // smooth has two that are wide enough, gate one, the hollow net two in each of its streams and the readout; its transformer's
  // layer has a derivative
  CHECK(layers_with_functions<float>() == 8);
  CHECK(layers_with_functions<double>() == 8);
  CHECK(layers_with_functions<float>(2 * simd::lanes<float>) == 8);
  CHECK(layers_with_functions<float>(simd::lanes<float>) == 0);
#else
  CHECK(layers_with_functions<float>() == 0);
#endif
  same_digits<float>();
  same_digits<double>();
}

}  // namespace
