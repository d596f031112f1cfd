// tests/support/shrink.cpp: rules that recordings keep, removal of what is not needed, and search for a smaller recording.
#include <algorithm>
#include <vector>

#include "dimwise/analysis/node_facts.hpp"
#include "dimwise/analysis/node_kind.hpp"
#include "dimwise/ir/jet_program.hpp"
#include "random_table.hpp"

namespace dimwise::testing {
namespace {

/// Every node number in the entries of a recording.
template <class Visit>
void for_each_root(table_builder& b, const Visit& visit) {
  for (auto& o : b.outputs) visit(o.node);
  for (auto& o : b.objectives) visit(o.node);
  for (auto& e : b.equations)
    for (int* n : {&e.lhs, &e.rhs, &e.residual, &e.relative})
      if (*n >= 0) visit(*n);
}

/// Whether hidden units can be its operand.
bool takes_units(op o) {
  return function_of(o) != function::none || o == op::sq || o == op::masked_hidden || o == op::readout || o == op::dt ||
         o == op::frozen || o == op::held || o == op::detach;
}
/// The side of the stream that units come from: 0 left, 1 right.
int side(const table& t, int i) {
  while (t.nodes[i].o != op::masked_input) i = t.nodes[i].a;
  return t.nodes[i].n;
}

mask stream_mask(const table& t, int i) { return side(t, i) ? mask::readout_right : mask::readout_left; }

/// Orders of D or dt that add up on a way down from node i, the largest sum.
int orders_below(const table& t, int i, op what) {
  std::vector<int> sum(std::size_t(i) + 1, 0);
  for (int j = 0; j <= i; j++) {
    const node& x = t.nodes[j];
    if (x.o == op::detach || (what == op::D && (x.o == op::masked_input || x.o == op::masked_hidden || x.o == op::readout)))
      continue;
    for (int operand : {x.a, x.b})
      if (operand >= 0) sum[std::size_t(j)] = std::max(sum[std::size_t(j)], sum[std::size_t(operand)]);
    if (x.o == op::held && x.n & (what == op::D ? held_along_x : held_along_t)) sum[std::size_t(j)] = 0;
    if (x.o == what) sum[std::size_t(j)] += x.n;
  }
  return sum[std::size_t(i)];
}

bool has_series(const table& t, int a) {
  std::vector<unsigned> facts;
  for (int i = 0; i <= a; i++) {
    const node& x = t.nodes[i];
    facts.push_back(facts_of_node(x, t.nodes, x.a < 0 ? 0u : facts[std::size_t(x.a)], x.b < 0 ? 0u : facts[std::size_t(x.b)]));
  }
  return (facts.back() & has_own_series) != 0;
}

std::string problem(const table& t, const node& n) {
  const kind a = n.a < 0 ? kind{} : t.nodes[n.a].k, b = n.b < 0 ? kind{} : t.nodes[n.b].k;
  if ((a.l == level::units || b.l == level::units) && !takes_units(n.o)) return "hidden units outside their stream";
  switch (n.o) {
    case op::add:
    case op::sub:
    case op::mul:
    case op::div:
    case op::pow: return widths_fit(a, b) ? "" : "widths of a pointwise operation";
    case op::choose: return b.width % 2 == 0 && (a.width == 1 || 2 * a.width == b.width) ? "" : "widths of a choice";
    case op::slice: return n.n + n.k.width <= a.width ? "" : "a slice beyond its operand";
    case op::linear: {
      const tensor& w = t.tensors[n.weight];
      return w.shape[w.rank - 1] == a.width && w.shape[w.rank - 2] == n.k.width ? "" : "shape of a linear layer";
    }
    case op::unstack: return a.l == level::point && a.width == t.d * n.k.width ? "" : "width of unstack";
    case op::masked_input: {
      if (!(n.n == 1 ? upper_operand(a) : lower_operand(a))) return "a conditioner of an operand that mixes coordinates";
      if (n.b >= 0 && (b.l != level::point || b.d != depends::nothing)) return "context that depends on the state";
      return t.tensors[n.weight].shape[1] == t.d * a.width + (n.b < 0 ? 0 : b.width) ? "" : "columns of a masked input";
    }
    case op::masked_hidden:
      if (a.l != level::units) return "operand of a masked layer";
      if (side(t, n.a) != n.n) return "side of a masked layer";
      return t.tensors[n.weight].shape[1] == a.width ? "" : "columns of a masked layer";
    case op::readout:
      if (a.l != level::units || (n.b >= 0 && b.l != level::units)) return "operand of a readout";
      if (t.tensors[n.weight].masked != stream_mask(t, n.a) || (n.b >= 0 && t.tensors[n.weight2].masked != stream_mask(t, n.b)))
        return "masks of a readout";
      return t.tensors[n.weight].shape[2] == a.width && (n.b < 0 || t.tensors[n.weight2].shape[2] == b.width)
                 ? ""
                 : "columns of a readout";
    case op::sum: return a.l == level::dim && a.d != depends::scaled_own ? "" : "operand of sum";
    case op::component: return a.l == level::dim && a.d != depends::scaled_own && n.n < t.d ? "" : "operand of a component";
    case op::shift:
      return t.d % n.offset.width == 0 && others_operand(a, n.offset.side()) &&
                     (!n.offset.periodic || n.offset.source(0, t.d) != 0)
                 ? ""
                 : "operand of a shift";
    case op::sum_others: return others_operand(a, n.n) ? "" : "operand of a sum of others";
    case op::indicator: return n.n < t.d ? "" : "indicator of a dimension that is not there";
    case op::dt: return orders_below(t, int(&n - t.nodes), op::dt) <= 7 ? "" : "orders beyond 7";
    case op::D:
      if (orders_below(t, int(&n - t.nodes), op::D) > 7) return "orders beyond 7";
      return has_series(t, n.a) && a.l != level::units && a.d != depends::nothing && (sees_own(a) || single(a)) ? ""
                                                                                                                : "operand of D";
    case op::held:
      if (n.n & held_for_each_dimension && a.l != level::point) return "level of a held value";
      return n.n & holds_nothing_of_x && !(n.n & held_along_x) ? "a held value that may not claim to be free of x" : "";
    default: return "";
  }
}

}  // namespace

std::string why_ill_formed(const table& t) {
  for (int i = 0; i < t.node_count; i++) {
    const node& n = t.nodes[i];
    const std::string at = "node " + std::to_string(i) + ": ";
    if (n.a >= i || n.b >= i) return at + "an operand does not come first";
    if (!(kind_of_node(n, t.nodes, t.tensors) == n.k)) return at + "its class does not follow from its operands";
    if (const auto p = problem(t, n); !p.empty()) return at + p;
  }
  for (int i = 0; i < t.output_count; i++)
    if (t.nodes[t.outputs[i].node].k.l == level::units) return "hidden units outside their stream";
  for (int i = 0; i < t.objective_count; i++) {
    const kind& k = t.nodes[t.objectives[i].node].k;
    if (k.l != level::point || k.width != 1) return "an objective is a point-level scalar";
  }
  return "";
}

bool settle(table_builder& b) {
  for (auto& n : b.nodes) {
    if (n.o == op::linear || n.o == op::slice || n.o == op::unstack || n.o == op::readout || n.o == op::masked_input ||
        n.o == op::masked_hidden) {
      const int w = n.k.width;
      n.k = kind_of_node(n, b.nodes.data(), b.tensors.data());
      if (n.k.width != w) return false;
    } else {
      n.k = kind_of_node(n, b.nodes.data(), b.tensors.data());
    }
  }
  return why_ill_formed(b.view()).empty();
}

table_builder without_unused(const table_builder& from) {
  table_builder b = from;
  std::vector<char> used(b.nodes.size(), 0);
  for_each_root(b, [&](int& n) { used[std::size_t(n)] = 1; });
  for (std::size_t i = b.nodes.size(); i-- > 0;) {
    if (!used[i]) continue;
    for (int operand : {b.nodes[i].a, b.nodes[i].b})
      if (operand >= 0) used[std::size_t(operand)] = 1;
  }
  std::vector<int> node_at(b.nodes.size(), -1), tensor_at(b.tensors.size(), -1);
  table_builder r(b.d);
  r.inputs = b.inputs, r.constants = b.constants, r.sets = b.sets;
  for (std::size_t i = 0; i < b.nodes.size(); i++) {
    if (!used[i]) continue;
    node n = b.nodes[i];
    for (int* operand : {&n.a, &n.b})
      if (*operand >= 0) *operand = node_at[std::size_t(*operand)];
    for (int* w : {&n.weight, &n.weight2, &n.bias}) {
      if (*w < 0) continue;
      int& to = tensor_at[std::size_t(*w)];
      if (to < 0) {
        to = int(r.tensors.size());
        r.tensors.push_back(b.tensors[std::size_t(*w)]);
        r.tensors.back().offset = r.parameters;
        r.parameters += r.tensors.back().size();
      }
      *w = to;
    }
    node_at[i] = int(r.nodes.size());
    r.nodes.push_back(n);
  }
  r.outputs = b.outputs, r.objectives = b.objectives, r.equations = b.equations;
  for_each_root(r, [&](int& n) { n = node_at[std::size_t(n)]; });
  return r;
}

table_builder shrink(table_builder b, const std::function<bool(const table_builder&)>& fails, int tries) {
  // a candidate is kept where it is smaller in nodes or entries, or simpler, and still fails
  const auto keep = [&](table_builder candidate) {
    if (tries <= 0 || !settle(candidate)) return false;
    candidate = without_unused(candidate);
    tries--;
    if (!fails(candidate)) return false;
    b = std::move(candidate);
    return true;
  };
  for (bool smaller = true; smaller && tries > 0;) {
    smaller = false;
    for (std::size_t i = b.outputs.size(); i-- > 0;) {
      auto c = b;
      c.outputs.erase(c.outputs.begin() + std::ptrdiff_t(i));
      smaller = keep(c) || smaller;
    }
    for (std::size_t i = b.equations.size(); i-- > 0;) {
      auto c = b;
      c.equations.erase(c.equations.begin() + std::ptrdiff_t(i));
      smaller = keep(c) || smaller;
    }
    for (std::size_t i = b.objectives.size(); i-- > 0;) {
      auto c = b;
      c.objectives.erase(c.objectives.begin() + std::ptrdiff_t(i));
      smaller = keep(c) || smaller;
    }
    for (std::size_t i = b.nodes.size(); i-- > 0;) {
      if (i >= b.nodes.size()) continue;
      const node n = b.nodes[i];
      if (n.a < 0) continue;
      // the node itself becomes an input of its shape
      if (n.k.l != level::units) {
        auto c = b;
        node& leaf = c.nodes[i];
        leaf = node{};
        leaf.o = n.k.l == level::point ? op::input : op::input_per_dim;
        leaf.k.l = n.k.l;
        leaf.k.width = n.k.width;
        leaf.n = int(c.inputs.size());
        c.inputs.push_back({short_name("shrunk" + std::to_string(c.inputs.size())), n.k.l, n.k.width});
        if (keep(c)) {
          smaller = true;
          continue;
        }
      }
      // users of node i read an earlier node of the same level and width instead
      for (int j = int(i) - 1; j >= 0; j--) {
        const bool operand = j == n.a || j == n.b, leaf = b.nodes[std::size_t(j)].a < 0;
        if (!operand && !leaf) continue;
        auto c = b;
        for (auto& user : c.nodes)
          for (int* at : {&user.a, &user.b})
            if (*at == int(i)) *at = j;
        for_each_root(c, [&](int& at) {
          if (at == int(i)) at = j;
        });
        if (keep(c)) {
          smaller = true;
          break;
        }
      }
      if (i < b.nodes.size() && (b.nodes[i].o == op::D || b.nodes[i].o == op::dt) && b.nodes[i].n > 1) {
        auto c = b;
        c.nodes[i].n--;
        smaller = keep(c) || smaller;
      }
    }
  }
  return b;
}

}  // namespace dimwise::testing
