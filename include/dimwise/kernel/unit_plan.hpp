// kernel/unit_plan.hpp: the plan of a forward program for a few samples: a vector holds features of one sample, not samples of
// one feature, so that no lane stands for a sample that does not exist. Weights are prepared: transposed, rows filled up to whole
// vectors.
#pragma once
#include <deque>
#include <span>

#include "../lowering/weight_counts.hpp"
#include "../simd/transpose.hpp"
#include "copy_steps.hpp"
#include "dimension_steps.hpp"
#include "plan.hpp"
#include "unit_layout.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// A part of a tensor of parameters, [dims][out][columns] from a column on, prepared as [dims][in][padded out]; as it is for a
/// single unit.
struct prepared_weight {
  std::ptrdiff_t from = 0, from_dim = 0;
  int dims = 1, out = 0, in = 1, columns = 1;
  std::ptrdiff_t to = 0, padded = 0;
  std::ptrdiff_t to_dim() const { return out == 1 && in > 1 ? in : in * padded; }
};

template <class T>
class unit_plan {
 public:
  bool possible = true;  ///< whether every operation of the program has such a step
  std::vector<step<T>> steps;
  std::vector<phase> phases;
  std::ptrdiff_t prepared = 0;  ///< elements of the prepared parameters
  double product_cycles = 0;    ///< of all products, roughly
  int samples = 0;              ///< computed together
  int d = 1;

  std::ptrdiff_t workspace() const { return layout.workspace; }  ///< elements

  unit_plan(const table& recording, const jet_program_view& program, std::span<const step_function<T>> functions, int together)
      : samples(together),
        d(recording.d),
        t(recording),
        p(program),
        chosen(functions),
        order(make_schedule(program)),
        layout(p, order, together, recording.d) {
    for (int i = 0; i < p.count; i++)
      if (executed(i) && at(i).slope) possible = false;
    for (int i = 0; i < p.count && possible; i++)
      if (executed(i) && preloaded(at(i))) emit(i);
    close_phase(false);
    for (const stage& s : order.stages) {
      for (int i : s.point)
        if (possible) emit(i);
      for (int i : s.dims)
        if (possible && at(i).reduces) row_step(i, steps::clear<T>);
      close_phase(false);
      for (int i : s.dims)
        if (possible) emit(i);
      close_phase(true);
    }
  }
  unit_plan(const unit_plan&) = delete;
  unit_plan& operator=(const unit_plan&) = delete;

  /// Writes the prepared parameters. Cost: about half a cycle for each.
  void prepare(const T* parameters, T* to) const {
    for (const prepared_weight& w : weights)
      for (int i = 0; i < w.dims; i++) {
        const T* from = parameters + w.from + i * w.from_dim;
        T* rows = to + w.to + i * w.to_dim();
        if (w.out == 1 && w.in > 1) {
          std::copy_n(from, w.in, rows);
        } else if (w.in == 1 && w.columns == 1) {
          steps::detail::fill_units(from, w.out, rows);
        } else {
          if (w.out % simd::lanes<T>)
            for (int k = 0; k < w.in; k++) simd::store(rows + (k + 1) * w.padded - simd::lanes<T>, simd::broadcast<T>(T(0)));
          simd::transpose(from, w.columns, w.out, w.in, rows, w.padded);
        }
      }
  }

 private:
  using source = typename unit_layout<T>::source;

  table t;
  jet_program_view p;
  std::span<const step_function<T>> chosen;
  schedule order;
  unit_layout<T> layout;
  std::deque<std::vector<row_reference>> references;
  std::deque<std::vector<matrix_product>> products;
  std::deque<step<T>> followers;
  std::vector<prepared_weight> weights;

  const jet_node& at(int i) const { return p.nodes[i]; }
  bool executed(int i) const { return order.stage_of[std::size_t(i)] >= 0; }
  orders readable(const series& s) const { return available(p.nodes, s); }
  int width(const series& s) const { return at(s.low >= 0 ? s.low : s.high).width; }
  static int padded(int n) { return steps::detail::padded_units<T>(n); }
  int size(int features) const { return layout.size(features); }

  const row_reference* keep(std::vector<row_reference> rows) {
    references.push_back(std::move(rows));
    return references.back().data();
  }

  // ---- steps
  void close_phase(bool each_dimension) {
    const std::size_t begin = phases.empty() ? 0 : phases.back().end;
    each_dimension = each_dimension && d > 1;
    if (begin == steps.size()) return;
    if (!each_dimension && !phases.empty() && !phases.back().each_dimension) phases.back().end = steps.size();
    else phases.push_back({begin, steps.size(), each_dimension});
  }
  /// A step on rows of features: n2 is the number of samples.
  step<T>& unit_step(int i, step_function<T> f) {
    const jet_node& x = at(i);
    step<T> s;
    s.run = f;
    s.node = i;
    s.width = x.width;
    s.d = d;
    s.samples = size(x.width);
    s.out_set = x.stored;
    s.out = layout.buffers[std::size_t(i)];
    s.n = x.n;
    s.n2 = samples;
    s.value = x.value;
    s.offset = x.offset;
    for (int j = 0; j < x.inputs && j < 3; j++) {
      s.in_set[j] = operand_orders(p.nodes, x, j);
      s.in[j] = keep(layout.rows_of(x.in[j], s.in_set[j]));
    }
    if (x.inputs) s.in_width = width(x.in[0]);
    steps.push_back(s);
    return steps.back();
  }
  /// A step of the ordinary plan, to which a row of features is one feature of many samples.
  step<T>& row_step(int i, step_function<T> f) {
    step<T> s = unit_step(i, f);
    steps.pop_back();
    const jet_node& x = at(i);
    s.width = 1;
    s.n2 = x.n2;
    for (int j = 0; j < x.inputs && j < 3; j++)
      if (s.in_set[j] && padded(width(x.in[j])) != padded(x.width)) s.in[j] = keep(spread(i, s, j));
    steps.push_back(s);
    return steps.back();
  }
  /// Rows of operand j, one feature, as wide as node i.
  std::vector<row_reference> spread(int i, const step<T>& reader, int j) {
    if (width(at(i).in[j]) != 1) possible = false;
    step<T> s = reader;
    s.run = steps::spread_units<T>;
    s.width = at(i).width;
    s.n2 = samples;
    s.out_set = s.in_set[0] = reader.in_set[j];
    s.in[0] = reader.in[j];
    s.out = {layout.take(std::ptrdiff_t(count(s.out_set)) * s.samples), 0, 0};
    steps.push_back(s);
    std::vector<row_reference> rows;
    for (int k = 0; k < count(s.out_set); k++) rows.push_back({s.out.base + k * s.samples, 0, 0});
    return rows;
  }

  void emit(int i) {
    const jet_node& x = at(i);
    if (!layout.copied[std::size_t(i)]) return;
    switch (x.o) {
      case jet_op::load_state: unit_step(i, steps::load_state_units<T>); break;
      case jet_op::load_time: unit_step(i, steps::load_time_units<T>); break;
      case jet_op::along: unit_step(i, steps::along_units<T>); break;
      case jet_op::load_input: unit_step(i, steps::load_input_units<T>); break;
      case jet_op::load_input_per_dim: unit_step(i, steps::load_input_per_dim_units<T>); break;
      case jet_op::literal: unit_step(i, steps::literal_units<T>); break;
      case jet_op::constant: row_step(i, steps::constant<T>); break;
      case jet_op::index: row_step(i, steps::index<T>); break;
      case jet_op::indicator: row_step(i, steps::indicator<T>); break;
      case jet_op::parameter: {
        const tensor& w = t.tensors[x.weight];
        prepared_weight q;
        q.from = w.offset;
        q.from_dim = x.width;
        q.dims = x.per_dim ? d : 1;
        q.out = x.width;
        const prepared_weight& at_place = prepared_part(q);
        step<T>& s = unit_step(i, steps::parameter_units<T>);
        s.parameter = at_place.to;
        s.parameter_dim = x.per_dim ? at_place.to_dim() : 0;
        break;
      }
      case jet_op::add: row_step(i, steps::add<T>).value = 1; break;
      case jet_op::sub: row_step(i, steps::add<T>).value = -1; break;
      case jet_op::scale: row_step(i, steps::scale<T>); break;
      case jet_op::offset: row_step(i, steps::offset<T>); break;
      case jet_op::derivative:
        if (!layout.stored_only[std::size_t(i)]) row_step(i, steps::derivative<T>);
        break;
      case jet_op::mul:
      case jet_op::unary: row_step(i, chosen[std::size_t(i)]); break;
      case jet_op::subtract_maximum:
      case jet_op::add_maximum: {
        if (padded(width(x.in[0])) != padded(x.width)) possible = false;
        step<T>& s = unit_step(i, steps::shift_by_maximum_units<T>);
        s.value = x.o == jet_op::subtract_maximum ? -1 : 1;
        s.in_width = width(x.in[1]);
        break;
      }
      case jet_op::concat: unit_step(i, steps::features_units<T>).n = 0; break;
      case jet_op::slice: unit_step(i, steps::features_units<T>).n = -x.n; break;
      case jet_op::sum_features: unit_step(i, steps::sum_features_units<T>); break;
      case jet_op::repeat_features: unit_step(i, steps::spread_units<T>); break;
      case jet_op::unstack: unit_step(i, steps::unstack_units<T>); break;
      case jet_op::sum_dims: row_step(i, steps::sum_dims<T>); break;
      case jet_op::component: row_step(i, x.per_dim ? steps::in_dimension<T> : steps::component<T>); break;
      case jet_op::shift: row_step(i, steps::shift<T>); break;
      case jet_op::sum_others: {
        step<T>& s = row_step(i, steps::sum_others<T>);
        s.n2 = buffer_layout<T>::group(x, d);
        s.value = 1;
        s.slope = layout.row_between_dimensions(i);
        break;
      }
      case jet_op::store: emit_store(i); break;
      case jet_op::linear:
      case jet_op::masked_input:
      case jet_op::masked_hidden:
      case jet_op::readout: emit_products(i); break;
      default: possible = false;
    }
  }

  void emit_store(int i) {
    step<T> s = unit_step(i, steps::store_units<T>);
    steps.pop_back();
    s.value = 1;
    s.in_width = at(i).per_dim ? d : 1;
    if (const int from = resolve(p, at(i).in[0].low); from >= 0 && layout.stored_only[std::size_t(from)]) {
      const jet_node& y = at(from);
      s.value = rising(0, y.n) * rising(0, y.n2);
      s.in[0] = keep({layout.row(y.in[0], coefficient(y.n, y.n2))});
    }
    // stores behind each other are one step
    const std::size_t begin = phases.empty() ? 0 : phases.back().end;
    if (steps.size() == begin || steps.back().run != steps::store_units<T>) return steps.push_back(s);
    followers.push_back(s);
    step<T>* last = &steps.back();
    while (last->follower) last = const_cast<step<T>*>(last->follower);
    last->follower = &followers.back();
  }

  // ---- matrices
  const prepared_weight& prepared_part(prepared_weight q) {
    for (const prepared_weight& w : weights)
      if (w.from == q.from && w.out == q.out && w.in == q.in) return w;
    q.padded = padded(q.out);
    q.to = prepared;
    prepared += q.to_dim() * q.dims;
    weights.push_back(q);
    return weights.back();
  }
  /// An operand of a product and its weights.
  struct factor {
    matrix_product weights;
    orders there = 0;                                                ///< coefficients of the operand
    std::vector<source> from = std::vector<source>(64);              ///< of each coefficient
    std::vector<row_reference> at = std::vector<row_reference>(64);  ///< in the workspace
    std::ptrdiff_t next = 0;                                         ///< from one coefficient to the next
    bool in_workspace(int c) const { return contains(there, c) && from[std::size_t(c)] == source::workspace; }
  };
  void emit_products(int i) {
    const jet_node& x = at(i);
    if (x.reduces) {
      possible = false;
      return;
    }
    std::vector<factor> factors;
    const auto add = [&](int j, const tensor& w, int column, int depth, extent_rule rule) {
      const series& operand = x.in[j];
      const int rows = w.shape[w.rank - 2], columns = w.shape[w.rank - 1];
      prepared_weight q;
      q.from = w.offset + column;
      q.from_dim = std::ptrdiff_t(rows) * columns;
      q.dims = w.rank == 3 ? w.shape[0] : 1;
      q.out = rows;
      q.in = depth;
      q.columns = columns;
      const prepared_weight& part = prepared_part(q);
      factor f;
      f.weights.a = part.to;
      f.weights.a_dim = w.rank == 3 ? part.to_dim() : 0;
      f.weights.a_row = part.padded;
      f.weights.rows = rows;
      f.weights.depth = depth;
      f.weights.rule = rule;
      f.weights.units_in = columns;
      f.weights.units_out = rows;
      f.weights.coordinate_width = width(operand);
      f.weights.b_row = padded(depth);
      f.next = size(depth);
      f.there = readable(operand);
      orders set = 0;
      for (orders m = f.there; m; m &= m - 1) {
        const int c = std::countr_zero(m);
        f.from[std::size_t(c)] = layout.source_of(x, j, c);
        if (f.in_workspace(c)) set |= orders(1) << c;
      }
      const std::vector<row_reference> rows_in =
          set && layout.collects(x, j) ? collect(i, operand, depth, set) : layout.rows_of(operand, set);
      for (orders m = set; m; m &= m - 1)
        f.at[std::size_t(std::countr_zero(m))] = rows_in[std::size_t(slot(set, std::countr_zero(m)))];
      factors.push_back(std::move(f));
    };
    const tensor& w = t.tensors[x.weight];
    const int columns = w.shape[w.rank - 1];
    switch (x.o) {
      case jet_op::linear:
        for (int j = 0, column = 0; j < x.inputs; column += width(x.in[j]), j++)
          add(j, w, column, width(x.in[j]), extent_rule::full);
        break;
      case jet_op::masked_input: {
        const int own = d * width(x.in[0]);
        add(0, w, 0, own, x.n == 0 ? extent_rule::input_left : extent_rule::input_right);
        if (x.inputs > 1) add(1, w, own, columns - own, extent_rule::full);
        break;
      }
      case jet_op::masked_hidden: add(0, w, 0, columns, extent_rule::hidden); break;
      default:
        for (int j = 0; j < x.inputs; j++) {
          const tensor& q = t.tensors[j == 0 ? x.weight : x.weight2];
          add(j, q, 0, q.shape[2], q.masked == mask::readout_left ? extent_rule::readout_left : extent_rule::readout_right);
        }
    }
    std::ptrdiff_t bias = -1, bias_dim = 0;
    if (x.bias >= 0) {
      const tensor& b = t.tensors[x.bias];
      prepared_weight q;
      q.from = b.offset;
      q.out = b.shape[b.rank - 1];
      q.from_dim = q.out;
      q.dims = b.rank == 2 ? b.shape[0] : 1;
      const prepared_weight& part = prepared_part(q);
      bias = part.to;
      bias_dim = b.rank == 2 ? part.to_dim() : 0;
    }
    const row_reference out = layout.buffers[std::size_t(i)];
    // whether coefficient b can be computed with a, the one before it, as further columns
    const auto follows = [&](int a, int b) {
      for (const factor& f : factors) {
        if (contains(f.there, a) != contains(f.there, b)) return false;
        if (!contains(f.there, a)) continue;
        const row_reference &at_a = f.at[std::size_t(a)], &at_b = f.at[std::size_t(b)];
        if (!f.in_workspace(a) || !f.in_workspace(b) || at_b.base != at_a.base + f.next || at_a.dim != at_b.dim) return false;
      }
      return true;
    };
    std::vector<matrix_product> list, tiles;
    each_run(x.stored, follows, [&](int first, int n) {
      list.clear();
      const matrix_product* ones = nullptr;  // a weight for each unit is all that they add
      for (std::size_t j = 0; j < factors.size(); j++) {
        const factor& f = factors[j];
        if (!contains(f.there, first)) continue;
        if (f.from[std::size_t(first)] == source::ones) {
          ones = &f.weights;
          continue;
        }
        matrix_product& q = list.emplace_back(f.weights);
        if (f.from[std::size_t(first)] == source::caller) read_caller(x, int(j), q);
        else q.b = f.at[std::size_t(first)].base, q.b_dim = f.at[std::size_t(first)].dim;
      }
      const int terms = int(list.size());
      if (terms == 0) list.push_back(factors[0].weights);
      matrix_product& q = list[0];
      q.terms = terms;
      q.c = out.base + std::ptrdiff_t(slot(x.stored, first)) * size(x.width);
      q.c_dim = out.dim;
      q.c_row = padded(x.width);
      q.columns = n * samples;
      if (first == 0 && bias >= 0) q.bias = bias, q.bias_dim = bias_dim, q.bias_rows = samples;
      if (ones) q.bias = ones->a, q.bias_dim = ones->a_dim, q.bias_rows = samples;
      add_tiles(list, x.per_dim ? d : 1, tiles);
    });
    step<T>& s = unit_step(i, steps::products_units<T>);
    products.push_back(std::move(tiles));
    s.products = products.back().data();
    s.product_count = int(products.back().size());
  }
  /// Lets a product read the value of its operand j, a leaf, where the caller has it.
  void read_caller(const jet_node& x, int j, matrix_product& q) const {
    const jet_node& y = at(resolve(p, x.in[j].low));
    q.leaf = y.o == jet_op::load_state ? 0 : y.o == jet_op::load_time ? 1 : 2 + y.n;
    q.b = 0;
    q.b_dim = layout.collects(x, j) || !preloaded(y) ? 0 : y.width;
    q.b_row = preloaded(y) ? d * y.width : y.width;
  }
  /// Cuts a sum of products, for some coefficients of all samples, into tiles, computed so many times in a call. What of a masked
  /// one is zero in every dimension is left out here.
  void add_tiles(const std::vector<matrix_product>& sum, int times, std::vector<matrix_product>& to) {
    const matrix_product& whole = sum[0];
    const int units = whole.rows, all = padded(units) / simd::lanes<T>;
    for (int v = 0, packs; v < all; v += packs) {
      packs = simd::next_unit_packs(all - v, whole.columns);
      const int first = v * simd::lanes<T>, end = std::min(units, (v + packs) * simd::lanes<T>);
      for (int n = 0, rows; n < whole.columns; n += rows) {
        rows = simd::next_unit_rows(whole.columns - n);
        const std::size_t head = to.size();
        for (matrix_product q : sum) {
          if (units == 1) q.a_row = 1;  // a single unit's weights lie side by side
          q.b += n * q.b_row;
          if (q.rule != extent_rule::readout_left && q.rule != extent_rule::readout_right) {
            const simd::gemm_range k = steps::detail::depth_range(q, d, 0, first, end);
            q.a += k.begin * q.a_row;
            q.b += k.begin;
            q.depth = k.end - k.begin;
            q.rule = extent_rule::full;
          }
          q.a += first;
          product_cycles +=
              times * simd::unit_tile_cycles(units, packs, rows) * q.depth * (q.rule == extent_rule::full ? 1 : 0.5);
          to.push_back(q);
        }
        matrix_product& q = to[head];
        q.tile = simd::unit_tile_index(units, packs, rows);
        q.c += first + n * q.c_row;
        q.rows = packs * simd::lanes<T>;
        q.columns = rows;
        q.bias_rows = std::clamp(q.bias_rows - n, 0, rows);
        q.bias = q.bias_rows ? q.bias + first : 0;
      }
    }
  }
  /// Rows with the features of all dimensions of an operand.
  std::vector<row_reference> collect(int i, const series& operand, int features, orders set) {
    step<T> s;
    s.run = steps::collect_units<T>;
    s.node = i;
    s.width = features;
    s.in_width = width(operand);
    s.d = d;
    s.n2 = samples;
    s.out_set = s.in_set[0] = set;
    s.in[0] = keep(layout.rows_of(operand, set));
    s.out = {layout.take(std::ptrdiff_t(count(set)) * size(features)), 0, 0};
    steps.push_back(s);
    std::vector<row_reference> rows;
    for (int k = 0; k < count(set); k++) rows.push_back({s.out.base + k * size(features), 0, 0});
    return rows;
  }
};

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
