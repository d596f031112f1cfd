// tests/unit/kernel/jacobian.cpp: rows of the Jacobian are the gradients of single samples; products with cotangents are those of
// the oracle.
#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "dimwise/kernel.hpp"
#include "dimwise/kernel/gradient_regions.hpp"
#include "dimwise/kernel/interpret.hpp"
#include "dimwise/oracle/sample.hpp"
#include "support/input_gradient.hpp"
#include "support/random_table.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {

/// The largest difference between the rows of the Jacobian and gradients of one sample at a time, relative to the row's largest
/// entry.
double worst_row(const table& t, const kernel_interface<double>& kernel, std::uint64_t seed) {
  constexpr std::size_t samples = 21;
  std::vector<double> state, time;
  std::vector<std::vector<double>> inputs(std::size_t(t.input_count));
  for (std::size_t s = 0; s < samples; s++) {
    const sample_inputs one = draw_sample(t, seed, s);
    state.insert(state.end(), one.state.begin(), one.state.end());
    time.push_back(one.time);
    for (std::size_t j = 0; j < inputs.size(); j++) inputs[j].insert(inputs[j].end(), one.inputs[j].begin(), one.inputs[j].end());
  }
  const sample_inputs any = draw_sample(t, seed, 0);
  std::vector<const double*> pointers;
  for (const auto& i : inputs) pointers.push_back(i.data());
  arguments<double> in;
  in.samples = samples;
  in.state = state.data();
  in.time = time.data();
  in.inputs = pointers.data();
  in.constants = any.constants.data();
  const std::vector<double> parameters = draw_parameters(t, seed);
  std::vector<int> columns(std::size_t(t.parameters));
  for (std::size_t p = 0; p < columns.size(); p++) columns[p] = p % 5 == 3 ? -1 : int(p);  // some are left out
  std::vector<std::vector<double>> cotangents;
  std::vector<const double*> cotangent_pointers;
  std::vector<double*> out;
  for (const output_info& o : kernel.outputs()) {
    cotangents.emplace_back(samples * std::size_t(o.width) * std::size_t(o.l == level::dim ? t.d : 1));
    for (std::size_t i = 0; i < cotangents.back().size(); i++) cotangents.back()[i] = std::sin(double(3 * i + 1));
    out.push_back(nullptr);
  }
  for (const auto& c : cotangents) cotangent_pointers.push_back(c.data());
  std::vector<double> workspace(kernel.jacobian_workspace() + 64), jacobian(std::size_t(t.parameters) * samples, 0.0);
  kernel.jacobian(parameters.data(), in, 0, samples, cotangent_pointers.data(), out.data(), columns.data(), jacobian.data(),
                  samples, workspace.data());
  double worst = 0;
  for (std::size_t s = 0; s < samples; s++) {
    // the gradient of one sample: the cotangents of all others are zero
    auto only = cotangents;
    for (auto& c : only) {
      const std::size_t n = c.size() / samples;
      for (std::size_t i = 0; i < c.size(); i++)
        if (i / n != s) c[i] = 0;
    }
    std::vector<const double*> only_pointers;
    for (const auto& c : only) only_pointers.push_back(c.data());
    std::vector<double> gradient(std::size_t(t.parameters), 0.0), space(kernel.gradient_workspace() + 64);
    kernel.gradient(parameters.data(), in, 0, samples, only_pointers.data(), out.data(), gradient.data(), space.data());
    double size = 1e-9;
    for (const double g : gradient) size = std::max(size, std::abs(g));
    for (std::size_t p = 0; p < gradient.size(); p++) {
      const double expected = columns[p] < 0 ? 0.0 : gradient[p];
      worst = std::max(worst, std::abs(jacobian[p * samples + s] - expected) / size);
    }
  }
  return worst;
}

constexpr auto drift = hollow_net<"drift">(masked_mlp{9, 7}, features{3}, mlp{6, 5});
constexpr void network_equation(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  auto f = drift(x, t);
  m.output<"r">(dt(f) + f * D<2>(f) + sum(f));
}

/// A vector field with context, its divergence, and what gradients treat apart: frozen and detached values.
constexpr void field(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  auto context = m.input<"context", 2>();
  auto each = m.input_per_dim<"each">();
  auto f = drift(x, concat(t, context)) + sin(each * x);
  m.output<"f">(f * frozen(sq(f)) + detach(x * f));
  m.output<"minus_divergence">(-divergence(f));
  m.output<"energy">(sum(sq(f)));
}

/// Masks whose borders fall into the squares in which gradients are turned round, and widths that are no multiple of them.
constexpr auto large = hollow_net<"large">(masked_mlp{70, 45}, features{35}, mlp{33});
constexpr void masked(model& m) {
  auto x = m.state<"x", 7>();
  m.output<"f">(large(x, m.time<"t">()));
}

constexpr void wide(model& m) {
  auto x = m.state<"x", 2>();
  auto hidden = tanh(m.input_per_dim<"each", 18>() * x);
  m.output<"wide">(sum_features(hidden) * sum_features(sq(m.input<"context", 21>())));
}

}  // namespace

TEST_CASE("rows of the Jacobian of a compiled kernel are gradients of single samples", "[kernel]") {
  const auto compiled = kernel<network_equation, double, true>();
  const auto interpreted = interpret<double>(recording<network_equation>::view, compiled->outputs(), true);
  CHECK(worst_row(recording<network_equation>::view, *interpreted, 3) < 1e-12);
}

TEST_CASE("rows of the Jacobian of random recordings are gradients of single samples", "[kernel]") {
  for (std::uint64_t seed = 0; seed < 60; seed++) {
    const table_builder b = random_table(seed);
    const table t = b.view();
    std::vector<output_info> outputs(1);
    outputs[0].node = t.objectives[0].node;
    const auto kernel = interpret<double>(t, outputs, true);
    INFO("seed " << seed);
    CHECK(worst_row(t, *kernel, seed) < 1e-9);
  }
}

TEST_CASE("accumulators are added to the gradient as entry by entry", "[kernel]") {
  const table& t = recording<masked>::view;
  std::vector<gradient_region> regions;
  std::ptrdiff_t size = 0;
  for (int i = 0; i < t.tensor_count; i++) {
    const tensor& w = t.tensors[i];
    gradient_region r;
    r.tensor = i;
    r.out = w.shape[w.rank >= 2 ? w.rank - 2 : 0];
    r.in = w.rank >= 2 ? w.shape[w.rank - 1] : 0;
    if (w.masked == mask::none && w.rank == 2 && w.shape[0] == t.d)
      std::swap(r.dims, r.out), r.out = r.in, r.in = 0;  // a bias of each dimension
    if (w.rank == 3) r.dims = w.shape[0];
    r.lanes = r.out == 1 ? simd::lanes<float> : 1;
    r.padded = (r.out * r.lanes + 15) / 16 * 16;
    r.offset = size;
    size += r.per_dim() * r.dims;
    regions.push_back(r);
  }
  std::vector<float> accumulators(static_cast<std::size_t>(size));
  for (std::size_t e = 0; e < accumulators.size(); e++) accumulators[e] = float(std::sin(double(e)));
  std::vector<double> expected(std::size_t(t.parameters), 0.5), sum = expected, rounding(expected.size());
  std::size_t entries = 0;
  for (const gradient_region& r : regions)
    each_gradient_entry(t, std::vector{r}, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
      for (int l = 0; l < r.lanes; l++) expected[std::size_t(to)] += double(accumulators[std::size_t(from + l)]);
      if (r.lanes > 1) rounding[std::size_t(to)] = 1e-5;  // lanes are added up in single precision
      entries++;
    });
  add_gradient(t, regions, accumulators.data(), sum.data());
  CHECK(entries > 10000);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < sum.size(); i++) wrong += !(std::abs(sum[i] - expected[i]) <= rounding[i]);
  CHECK(wrong == 0);
}

TEST_CASE("products of cotangents with Jacobians by state, time, inputs and parameters", "[kernel]") {
  const table& t = recording<field>::view;
  const auto compiled = kernel<field, double, by_everything>();
  REQUIRE(compiled->has_vector_jacobian());
  CHECK(worst_input_gradient(*compiled, t, 5, 3) < 1e-13);
  CHECK(worst_input_gradient(*kernel<field, float, by_everything>(), t, 5, 3) < 1e-5);
  CHECK(!kernel<field, double, by_parameters>()->has_vector_jacobian());
}

TEST_CASE("products by inputs with more features than a vector has lanes, and samples that fill no vector", "[kernel]") {
  const table& t = recording<wide>::view;
  CHECK(worst_input_gradient(*kernel<wide, double, by_everything>(), t, 6, 19) < 1e-13);
  CHECK(worst_input_gradient(*kernel<wide, float, by_everything>(), t, 6, 19) < 1e-5);
}

TEST_CASE("the same for random recordings", "[kernel]") {
  for (std::uint64_t seed = 0; seed < 80; seed++) {
    const table_builder b = random_table(seed);
    // an input moves what is held as well, the oracle's derivative along a coordinate does not
    if (std::any_of(b.nodes.begin(), b.nodes.end(), [](const node& n) { return n.o == op::held; })) continue;
    const table t = b.view();
    std::vector<output_info> outputs;
    for (const output_entry& o : b.outputs) {
      outputs.emplace_back();
      outputs.back().node = o.node;
    }
    INFO("seed " << seed << "\n" << to_text(t));
    CHECK(worst_input_gradient(*interpret<double>(t, outputs, by_everything), t, seed) < 1e-7);  // some recordings cancel digits
  }
}
