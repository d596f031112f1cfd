// analysis/node_facts.hpp: what is below a node: time, derivatives, and whether its series along the own coordinate is known
// without copies.
#pragma once
#include "../ir/node.hpp"
#include "dependence.hpp"

namespace dimwise {

/// Bits of the facts of a node.
enum node_fact : unsigned {
  varies_in_time = 1,     ///< its value depends on time, as dt sees it
  holds_D = 2,            ///< a derivative by the state is below it
  holds_dt = 4,           ///< a derivative by time is below it
  has_own_series = 8,     ///< the Taylor series of component i along x_i follows from those of its operands
  moves_along = 16,       ///< the way along a direction (op::along) is below it and is not held
  holds_D_by = 1u << 16,  ///< shifted by the number of a state: D by that state is below it and is not held
  holds_product = 32      ///< a Jacobian-vector product is below it: its derivative by time is not known
};

constexpr unsigned every_D_by = 0xffu << 16;
constexpr int most_states = 8;

/// The facts of x from those of its operands (0 for none). Sums over dimensions have a series where each term is of its own
/// coordinate: along x_i only the i-th moves. So a plain network has one, at the cost of a pass for each dimension; a sum of
/// HollowNets has none.
constexpr unsigned facts_of_node(const node& x, const node* nodes, unsigned a, unsigned b) {
  unsigned r = (a | b) & ~has_own_series;
  if ((x.a < 0 || a & has_own_series) && (x.b < 0 || b & has_own_series)) r |= has_own_series;
  switch (x.o) {
    case op::time: r |= varies_in_time; break;
    case op::D: r |= holds_D | holds_D_by << int(x.value); break;
    case op::along: r |= moves_along; break;
    case op::dt:
      if (!(r & moves_along)) r |= holds_dt;
      break;
    case op::sum:
    case op::component:
      if (nodes[x.a].k.l == level::dim && !sum_stays_dimwise(nodes[x.a].k)) r &= ~has_own_series;
      break;
    case op::detach: r = (r & ~(varies_in_time | every_D_by)) | has_own_series; break;
    case op::held:
      if (x.n & held_along_t) {
        if (x.n & held_along_x) r &= ~holds_product;
        if (r & moves_along && nodes[x.a].o == op::dt) r |= holds_product;
        r &= ~(varies_in_time | moves_along);
      }
      if (x.n & held_along_x) r = (r & ~every_D_by) | has_own_series;
      if (x.n & held_product) r &= ~has_own_series;
      break;
    default: break;
  }
  return r;
}

}  // namespace dimwise
