// tests/unit/solvers/triangular_inverse.cpp: draws from autoregressive flows by inverting them.
#include "catch.hpp"

#include <cmath>

#include "dimwise/core/error.hpp"
#include "dimwise/core/random.hpp"
#include "dimwise/kernel/interpret.hpp"
#include "dimwise/language.hpp"
#include "dimwise/language/recording.hpp"
#include "dimwise/solvers/triangular_inverse.hpp"
#include "dimwise/training/initialise.hpp"

using namespace dimwise;

namespace {
constexpr auto maf = autoregressive_flow<"maf">(masked_mlp{8}, features{4}, affine{}, flow_steps{2});
constexpr auto naf = autoregressive_flow<"naf">(masked_mlp{8}, features{4}, sigmoids{6});
template <const auto& Flow>
void program(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  auto z = Flow.base_variables(x, t);
  m.output<"z">(z);
  m.output<"slope">(D<1>(z));
  m.output<"log p">(Flow(x, t));
}
void falling(model& m) {
  auto x = m.state<"x", 2>();
  m.output<"z">(-x);
  m.output<"slope">(D<1>(-x));
}

template <class T>
struct flow {
  recorded_table recorded;
  table t = recorded.view();
  std::unique_ptr<kernel_interface<T>> kernel;
  std::vector<T> parameters, time;
  explicit flow(void (*build)(model&)) : recorded(record(build)) {
    std::vector<output_info> infos;
    for (int i = 0; i < t.output_count; i++)
      infos.push_back({std::string(t.outputs[i].name.view()), t.outputs[i].node, t.nodes[t.outputs[i].node].k.l, 1});
    kernel = interpret<T>(t, infos, false);
    for (const double p : initial_parameters(t, 5)) parameters.push_back(T(p));
    time.assign(20000, T(0.3));
  }
  triangular_map<T> map() const {
    triangular_map<T> m;
    m.kernel = kernel.get();
    m.d = t.d;
    m.parameters = parameters.data();
    m.time = time.data();
    return m;
  }
  std::vector<std::vector<T>> at(const std::vector<T>& x) const {
    const std::size_t n = x.size() / std::size_t(t.d);
    std::vector<std::vector<T>> values(kernel->outputs().size(), std::vector<T>(x.size()));
    std::vector<T*> out;
    for (auto& v : values) out.push_back(v.data());
    std::vector<T> workspace(kernel->evaluate_workspace());
    arguments<T> in;
    in.samples = n;
    in.state = x.data();
    in.time = time.data();
    kernel->evaluate(parameters.data(), in, 0, n, out.data(), workspace.data());
    return values;
  }
};
template <class T>
std::vector<T> normals(std::size_t n) {
  std::vector<double> z(n);
  stream(1, "targets").normals(0, 0, n, z.data());
  return std::vector<T>(z.begin(), z.end());
}
}  // namespace

TEMPLATE_TEST_CASE("a flow and its inverse", "", float, double) {
  for (const auto build : {&program<maf>, &program<naf>}) {
    const flow<TestType> f(build);
    const std::size_t n = 100;
    auto z = normals<TestType>(3 * n);
    z[4] = 30, z[5] = -30;  // far out
    std::vector<TestType> x(3 * n);
    const std::size_t calls = invert_triangular(f.map(), n, z.data(), x.data());
    const auto values = f.at(x);
    for (std::size_t e = 0; e < z.size(); e++)
      CHECK(std::abs(values[0][e] - z[e]) <= 256 * std::numeric_limits<TestType>::epsilon() * (1 + std::abs(z[e])));
    const std::size_t blocks = (n + f.kernel->block() - 1) / f.kernel->block();
    if (build == &program<maf>) CHECK(calls <= 4 * 3 * blocks);
    else CHECK(calls <= 40 * 3 * blocks);
  }
}

TEST_CASE("draws from a flow have its density") {
  for (const auto build : {&program<maf>, &program<naf>}) {
    const flow<double> f(build);
    const std::size_t n = 20000;
    const auto z = normals<double>(3 * n);
    std::vector<double> x(3 * n);
    invert_triangular(f.map(), n, z.data(), x.data());
    const auto values = f.at(x);
    // the mean of q / p over draws from p is 1 for every density q that is narrower
    double mean = 0, square = 0;
    for (std::size_t s = 0; s < n; s++) {
      double log_q = -3 * (0.9189385332046727 + std::log(0.5));
      for (std::size_t i = 0; i < 3; i++) log_q -= 2 * x[3 * s + i] * x[3 * s + i];
      const double ratio = std::exp(log_q - values[2][s]);
      mean += ratio / double(n), square += ratio * ratio / double(n);
    }
    const double deviation = std::sqrt((square - mean * mean) / double(n));
    CHECK(deviation < 0.1);
    CHECK(std::abs(mean - 1) < 4 * deviation);
  }
}

TEST_CASE("a map that does not increase is refused") {
  const flow<double> f(&falling);
  const double z[2] = {1, 2};
  double x[2];
  CHECK_THROWS_WITH(invert_triangular(f.map(), 1, z, x), Catch::Contains("coordinate 0 of sample 0"));
}
