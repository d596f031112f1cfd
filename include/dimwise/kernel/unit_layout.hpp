// kernel/unit_layout.hpp: what a plan for a few samples keeps in its workspace, and where.
#pragma once
#include "../lowering/fusion.hpp"
#include "../lowering/memory_plan.hpp"
#include "buffer_layout.hpp"
#include "unit_steps.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// [coefficient][sample][padded features] of each series. Products read leaves where the caller has them.
template <class T>
class unit_layout {
 public:
  /// Where a product finds the numbers of a coefficient: in the workspace, in the caller's array of a leaf, or nowhere because
  /// all of them are 1: the state's derivative by itself.
  enum class source { workspace, caller, ones };

  std::vector<row_reference> buffers;  ///< of node i
  std::vector<char> copied;            ///< leaves that something reads in the workspace, and everything that is no leaf
  /// A derivative's only coefficient, where all that reads it is a store beside it: it is written from the series itself.
  std::vector<char> stored_only;
  std::ptrdiff_t workspace = 0;  ///< elements

  unit_layout(const jet_program_view& program, const schedule& stages, int together, int dims)
      : buffers(std::size_t(program.count)), p(program), order(stages), samples(together), d(dims) {
    find_stored_only();
    find_copied();
    place();
  }

  /// Elements of one coefficient.
  int size(int features) const { return samples * steps::detail::padded_units<T>(features); }
  /// Elements of node i in one dimension.
  std::ptrdiff_t size_of_dim(int i) const { return std::ptrdiff_t(count(at(i).stored)) * size(at(i).width); }
  /// The first of the rows that sum_others keeps from one dimension to the next; `dim` is their distance.
  row_reference row_between_dimensions(int i) const {
    return {buffers[std::size_t(i)].base + size_of_dim(i) * rows_of_dims(i), size_of_dim(i), 0};
  }
  /// The row of coefficient c of a series.
  row_reference row(const series& s, int c) const {
    const int i = resolve(p, x_order(c) ? s.high : s.low);
    row_reference r = buffers[std::size_t(i)];
    r.base += std::ptrdiff_t(slot(at(i).stored, c)) * size(at(i).width);
    return r;
  }
  std::vector<row_reference> rows_of(const series& s, orders set) const {
    std::vector<row_reference> rows;
    for (orders m = set; m; m &= m - 1) rows.push_back(row(s, std::countr_zero(m)));
    return rows;
  }
  /// Room for more elements, which nothing else uses.
  std::ptrdiff_t take(std::ptrdiff_t elements) {
    const std::ptrdiff_t begin = workspace;
    workspace += elements;
    return begin;
  }
  /// Where product x finds coefficient c of its operand j.
  source source_of(const jet_node& x, int j, int c) const {
    const series& s = x.in[j];
    const jet_node& y = at(resolve(p, x_order(c) ? s.high : s.low));
    if (!is_leaf(y) || !is_product(x) || x.reduces) return source::workspace;
    if (collects(x, j)) return c == 0 && preloaded(y) ? source::caller : source::workspace;
    if (c == 0) return source::caller;
    bool first = true;
    for (int before = 0; before < j; before++) first = first && !contains(readable(x.in[before]), c);
    return first && is_one(y, c) && (x.o == jet_op::linear || j == 1) ? source::ones : source::workspace;
  }
  /// Whether operand j of a product is read in all dimensions at once.
  static bool collects(const jet_node& x, int j) { return x.o == jet_op::masked_input && j == 0; }

 private:
  jet_program_view p;
  const schedule& order;
  int samples, d;

  const jet_node& at(int i) const { return p.nodes[i]; }
  bool executed(int i) const { return order.stage_of[std::size_t(i)] >= 0; }
  orders readable(const series& s) const { return available(p.nodes, s); }
  static bool is_leaf(const jet_node& x) { return preloaded(x) || x.o == jet_op::load_input || x.o == jet_op::load_time; }
  std::ptrdiff_t rows_of_dims(int i) const { return order.kept[std::size_t(i)] ? d : 1; }

  void find_stored_only() {
    stored_only.assign(std::size_t(p.count), 0);
    for (int i = 0; i < p.count; i++) {
      const jet_node& x = at(i);
      if (!executed(i)) continue;
      stored_only[std::size_t(i)] = x.o == jet_op::derivative && x.stored == value_only && !order.kept[std::size_t(i)] &&
                                    contains(readable(x.in[0]), coefficient(x.n, x.n2));
      detail::for_each_operand(p, i, [&](int a) {
        if (x.o != jet_op::store || order.stage_of[std::size_t(a)] != order.stage_of[std::size_t(i)] ||
            at(a).per_dim != x.per_dim)
          stored_only[std::size_t(a)] = 0;
      });
    }
  }
  void find_copied() {
    copied.assign(std::size_t(p.count), 1);
    for (int i = 0; i < p.count; i++)
      if (is_leaf(at(i))) copied[std::size_t(i)] = 0;
    for (int i = 0; i < p.count; i++) {
      if (!executed(i) || at(i).o == jet_op::alias) continue;
      for (int j = 0; j < at(i).inputs; j++)
        for (orders m = readable(at(i).in[j]); m; m &= m - 1) {
          const int c = std::countr_zero(m);
          if (source_of(at(i), j, c) == source::workspace)
            copied[std::size_t(resolve(p, x_order(c) ? at(i).in[j].high : at(i).in[j].low))] = 1;
        }
    }
  }
  /// Buffers that are never alive together share memory: parameters and buffers just fit the nearest cache.
  void place() {
    const timeline time(p, order);
    std::vector<buffer_request> requests(std::size_t(p.count));
    for (int i = 0; i < p.count; i++) {
      const jet_node& x = at(i);
      if (!executed(i) || !copied[std::size_t(i)] || stored_only[std::size_t(i)]) continue;
      buffer_request& q = requests[std::size_t(i)];
      q.size = size_of_dim(i) * (rows_of_dims(i) + buffer_layout<T>::rows_between_dimensions(x, d));
      const bool whole = x.per_dim && (order.kept[std::size_t(i)] || x.reduces || x.gathers);
      const std::size_t stage = std::size_t(order.stage_of[std::size_t(i)]);
      q.first = preloaded(x) ? 0 : whole ? time.loop_begin[stage] : time.position[std::size_t(i)];
      q.last = std::max(q.last, whole && !preloaded(x) ? time.loop_end[stage] : time.position[std::size_t(i)]);
    }
    for (int i = 0; i < p.count; i++) {
      if (!executed(i)) continue;
      detail::for_each_operand(p, i, [&](int a) {
        const auto alive = [&](int b) {
          requests[std::size_t(b)].last = std::max(requests[std::size_t(b)].last, time.last_read(p, order, i, b));
        };
        alive(a);
        if (stored_only[std::size_t(a)]) detail::for_each_operand(p, a, alive);
      });
    }
    workspace = place_buffers(requests, 64 / std::ptrdiff_t(sizeof(T)));
    for (int i = 0; i < p.count; i++)
      buffers[std::size_t(i)] = {requests[std::size_t(i)].offset, order.kept[std::size_t(i)] ? size_of_dim(i) : 0, 0};
  }
};

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
