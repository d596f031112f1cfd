// tests/unit/networks/masked_layers.cpp: masked streams and readout: shapes, masks, starts, hollowness.
#include "catch.hpp"
#include "../language/interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

namespace {
void program(model& m) {
  auto x = m.state<"x", 4>();
  auto e = m.input_per_dim<"e">();
  auto t = m.time<"t">();
  auto c = m.input<"c", 2>();
  m.output<"h">(conditioner<"h", 3>(masked_mlp{6, 5})(t, x, c, e));
}
}  // namespace

TEST_CASE("tensors of a conditioner") {
  const auto r = record(&program);
  const table t = r.view();
  REQUIRE(t.tensor_count == 11);
  const char* names[] = {"h.left.0.weight",       "h.left.0.bias",          "h.left.1.weight",  "h.left.1.bias",
                         "h.right.0.weight",      "h.right.0.bias",         "h.right.1.weight", "h.right.1.bias",
                         "h.readout.left.weight", "h.readout.right.weight", "h.readout.bias"};
  for (int i = 0; i < 11; i++) CHECK(t.tensors[i].name.view() == names[i]);
  const tensor &first = t.tensors[4], &hidden = t.tensors[6], &left = t.tensors[8], &right = t.tensors[9], &bias = t.tensors[10];
  CHECK(first.masked == mask::input_right);
  CHECK(first.shape[0] == 6);
  CHECK(first.shape[1] == 4 * 2 + 3);  // x and e of each coordinate, then t and c
  CHECK(first.coordinate_width == 2);
  CHECK(first.dims == 4);
  CHECK(first.scale == Approx(1 / std::sqrt(11.0)));
  CHECK(t.tensors[0].masked == mask::input_left);
  CHECK(hidden.masked == mask::hidden);
  CHECK(hidden.shape[0] == 5);
  CHECK(hidden.shape[1] == 6);
  CHECK(left.masked == mask::readout_left);
  CHECK(right.masked == mask::readout_right);
  for (const tensor* w : {&left, &right}) {
    CHECK(w->rank == 3);
    CHECK(w->shape[0] == 4);
    CHECK(w->shape[1] == 3);
    CHECK(w->shape[2] == 5);
    CHECK(w->scale == Approx(1 / std::sqrt(10.0)));
  }
  CHECK(bias.rank == 2);
  CHECK(bias.shape[0] == 4);
}

TEST_CASE("context columns follow the coordinates, dim-level operands come first") {
  const auto r = record(&program);
  const table t = r.view();
  for (int i = 0; i < t.node_count; i++) {
    const node& x = t.nodes[i];
    if (x.o != op::masked_input) continue;
    CHECK(t.nodes[x.a].k.l == level::dim);
    CHECK(t.nodes[x.a].k.width == 2);
    CHECK(t.nodes[t.nodes[x.a].a].o == op::state);
    CHECK(t.nodes[x.b].k.l == level::point);
    CHECK(t.nodes[x.b].k.width == 3);
    CHECK(t.nodes[t.nodes[x.b].a].o == op::time);
  }
}

TEST_CASE("h_i does not see x_i, and sees the others") {
  const auto r = record(&program);
  const interpreter run(r.view());
  const int h = output_node(run.t, "h");
  bool seen[4][4] = {};
  for (int j = 0; j < 4; j++) {
    interpreter moved = run;
    moved.x[std::size_t(j)] += 0.1;
    for (int i = 0; i < 4; i++)
      for (int w = 0; w < 3; w++) {
        const bool changed = moved.value(h, i, w) != run.value(h, i, w);
        if (i == j) CHECK_FALSE(changed);
        seen[i][j] |= changed;
      }
  }
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) CHECK(seen[i][j] == (i != j));
  interpreter later = run;
  later.time += 0.1;
  for (int i = 0; i < 4; i++) CHECK(later.value(h, i) != run.value(h, i));
}
