// tests/unit/networks/hollow_net.cpp: HollowNets as the workloads define them.
#include "catch.hpp"
#include "../language/interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

namespace {
constexpr auto drift = hollow_net<"drift">(masked_mlp{5}, features{2}, mlp{4}, last_layer_scale{0.5});
constexpr auto own = hollow_net<"own">(masked_mlp{5}, features{2}, mlp{4}, own_weights{});
template <int d>
void program(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  m.output<"f">(drift(x, t));
  m.output<"g">(own(x, t, m.input_per_dim<"e">()));
}
int tensor_called(const table& t, std::string_view name) {
  for (int i = 0; i < t.tensor_count; i++)
    if (t.tensors[i].name.view() == name) return i;
  return -1;
}
}  // namespace

TEST_CASE("value of a HollowNet, written out") {
  const auto r = record(&program<3>);
  const interpreter run(r.view());
  auto w = [&](const char* name, int i, int row, int column) { return run.weight(tensor_called(run.t, name), i, row, column); };
  for (int i = 0; i < 3; i++) {
    double left[5], right[5], h[2];
    for (int u = 0; u < 5; u++) {
      left[u] = w("drift.conditioner.left.0.bias", 0, 0, u) + w("drift.conditioner.left.0.weight", 0, u, 3) * run.time;
      right[u] = w("drift.conditioner.right.0.bias", 0, 0, u) + w("drift.conditioner.right.0.weight", 0, u, 3) * run.time;
      const int degree = 1 + u * 2 / 5;
      for (int j = 0; j < 3; j++) {
        if (j < degree) left[u] += w("drift.conditioner.left.0.weight", 0, u, j) * run.x[std::size_t(j)];
        if (2 - j < degree) right[u] += w("drift.conditioner.right.0.weight", 0, u, j) * run.x[std::size_t(j)];
      }
      left[u] = std::tanh(left[u]), right[u] = std::tanh(right[u]);
    }
    for (int k = 0; k < 2; k++) {
      h[k] = w("drift.conditioner.readout.bias", 0, i, k);
      for (int u = 0; u < 5; u++) {
        const int degree = 1 + u * 2 / 5;
        if (degree <= i) h[k] += w("drift.conditioner.readout.left.weight", i, k, u) * left[u];
        if (degree <= 2 - i) h[k] += w("drift.conditioner.readout.right.weight", i, k, u) * right[u];
      }
      h[k] = std::tanh(h[k]);
    }
    const double in[4] = {run.x[std::size_t(i)], run.time, h[0], h[1]};  // x_i, t, h_i
    double f = w("drift.transformer.1.bias", 0, 0, 0);
    for (int u = 0; u < 4; u++) {
      double s = w("drift.transformer.0.bias", 0, 0, u);
      for (int j = 0; j < 4; j++) s += w("drift.transformer.0.weight", 0, u, j) * in[j];
      f += w("drift.transformer.1.weight", 0, 0, u) * std::tanh(s);
    }
    CHECK(run.value(output_node(run.t, "f"), i) == Approx(f).epsilon(1e-13));
  }
}

TEST_CASE("own weights, starts of the last layer, order of operands") {
  const auto r = record(&program<3>);
  const table t = r.view();
  const tensor& last = t.tensors[tensor_called(t, "drift.transformer.1.weight")];
  CHECK(last.scale == Approx(0.5 / std::sqrt(4.0)));
  const tensor& first = t.tensors[tensor_called(t, "own.transformer.0.weight")];
  CHECK(first.rank == 3);
  CHECK(first.shape[0] == 3);
  CHECK(first.shape[1] == 4);
  CHECK(first.shape[2] == 5);
  // x, e, t, h although e was given after t
  int i = t.nodes[output_node(t, "g")].a;
  while (t.nodes[i].o != op::concat) i = t.nodes[i].a;
  CHECK(t.nodes[t.nodes[i].b].o == op::tanh);
  i = t.nodes[i].a;
  CHECK(t.nodes[t.nodes[i].b].o == op::time);
  i = t.nodes[i].a;
  CHECK(t.nodes[t.nodes[i].b].o == op::input_per_dim);
  CHECK(t.nodes[t.nodes[i].a].o == op::state);
}

TEST_CASE("with one coordinate the conditioner sees time only") {
  const auto r = record(&program<1>);
  const table t = r.view();
  const interpreter run(t);
  for (int i = 0; i < t.node_count; i++)
    if (t.nodes[i].o == op::readout) {
      interpreter moved = run;
      moved.x[0] += 1;
      CHECK(moved.value(i) == run.value(i));
      moved.time += 1;
      CHECK(moved.value(i) != run.value(i));
    }
  CHECK(t.nodes[output_node(t, "f")].k.d == depends::single_coordinate);
}

TEST_CASE("operands that only the recording knows are judged there") {
  CHECK_THROWS_WITH(record([](model& m) {
                      value f = drift(m.state<"x", 3>(), m.time<"t">());
                      m.output<"r">(own(f));
                    }),
                    Catch::Contains("hollow"));
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(own(value(m.time<"t">()))); }), Catch::Contains("dim level"));
  CHECK_THROWS_WITH(record([](model& m) { m.output<"r">(conditioner<"c", 2>(masked_mlp{})(m.state<"x", 3>())); }),
                    Catch::Contains("hidden layer"));
  CHECK_THROWS_WITH(
      record([](model& m) { m.output<"r">(hollow_net<"f">(masked_mlp{3}, features{0}, mlp{3})(m.state<"x", 3>())); }),
      Catch::Contains("at least 1"));
}
