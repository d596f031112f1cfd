// lowering/fusion.hpp: which elementary function follows a matrix product so closely that it is applied while the rows are in the
// nearest cache, and which factor a sum over other dimensions is multiplied by when it is written.
#pragma once
#include <vector>

#include "schedule.hpp"

namespace dimwise {

/// Whether a node is a product of weights with a block.
inline bool is_product(const jet_node& x) {
  return x.o == jet_op::linear || x.o == jet_op::linear_vjp || x.o == jet_op::masked_input || x.o == jet_op::masked_input_vjp ||
         x.o == jet_op::masked_hidden || x.o == jet_op::masked_hidden_vjp || x.o == jet_op::readout;
}

struct fusion {
  std::vector<int> follower;  ///< of a product or a sum over other dimensions: the node that is computed with it; else -1
  std::vector<char>
      in_place;  ///< of a product with a follower: it is made in the follower's buffer; else in a buffer of one strip of rows
  std::vector<char> follows;  ///< whether a node is computed with the product that is its first operand
};

/// A product whose only reader is an elementary function (or the cotangent of one) of the same stage is never stored as a whole,
/// nor is a sum over other dimensions whose only reader is a factor.
inline fusion find_fusions(const jet_program_view& p, const schedule& order) {
  const std::size_t n = std::size_t(p.count);
  fusion r{std::vector<int>(n, -1), std::vector<char>(n, 0), std::vector<char>(n, 0)};
  std::vector<int> readers(n, 0), reader(n, -1);
  for (int i = 0; i < p.count; i++) {
    if (order.stage_of[std::size_t(i)] < 0) continue;
    detail::for_each_operand(p, i, [&](int a) {
      readers[std::size_t(a)]++;
      reader[std::size_t(a)] = i;
    });
  }
  for (int i = 0; i < p.count; i++) {
    const jet_node& x = p.nodes[i];
    const int j = reader[std::size_t(i)];
    if (order.stage_of[std::size_t(i)] < 0 || readers[std::size_t(i)] != 1 || x.reduces) continue;
    const jet_node& y = p.nodes[j];
    const bool sum = x.o == jet_op::sum_others;
    if (!(is_product(x) && (y.o == jet_op::unary || y.o == jet_op::unary_vjp)) &&
        !(sum && y.o == jet_op::scale && y.stored == x.stored))
      continue;
    if (order.stage_of[std::size_t(j)] != order.stage_of[std::size_t(i)]) continue;
    if (y.by_groups != x.by_groups || y.per_dim != x.per_dim || y.width != x.width || y.reduces || order.kept[std::size_t(i)])
      continue;
    if (resolve(p, y.in[0].low) != i) continue;
    // what else it reads is there before the product
    bool ready = true;
    detail::for_each_operand(p, j, [&](int a) { ready = ready && a <= i; });
    if (!ready) continue;
    r.follower[std::size_t(i)] = j;
    r.in_place[std::size_t(i)] = !(x.stored & ~y.stored) && !y.by_groups;
    r.follows[std::size_t(j)] = 1;
  }
  return r;
}

}  // namespace dimwise
