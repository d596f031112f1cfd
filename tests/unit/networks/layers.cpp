// tests/unit/networks/layers.cpp: linear layers: shapes, starts, values.
#include "catch.hpp"
#include "../language/interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

TEST_CASE("roots") {
  for (const double a : {1e-12, 0.3, 1.0, 2.0, 34.0, 1e9}) CHECK(detail::square_root(a) == Approx(std::sqrt(a)).epsilon(1e-14));
}

TEST_CASE("an mlp with shared and with own weights") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 2>();
    auto c = m.input<"c", 3>();
    m.output<"shared">(transformer<"shared">(mlp{5}, last_layer_scale{0.1})(x, c));
    m.output<"own">(transformer<"own">(mlp{5}, own_weights{})(x, c));
  });
  const table t = r.view();
  REQUIRE(t.tensor_count == 8);
  const char* names[] = {"shared.0.weight", "shared.0.bias", "shared.1.weight", "shared.1.bias",
                         "own.0.weight",    "own.0.bias",    "own.1.weight",    "own.1.bias"};
  const int shapes[][3] = {{5, 4, 1}, {5, 1, 1}, {1, 5, 1}, {1, 1, 1}, {2, 5, 4}, {2, 5, 1}, {2, 1, 5}, {2, 1, 1}};
  for (int i = 0; i < 8; i++) {
    INFO(names[i]);
    CHECK(t.tensors[i].name.view() == names[i]);
    for (int j = 0; j < 3; j++) CHECK(t.tensors[i].shape[j] == shapes[i][j]);
    CHECK(t.tensors[i].rank == (i < 4 ? 2 : 3) - i % 2);
    CHECK(t.tensors[i].init == initial::normal);
  }
  CHECK(t.tensors[0].scale == Approx(0.5));  // fan-in 4
  CHECK(t.tensors[1].scale == 0.1);
  CHECK(t.tensors[2].scale == Approx(0.1 / std::sqrt(5.0)));
  CHECK(t.tensors[3].scale == Approx(0.01));
  const interpreter run(t);
  for (int i = 0; i < 2; i++)
    for (const int first : {0, 4}) {
      double f = run.weight(first + 3, 0, first ? i : 0, 0);
      for (int u = 0; u < 5; u++) {
        double s = run.weight(first + 1, 0, first ? i : 0, first ? u : u);
        s += run.weight(first, i, u, 0) * run.x[std::size_t(i)];
        for (int j = 0; j < 3; j++) s += run.weight(first, i, u, 1 + j) * run.inputs[0][std::size_t(j)];
        f += run.weight(first + 2, i, 0, u) * std::tanh(s);
      }
      CHECK(run.value(output_node(t, first ? "own" : "shared"), i) == Approx(f).epsilon(1e-13));
    }
}
