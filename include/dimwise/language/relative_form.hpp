// language/relative_form.hpp: an equation divided by a density p = exp(l) without evaluating p.
#pragma once
#include "../analysis/homogeneity.hpp"
#include "recorder.hpp"
#include "substitution.hpp"

namespace dimwise::detail {

/// e / p for p = exp(l) at point level and e of degree 1 in p: p is replaced by exp(l - frozen value of l), which is 1 and has
/// the derivatives of p divided by p; so are its copies below D by one of several states, whose value is that of p. Returns the
/// new node, or -1 where e is not of degree 1. One sweep: operands stand before their users.
constexpr int find_relative(recorder& m, int e, int p) {
  list<int> factors;
  factors.push_back(p);
  for (int q = 0; m.states.count > 1 && q < m.states.count; q++) {
    substitution s(m);
    s.move_only(q);
    if (m.facts_of(p) & every_D_by) continue;
    factors.push_back(s({&m, p}).id);
  }
  list<int> degree(e + 1, 0), replaced(e + 1, -1);
  int first = e + 1;
  for (const int f : factors) {
    node relative = m.nodes[f];
    relative.o = op::exp_relative;
    const int r = m.put(relative).id;
    if (f > e) continue;
    degree[f] = 1;
    replaced[f] = r;
    if (f < first) first = f;
  }
  for (int i = first; i <= e; i++) {
    if (replaced[i] >= 0) continue;
    const int a = m.nodes.data[i].a, b = m.nodes.data[i].b;
    replaced[i] = i;
    const int da = a < 0 ? 0 : degree[a], db = b < 0 ? 0 : degree[b];
    if (da == 0 && db == 0) continue;
    node x = m.nodes[i];
    const node &u = m.nodes[a], &v = m.nodes[b < 0 ? a : b];
    degree[i] = degree_of_node(x, da, db, u.o == op::literal && u.value == 0, b >= 0 && v.o == op::literal && v.value == 0);
    if (degree[i] == no_degree) continue;
    if (da != 0) x.a = replaced[a];
    if (db != 0) x.b = replaced[b];
    replaced[i] = m.put(x).id;
  }
  return degree[e] == 1 ? replaced[e] : -1;
}

/// Whether p is exp(l) of a point-level l.
constexpr bool is_point_exponential(const recorder& m, int p) {
  return m.nodes[p].o == op::exp && m.nodes[p].k.l == level::point && m.nodes[p].k.width == 1;
}

constexpr handle record_relative(handle e, handle p) {
  recorder& m = *e.m;
  if (!m.owns(p)) return m.poison();
  if (!is_point_exponential(m, p.id)) return m.refuse(refused::relative_to_needs_a_point_level_exponential, p);
  const int r = find_relative(m, e.id, p.id);
  if (r < 0) return m.refuse(refused::the_equation_is_not_proportional_to_this_factor, e, p);
  return {&m, r};
}

/// The relative form of e for the one density of a recorded mixture that e is proportional to, or -1 where there is none or a
/// choice.
constexpr int automatic_relative(recorder& m, int e) {
  int found = -1;
  for (int i = 0; i < m.mixtures.count; i++) {
    const int l = m.mixtures[i].log_density;
    node f, x;
    f.o = op::frozen;
    f.a = l;
    f.k = pointwise_kind(m.nodes[l].k);
    for (const int u : {l, m.find(f)}) {
      if (u < 0) continue;
      x.o = op::exp;
      x.a = u;
      x.k = pointwise_kind(m.nodes[u].k);
      const int p = m.find(x);
      const int r = p < 0 ? -1 : find_relative(m, e, p);
      if (r < 0) continue;
      if (found >= 0) return -1;
      found = r;
    }
  }
  return found;
}

}  // namespace dimwise::detail
