// kernel/product_factors.hpp: what a layer, or its transpose, multiplies: each operand with its columns of weights and their
// mask.
#pragma once
#include <vector>

#include "../lowering/schedule.hpp"
#include "../lowering/weight_counts.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// An operand and its weights: A of the product, and its sizes.
struct product_factor {
  series operand;
  matrix_product weights;
  double useful = 0;   ///< multiplications for each coefficient and sample, masked weights not counted
  bool whole = false;  ///< all dimensions of the operand at once
};

/// Of a node of one of the operations linear, masked_input, masked_hidden, readout or their vjp. In the order of the operands,
/// which is the order of the sum.
inline std::vector<product_factor> product_factors(const table& t, const jet_program_view& p, const jet_node& x) {
  const auto width = [&](const series& s) { return p.nodes[s.low >= 0 ? s.low : s.high].width; };
  std::vector<product_factor> factors;
  const auto add = [&](const series& operand, const matrix_product& m, double useful, bool whole = false) {
    factors.push_back({operand, m, useful, whole});
  };
  const tensor& w = t.tensors[x.weight];
  const int rows_w = w.shape[w.rank - 2], columns_w = w.shape[w.rank - 1], d = t.d;
  const double repeats = x.per_dim ? d : 1;
  const bool transposed = x.o == jet_op::linear_vjp || x.o == jet_op::masked_input_vjp || x.o == jet_op::masked_hidden_vjp ||
                          x.o == jet_op::readout_vjp;
  matrix_product m;
  m.a = w.offset;
  m.a_dim = w.rank == 3 ? std::ptrdiff_t(rows_w) * columns_w : 0;
  m.a_row = transposed ? 1 : columns_w;
  m.a_col = transposed ? columns_w : 1;
  m.rows = x.width;
  m.depth = transposed ? rows_w : columns_w;
  switch (x.o) {
    case jet_op::linear: {
      for (int j = 0; j < x.inputs; j++) {
        m.depth = width(x.in[j]);
        add(x.in[j], m, repeats * m.rows * m.depth);
        m.a += m.depth;
      }
      break;
    }
    case jet_op::linear_vjp:
      m.a += x.n;
      add(x.in[0], m, repeats * m.rows * m.depth);
      break;
    case jet_op::masked_input: {
      m.rule = x.n == 0 ? extent_rule::input_left : extent_rule::input_right;
      m.units_out = rows_w;
      m.coordinate_width = width(x.in[0]);
      m.depth = d * m.coordinate_width;
      add(x.in[0], m, masked_entries(t, w, m.depth), true);
      if (x.inputs > 1) {
        m.rule = extent_rule::full;
        m.a += m.depth;
        m.depth = columns_w - d * m.coordinate_width;
        add(x.in[1], m, m.rows * m.depth);
      }
      break;
    }
    case jet_op::masked_input_vjp:
      if (x.per_dim) {
        m.rule = x.n == 0 ? extent_rule::input_left_transposed : extent_rule::input_right_transposed;
        m.units_out = rows_w;
        m.a_dim = x.width;
        add(x.in[0], m, masked_entries(t, w, d * x.width));
      } else {
        m.a += x.n2;
        add(x.in[0], m, m.rows * m.depth);
      }
      break;
    case jet_op::masked_hidden:
    case jet_op::masked_hidden_vjp:
      m.rule = transposed ? extent_rule::hidden_transposed : extent_rule::hidden;
      m.units_in = columns_w;
      m.units_out = rows_w;
      add(x.in[0], m, masked_entries(t, w, columns_w));
      break;
    case jet_op::readout: {
      for (int j = 0; j < x.inputs; j++) {
        const tensor& q = t.tensors[j == 0 ? x.weight : x.weight2];
        m.rule = q.masked == mask::readout_left ? extent_rule::readout_left : extent_rule::readout_right;
        m.a = q.offset;
        m.a_row = m.units_in = m.depth = q.shape[2];
        m.a_dim = std::ptrdiff_t(q.shape[1]) * q.shape[2];
        add(x.in[j], m, masked_entries(t, q, q.shape[2]));
      }
      break;
    }
    default:  // readout_vjp
      m.rule = x.n == 0 ? extent_rule::readout_left_rows : extent_rule::readout_right_rows;
      m.units_in = columns_w;
      add(x.in[0], m, masked_entries(t, w, columns_w));
  }
  return factors;
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
