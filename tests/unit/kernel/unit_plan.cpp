// tests/unit/kernel/unit_plan.cpp: few samples, computed feature by feature, have the digits that they have among many.
#include <cstring>
#include <random>

#include "catch.hpp"
#include "dimwise/kernel.hpp"
#include "dimwise/training/initialise.hpp"

using namespace dimwise;

namespace {

constexpr auto hollow = hollow_net<"hollow">(masked_mlp{40, 40}, features{20}, mlp{24, 40});
constexpr auto pooled = hollow_net<"pooled">(exclusive_pool{16, 24}, features{8}, mlp{20});
constexpr auto density = gaussian_mixture<"density">(mixture_components{3});
constexpr auto head = transformer<"head">(mlp{64, 33});
constexpr auto moving = transformer<"moving">(mlp{12});
constexpr auto pair = transformer<"pair">(mlp{9}, outputs{2});
constexpr auto wide = transformer<"wide">(mlp{70}, outputs{21});
constexpr auto mixing = network<"mixing">(mlp{24}, outputs{18});

/// Every operation that has a step for few samples: masked layers, readouts, pools, features, sums, other dimensions, parameters.
constexpr void everything(model& m) {
  auto x = m.state<"x", 5>();
  auto t = m.time<"t">();
  auto context = m.input<"context", 19>();
  auto each = m.input_per_dim<"each", 3>();
  auto scale = m.constant<"scale">(1.5);
  auto rate = m.parameter_per_dim<"rate">(normal{1.0});
  auto f = hollow(x, t) + rate * x;
  m.output<"f">(f);
  m.output<"Df">(D<1>(f));
  m.output<"DDf">(D<2>(f) + scale);
  m.output<"pooled">(pooled(x) * t);
  m.output<"density">(density(x, t));
  m.output<"slope">(D<1>(exp(density(x, t))));
  m.output<"head">(head(x, concat(each, context, 2.0 * each)));
  m.output<"pair">(pair(x, slice<3, 5>(context)));
  m.output<"wide">(wide(x, shift<1>(tanh(each) * x)));
  m.output<"mixed">(dt(D<1>(moving(x * t, each))));
  m.output<"dense">(mixing(x, context));
  m.output<"total">(sum(sq(f)) + mean(x) - softplus(sum_features(context)));
  m.output<"beside">(sum_before(sin(x)) - x[2] / (1.0 + sq(x)));
}
/// One unit, two units, one column, depths that are no multiple of four; no time, no dimensions.
constexpr auto narrow = network<"narrow">(mlp{2, 1, 3}, outputs{1});
constexpr void narrow_layers(model& m) {
  auto x = m.state<"x", 1>();
  auto y = narrow(x, m.input<"context", 6>());
  m.output<"y">(y);
  m.output<"Dy">(D<3>(y));
}
constexpr void with_branches(model& m) {
  auto x = m.state<"x", 3>();
  m.output<"y">(where(x > 0, hollow(x), 2.0 * x));
}

template <class T>
struct data {
  const table& t;
  std::vector<T> parameters, state, time, constants;
  std::vector<std::vector<T>> inputs;
  std::vector<const T*> pointers;
  static constexpr std::size_t samples = 96;
  explicit data(const table& of) : t(of) {
    std::mt19937 engine(3);
    std::normal_distribution<double> normal;
    const auto numbers = [&](std::size_t n) {
      std::vector<T> r(n);
      for (T& v : r) v = T(normal(engine));
      return r;
    };
    for (double v : initial_parameters(t, 1)) parameters.push_back(T(v));
    for (int i = 0; i < t.tensor_count; i++)
      if (t.tensors[i].masked == mask::none)
        for (int q = 0; q < t.tensors[i].size(); q++) parameters[std::size_t(t.tensors[i].offset + q)] += T(0.3 * normal(engine));
    state = numbers(samples * std::size_t(t.d));
    time = numbers(samples);
    for (int i = 0; i < t.input_count; i++)
      inputs.push_back(numbers(samples * std::size_t(t.inputs[i].width) * std::size_t(t.inputs[i].l == level::dim ? t.d : 1)));
    for (const auto& v : inputs) pointers.push_back(v.data());
    for (int i = 0; i < t.constant_count; i++) constants.push_back(T(t.constants[i].value));
  }
  /// All outputs of samples [begin, end); the others stay 7.
  std::vector<std::vector<T>> evaluate(const kernel_interface<T>& k, std::size_t begin, std::size_t end,
                                       const T* prepared) const {
    arguments<T> in;
    in.samples = samples;
    in.state = state.data();
    in.time = time.data();
    in.inputs = pointers.data();
    in.constants = constants.data();
    in.prepared = prepared;
    std::vector<std::vector<T>> out;
    std::vector<T*> to;
    for (const output_info& o : k.outputs())
      out.emplace_back(samples * std::size_t(o.width) * std::size_t(o.l == level::dim ? t.d : 1), T(7));
    for (auto& v : out) to.push_back(v.data());
    std::vector<T> workspace(k.evaluate_workspace() + 1, std::numeric_limits<T>::quiet_NaN());
    workspace.back() = T(11);
    k.evaluate(parameters.data(), in, begin, end, to.data(), workspace.data());
    CHECK(workspace.back() == T(11));
    return out;
  }
};

/// Numbers that differ in a bit from those of the ordinary kernel, for calls of 1 to 2 lanes + 3 samples.
template <auto Build, class T>
int differing(bool with_prepared) {
  const data<T> all(recording<Build>::view);
  const auto kernel = dimwise::kernel<Build, T>();
  std::vector<T> prepared(kernel->prepared_size());
  kernel->prepare(all.parameters.data(), prepared.data());
  const auto expected = all.evaluate(*kernel, 0, all.samples, nullptr);
  int n = 0;
  for (std::size_t samples = 1; samples < std::size_t(2 * simd::lanes<T> + 3); samples++) {
    const auto found = all.evaluate(*kernel, 0, samples, with_prepared ? prepared.data() : nullptr);
    for (std::size_t j = 0; j < found.size(); j++) {
      const std::size_t computed = found[j].size() / all.samples * samples;
      for (std::size_t i = 0; i < found[j].size(); i++)
        n += std::memcmp(&found[j][i], i < computed ? &expected[j][i] : &(const T&)T(7), sizeof(T)) != 0;
    }
  }
  return n;
}

}  // namespace

TEST_CASE("few samples have the same digits as many", "[kernel]") {
  CHECK(kernel<everything, float>()->prepared_size() > 0);
  CHECK(differing<everything, float>(false) == 0);
  CHECK(differing<everything, float>(true) == 0);
  CHECK(differing<everything, double>(true) == 0);
  CHECK(kernel<narrow_layers, double>()->prepared_size() > 0);
  CHECK(differing<narrow_layers, float>(true) == 0);
  CHECK(differing<narrow_layers, double>(false) == 0);
}

TEST_CASE("few samples at the end of a range", "[kernel]") {
  const data<float> all(recording<narrow_layers>::view);
  const auto kernel = dimwise::kernel<narrow_layers, float>();
  const std::size_t block = kernel->block();
  const auto expected = all.evaluate(*kernel, 0, all.samples, nullptr), found = all.evaluate(*kernel, block, block + 1, nullptr);
  for (std::size_t j = 0; j < found.size(); j++)
    for (std::size_t i = 0; i < found[j].size(); i++) CHECK(found[j][i] == (i == block ? expected[j][i] : 7.f));
}

TEST_CASE("a model with an operation that has no step for few samples is computed as always", "[kernel]") {
  CHECK(kernel<with_branches, double>()->prepared_size() == 0);
  CHECK(differing<with_branches, double>(false) == 0);
}
