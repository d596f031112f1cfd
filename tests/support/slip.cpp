// tests/support/slip.cpp: random recordings with one wrong operation.
#include "dimwise/analysis/node_kind.hpp"
#include "dimwise/core/random.hpp"
#include "random_table.hpp"

namespace dimwise::testing {
namespace {

/// One random change of one operation, as a slip of the pen would make it.
table_builder changed(table_builder b, std::uint64_t seed) {
  const random_stream numbers = stream(seed, "ill_formed");
  std::uint64_t at = 0;
  const auto pick = [&](int n) { return int(numbers.below(std::uint64_t(n), 0, at++)); };
  const int last = int(b.nodes.size());
  const auto append = [&](node x) {
    x.k = kind_of_node(x, b.nodes.data(), b.tensors.data());
    b.nodes.push_back(x);
    return int(b.nodes.size()) - 1;
  };
  if (const int which = pick(6); which == 0) {  // D of anything
    node x, s;
    x.o = op::D, x.a = pick(last), x.n = 1 + pick(3);
    s.o = op::sum, s.a = x.a;
    if (pick(2)) x.a = append(s);  // of a sum over dimensions, which is dense where coordinates meet
    b.output("appended", append(x));
    return without_unused(b);
  } else if (which == 1) {  // a conditioner of anything, with anything as context, and D of what it gives
    node left, right, h, y;
    const int columns = b.d;  // the language finds the right number
    left.o = right.o = op::masked_input;
    left.a = right.a = pick(last);
    left.b = right.b = pick(2) ? pick(last) : -1;
    left.k.width = right.k.width = 3, right.n = 1;
    left.weight = b.add_tensor("appended.left.0.weight", {3, columns}, 0.5, mask::input_left, 1);
    right.weight = b.add_tensor("appended.right.0.weight", {3, columns}, 0.5, mask::input_right, 1);
    left.bias = b.add_tensor("appended.left.0.bias", {3}, 0.3), right.bias = b.add_tensor("appended.right.0.bias", {3}, 0.3);
    h.o = op::readout, h.a = append(left), h.b = append(right), h.k.width = 1;
    h.weight = b.add_tensor("appended.readout.left.weight", {b.d, 1, 3}, 0.5, mask::readout_left);
    h.weight2 = b.add_tensor("appended.readout.right.weight", {b.d, 1, 3}, 0.5, mask::readout_right);
    h.bias = b.add_tensor("appended.readout.bias", {b.d, 1}, 0.3);
    node x;
    x.o = op::state, x.k.l = level::dim, x.k.d = b.d == 1 ? depends::single_coordinate : depends::own;
    y.o = op::mul, y.a = append(h), y.b = append(x);
    node slope;
    slope.o = op::D, slope.a = append(y), slope.n = 1;
    b.output("appended", append(slope));
    return without_unused(b);
  }
  b = without_unused(b);
  for (int tries = 0; tries < 100; tries++) {
    const int i = pick(int(b.nodes.size()));
    node& x = b.nodes[std::size_t(i)];
    if (x.a < 0) continue;
    switch (pick(8)) {
      case 0:
      case 1:
      case 2: x.a = pick(i); return b;
      case 3:
        if (x.b < 0) continue;
        x.b = pick(i);
        return b;
      case 4:
        if (x.b < 0 || x.a == x.b) continue;
        std::swap(x.a, x.b);
        return b;
      case 5:
        if (x.o == op::D || x.o == op::dt) x.n = 1 + pick(7);
        else if (x.o == op::slice) x.n = pick(4);
        else if (x.o == op::masked_input) x.n = 1 - x.n;
        else continue;
        return b;
      default: {
        constexpr op others[] = {op::D, op::dt, op::sum, op::tanh, op::sum_features, op::detach, op::logsumexp};
        if (x.b >= 0 || x.weight >= 0) continue;
        const op o = others[std::size_t(pick(7))];
        if (o == x.o) continue;
        x.o = o;
        x.offset = {};
        x.n = o == op::D || o == op::dt ? 1 + pick(3) : 0;
        return b;
      }
    }
  }
  return b;
}

}  // namespace

table_builder random_slip(std::uint64_t seed) {
  random_table_options options;
  options.steps = 18;
  table_builder whole = random_table(seed, options);
  whole.objectives.clear();  // its many nodes would only hide the others
  return changed(whole, seed);
}

}  // namespace dimwise::testing
