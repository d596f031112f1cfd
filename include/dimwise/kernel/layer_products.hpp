// kernel/layer_products.hpp: the matrix products of a layer or of its transpose, coefficient by coefficient.
#pragma once
#include <bit>
#include <vector>

#include "buffer_layout.hpp"
#include "product_factors.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// Whether coefficient b of a layer can be computed with a, the one before it, as further columns.
inline bool side_by_side(const jet_program_view& p, const std::vector<product_factor>& factors, orders stored, int a, int b) {
  if (slot(stored, b) != slot(stored, a) + 1) return false;
  for (const product_factor& f : factors) {
    const orders s = available(p.nodes, f.operand);
    if (contains(s, a) != contains(s, b)) return false;
    const int at_a = resolve(p, x_order(a) ? f.operand.high : f.operand.low),
              at_b = resolve(p, x_order(b) ? f.operand.high : f.operand.low);
    if (contains(s, a) && (at_a != at_b || slot(p.nodes[at_b].stored, b) != slot(p.nodes[at_a].stored, a) + 1)) return false;
  }
  return true;
}

/// One sum of products for each run of coefficients `set` of node x that lie side by side, in the buffer of node `in`: its own,
/// or that of the function applied to it.
template <class T>
std::vector<matrix_product> layer_products(const buffer_layout<T>& layout, const table& t, const jet_program_view& p,
                                           const jet_node& x, const std::vector<product_factor>& factors, orders set, int in) {
  const orders stored = p.nodes[in].stored;
  const row_reference out = layout.buffers[std::size_t(in)];
  const int samples = layout.block();
  std::vector<matrix_product> list;
  const auto follows = [&](int a, int b) { return side_by_side(p, factors, stored, a, b); };
  each_run(set, follows, [&](int first, int n) {
    const std::size_t begin = list.size();
    for (const product_factor& f : factors) {
      if (!contains(available(p.nodes, f.operand), first)) continue;
      const row_reference r = layout.row(f.operand, first);
      matrix_product q = f.weights;
      q.b = r.base;
      q.b_dim = f.whole ? 0 : r.dim;
      q.b_turn = r.turn;
      q.b_row = layout.buffers[std::size_t(resolve(p, x_order(first) ? f.operand.high : f.operand.low))].row;
      list.push_back(q);
    }
    const int terms = int(list.size() - begin);
    if (terms == 0) list.push_back(factors[0].weights);
    matrix_product& q = list[begin];
    q.terms = terms;
    q.c = out.base + slot(stored, first) * samples;
    q.c_dim = out.dim;
    q.c_row = out.row;
    q.columns = n * samples;
    q.accumulate = x.reduces;
    if (first == 0 && x.bias >= 0) {
      q.bias = t.tensors[x.bias].offset;
      q.bias_dim = t.tensors[x.bias].rank == 2 ? t.tensors[x.bias].shape[1] : 0;
    }
  });
  return list;
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
