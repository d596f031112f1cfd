// calculus/demand.hpp: which Taylor coefficients every node of a recording can have, and which ones the roots ask for.
#pragma once
#include "../analysis/node_facts.hpp"
#include "../core/list.hpp"
#include "../ir/jet_program.hpp"

namespace dimwise {

/// Coefficients of f(u), f not a polynomial, where u has the set s.
constexpr orders closed_under_functions(orders s) {
  orders r = 1;
  if (s & ~time_column) r |= x_row;
  if (s & ~x_row) r |= time_column;
  return product_orders(r & x_row, r & time_column);
}

/// Coefficients that are left of a held value.
constexpr orders held_orders(int flags) {
  orders r = ~orders{};
  if (flags & held_along_x) r &= time_column;
  if (flags & held_along_t) r &= x_row;
  return r;
}

namespace detail {
constexpr orders possible_orders(const table& t, const orders* possible, bool has_series, int i) {
  const node& x = t.nodes[i];
  const orders a = x.a < 0 ? 0 : possible[x.a], b = x.b < 0 ? 0 : possible[x.b];
  orders r = value_only;
  switch (x.o) {
    case op::literal:
    case op::constant:
    case op::input:
    case op::input_per_dim:
    case op::parameter:
    case op::detach: break;
    case op::index:
    case op::indicator: break;
    case op::state: r = bit_of(coefficient(0, 0)) | bit_of(coefficient(1, 0)); break;
    case op::time:
    case op::along: r = bit_of(coefficient(0, 0)) | bit_of(coefficient(0, 1)); break;
    case op::mul: r = product_orders(a, b); break;
    case op::div: r = product_orders(a, closed_under_functions(b)); break;
    case op::pow: r = closed_under_functions(a | b); break;
    case op::sq: r = product_orders(a, a); break;
    case op::logsumexp: r = closed_under_functions(a); break;
    case op::relu:
    case op::abs: r = a; break;
    case op::masked_input:
    case op::masked_hidden:
    case op::readout: r = (a | b) & time_column; break;
    case op::sum_others:
    case op::shift: r = a & time_column; break;
    case op::choose: r = b; break;
    case op::D: r = shifted_down(a, x.n, 0); break;
    case op::dt: r = shifted_down(a, 0, x.n); break;
    case op::held: r = a & held_orders(x.n); break;
    default: r = function_of(x.o) == function::none ? a | b : closed_under_functions(a);
  }
  return (has_series ? r : r & time_column) | value_only;
}
}  // namespace detail

/// Fills possible[i] and needed[i] (0: not live), arrays of node_count entries; roots' values are asked for. One forward and one
/// backward sweep.
constexpr void infer_orders(const table& t, const int* roots, int root_count, orders* possible, orders* needed) {
  list<unsigned> facts(t.node_count, 0u);
  for (int i = 0; i < t.node_count; i++) {
    const node& x = t.nodes[i];
    facts[i] = facts_of_node(x, t.nodes, x.a < 0 ? 0u : facts[x.a], x.b < 0 ? 0u : facts[x.b]);
    possible[i] = detail::possible_orders(t, possible, facts[i] & has_own_series, i);
    needed[i] = 0;
  }
  for (int r = 0; r < root_count; r++)
    if (roots[r] >= 0) needed[roots[r]] = value_only;
  for (int i = t.node_count - 1; i >= 0; i--) {
    if (!needed[i]) continue;
    const node& x = t.nodes[i];
    const orders s = needed[i] = lower_closure(needed[i]) & possible[i];
    orders up = s;
    if (x.o == op::D) up = lower_closure(shifted_up(s, x.n, 0));
    if (x.o == op::dt) up = lower_closure(shifted_up(s, 0, x.n));
    if (x.o == op::masked_input || x.o == op::masked_hidden || x.o == op::readout || x.o == op::sum_others || x.o == op::shift)
      up = s & time_column;
    if (x.o == op::detach) up = value_only;
    if (x.o == op::choose) {  // of the condition, its sign
      needed[x.a] |= value_only;
      needed[x.b] |= up;
      continue;
    }
    // D or dt of something that cannot have the coefficient is zero; its operand is still evaluated for its value
    if (x.a >= 0) needed[x.a] |= up | value_only;
    if (x.b >= 0) needed[x.b] |= up | value_only;
  }
}

}  // namespace dimwise
