// tests/unit/kernel/layer_steps.cpp: layers with derivatives, computed together with their function: which ones, and with which
// digits.
#include "dimwise/kernel/layer_steps.hpp"

#include <random>

#include "catch.hpp"
#include "dimwise/core/aligned.hpp"
#include "dimwise/kernel.hpp"
#include "dimwise/kernel/blocked_plan.hpp"
#include "dimwise/training/initialise.hpp"

using namespace dimwise;

namespace {

/// Rows that are whole tiles, and 1 to 3 more; the second layer of each network has all coefficients.
constexpr auto even = transformer<"even">(mlp{20, 64});
constexpr auto one_more = transformer<"one_more">(mlp{9, 49});
constexpr auto two_more = transformer<"two_more">(mlp{9, 50});
constexpr auto three_more = transformer<"three_more">(mlp{130, 51});
constexpr auto few = transformer<"few">(mlp{12, 4});
constexpr auto gate = transformer<"gate">(mlp{16}, outputs{40});
constexpr auto rate = transformer<"rate">(mlp{16}, outputs{40});
constexpr auto hollow = hollow_net<"hollow">(masked_mlp{40, 24}, features{16}, mlp{24, 24});

template <int K>
constexpr void layers(model& m) {
  auto x = m.state<"x", 3>();
  m.output<"even">(D<K>(even(x)));
  m.output<"one_more">(D<K>(one_more(x)));
  m.output<"two_more">(D<K>(two_more(x)));
  m.output<"three_more">(D<K>(three_more(x)));
  m.output<"few">(D<K>(few(x)));
  m.output<"sigmoid">(D<K>(sigmoid(gate(x))));
  m.output<"exp">(D<K>(exp(rate(x))));
  m.output<"hollow">(D<K>(hollow(x)));
}

template <int K, class T>
struct plans {
  static constexpr std::size_t n = 2 * 3 * simd::lanes<T> + 5;
  const table& t = recording<layers<K>>::view;
  const executable_program<T> program =
      kernel_detail::static_program<layers<K>, kernel_purpose::outputs, 0, by_nothing>::template executable<T>();
  std::vector<T> parameters, state;

  plans() {
    std::mt19937 engine(3);
    std::normal_distribution<double> normal;
    for (const double v : initial_parameters(t, 1)) parameters.push_back(T(v + 0.1 * normal(engine)));
    for (std::size_t i = 0; i < n * std::size_t(t.d); i++) state.push_back(T(normal(engine)));
  }
  /// Layers of values go with their function in blocks of two vectors and more: these are layers with derivatives alone.
  int layers_in_blocks_of_a_vector() const {
    const plan<T> p(t, program.nodes, program.functions, simd::lanes<T>);
    return int(std::count_if(p.steps.begin(), p.steps.end(), [](const step<T>& s) { return s.other_run; }));
  }
  /// All outputs, by products alone or by layers.
  std::vector<std::vector<T>> evaluate(int samples, bool by_layers) const {
    plan<T> p(t, program.nodes, program.functions, samples);
    if (by_layers) p.take_functions_along();
    const auto kernel = dimwise::kernel<layers<K>, T>();
    std::vector<std::vector<T>> out;
    std::vector<T*> to;
    for (const output_info& o : kernel->outputs()) out.emplace_back(n * std::size_t(o.width * (o.l == level::dim ? t.d : 1)));
    for (auto& o : out) to.push_back(o.data());
    aligned_vector<T> workspace(std::size_t(p.workspace * p.group));
    arguments<T> in;
    in.samples = n;
    in.state = state.data();
    call<T> c;
    c.workspace = workspace.data();
    c.parameters = parameters.data();
    c.in = &in;
    c.outputs = to.data();
    run_plan(p, c, 0, n, [](const call<T>&) {});
    return out;
  }
};

template <int K, class T>
void same_digits(int expected) {
  const plans<K, T> p;
  CHECK(p.layers_in_blocks_of_a_vector() == expected);
  const auto alone = p.evaluate(3 * simd::lanes<T>, false);
  CHECK(p.evaluate(3 * simd::lanes<T>, true) == alone);
  CHECK(p.evaluate(2 * simd::lanes<T>, true) == alone);
  CHECK(p.evaluate(simd::lanes<T>, true) == alone);
}

TEST_CASE("layers with derivatives are computed with their function, with the same digits", "[kernel]") {
  using steps::rows_of_layer_tile;
  constexpr int all = 8;
  same_digits<1, float>(rows_of_layer_tile(2) ? all : 0);
  same_digits<2, float>(rows_of_layer_tile(3) ? all : 0);
  same_digits<2, double>(rows_of_layer_tile(3) ? all : 0);
  same_digits<3, float>(rows_of_layer_tile(4) ? all : 0);
  same_digits<4, double>(rows_of_layer_tile(5) ? all : 0);
  same_digits<5, float>(0);
}

TEST_CASE("a layer's tile leaves registers for its operands, and is not so small that it waits for them", "[kernel]") {
  for (int coefficients = 1; coefficients <= 12; coefficients++) {
    const int rows = steps::rows_of_layer_tile(coefficients);
    CAPTURE(coefficients, rows);
    CHECK((rows == 0 || rows >= 4));
    CHECK((rows + 1) * coefficients + 1 <= simd::vector_registers);
  }
}

}  // namespace
