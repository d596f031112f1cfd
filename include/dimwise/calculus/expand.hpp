// calculus/expand.hpp: recording -> operations on jets, with exactly the coefficients that the roots ask for.
#pragma once
#include <optional>

#include "../core/list.hpp"
#include "../ir/jet_program.hpp"
#include "demand.hpp"

namespace dimwise {

/// Expands the sub-graph of the roots. Point-level values get one node for the coefficients (0, m) and, where they are
/// differentiated along a coordinate, one more for each dimension with the rest.
class expansion {
 public:
  const table& t;
  list<jet_node> nodes;
  list<series> values;                 ///< of table node i
  differentiated_by wanted_gradients;  ///< of the reverse pass that follows, if any

  constexpr expansion(const table& recording, const int* roots, int root_count, differentiated_by reverse)
      : t(recording),
        values(recording.node_count, series{}),
        wanted_gradients(reverse),
        possible(recording.node_count, 0),
        needed(recording.node_count, 0),
        wanted(recording.node_count, false) {
    infer_orders(t, roots, root_count, possible.data, needed.data);
    mark_concats(roots, root_count);
    for (int i = 0; i < t.node_count; i++)
      if (needed[i] && (t.nodes[i].o != op::concat || wanted[i])) values[i] = expand(i);
  }

  constexpr int put(const jet_node& x) {
    nodes.push_back(x);
    return nodes.count - 1;
  }
  constexpr bool is_dim(const series& s) const { return s.low >= 0 && nodes[s.low].is_dim(); }
  constexpr int width(const series& s) const { return nodes[s.low].width; }
  constexpr orders available(const series& s) const { return dimwise::available(nodes.data, s); }

  /// Adds a node (and its partner for k >= 1, if it is point-level and s asks for them) with coefficients s.
  constexpr series put_series(jet_node x, bool dim, orders s) {
    for (int j = 0; j < x.inputs; j++) follow(x, x.in[j]);
    x.follows_input |= is_wanted_leaf(x.o);
    x.differentiable |= x.follows_input;
    for (int w : {x.weight, x.weight2, x.bias})
      if (w >= 0) x.differentiable |= t.tensors[w].trained;
    const bool has_slope =
        wanted_gradients.any() && x.differentiable && x.o == jet_op::unary && (x.f == function::tanh || x.f == function::sigmoid);
    if (dim) {
      x.per_dim = true;
      x.stored = s;
      x.slope = has_slope;
      const int i = put(x);
      return {i, i};
    }
    series r;
    x.stored = s & time_column;
    x.slope = has_slope;
    r.low = put(x);
    if (s & ~time_column) {
      x.per_dim = true;
      x.slope = false;
      x.stored = s & ~time_column;
      x.partner = r.low;
      r.high = put(x);
    }
    return r;
  }
  constexpr bool is_differentiable(const series& s) const {
    return (s.low >= 0 && nodes[s.low].differentiable) || (s.high >= 0 && nodes[s.high].differentiable);
  }
  constexpr bool follows_input(const series& s) const {
    return (s.low >= 0 && nodes[s.low].follows_input) || (s.high >= 0 && nodes[s.high].follows_input);
  }

 private:
  list<orders> possible, needed;
  list<bool> wanted;

  constexpr bool is_wanted_leaf(jet_op o) const {
    return (o == jet_op::load_state && wanted_gradients.state) || (o == jet_op::load_time && wanted_gradients.time) ||
           ((o == jet_op::load_input || o == jet_op::load_input_per_dim) && wanted_gradients.inputs);
  }
  constexpr void follow(jet_node& x, const series& operand) const {
    x.differentiable |= is_differentiable(operand);
    x.follows_input |= follows_input(operand);
  }

  /// A concat that only feeds linear layers is never made: they read its parts.
  constexpr void mark_concats(const int* roots, int root_count) {
    for (int r = 0; r < root_count; r++)
      if (roots[r] >= 0) wanted[roots[r]] = true;
    for (int i = t.node_count - 1; i >= 0; i--) {
      if (!needed[i]) continue;
      const node& x = t.nodes[i];
      if (x.o == op::concat && !wanted[i]) continue;  // its parts are read directly
      if (x.o == op::linear && parts(x.a) <= 4) continue;
      if (x.a >= 0) wanted[x.a] = true;
      if (x.b >= 0) wanted[x.b] = true;
    }
  }
  constexpr int parts(int i) const {
    int n = 1;
    while (t.nodes[i].o == op::concat) {
      if (t.nodes[t.nodes[i].b].o == op::concat) return 99;
      n++;
      i = t.nodes[i].a;
    }
    return n;
  }
  // no pointer: with the sanitizers of g++ 12, whether that of a constant is null is no constant
  constexpr std::optional<double> literal(int i) const {
    return t.nodes[i].o == op::literal ? std::optional(t.nodes[i].value) : std::nullopt;
  }

  constexpr jet_node unary_node(function f, series a, double value = 0) const {
    jet_node x;
    x.o = jet_op::unary;
    x.f = f;
    x.width = width(a);
    x.in[0] = a;
    x.inputs = 1;
    x.value = value;
    return x;
  }
  constexpr jet_node simple(jet_op o, int w, series a, series b = {}) const {
    jet_node x;
    x.o = o;
    x.width = w;
    x.in[0] = a;
    x.in[1] = b;
    x.inputs = b.none() ? 1 : 2;
    return x;
  }
  constexpr series scaled(series a, double factor, bool dim, orders s) {
    jet_node x = simple(jet_op::scale, width(a), a);
    x.value = factor;
    return put_series(x, dim, s);
  }
  /// Changes only the value: coefficients with k >= 1 are those of a.
  constexpr series moved(jet_node x, bool dim, orders s) {
    if (dim) return put_series(x, true, s);
    series r = put_series(x, false, s & time_column);
    r.high = x.in[0].high;
    r.mask = x.in[0].mask | time_column;
    return r;
  }
  constexpr series offset_by(series a, double value, bool dim, orders s) {
    jet_node x = simple(jet_op::offset, width(a), a);
    x.value = value;
    return moved(x, dim, s);
  }

  constexpr series expand(int i) {
    const node& x = t.nodes[i];
    const orders s = needed[i];
    const bool dim = x.k.l == level::dim;
    const int w = x.k.width;
    const series a = x.a < 0 ? series{} : values[x.a], b = x.b < 0 ? series{} : values[x.b];
    jet_node y;
    y.width = w;
    y.n = x.n;
    y.value = x.value;
    switch (x.o) {
      case op::literal: y.o = jet_op::literal; return put_series(y, dim, s);
      case op::constant: y.o = jet_op::constant; return put_series(y, dim, s);
      case op::time: y.o = jet_op::load_time; return put_series(y, dim, s);
      case op::along: y.o = jet_op::along; return put_series(y, dim, s);
      case op::input: y.o = jet_op::load_input; return put_series(y, dim, s);
      case op::input_per_dim: y.o = jet_op::load_input_per_dim; return put_series(y, dim, s);
      case op::state: y.o = jet_op::load_state; return put_series(y, dim, s);
      case op::index: y.o = jet_op::index; return put_series(y, dim, s);
      case op::indicator: y.o = jet_op::indicator; return put_series(y, dim, s);
      case op::parameter:
        y.o = jet_op::parameter;
        y.weight = x.weight;
        return put_series(y, dim, s);
      case op::add:
      case op::sub: {
        const std::optional<double> la = literal(x.a), lb = literal(x.b);
        if (lb && w == width(a) && is_dim(a) == dim) return offset_by(a, x.o == op::add ? *lb : -*lb, dim, s);
        if (la && w == width(b) && is_dim(b) == dim) return offset_by(x.o == op::add ? b : scaled(b, -1, dim, s), *la, dim, s);
        return put_series(simple(x.o == op::add ? jet_op::add : jet_op::sub, w, a, b), dim, s);
      }
      case op::mul: {
        const std::optional<double> la = literal(x.a), lb = literal(x.b);
        if (lb && w == width(a)) return scaled(a, *lb, dim, s);
        if (la && w == width(b)) return scaled(b, *la, dim, s);
        return put_series(simple(jet_op::mul, w, a, b), dim, s);
      }
      case op::div: {
        if (const std::optional<double> lb = literal(x.b); lb && w == width(a)) return scaled(a, 1 / *lb, dim, s);
        const series r = put_series(unary_node(function::reciprocal, b), is_dim(b), s & closed_under_functions(possible[x.b]));
        if (const std::optional<double> la = literal(x.a); la && w == width(b)) return *la == 1 ? r : scaled(r, *la, dim, s);
        return put_series(simple(jet_op::mul, w, a, r), dim, s);
      }
      case op::pow: return power_of(a, b, w, dim, s);
      case op::sq: return put_series(simple(jet_op::mul, w, a, a), dim, s);
      case op::choose: {
        series sign = a;
        sign.mask &= value_only;
        jet_node z = simple(jet_op::choose, w, sign, b);
        z.n = x.n;
        return put_series(z, dim, s);
      }
      case op::power: return power(a, x.value, dim, s);
      case op::logsumexp: {
        const series u = moved(simple(jet_op::subtract_maximum, width(a), a, a), dim, s);
        const series e = put_series(unary_node(function::exp, u), dim, s);
        const series total = put_series(simple(jet_op::sum_features, 1, e), dim, s);
        const series l = put_series(unary_node(function::log, total), dim, s);
        return moved(simple(jet_op::add_maximum, 1, l, a), dim, s);
      }
      case op::sum_features: return put_series(simple(jet_op::sum_features, 1, a), dim, s);
      case op::concat: return put_series(simple(jet_op::concat, w, a, b), dim, s);
      case op::slice: {
        jet_node z = simple(jet_op::slice, w, a);
        z.n = x.n;
        return put_series(z, dim, s);
      }
      case op::linear: return linear(x, dim, s);
      case op::unstack: return put_series(simple(jet_op::unstack, w, a), true, s);
      case op::masked_input:
      case op::masked_hidden: {
        jet_node z = simple(x.o == op::masked_input ? jet_op::masked_input : jet_op::masked_hidden, w, a, b);
        z.n = x.n;
        z.weight = x.weight;
        z.bias = x.bias;
        return put_series(z, false, s);
      }
      case op::readout: {
        jet_node z = simple(jet_op::readout, w, a, b);
        z.weight = x.weight;
        z.weight2 = x.weight2;
        z.bias = x.bias;
        return put_series(z, true, s);
      }
      case op::sum: {
        if (!is_dim(a)) return scaled(a, t.d, false, s);
        jet_node z = simple(jet_op::sum_dims, w, a);
        z.per_dim = z.reduces = true;
        z.stored = s & time_column;
        follow(z, a);
        series r{put(z), -1};
        if (s & ~time_column) r.high = a.high, r.mask = a.mask | time_column;
        return r;
      }
      case op::held: {
        series r = dim && !is_dim(a) ? scaled(a, 1, true, s) : a;
        if (!is_dim(r) && x.n & held_along_x) r.high = -1;
        r.mask &= held_orders(x.n);
        return r;
      }
      case op::component: {
        jet_node z = simple(jet_op::component, w, a);
        z.n = x.n;
        return put_series(z, false, s);  // along x_i with i != n it does not move
      }
      case op::sum_others: {
        jet_node z = simple(jet_op::sum_others, w, a);
        z.n = x.n;
        z.gathers = true;
        return put_series(z, true, s);
      }
      case op::shift: {
        jet_node z = simple(jet_op::shift, w, a);
        z.offset = x.offset;
        z.gathers = true;
        return put_series(z, true, s);
      }
      case op::D:
      case op::dt: {
        jet_node z = simple(jet_op::derivative, w, a);
        (x.o == op::D ? z.n : z.n2) = x.n;
        return put_series(z, dim, s);
      }
      case op::frozen:
      case op::detach: {
        const bool frozen = x.o == op::frozen;
        series r{alias(a.low, frozen), a.high == a.low ? -1 : alias(a.high, frozen), frozen ? a.mask : a.mask & value_only};
        if (a.high == a.low) r.high = r.low;
        return r;
      }
      default: return put_series(unary_node(function_of(x.o), a), dim, s);
    }
  }

  /// Another name of node i, through which no gradient of parameters passes, and one of inputs only where it is frozen.
  constexpr int alias(int i, bool frozen) {
    if (i < 0) return i;
    jet_node z = nodes[i];
    z.o = jet_op::alias;
    z.in[0] = {i, i};
    z.inputs = 1;
    z.reduces = z.gathers = false;
    z.per_dim = nodes[i].is_dim();
    z.differentiable = z.follows_input = frozen && nodes[i].follows_input;
    z.partner = z.weight = z.weight2 = z.bias = -1;
    return put(z);
  }

  constexpr series power(series a, double c, bool dim, orders s) {
    if (c == 1) return a;
    if (c == 2) return put_series(simple(jet_op::mul, width(a), a, a), dim, s);
    if (c == -1) return put_series(unary_node(function::reciprocal, a), dim, s);
    if (c == 0.5) return put_series(unary_node(function::sqrt, a), dim, s);
    const double size = c < 0 ? -c : c;
    if (size == double(int(size)) && size <= 64) {  // integer: products, right for every sign and at zero
      series base = a, r{};
      for (int n = int(size); n; n >>= 1) {
        if (n & 1) r = r.none() ? base : put_series(simple(jet_op::mul, width(a), r, base), dim, s);
        if (n > 1) base = put_series(simple(jet_op::mul, width(a), base, base), dim, s);
      }
      return c < 0 ? put_series(unary_node(function::reciprocal, r), dim, s) : r;
    }
    return put_series(unary_node(function::power, a, c), dim, s);
  }

  /// a^b = exp(b log a). The value is computed from a and b at once: the exponential would magnify the rounding of b log a.
  constexpr series power_of(series a, series b, int w, bool dim, orders s) {
    const series l = put_series(unary_node(function::log, a), is_dim(a), s & closed_under_functions(available(a)));
    jet_node x = unary_node(function::exp_given, put_series(simple(jet_op::mul, w, b, l), dim, s));
    x.in[1] = a;
    x.in[2] = b;
    for (int j = 1; j < 3; j++) {
      x.in[j].mask &= value_only;
      if (x.in[j].high != x.in[j].low) x.in[j].high = -1;
    }
    x.inputs = 3;
    return put_series(x, dim, s);
  }

  constexpr series linear(const node& x, bool dim, orders s) {
    jet_node z;
    z.o = jet_op::linear;
    z.width = x.k.width;
    z.weight = x.weight;
    z.bias = x.bias;
    if (parts(x.a) > 4) {
      z.in[0] = values[x.a];
      z.inputs = 1;
    } else {
      z.inputs = parts(x.a);
      int i = x.a;
      for (int j = z.inputs - 1; j > 0; j--) {
        z.in[j] = values[t.nodes[i].b];
        i = t.nodes[i].a;
      }
      z.in[0] = values[i];
    }
    return put_series(z, dim, s);
  }
};

}  // namespace dimwise
