// kernel/gradient_products.hpp: the matrix products that add to the gradient of a weight, from cotangents transposed or as they
// are.
#pragma once
#include <vector>

#include "buffer_layout.hpp"
#include "gradient_regions.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// Where the gradient that node x adds to is added up; by_lanes: one sum for each lane.
template <class T>
gradient_region region_of_gradient(const buffer_layout<T>& layout, const table& t, const jet_node& x, bool by_lanes) {
  const tensor& w = t.tensors[x.weight];
  gradient_region r;
  r.tensor = x.weight;
  if (x.o == jet_op::parameter_gradient) {
    r.out = x.width;
    r.dims = x.per_dim ? t.d : 1;
  } else {
    const bool bias = x.o == jet_op::bias_gradient;
    r.out = w.shape[w.rank - (bias ? 1 : 2)];
    r.in = bias ? 0 : shape_of_weight_gradient(t, x).in;
    r.column = bias ? 0 : x.n;
    r.dims = w.rank == (bias ? 2 : 3) ? w.shape[0] : 1;
    if (by_lanes) r.lanes = simd::lanes<T>;
  }
  r.padded = layout.padded(r.out * r.lanes);
  return r;
}

/// From cotangents with samples outside: one product for each run of coefficients that lie side by side, its inner index all
/// their samples. x: the node of the gradient.
template <class T>
std::vector<matrix_product> gradient_products(const buffer_layout<T>& layout, const table& t, const jet_node& x,
                                              const gradient_region& r, const transposition& a) {
  const tensor& w = t.tensors[x.weight];
  const weight_gradient_shape g = shape_of_weight_gradient(t, x);
  const int samples = layout.block();
  std::vector<matrix_product> list;
  layout.each_run(x.in[1], a.set, a.set, [&](int c, int n, const row_reference& u) {
    matrix_product m;
    m.a = u.base;
    m.a_dim = g.first ? 0 : u.dim;
    m.a_row = u.row;
    m.a_col = 1;
    m.b = a.at.base + slot(a.set, c) * samples * a.padded;
    m.b_row = a.padded;
    m.c = r.offset;
    m.c_dim = g.own ? r.per_dim() : 0;
    m.c_row = r.padded;
    m.rows = g.in;
    m.depth = n * samples;
    m.columns = int(r.padded);
    m.units_in = w.shape[w.rank - 1];
    m.units_out = a.features;
    m.rule = row_rule(w);
    list.push_back(m);
  });
  return list;
}

/// From cotangents as they are: one product for each coefficient.
template <class T>
std::vector<matrix_product> gradient_products_of_rows(const buffer_layout<T>& layout, const table& t, const jet_node& x,
                                                      const gradient_region& r, orders set) {
  const tensor& w = t.tensors[x.weight];
  const weight_gradient_shape g = shape_of_weight_gradient(t, x);
  std::vector<matrix_product> list;
  layout.each_run(x.in[1], set, set, [&](int c, int n, const row_reference& u) {
    orders rest = set & ~(bit_of(c) - 1);
    for (int j = 0; j < n; j++, rest &= rest - 1) {
      const row_reference a = layout.row(x.in[0], std::countr_zero(rest));
      matrix_product m;
      m.a = u.base + j * layout.block();
      m.a_dim = g.first ? 0 : u.dim;
      m.a_row = u.row;
      m.b = a.base;
      m.b_dim = a.dim;
      m.b_row = a.row;
      m.c = r.offset;
      m.c_dim = g.own ? r.per_dim() : 0;
      m.c_row = r.padded;
      m.rows = g.in;
      m.columns = r.out;
      m.units_in = w.shape[w.rank - 1];
      m.rule = row_rule(w);
      list.push_back(m);
    }
  });
  return list;
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
