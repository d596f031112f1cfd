// language/factored_sum.hpp: sums over dimensions, and single components, with point-level factors taken out: sum_i s u_i = s
// sum_i u_i.
#pragma once
#include "pair_map.hpp"
#include "recorder.hpp"

namespace dimwise::detail {

/// Records sums over dimensions of v_i w_i, or component j of it; w of its own coordinate or absent (-1). Memoised, without
/// recursion: shared terms are visited once and the depth of an expression does not matter.
class factored_sum {
 public:
  constexpr explicit factored_sum(recorder& r, int one_component = -1) : m(r), j(one_component) {}

  constexpr handle operator()(handle v) {
    if (!m.owns(v)) return m.poison();
    stack.push_back({v.id, -1});
    while (stack.count) {
      const term x = stack[stack.count - 1];
      if (done.find(x.v, x.w) < 0) {
        const int r = step(x);
        if (r < 0) continue;  // operands were pushed
        done.insert(x.v, x.w, r);
      }
      stack.count--;
    }
    return {&m, done.find(v.id, -1)};
  }

 private:
  struct term {
    int v = -1, w = -1;
  };
  recorder& m;
  int j;  ///< the component; -1: the sum
  list<term> stack;
  pair_map done;

  constexpr handle at(int i) { return {&m, i}; }
  constexpr handle times(int v, int w) { return w < 0 ? at(v) : m.binary(op::mul, at(v), at(w)); }
  constexpr handle plain(handle v) {
    node y;
    y.o = j < 0 ? op::sum : op::component;
    y.a = v.id;
    y.n = j < 0 ? 0 : j;
    y.k = j < 0 ? sum_kind(m.kind_of(v)) : component_kind(m.kind_of(v));
    return m.put(y);
  }
  /// The sum of x if it is known, else -1, with x pushed.
  constexpr int wanted(term x) {
    const int r = done.find(x.v, x.w);
    if (r < 0) stack.push_back(x);
    return r;
  }
  constexpr int step(term t) {
    const node x = m.nodes[t.v];
    if (x.k.l == level::units) return m.refuse(refused::hidden_units_cannot_be_used_here).id;
    if (x.k.l == level::point) {
      if (j >= 0 && t.w < 0) return t.v;
      return m.binary(op::mul, at(t.v), t.w < 0 ? m.literal(m.d) : plain(at(t.w))).id;
    }
    if (x.k.d != depends::scaled_own) return plain(times(t.v, t.w)).id;
    switch (x.o) {
      case op::add:
      case op::sub: {
        const int a = wanted({x.a, t.w}), b = wanted({x.b, t.w});
        return a < 0 || b < 0 ? -1 : m.binary(x.o, at(a), at(b)).id;
      }
      case op::div: {
        const int a = wanted({x.a, t.w});
        return a < 0 ? -1 : m.binary(op::div, at(a), at(x.b)).id;
      }
      case op::mul: {
        const kind ka = m.nodes[x.a].k, kb = m.nodes[x.b].k;
        if (point_factor(ka) || point_factor(kb)) {
          const int factor = point_factor(ka) ? x.a : x.b, rest = factor == x.a ? x.b : x.a;
          const int s = wanted({rest, t.w});
          return s < 0 ? -1 : m.binary(op::mul, at(factor), at(s)).id;
        }
        const bool first = own_only(ka);  // one of them is of its own coordinate: it joins w
        return wanted({first ? x.b : x.a, times(first ? x.a : x.b, t.w).id});
      }
      default: refused::factors_cannot_be_taken_out_of_this_sum();
    }
  }
};

constexpr handle record_sum(handle v) {
  factored_sum s(*v.m);
  return s(v);
}
constexpr handle record_component(handle v, int j) {
  recorder& m = *v.m;
  if (!m.owns(v)) return m.poison();
  if (m.kind_of(v).l != level::dim) return m.refuse(refused::a_component_is_of_a_value_for_each_dimension, v);
  if (j < 0 || j >= m.d) return m.refuse(refused::there_is_no_such_component);
  factored_sum s(m, j);
  return s(v);
}

}  // namespace dimwise::detail
