// lowering/schedule.hpp: the order of execution: point-level steps and loops over the dimensions, in alternation.
#pragma once
#include <algorithm>
#include <vector>

#include "../ir/jet_program.hpp"

namespace dimwise {

/// Stage p: first the point-level nodes, then one loop over the dimensions that runs the dim-level nodes for each i.
struct stage {
  std::vector<int> point;
  std::vector<int> dims;
};

struct schedule {
  std::vector<stage> stages;
  std::vector<int> stage_of;  ///< of node i, -1 where it is not executed
  std::vector<char> kept;     ///< a dim-level node whose values for all dimensions are stored
};

/// Whether a node is written once for all dimensions before the first stage.
inline bool preloaded(const jet_node& x) { return x.o == jet_op::load_state || x.o == jet_op::load_input_per_dim; }

/// Whether coefficient c of a node is 1 in all samples and dimensions: the derivative of a coordinate, or of time, by itself.
inline bool is_one(const jet_node& x, int c) {
  return (x.o == jet_op::load_state && c == coefficient(1, 0)) || (x.o == jet_op::load_time && c == coefficient(0, 1));
}

/// The node whose buffer an operand names.
inline int resolve(const jet_program_view& p, int i) {
  while (i >= 0 && p.nodes[i].o == jet_op::alias) i = p.nodes[i].in[0].low;
  return i;
}

/// Whether a sum over other dimensions has its operand computed again, group by group.
inline bool sums_repeated_groups(const jet_node& x) { return x.o == jet_op::sum_others && x.inputs == 2; }
/// The value whose groups it sums: where that is computed first.
inline int summed_operand(const jet_program_view& p, const jet_node& x) { return resolve(p, x.in[x.inputs - 1].low); }

namespace detail {
template <class F>
void for_each_operand(const jet_program_view& p, int i, F&& f) {
  const jet_node& x = p.nodes[i];
  for (int j = 0; j < x.inputs; j++) {
    // the cotangent of a function reads its operand or its result, and the slope that is kept with the result
    if (x.o == jet_op::unary_vjp && j == 1 && !vjp_reads_operand(x.f)) continue;
    if (x.o == jet_op::unary_vjp && j == 2 && vjp_reads_operand(x.f) && !vjp_reads_slope(x.f)) continue;
    const series& s = x.in[j];
    if (s.low >= 0) f(resolve(p, s.low));
    if (s.high >= 0 && s.high != s.low) f(resolve(p, s.high));
  }
}
inline bool is_parameter_gradient(const jet_node& x) {
  return x.o == jet_op::parameter_gradient || x.o == jet_op::weight_gradient || x.o == jet_op::bias_gradient;
}
inline bool is_root(const jet_node& x) {
  return x.o == jet_op::store || x.o == jet_op::store_cotangent || is_parameter_gradient(x);
}
}  // namespace detail

/// Every node as early as its operands allow, and not before the stage that `earliest` names; what no root needs is left out, and
/// the gradients of parameters if so wished. Cost: linear in nodes.
inline schedule make_schedule(const jet_program_view& p, bool with_parameter_gradients = true, const int* earliest = nullptr) {
  schedule r;
  std::vector<char> live(std::size_t(p.count), 0);
  for (int i = p.count - 1; i >= 0; i--) {
    if (detail::is_root(p.nodes[i]) && (with_parameter_gradients || !detail::is_parameter_gradient(p.nodes[i]))) live[i] = 1;
    if (live[i] && p.nodes[i].o != jet_op::alias) detail::for_each_operand(p, i, [&](int a) { live[a] = 1; });
  }
  r.stage_of.assign(std::size_t(p.count), -1);
  r.kept.assign(std::size_t(p.count), 0);
  std::vector<int> ready(std::size_t(p.count), 0);  // first stage whose point part may read the whole value
  for (int i = 0; i < p.count; i++) {
    const jet_node& x = p.nodes[i];
    if (!live[i] || x.o == jet_op::alias) continue;
    int at = earliest ? earliest[i] : 0;
    detail::for_each_operand(p, i, [&](int a) {
      const jet_node& y = p.nodes[a];
      const bool this_loop = y.is_dim() && x.per_dim && (!x.gathers || y.by_groups);
      at = std::max(at, this_loop ? (preloaded(y) ? 0 : r.stage_of[a]) : ready[a]);
    });
    r.stage_of[i] = at;
    ready[i] = preloaded(x) ? 0 : x.per_dim ? at + 1 : at;
    if (preloaded(x)) {
      r.kept[i] = 1;
      continue;
    }
    if (std::size_t(at) >= r.stages.size()) r.stages.resize(std::size_t(at) + 1);
    (x.per_dim ? r.stages[at].dims : r.stages[at].point).push_back(i);
  }
  for (int i = 0; i < p.count; i++) {
    if (r.stage_of[i] < 0) continue;
    const bool repeated = sums_repeated_groups(p.nodes[i]);
    detail::for_each_operand(p, i, [&](int a) {
      if (repeated && !p.nodes[a].by_groups) return;
      if (p.nodes[a].is_dim() && (!p.nodes[i].per_dim || r.stage_of[a] != r.stage_of[i])) r.kept[a] = 1;
    });
  }
  return r;
}

/// Every node, and the beginning and end of every stage's loop over dimensions, has a number in the order of execution; 0 is
/// before all of them.
struct timeline {
  std::vector<int> position;              ///< of node i
  std::vector<int> loop_begin, loop_end;  ///< of the loop of a stage

  timeline(const jet_program_view& p, const schedule& order) : position(std::size_t(p.count), 0) {
    int now = 1;
    for (const stage& s : order.stages) {
      for (int i : s.point) position[std::size_t(i)] = now++;
      loop_begin.push_back(now++);
      for (int i : s.dims) position[std::size_t(i)] = now++;
      loop_end.push_back(now++);
    }
  }
  /// Until when node i reads node a: what is there for all dimensions is read until the loop ends.
  int last_read(const jet_program_view& p, const schedule& order, int i, int a) const {
    const bool of_one_dimension = p.nodes[a].is_dim() && !order.kept[std::size_t(a)];
    return p.nodes[i].per_dim && !of_one_dimension ? loop_end[std::size_t(order.stage_of[std::size_t(i)])]
                                                   : position[std::size_t(i)];
  }
};

}  // namespace dimwise
