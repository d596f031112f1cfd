// language/canonical.hpp: a recording in an order that no compiler chooses, without what nothing asks for.
#pragma once
#include "recorder.hpp"

namespace dimwise::detail {

/// Nodes, tensors, inputs and constants of a finished recording, renumbered. The order of evaluation inside an expression of the
/// user is the compiler's choice, so that equal models are recorded in different orders; here nodes stand in post-order from the
/// roots (equations, outputs, SDEs, ODEs, mixtures, objectives), all others in the order in which nodes use them. What no root
/// reaches is dropped.
class canonical_order {
 public:
  list<int> node_of;  ///< new number -> recorded number
  list<int> tensor_of, input_of, constant_of;

  constexpr explicit canonical_order(const recorder& recording)
      : m(recording),
        new_node(m.nodes.count, -1),
        new_tensor(m.tensors.count, -1),
        new_input(m.inputs.count, -1),
        new_constant(m.constants.count, -1) {
    // further states in the order in which they were declared: derivatives number them so
    for (int q = 1; q < m.states.count; q++) use(m.nodes.data[m.nodes.data[m.states.data[q]].a].n, new_input, input_of);
    for (const equation_entry& e : m.equations) reach(e.lhs), reach(e.rhs), reach(e.residual), reach(e.relative);
    for (const output_entry& e : m.outputs) reach(e.node);
    for (const sde_entry& e : m.sdes) reach(e.drift), reach(e.noise), reach(e.noise_derivative);
    for (const ode_entry& e : m.odes) {
      reach(e.field), reach(e.diagonal);
      for (int i = 0; i < e.carried_count; i++) reach(e.carried[i].node);
    }
    for (const mixture_entry& e : m.mixtures) reach(e.log_weights), reach(e.mean), reach(e.log_deviation), reach(e.log_density);
    for (const integral_entry& e : m.integrals) reach(e.node);
    for (const objective_entry& e : m.objectives) reach(e.node), reach(e.residual), reach(e.sample_weight);
  }

  constexpr int node_number(int i) const { return i < 0 ? i : new_node.data[i]; }
  constexpr int tensor_number(int i) const { return i < 0 ? i : new_tensor.data[i]; }
  constexpr node node_at(int i) const {
    node x = m.nodes.data[node_of.data[i]];
    x.a = node_number(x.a), x.b = node_number(x.b);
    x.weight = tensor_number(x.weight), x.weight2 = tensor_number(x.weight2), x.bias = tensor_number(x.bias);
    if (x.o == op::input || x.o == op::input_per_dim) x.n = new_input.data[x.n];
    if (x.o == op::constant) x.n = new_constant.data[x.n];
    return x;
  }
  constexpr equation_entry renumbered(equation_entry e) const {
    e.lhs = node_number(e.lhs), e.rhs = node_number(e.rhs), e.residual = node_number(e.residual),
    e.relative = node_number(e.relative);
    return e;
  }
  constexpr output_entry renumbered(output_entry e) const {
    e.node = node_number(e.node);
    return e;
  }
  constexpr sde_entry renumbered(sde_entry e) const {
    e.drift = node_number(e.drift), e.noise = node_number(e.noise), e.noise_derivative = node_number(e.noise_derivative);
    return e;
  }
  constexpr ode_entry renumbered(ode_entry e) const {
    e.field = node_number(e.field), e.diagonal = node_number(e.diagonal), e.noise = node_number(e.noise);
    for (int i = 0; i < e.carried_count; i++) e.carried[i].node = node_number(e.carried[i].node);
    return e;
  }
  constexpr mixture_entry renumbered(mixture_entry e) const {
    e.log_weights = node_number(e.log_weights), e.mean = node_number(e.mean);
    e.log_deviation = node_number(e.log_deviation), e.log_density = node_number(e.log_density);
    return e;
  }
  constexpr integral_entry renumbered(integral_entry e) const {
    e.node = node_number(e.node);
    return e;
  }
  constexpr objective_entry renumbered(objective_entry e) const {
    e.node = node_number(e.node), e.residual = node_number(e.residual);
    e.sample_weight = node_number(e.sample_weight);
    return e;
  }

 private:
  const recorder& m;
  list<int> new_node, new_tensor, new_input, new_constant, stack;

  static constexpr void use(int i, list<int>& number, list<int>& order) {
    if (i < 0 || number.data[i] >= 0) return;
    number.data[i] = order.count;
    order.push_back(i);
  }
  constexpr void reach(int root) {
    if (root < 0 || new_node.data[root] >= 0) return;
    stack.push_back(root);
    const node* const nodes = m.nodes.data;
    int* const number = new_node.data;
    while (stack.count) {
      const int i = stack.data[stack.count - 1];
      const node& x = nodes[i];
      if (x.a >= 0 && number[x.a] < 0) {
        stack.push_back(x.a);
      } else if (x.b >= 0 && number[x.b] < 0) {
        stack.push_back(x.b);
      } else {
        stack.count--;
        if (number[i] >= 0) continue;
        number[i] = node_of.count;
        node_of.push_back(i);
        use(x.weight, new_tensor, tensor_of), use(x.weight2, new_tensor, tensor_of), use(x.bias, new_tensor, tensor_of);
        if (x.o == op::input || x.o == op::input_per_dim) use(x.n, new_input, input_of);
        if (x.o == op::constant) use(x.n, new_constant, constant_of);
      }
    }
  }
};

}  // namespace dimwise::detail
