// language/substitution.hpp: the recorded graph of a value with the state or the time replaced by other values.
#pragma once
#include "pair_map.hpp"
#include "recorder.hpp"

namespace dimwise::detail {

/// One replaced leaf. A shift (x + c, c constant along the axis) commutes with derivatives along that axis.
struct replaced_leaf {
  int leaf = -1, by = -1;
  bool state = false, shift = false;
};

/// Copies the graph of a value with leaves replaced; networks keep their parameters. D and dt are taken as functions of the state
/// and the time that are replaced afterwards, (D u)(e) and not D of u(e): below D the state is e + (x - x), the second x and e
/// held, whose value is e and whose derivative is 1; the result is held along x. Memoised, without recursion.
class substitution {
 public:
  constexpr explicit substitution(recorder& r) : m(r) {}

  /// Replaces `left` (the state or the time) by `right`. Refuses what is neither, or cannot stand there.
  constexpr void replace(handle left, handle right) {
    if (!m.owns(left) || !m.owns(right)) return;
    const bool state = m.number_of_state(left.id) >= 0;
    if (!state && m[left].o != op::time) return refuse(refused::only_the_state_or_the_time_can_be_replaced);
    for (const replaced_leaf& r : leaves)
      if (r.leaf == left.id) return refuse(refused::a_leaf_is_replaced_once);
    const kind k = m.kind_of(right);
    replaced_leaf r{left.id, right.id, state, is_shift(left.id, right.id, state)};
    if (r.state) {
      if (k.width != 1 || k.l == level::units || !(unmixed(k)))
        return refuse(refused::the_state_is_replaced_by_values_of_their_own_coordinate);
      if (k.l == level::point) r.by = held(right.id, held_for_each_dimension);
    } else if (k.width != 1 || k.l != level::point || k.d != depends::nothing) {
      return refuse(refused::the_time_is_replaced_by_a_number_for_each_sample);
    }
    leaves.push_back(r);
  }

  /// Replaces the state by x + s u and holds the time, s being the way along u: dt of the copy is the derivative along u. u is
  /// held along x unless it depends on nothing, so that derivatives by x below are those at x + s u.
  constexpr void move_along(handle u, int state) {
    if (!m.owns(u)) return;
    const kind k = m.kind_of(u);
    if (k.width != 1 || k.l == level::units) return refuse(refused::a_direction_has_one_feature_for_each_dimension);
    const int flags = held_along_t | (k.d == depends::nothing ? 0 : held_along_x | holds_nothing_of_x) |
                      (k.l == level::point ? held_for_each_dimension : 0);
    const handle way = m.leaf(op::along, kind{});
    const handle moved = m.binary(op::add, {&m, state}, m.binary(op::mul, way, m.held(u, flags)));
    leaves.push_back({state, moved.id, true, true});
    along_direction = true;
  }

  /// Holds all states but number q along x.
  constexpr void move_only(int q) {
    for (int r = 0; r < m.states.count; r++)
      leaves.push_back({m.states[r], r == q ? m.states[r] : held(m.states[r], held_along_x | held_for_D), true, true});
    only = q;
  }

  constexpr handle operator()(handle v) {
    if (!m.owns(v) || m.broken) return m.poison();
    keep_other_states();
    if (m.broken || !may_replace(v)) return m.poison();
    stack.push_back({v.id, 0});
    while (stack.count) {
      const term x = stack.data[stack.count - 1];
      if (done.find(x.v, x.context) < 0) {
        const int r = step(x);
        if (r < 0) continue;  // operands were pushed
        done.insert(x.v, x.context, r);
      }
      stack.count--;
    }
    return {&m, done.find(v.id, 0)};
  }

 private:
  enum : int { in_D = 1, in_dt = 2, in_product = 4 };
  struct term {
    int v = -1, context = 0;
  };
  recorder& m;
  list<replaced_leaf> leaves;
  bool along_direction = false;
  int only = -1;  ///< the state that is not held
  list<term> stack;
  pair_map done;

  constexpr void refuse(void (*sentence)()) { m.refuse(sentence); }
  constexpr int held(int v, int flags) { return m.held({&m, v}, flags).id; }
  constexpr int binary(op o, int a, int b) { return m.binary(o, {&m, a}, {&m, b}).id; }

  /// With several states the others stay as they are; `at` must name all or none, so that the types know what a value depends on.
  constexpr void keep_other_states() {
    if (m.states.count < 2 || only >= 0) return;
    int replaced = 0;
    for (const replaced_leaf& r : leaves) replaced += r.state;
    if (replaced && replaced < m.states.count && !along_direction) return refuse(refused::at_names_every_state_or_none);
    for (const int s : m.states) {
      bool known = false;
      for (const replaced_leaf& r : leaves) known = known || r.leaf == s;
      if (!known) leaves.push_back({s, s, true, true});
    }
  }
  /// x + c, c + x or x - c with c constant along the axis of x.
  constexpr bool is_shift(int leaf, int e, bool state) {
    const node x = m.nodes[e];
    if (e == leaf) return true;
    if (x.o != op::add && x.o != op::sub) return false;
    const int c = x.a == leaf ? x.b : x.o == op::add && x.b == leaf ? x.a : -1;
    if (c < 0) return false;
    return state ? m.nodes[c].k.d == depends::nothing : !(m.facts_of(c) & varies_in_time);
  }
  /// Whether derivatives inside v can be taken before the replacement; refuses where that is not so.
  constexpr bool may_replace(handle v) {
    const unsigned inside = m.facts_of(v.id);
    if (along_direction) {
      if (inside & (holds_dt | holds_product)) return refuse(refused::a_product_of_a_derivative_by_t_is_not_known), false;
      return true;
    }
    if (only >= 0) {
      if (inside & every_D_by & ~(unsigned(holds_D_by) << only)) return refuse(refused::D_by_one_state_of_a_D_by_another), false;
      return true;
    }
    bool constants = false, moving = false;
    for (const replaced_leaf& r : leaves)
      if (r.state) (r.shift ? moving : constants) = true;
    if (inside & holds_D && constants && moving)
      return refuse(refused::a_derivative_by_x_is_replaced_at_constants_or_shifts_only), false;
    for (const replaced_leaf& r : leaves) {
      if (inside & holds_D && r.state && !r.shift && m.nodes[r.by].k.d != depends::nothing)
        return refuse(refused::a_derivative_by_x_is_replaced_at_constants_or_shifts_only), false;
      const bool moves = (m.facts_of(r.by) & (varies_in_time | holds_product)) != 0 && !(!r.state && r.shift);
      if (inside & holds_dt && moves) return refuse(refused::a_derivative_by_t_is_replaced_at_constants_or_shifts_only), false;
    }
    return true;
  }
  /// Whether derivatives along an axis are taken at values that do not move along it.
  constexpr bool stops(bool state) const {
    for (const replaced_leaf& r : leaves)
      if (r.state == state && !r.shift) return true;
    return false;
  }

  constexpr int replacement(const replaced_leaf& r, int context) {
    const int inside = r.state ? in_D : in_dt, flag = r.state ? held_along_x : held_along_t;
    int flags = 0;
    if (context & in_D && r.state && !r.shift) flags |= held_along_x;
    if ((context & in_dt && !r.shift) || context & in_product) flags |= held_along_t;
    const int e = flags ? held(r.by, flags) : r.by;
    return context & inside && !r.shift ? binary(op::add, e, binary(op::sub, r.leaf, held(r.leaf, flag))) : e;
  }
  /// The copy of an operand if it is known, else -1, with the operand pushed.
  constexpr int wanted(term x) {
    const int r = done.find(x.v, x.context);
    if (r < 0) stack.push_back(x);
    return r;
  }
  constexpr int step(term t) {
    node x = m.nodes[t.v];
    for (const replaced_leaf& r : leaves)
      if (r.leaf == t.v) return replacement(r, t.context);
    if (along_direction) {
      if (x.o == op::time) return held(t.v, held_along_t);
      if (x.o == op::detach) return t.v;
      if (x.o == op::held && x.n & held_along_x && !(x.n & held_for_D)) return held(t.v, held_along_t);
    }
    if (only >= 0 && (x.o == op::detach || (x.o == op::held && x.n & held_along_x))) return t.v;
    if (x.a < 0) return t.v;
    int context = t.context;
    if (x.o == op::D && stops(true)) context |= in_D;
    if (x.o == op::dt && m.facts_of(x.a) & moves_along) context |= in_product;
    else if (x.o == op::dt && stops(false)) context |= in_dt;
    const int a = wanted({x.a, context});
    if (a < 0) return -1;
    const int b = x.b < 0 ? -1 : wanted({x.b, context});
    if (x.b >= 0 && b < 0) return -1;
    if (a == x.a && b == x.b) return t.v;
    x.a = a, x.b = b;
    if (x.o == op::held) {
      if (along_direction) x.n &= ~held_along_t;
      if (x.n & held_product && m.nodes[a].k.d == depends::nothing) x.n &= ~held_product;
    }
    x.k = kind_of_node(x, m.nodes.data, m.tensors.data);
    const int copy = m.put(x).id;
    const bool product = x.o == op::dt && context & in_product;
    if (context == t.context || product) return copy;
    return held(copy, x.o == op::D ? held_along_x | holds_nothing_of_x : held_along_t);
  }
};

}  // namespace dimwise::detail
