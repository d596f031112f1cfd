// analysis/node_kind.hpp: the class of a recorded node from those of its operands, and the check of a whole table.
#pragma once
#include "../ir/table.hpp"
#include "kind_rules.hpp"

namespace dimwise {

/// The class of x, whose operands are nodes[x.a] and nodes[x.b]. Leaves, and widths that no operand tells (linear, slice,
/// unstack, conditioners), are taken from x itself.
constexpr kind kind_of_node(const node& x, const node* nodes, const tensor* tensors) {
  const kind a = x.a < 0 ? kind{} : nodes[x.a].k, b = x.b < 0 ? kind{} : nodes[x.b].k;
  switch (x.o) {
    case op::literal:
    case op::constant:
    case op::time:
    case op::along:
    case op::input:
    case op::input_per_dim:
    case op::state:
    case op::index:
    case op::indicator:
    case op::parameter: return x.k;
    case op::add:
    case op::sub:
    case op::mul:
    case op::div:
    case op::pow:
    case op::concat: return joined_kind(a, b, x.o);
    case op::choose: return choice_kind(a, b, b.width / 2);
    case op::logsumexp:
    case op::sum_features: return of_width(a, 1);
    case op::slice: return of_width(a, x.k.width);
    case op::linear: return linear_kind(a, x.k.width, tensors[x.weight].rank == 3);
    case op::unstack: return unstack_kind(a, x.k.width);
    case op::masked_input: return masked_input_kind(a, x.k.width, x.n == 1);
    case op::masked_hidden: return of_width(a, x.k.width);
    case op::readout: return readout_kind(a, b, x.k.width);
    case op::sum: return x.n == 1 ? mixing_sum_kind(a) : sum_kind(a);
    case op::component: return component_kind(a);
    case op::sum_others: return others_kind(a, x.n);
    case op::shift: return others_kind(a, x.offset.side());
    case op::D: return derivative_kind(a);
    case op::held: return held_kind(a, x.n);
    default: return pointwise_kind(a);
  }
}

/// The first node whose recorded class is not the one that follows from its operands, or -1.
constexpr int first_wrong_kind(const table& t) {
  for (int i = 0; i < t.node_count; i++)
    if (!(kind_of_node(t.nodes[i], t.nodes, t.tensors) == t.nodes[i].k)) return i;
  return -1;
}

}  // namespace dimwise
