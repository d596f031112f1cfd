// calculus/reverse.hpp: appends the reverse pass: cotangents of every series, and the gradients of the parameters and inputs.
#pragma once
#include "expand.hpp"

namespace dimwise {

/// Reverse mode through jets: for y = f(u) the cotangent of u_j is sum_{s >= j} ybar_s [f'(u)]_(s-j); products are the same
/// correlation.
///
/// What is frozen has no gradient to parameters but one to inputs. So there are two cotangents of each node: the one that goes on
/// to both, and the one that came through a frozen value and goes on to inputs alone.
class reverse_pass {
 public:
  constexpr reverse_pass(expansion& e) : x(e) {}

  /// Adds <cotangent_j, output_j> for the given output series and everything that follows from it.
  constexpr void run(const series* outputs, int output_count) {
    forward_count = x.nodes.count;
    for (list<series>& a : adjoints)
      for (int i = 0; i < forward_count; i++) a.push_back({});
    for (int j = 0; j < output_count; j++) {
      if (outputs[j].low < 0 || !x.nodes[outputs[j].low].differentiable) continue;
      jet_node c;
      c.o = jet_op::load_cotangent;
      c.n = j;
      c.width = x.width(outputs[j]);
      c.per_dim = x.is_dim(outputs[j]);
      c.stored = value_only;
      const int k = x.put(c);
      add(outputs[j].low, {k, k});
    }
    for (int i = forward_count - 1; i >= 0; i--)
      for (through_frozen = 0; through_frozen < 2; through_frozen++)
        if (is_wanted(i) && !adjoints[through_frozen][i].none()) visit(i);
  }

 private:
  expansion& x;
  list<series> adjoints[2];
  int through_frozen = 0;  ///< which of the two is on its way
  int forward_count = 0;

  constexpr bool is_wanted(int i) const { return through_frozen ? x.nodes[i].follows_input : x.nodes[i].differentiable; }
  constexpr bool wants_parameters(int tensor) const {
    return !through_frozen && x.wanted_gradients.parameters && x.t.tensors[tensor].trained;
  }

  constexpr jet_node make(jet_op o, int width, bool dim, orders stored) const {
    jet_node y;
    y.o = o;
    y.width = width;
    y.per_dim = dim;
    y.stored = stored;
    return y;
  }
  constexpr series put(jet_node y) {
    const int i = x.put(y);
    return {i, i};
  }
  constexpr orders available(const series& s) const { return x.available(s); }

  /// Adds v to the cotangent of node i; v lives where node i lives.
  constexpr void add(int i, series v) {
    list<series>& adjoint = adjoints[through_frozen];
    v.mask &= x.nodes[i].stored;
    if (!available(v)) return;
    if (adjoint[i].none()) {
      adjoint[i] = v;
      return;
    }
    jet_node y = make(jet_op::add, x.nodes[i].width, x.nodes[i].is_dim(), available(v) | available(adjoint[i]));
    y.in[0] = adjoint[i];
    y.in[1] = v;
    y.inputs = 2;
    adjoint[i] = put(y);
  }

  /// v: cotangent of `target` as seen by an operation at dim level (v_dim) or point level.
  constexpr void contribute(const series& target, series v, bool v_dim) {
    const int low = target.low, high = target.high;
    v.mask &= target.mask;
    const bool target_dim = low >= 0 ? x.nodes[low].is_dim() : true;
    if (low >= 0 && is_wanted(low)) {
      if (target_dim || !v_dim) {
        add(low, v);
      } else if (const orders s = available(v) & time_column & x.nodes[low].stored) {
        jet_node y = make(jet_op::sum_dims, x.nodes[low].width, true, s);
        y.reduces = true;
        y.in[0] = v;
        y.inputs = 1;
        add(low, put(y));
      }
    }
    if (high >= 0 && high != low && v_dim && is_wanted(high)) {
      v.mask &= ~time_column;
      add(high, v);
    }
  }
  constexpr bool wants(const series& target) const {
    return through_frozen ? x.follows_input(target) : x.is_differentiable(target);
  }

  /// The same, for a pointwise operation of `width` features on an operand that may have been repeated.
  constexpr void contribute_pointwise(const series& target, series v, bool v_dim, int width) {
    if (const int w = x.width(target); w == 1 && width > 1) {
      jet_node y = make(jet_op::sum_features, 1, v_dim, available(v));
      y.in[0] = v;
      y.inputs = 1;
      v = put(y);
    }
    contribute(target, v, v_dim);
  }

  constexpr void visit(int i) {
    const jet_node n = x.nodes[i];
    series a = adjoints[through_frozen][i];
    a.mask &= n.stored;
    const orders s = available(a);
    const bool dim = n.is_dim();
    switch (n.o) {
      case jet_op::load_state: store_cotangent(a, 0, 1, true); break;
      case jet_op::load_time: store_cotangent(a, 1, 1, false); break;
      case jet_op::load_input:
      case jet_op::load_input_per_dim: store_cotangent(a, 2 + n.n, n.width, dim); break;
      case jet_op::alias: to_inputs([&] { add(n.in[0].low, a); }); break;
      case jet_op::parameter: {
        jet_node y = make(jet_op::parameter_gradient, n.width, dim, 0);
        y.weight = n.weight;
        y.in[0] = a;
        y.inputs = 1;
        if (wants_parameters(n.weight)) x.put(y);
        break;
      }
      case jet_op::add:
        for (int j = 0; j < 2; j++)
          if (wants(n.in[j])) contribute_pointwise(n.in[j], a, dim, n.width);
        break;
      case jet_op::sub:
        if (wants(n.in[0])) contribute_pointwise(n.in[0], a, dim, n.width);
        if (wants(n.in[1])) contribute_pointwise(n.in[1], scaled(a, -1, n.width, dim), dim, n.width);
        break;
      case jet_op::scale: contribute_pointwise(n.in[0], scaled(a, n.value, n.width, dim), dim, n.width); break;
      case jet_op::offset:
      case jet_op::subtract_maximum:
      case jet_op::add_maximum: contribute_pointwise(n.in[0], a, dim, n.width); break;
      case jet_op::mul:
        if (n.in[0] == n.in[1]) {
          contribute_pointwise(n.in[0], correlation(a, n.in[0], available(n.in[0]), 2, n.width, dim), dim, n.width);
        } else {
          for (int j = 0; j < 2; j++)
            if (wants(n.in[j]))
              contribute_pointwise(n.in[j], correlation(a, n.in[1 - j], available(n.in[j]), 1, n.width, dim), dim, n.width);
        }
        break;
      case jet_op::unary: {
        const orders r = lower_closure(s) & available(n.in[0]);
        // exp(u - frozen value of u): by parameters the value is always 1
        const orders by_inputs_alone = n.f == function::exp_relative ? value_only : 0;
        visit_unary(i, n, a, dim, r & ~by_inputs_alone);
        if (x.follows_input(n.in[0])) to_inputs([&] { visit_unary(i, n, a, dim, r & by_inputs_alone); });
        break;
      }
      case jet_op::choose: {
        jet_node y = make(jet_op::choose_vjp, x.width(n.in[1]), dim, s & available(n.in[1]));
        y.n = n.n;
        y.in[0] = n.in[0];
        y.in[1] = a;
        y.inputs = 2;
        if (y.stored) contribute(n.in[1], put(y), dim);
        break;
      }
      case jet_op::derivative: {
        const orders r = shifted_up(s, n.n, n.n2) & available(n.in[0]);
        if (!r) break;
        jet_node y = make(jet_op::derivative_vjp, n.width, dim, r);
        y.n = n.n;
        y.n2 = n.n2;
        y.in[0] = a;
        y.inputs = 1;
        contribute(n.in[0], put(y), dim);
        break;
      }
      case jet_op::concat: {
        int begin = 0;
        for (int j = 0; j < 2; j++) {
          const int w = x.width(n.in[j]);
          if (wants(n.in[j])) contribute(n.in[j], feature_map(jet_op::slice, a, begin, w, dim), dim);
          begin += w;
        }
        break;
      }
      case jet_op::slice: contribute(n.in[0], feature_map(jet_op::slice_vjp, a, n.n, x.width(n.in[0]), dim), dim); break;
      case jet_op::sum_features:
        contribute(n.in[0], feature_map(jet_op::repeat_features, a, 0, x.width(n.in[0]), dim), dim);
        break;
      case jet_op::linear: visit_linear(n, a, dim); break;
      case jet_op::masked_input:
      case jet_op::masked_hidden: visit_masked(n, a); break;
      case jet_op::readout: visit_readout(n, a); break;
      case jet_op::sum_dims: {
        a.high = -1;
        contribute(n.in[0], a, true);
        break;
      }
      case jet_op::component: {
        jet_node y = make(jet_op::component, n.width, true, s);
        y.n = n.n;
        y.in[0] = a;
        y.inputs = 1;
        contribute(n.in[0], put(y), true);
        break;
      }
      case jet_op::sum_others: {  // i reads j where j reads i: before and after change places
        jet_node y = make(jet_op::sum_others, n.width, true, s);
        y.n = -n.n;
        y.gathers = true;
        y.in[0] = a;
        y.inputs = 1;
        contribute(n.in[0], put(y), true);
        break;
      }
      case jet_op::shift: {
        jet_node y = make(jet_op::shift, n.width, true, s);
        y.offset = n.offset.reversed();
        y.gathers = true;
        y.in[0] = a;
        y.inputs = 1;
        contribute(n.in[0], put(y), true);
        break;
      }
      case jet_op::unstack: {
        jet_node y = make(jet_op::unstack_vjp, x.width(n.in[0]), true, s & time_column);
        y.reduces = true;
        y.in[0] = a;
        y.inputs = 1;
        if (y.stored) contribute(n.in[0], put(y), false);
        if (const orders along = s & ~time_column) {  // along x_i: back to the features of dimension i
          series high = a;
          high.mask &= along;
          jet_node z = make(jet_op::slice_vjp, x.width(n.in[0]), true, along);
          z.n2 = 1;
          z.in[0] = high;
          z.inputs = 1;
          contribute(n.in[0], put(z), true);
        }
        break;
      }
      default: break;
    }
  }

  /// What f does, it does to the cotangents that go on to inputs alone.
  template <class F>
  constexpr void to_inputs(F&& f) {
    const int before = through_frozen;
    through_frozen = 1;
    f();
    through_frozen = before;
  }
  constexpr void store_cotangent(series a, int leaf, int width, bool dim) {
    a.mask &= value_only;
    if (!available(a)) return;
    jet_node y = make(jet_op::store_cotangent, width, dim, 0);
    y.n = leaf;
    y.in[0] = a;
    y.inputs = 1;
    x.put(y);
  }
  constexpr void visit_unary(int i, const jet_node& n, const series& a, bool dim, orders r) {
    if (!r) return;
    jet_node y = make(jet_op::unary_vjp, n.width, dim, r);
    y.f = n.f;
    y.value = n.value;
    y.in[0] = a;
    y.in[1] = n.in[0];
    y.in[2] = n.partner >= 0 ? series{n.partner, i} : dim ? series{i, i} : series{i, -1};
    y.inputs = 3;
    contribute_pointwise(n.in[0], put(y), dim, n.width);
  }
  constexpr series scaled(const series& a, double factor, int width, bool dim) {
    jet_node y = make(jet_op::scale, width, dim, available(a));
    y.value = factor;
    y.in[0] = a;
    y.inputs = 1;
    return put(y);
  }
  constexpr series correlation(const series& a, const series& by, orders wanted, double factor, int width, bool dim) {
    const orders r = correlation_orders(available(a), available(by)) & wanted;
    jet_node y = make(jet_op::correlate, width, dim, r);
    y.value = factor;
    y.in[0] = a;
    y.in[1] = by;
    y.inputs = 2;
    return put(y);
  }
  constexpr series feature_map(jet_op o, const series& a, int begin, int width, bool dim) {
    jet_node y = make(o, width, dim, available(a));
    y.n = begin;
    y.in[0] = a;
    y.inputs = 1;
    return put(y);
  }

  constexpr void weight_gradient(int tensor, const series& a, const series& operand, int column, bool dim, int stream = 0) {
    if (!wants_parameters(tensor)) return;
    jet_node y = make(jet_op::weight_gradient, x.width(operand), dim, 0);
    y.weight = tensor;
    y.n = column;
    y.n2 = stream;
    y.in[0] = a;
    y.in[1] = operand;
    y.inputs = 2;
    x.put(y);
  }
  constexpr void bias_gradient(int tensor, const series& a, int width, bool dim) {
    if (tensor < 0 || !wants_parameters(tensor) || !(available(a) & value_only)) return;
    jet_node y = make(jet_op::bias_gradient, width, dim, 0);
    y.weight = tensor;
    y.in[0] = a;
    y.inputs = 1;
    x.put(y);
  }

  constexpr void visit_linear(const jet_node& n, const series& a, bool dim) {
    int column = 0;
    bias_gradient(n.bias, a, n.width, dim);
    for (int j = 0; j < n.inputs; j++) {
      const int w = x.width(n.in[j]);
      weight_gradient(n.weight, a, n.in[j], column, dim);
      if (const orders r = available(a) & available(n.in[j]); r && wants(n.in[j])) {
        jet_node y = make(jet_op::linear_vjp, w, dim, r);
        y.weight = n.weight;
        y.n = column;
        y.in[0] = a;
        y.inputs = 1;
        contribute(n.in[j], put(y), dim);
      }
      column += w;
    }
  }
  constexpr void visit_masked(const jet_node& n, const series& a) {
    bias_gradient(n.bias, a, n.width, false);
    const bool from_input = n.o == jet_op::masked_input;
    for (int j = 0; j < n.inputs; j++) {
      const int column = j == 0 ? 0 : x.t.d * x.width(n.in[0]);
      weight_gradient(n.weight, a, n.in[j], column, false, n.n);
      if (!wants(n.in[j])) continue;
      const bool per_dim = from_input && j == 0;
      jet_node y = make(from_input ? jet_op::masked_input_vjp : jet_op::masked_hidden_vjp, x.width(n.in[j]), per_dim,
                        available(a) & available(n.in[j]));
      y.weight = n.weight;
      y.n = n.n;
      y.n2 = column;
      y.in[0] = a;
      y.inputs = 1;
      if (y.stored) contribute(n.in[j], put(y), per_dim);
    }
  }
  constexpr void visit_readout(const jet_node& n, const series& a) {
    bias_gradient(n.bias, a, n.width, true);
    for (int j = 0; j < n.inputs; j++) {
      const int tensor = j == 0 ? n.weight : n.weight2;
      weight_gradient(tensor, a, n.in[j], 0, true);
      if (!wants(n.in[j])) continue;
      jet_node y = make(jet_op::readout_vjp, x.width(n.in[j]), true, available(a) & available(n.in[j]));
      y.reduces = true;
      y.weight = tensor;
      y.n = x.t.tensors[tensor].masked == mask::readout_right;
      y.in[0] = a;
      y.inputs = 1;
      contribute(n.in[j], put(y), false);
    }
  }
};

}  // namespace dimwise
