// tests/unit/kernel/split_products.cpp: kernels whose products are computed from bf16 parts: the error of single precision, and
// digits that depend on nothing but the sample.
#include "dimwise/kernel/split_products.hpp"

#include <cstring>
#include <random>

#include "catch.hpp"
#include "dimwise/kernel.hpp"
#include "dimwise/kernel/plan_kernel.hpp"
#include "dimwise/training/initialise.hpp"
#include "support/trapped_tiles.hpp"

using namespace dimwise;

namespace {

#if defined(DIMWISE_SIMD_SPLIT)

template <int Width>
constexpr auto tau = network<"tau">(mlp{Width, Width, Width}, outputs{1});

/// The workload W1 up to order 4.
template <int Width>
constexpr void w1(model& m) {
  auto x = m.state<"x", 1>();
  auto f = tau<Width>(x, m.input<"features", 31>());
  m.output<"f">(f);
  m.output<"D1">(D<1>(f));
  m.output<"D2">(D<2>(f));
  m.output<"D3">(D<3>(f));
  m.output<"D4">(D<4>(f));
}

constexpr auto hollow = hollow_net<"hollow">(masked_mlp{40, 72}, features{33}, mlp{24, 40});
constexpr auto pooled = hollow_net<"pooled">(exclusive_pool{20, 24}, features{18}, mlp{20, 33});
constexpr auto mixing = network<"mixing">(mlp{50}, outputs{18});
constexpr auto head = transformer<"head">(mlp{64, 35}, outputs{2});

/// Masked layers, readouts, several operands, what is computed once and read in a loop over dimensions, a stage behind a sum.
constexpr void everything(model& m) {
  auto x = m.state<"x", 5>();
  auto t = m.time<"t">();
  auto context = m.input<"context", 19>();
  auto each = m.input_per_dim<"each", 17>();
  auto f = hollow(x, t);
  m.output<"f">(f);
  m.output<"Df">(D<1>(f));
  m.output<"DDf">(D<2>(f) * sum(f));
  m.output<"dt">(dt(D<1>(pooled(x) * t)));
  m.output<"head">(head(x * sum(sq(f)), concat(each, context)));
  m.output<"dense">(mixing(x, context));
}

constexpr auto first = network<"first">(mlp{}, outputs{32});
constexpr auto second = network<"second">(mlp{64}, outputs{32});
constexpr auto third = network<"third">(mlp{}, outputs{64});

/// The first result is an output, too; that of the second network's layer is read by its last layer alone; nothing follows the
/// third's product.
constexpr void read_twice(model& m) {
  auto y = tanh(first(m.input<"input", 32>()));
  m.output<"y">(y);
  m.output<"third">(third(y));
  m.output<"second">(second(y));
}

constexpr auto beside = transformer<"beside">(mlp{32}, outputs{1});
constexpr auto apart = transformer<"apart">(mlp{32}, outputs{1});
constexpr auto once = network<"once">(mlp{16}, outputs{1});

/// A and b fill a tile, and the coordinate differs from dimension to dimension; c leaves no room. Y and z fill one outside the
/// loop.
constexpr void several_operands(model& m) {
  auto x = m.state<"x", 3>();
  auto a = m.input<"a", 20>();
  auto b = m.input<"b", 12>();
  m.output<"beside">(D<1>(beside(x, a, b)));
  m.output<"apart">(apart(x, a, m.input<"c", 13>()));
  m.output<"once">(once(m.input<"y", 3>(), m.input<"z", 17>()));
}

/// The steps of a block from parts for which f(step) holds.
template <auto Build, class F>
int steps_from_parts(F&& f) {
  using namespace kernel_detail;
  const table& t = recording<Build>::view;
  const auto& program = static_program<Build, kernel_purpose::outputs, 0, by_nothing>::template executable<float>();
  plan<float> p(t, program.nodes, program.functions, 6 * simd::lanes<float>);
  split_weights weights;
  const split_plan split(p, weights);
  return int(std::count_if(p.steps.begin(), p.steps.end(), f));
}

/// Those whose results are not stored.
template <auto Build>
int parts_alone() {
  return steps_from_parts<Build>([](const step<float>& s) { return s.follower && s.follower->parts_alone; });
}

/// Those that split several operands as one, and those that multiply something as it is.
template <auto Build>
int joined() {
  return steps_from_parts<Build>([](const step<float>& s) { return s.run == steps::split_operand && s.product_count > 1; });
}
template <auto Build>
int partly_whole() {
  return steps_from_parts<Build>([](const step<float>& s) {
    return s.split && std::any_of(s.split, s.split + s.product_count, [](const split_product& q) { return q.b < 0; });
  });
}

template <auto Build, class T>
std::unique_ptr<kernel_interface<T>> kernel_by(product_arithmetic arithmetic) {
  using namespace kernel_detail;
  const table& t = recording<Build>::view;
  return std::make_unique<plan_kernel<T>>(t, describe_roots(t, kernel_purpose::outputs, 0),
                                          static_program<Build, kernel_purpose::outputs, 0, by_nothing>::template executable<T>(),
                                          nullptr, false, plan_kernel<T>::default_block, tile_choices{}, arithmetic);
}

struct data {
  const table& t;
  std::size_t samples;
  std::vector<float> parameters, state, time;
  std::vector<std::vector<float>> inputs;
  data(const table& of, std::size_t n) : t(of), samples(n) {
    std::mt19937 engine(3);
    std::normal_distribution<float> normal;
    const auto numbers = [&](std::size_t count) {
      std::vector<float> r(count);
      for (float& v : r) v = normal(engine);
      return r;
    };
    for (double v : initial_parameters(t, 1)) parameters.push_back(float(v));
    for (int i = 0; i < t.tensor_count; i++)
      if (t.tensors[i].rank == 1)
        for (int q = 0; q < t.tensors[i].size(); q++) parameters[std::size_t(t.tensors[i].offset + q)] += 0.1f * normal(engine);
    state = numbers(samples * std::size_t(t.d));
    time = numbers(samples);
    for (int i = 0; i < t.input_count; i++)
      inputs.push_back(numbers(samples * std::size_t(t.inputs[i].width) * std::size_t(t.inputs[i].l == level::dim ? t.d : 1)));
  }
  /// Outputs of samples [0, n).
  template <class T>
  std::vector<std::vector<T>> evaluate(const kernel_interface<T>& k, std::size_t n, bool prepare) const {
    const auto as = [](const std::vector<float>& v) { return std::vector<T>(v.begin(), v.end()); };
    const std::vector<T> p = as(parameters), x = as(state), s = as(time);
    std::vector<std::vector<T>> of_inputs, out;
    std::vector<const T*> pointers;
    for (const auto& v : inputs) of_inputs.push_back(as(v));
    for (const auto& v : of_inputs) pointers.push_back(v.data());
    arguments<T> in;
    in.samples = samples;
    in.state = x.data();
    in.time = s.data();
    in.inputs = pointers.data();
    std::vector<T> prepared(prepare ? k.prepared_size() : 0);
    if (prepare) k.prepare(p.data(), prepared.data());
    if (prepare) in.prepared = prepared.data();
    std::vector<T*> to;
    for (const output_info& o : k.outputs())
      out.emplace_back(samples * std::size_t(o.width) * std::size_t(o.l == level::dim ? t.d : 1), T(7));
    for (auto& v : out) to.push_back(v.data());
    std::vector<T> workspace(k.evaluate_workspace() + 1, std::numeric_limits<T>::quiet_NaN());
    workspace.back() = T(11);
    k.evaluate(p.data(), in, 0, n, to.data(), workspace.data());
    CHECK(workspace.back() == T(11));
    return out;
  }
};

double rms(const std::vector<float>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); i++) sum += (double(a[i]) - b[i]) * (double(a[i]) - b[i]);
  return std::sqrt(sum / double(a.size()));
}

template <int Width>
void compare_w1() {
  const data all(recording<w1<Width>>::view, 1024);
  const auto fused = kernel_by<w1<Width>, float>(product_arithmetic::fused),
             parts = kernel_by<w1<Width>, float>(product_arithmetic::emulated);
  REQUIRE(parts->arithmetic() == product_arithmetic::emulated);
  const auto exact = all.evaluate(*kernel_by<w1<Width>, double>(product_arithmetic::fused), all.samples, false);
  const auto plain = all.evaluate(*fused, all.samples, false), split = all.evaluate(*parts, all.samples, true);
  for (std::size_t k = 0; k < exact.size(); k++) {
    INFO("width " << Width << ", order " << k << ": " << rms(plain[k], exact[k]) << " fused, " << rms(split[k], exact[k])
                  << " from parts");
    CHECK(rms(split[k], exact[k]) <= rms(plain[k], exact[k]));
    CHECK(rms(split[k], exact[k]) > 0);
    CHECK(split[k] != plain[k]);
  }
}

TEST_CASE("W1 from parts has no more error than in fused multiply-adds, derivatives included", "[kernel]") {
  compare_w1<64>();
  compare_w1<128>();
  compare_w1<256>();
}

TEST_CASE("every kind of layer is right from parts, and its digits do not depend on the number of samples or on preparation",
          "[kernel]") {
  const data all(recording<everything>::view, 200);
  const auto parts = kernel_by<everything, float>(product_arithmetic::emulated);
  CHECK(parts->prepared_size() > 0);
  const auto exact = all.evaluate(*kernel_by<everything, double>(product_arithmetic::fused), all.samples, false);
  const auto plain = all.evaluate(*kernel_by<everything, float>(product_arithmetic::fused), all.samples, false),
             split = all.evaluate(*parts, all.samples, false);
  for (std::size_t j = 0; j < exact.size(); j++) {
    INFO(parts->outputs()[j].name << ": " << rms(plain[j], exact[j]) << " fused, " << rms(split[j], exact[j]) << " from parts");
    CHECK(rms(split[j], exact[j]) <= 1.5 * rms(plain[j], exact[j]));
  }
  for (const std::size_t n : {1, 15, 16, 17, 48, 63, 130})
    for (const bool prepare : {false, true}) {
      const auto some = all.evaluate(*parts, n, prepare);
      for (std::size_t j = 0; j < some.size(); j++) {
        const std::size_t computed = some[j].size() / all.samples * n;
        INFO(parts->outputs()[j].name << " of " << n << " samples");
        CHECK(std::memcmp(some[j].data(), split[j].data(), computed * sizeof(float)) == 0);
      }
    }
}

TEST_CASE("results that are read as parts alone are not stored, others are", "[kernel]") {
  CHECK(parts_alone<w1<64>>() == 2);  // the last layer reads numbers
  CHECK(parts_alone<read_twice>() == 1);
  const data all(recording<read_twice>::view, 100);
  const auto exact = all.evaluate(*kernel_by<read_twice, double>(product_arithmetic::fused), all.samples, false);
  const auto split = all.evaluate(*kernel_by<read_twice, float>(product_arithmetic::emulated), all.samples, false);
  for (std::size_t j = 0; j < exact.size(); j++) CHECK(rms(split[j], exact[j]) <= 2e-6);
}

TEST_CASE("operands that fill one tile together are split and multiplied as one", "[kernel]") {
  CHECK(joined<w1<64>>() == 1);
  CHECK(partly_whole<w1<64>>() == 0);  // the last layer has one row, and is no product from parts
  CHECK(joined<several_operands>() == 2);
  CHECK(partly_whole<several_operands>() == 2);  // by the coordinate; and c beside it
  const data all(recording<several_operands>::view, 100);
  const auto exact = all.evaluate(*kernel_by<several_operands, double>(product_arithmetic::fused), all.samples, false);
  const auto parts = kernel_by<several_operands, float>(product_arithmetic::emulated);
  const auto split = all.evaluate(*parts, all.samples, false), some = all.evaluate(*parts, 17, true);
  for (std::size_t j = 0; j < exact.size(); j++) {
    CHECK(rms(split[j], exact[j]) <= 2e-6);
    CHECK(std::memcmp(some[j].data(), split[j].data(), 17 * (split[j].size() / all.samples) * sizeof(float)) == 0);
  }
}

TEST_CASE("the instructions of the tile registers give the digits of the emulation", "[kernel]") {
  const bool native = amx_is_there();
  dimwise_tests::trapped_tiles trap;
  if (!native && !trap.installed()) {
    WARN("this system has neither tile registers nor a handler for unknown instructions");
    return;
  }
  const data all(recording<everything>::view, 65);
  const auto emulated = all.evaluate(*kernel_by<everything, float>(product_arithmetic::emulated), all.samples, true);
  const auto found = all.evaluate(*kernel_by<everything, float>(product_arithmetic::amx), all.samples, true);
  for (std::size_t j = 0; j < found.size(); j++) CHECK(found[j] == emulated[j]);
  if (!native) CHECK(trap.executed() > 1000);
}

#endif

TEST_CASE("products are fused multiply-adds where nobody asked for others", "[kernel]") {
  if (std::getenv("DIMWISE_AMX")) return;
  CHECK(requested_arithmetic() == product_arithmetic::fused);
  CHECK(std::string(name_of(product_arithmetic::amx)) == "amx");
}

}  // namespace
