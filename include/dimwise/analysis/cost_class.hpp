// analysis/cost_class.hpp: whether the derivatives below a value are cheap, take a pass per dimension, or copies.
#pragma once
#include "../core/list.hpp"
#include "../ir/table.hpp"

namespace dimwise {

/// What the derivatives below some values cost.
struct derivative_cost {
  bool pass_per_dimension = false;  ///< D of a dense value: its layers carry a series for each dimension
  int directions = 0;               ///< copies that move along a direction (jvp)
};

/// Of the values `roots` together; -1 is left out.
constexpr derivative_cost cost_of_derivatives(const table& t, const int* roots, int count) {
  derivative_cost r;
  list<char> live(t.node_count, 0);
  for (int j = 0; j < count; j++)
    if (roots[j] >= 0) live[roots[j]] = 1;
  for (int i = t.node_count - 1; i >= 0; i--) {
    if (!live[i]) continue;
    const node& x = t.nodes[i];
    for (const int operand : {x.a, x.b}) {
      if (operand < 0) continue;
      live[operand] = 1;
      if (x.o == op::mul && t.nodes[operand].o == op::along) r.directions++;
    }
    if (x.o == op::D && !t.nodes[x.a].k.dimwise) r.pass_per_dimension = true;
  }
  return r;
}

}  // namespace dimwise
