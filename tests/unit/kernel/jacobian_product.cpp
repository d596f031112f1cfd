// tests/unit/kernel/jacobian_product.cpp: products with directions are those of the dense Jacobian, for models and random
// recordings.
#include "dimwise/kernel/jacobian_product.hpp"

#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "dimwise/kernel/interpret.hpp"
#include "dimwise/language.hpp"
#include "dimwise/language/recording.hpp"
#include "dimwise/oracle/sample.hpp"
#include "support/random_table.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {

/// The largest difference between c' (J v) and (c' J) v over samples, relative to the sum of |c_j (J v)_j| + |(c' J)_i v_i|.
double worst_difference(const table& t, const std::vector<int>& of, std::uint64_t seed) {
  constexpr std::size_t samples = 19;
  const std::size_t d = std::size_t(t.d);
  std::vector<double> state, time, direction(samples * d);
  std::vector<std::vector<double>> inputs(std::size_t(t.input_count));
  sample_inputs one;
  for (std::size_t s = 0; s < samples; s++) {
    one = draw_sample(t, seed, s);
    state.insert(state.end(), one.state.begin(), one.state.end());
    time.push_back(one.time);
    for (std::size_t j = 0; j < inputs.size(); j++) inputs[j].insert(inputs[j].end(), one.inputs[j].begin(), one.inputs[j].end());
  }
  for (std::size_t e = 0; e < direction.size(); e++) direction[e] = std::cos(double(2 * e + 1));
  std::vector<const double*> pointers;
  for (const auto& i : inputs) pointers.push_back(i.data());
  arguments<double> in{samples, state.data(), time.data(), pointers.data(), one.constants.data()};
  const std::vector<double> parameters = draw_parameters(t, seed);

  std::vector<output_info> outputs;
  for (const int i : of) outputs.push_back({"", i});
  const auto reverse = interpret<double>(t, outputs, by_everything);
  std::vector<std::vector<double>> cotangents, products;
  for (const output_info& o : reverse->outputs()) {
    cotangents.emplace_back(samples * std::size_t(o.width) * (o.l == level::dim ? d : 1));
    for (std::size_t e = 0; e < cotangents.back().size(); e++) cotangents.back()[e] = std::sin(double(3 * e + 1));
    products.emplace_back(cotangents.back().size());
  }
  std::vector<const double*> given;
  std::vector<double*> none(of.size(), nullptr), to;
  for (std::size_t j = 0; j < of.size(); j++) given.push_back(cotangents[j].data()), to.push_back(products[j].data());
  std::vector<double> by_state(samples * d), workspace(reverse->vector_jacobian_workspace() + 64);
  reverse->vector_jacobian(parameters.data(), in, 0, samples, given.data(), none.data(), {by_state.data(), nullptr, nullptr},
                           nullptr, workspace.data());

  const jacobian_product forward(t, of);
  pointers.push_back(direction.data());
  in.inputs = pointers.data();
  workspace.resize(forward.kernel().evaluate_workspace() + 64);
  forward.kernel().evaluate(parameters.data(), in, 0, samples, to.data(), workspace.data());
  double worst = 0;
  for (std::size_t s = 0; s < samples; s++) {
    double difference = 0, size = 1e-300;
    const auto add = [&](double x, double sign) { difference += sign * x, size += std::abs(x); };
    for (std::size_t j = 0; j < of.size(); j++)
      for (std::size_t e = s * products[j].size() / samples; e < (s + 1) * products[j].size() / samples; e++)
        add(cotangents[j][e] * products[j][e], 1);
    for (std::size_t i = s * d; i < (s + 1) * d; i++) add(by_state[i] * direction[i], -1);
    worst = std::max(worst, std::abs(difference) / size);
  }
  return worst;
}

constexpr auto drift = hollow_net<"drift">(masked_mlp{9, 7}, features{3}, mlp{6, 5});
/// Fields with context, one of them dense; a carried rate; a field that its state does not move; and values without a product.
constexpr void fields(model& m) {
  auto x = m.state<"x", 5>();
  auto t = m.time<"t">();
  auto context = m.input<"context", 2>();
  auto each = m.input_per_dim<"each">();
  auto f = drift(x, concat(t, context)) + sin(each * x);
  m.output<"hollow">(f * frozen(sq(f)) + detach(x * f));
  m.output<"dense">(tanh(sum(sq(f)) * x) + shift<1>(sin(x), periodic) * f);
  m.output<"rate">(sum(sq(f)) - divergence(f));
  m.output<"D2">(D<2>(f) * x);
  m.output<"still">(each * sin(t));
  m.output<"by_time">(dt(f));
  m.output<"product">(jvp(f, each));
}
int output(const char* name) {
  const table& t = recording<fields>::view;
  for (int i = 0; i < t.output_count; i++)
    if (t.outputs[i].name.view() == name) return t.outputs[i].node;
  return -1;
}

}  // namespace

TEST_CASE("products with directions are those of the dense Jacobian to rounding", "[kernel]") {
  const table& t = recording<fields>::view;
  for (const char* name : {"hollow", "dense", "rate", "D2", "still"}) {
    INFO(name);
    REQUIRE(has_jacobian_product(t, output(name)));
    CHECK(worst_difference(t, {output(name)}, 3) < 1e-14);
  }
  CHECK(worst_difference(t, {output("rate"), output("still"), output("dense")}, 4) < 1e-14);
  CHECK(jacobian_product(t, {output("still")}).kernel().outputs()[0].l == level::dim);
}

TEST_CASE("what holds a derivative by time, or a product, has none", "[kernel]") {
  const table& t = recording<fields>::view;
  for (const char* name : {"by_time", "product"}) {
    CHECK(!has_jacobian_product(t, output(name)));
    CHECK_THROWS_WITH(jacobian_product(t, {output(name)}), Catch::Contains("is not known"));
  }
}

TEST_CASE("products with directions of random recordings are those of the dense Jacobian", "[kernel]") {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 300; seed++) {
    const table_builder b = random_table(seed);
    const table t = b.view();
    // what is held moves with an input, not along a direction; several states have no kernel of an ODE
    if (std::count_if(b.nodes.begin(), b.nodes.end(), [](const node& n) { return n.o == op::held; }) > 0) continue;
    if (std::count_if(b.nodes.begin(), b.nodes.end(), [](const node& n) { return n.o == op::state; }) != 1) continue;
    std::vector<int> of;
    for (const output_entry& o : b.outputs)
      if (has_jacobian_product(t, o.node)) of.push_back(o.node);
    if (of.empty()) continue;
    INFO("seed " << seed << "\n" << to_text(t));
    CHECK(worst_difference(t, of, seed) < 1e-9);  // some recordings cancel digits
    compared++;
  }
  CHECK(compared > 50);
}
