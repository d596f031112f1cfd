// src/kernel/jacobian_product.cpp: the recording is read into a recorder again, which records jvp as the language does.
#include "dimwise/kernel/jacobian_product.hpp"

#include "dimwise/core/error.hpp"
#include "dimwise/kernel/interpret.hpp"
#include "dimwise/language/dense_operators.hpp"

namespace dimwise {

bool has_jacobian_product(const table& t, int i) {
  std::vector<unsigned> facts(std::size_t(i + 1));
  std::vector<bool> held(facts.size());  // at values that the way along a direction does not move
  for (int j = 0; j <= i; j++) {
    const node& x = t.nodes[j];
    const auto of = [](const auto& list, int operand) {
      return operand < 0 ? typename std::decay_t<decltype(list)>::value_type{} : list[std::size_t(operand)];
    };
    facts[std::size_t(j)] = facts_of_node(x, t.nodes, of(facts, x.a), of(facts, x.b));
    held[std::size_t(j)] = of(held, x.a) || of(held, x.b) || (x.o == op::held && x.n & held_along_x && !(x.n & held_for_D));
  }
  return !held.back() && !(facts.back() & (holds_dt | holds_product));
}

jacobian_product::jacobian_product(const table& recording, const std::vector<int>& of) : extended_(recording) {
  detail::recorder m;
  m.d = recording.d;
  for (int i = 0; i < recording.tensor_count; i++) m.tensors.push_back(recording.tensors[i]);
  for (int i = 0; i < recording.node_count; i++) {
    if (m.put(recording.nodes[i]).id != i) throw error("the recording holds one node twice");
    if (recording.nodes[i].o != op::state) continue;
    if (m.state_node < 0) m.state_node = i;
    m.states.push_back(i);
  }
  if (m.state_node < 0) throw error("a product with the Jacobian by the state needs a model with a state");
  inputs_.assign(recording.inputs, recording.inputs + recording.input_count);
  inputs_.push_back({short_name("direction"), level::dim, 1});
  const handle u =
      m.leaf(op::input_per_dim, kind{level::dim, depends::nothing, true, 1, because::it_is_not_dense}, recording.input_count);
  std::vector<output_info> outputs;
  for (const int i : of) {
    if (!has_jacobian_product(recording, i))
      throw error("the product of a value that holds a derivative by time, or another product, with its Jacobian is not known");
    handle h = detail::record_jvp({&m, i}, u, 1, m.state_node);
    if (m.kind_of(h).l != recording.nodes[i].k.l)  // a constant
      h = m.binary(op::add, h, m.binary(op::mul, m.literal(0), {&m, m.state_node}));
    outputs.push_back({"product", h.id});
  }
  if (m.broken) throw error("the product with the Jacobian could not be recorded");
  nodes_.assign(m.nodes.begin(), m.nodes.end());
  extended_.nodes = nodes_.data(), extended_.node_count = int(nodes_.size());
  extended_.inputs = inputs_.data(), extended_.input_count = int(inputs_.size());
  kernel_ = interpret<double>(extended_, outputs, false);
}

}  // namespace dimwise
