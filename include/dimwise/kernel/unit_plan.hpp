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
#include "unit_steps.hpp"

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
  std::ptrdiff_t workspace = 0;  ///< elements
  std::ptrdiff_t prepared = 0;   ///< elements of the prepared parameters
  int samples = 0;               ///< computed together
  int d = 1;

  unit_plan(const table& recording, const jet_program_view& program, std::span<const step_function<T>> functions, int together)
      : samples(together),
        d(recording.d),
        t(recording),
        p(program),
        chosen(functions),
        order(make_schedule(program)),
        buffers(std::size_t(program.count)) {
    find_stored_only();
    for (int i = 0; i < p.count && possible; i++)
      if (order.stage_of[std::size_t(i)] >= 0) possible = place(i);
    for (int i = 0; i < p.count && possible; i++)
      if (order.stage_of[std::size_t(i)] >= 0 && preloaded(at(i))) emit(i);
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
  table t;
  jet_program_view p;
  std::span<const step_function<T>> chosen;
  schedule order;
  std::vector<row_reference> buffers;
  std::vector<char> stored_only;
  std::deque<std::vector<row_reference>> references;
  std::deque<std::vector<matrix_product>> products;
  std::deque<step<T>> followers;
  std::vector<prepared_weight> weights;

  const jet_node& at(int i) const { return p.nodes[i]; }
  orders readable(const series& s) const { return available(p.nodes, s); }
  int width(const series& s) const { return at(s.low >= 0 ? s.low : s.high).width; }
  static int padded(int n) { return steps::detail::padded_units<T>(n); }
  /// Elements of one coefficient.
  int size(int features) const { return samples * padded(features); }

  // ---- places
  std::ptrdiff_t take(std::ptrdiff_t elements) {
    const std::ptrdiff_t begin = workspace;
    workspace += elements;
    return begin;
  }
  bool place(int i) {
    const jet_node& x = at(i);
    if (x.slope) return false;
    const std::ptrdiff_t each = std::ptrdiff_t(count(x.stored)) * size(x.width);
    std::ptrdiff_t rows = order.kept[std::size_t(i)] ? d : 1;
    if (x.o == jet_op::sum_others) {
      const int group = buffer_layout<T>::group(x, d);
      rows += 1 + group + (d + group - 1) / group;
    }
    buffers[std::size_t(i)] = {take(each * rows), order.kept[std::size_t(i)] ? each : 0, 0};
    return true;
  }
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
  const row_reference* keep(std::vector<row_reference> rows) {
    references.push_back(std::move(rows));
    return references.back().data();
  }

  // ---- steps
  void close_phase(bool each_dimension) {
    const std::size_t begin = phases.empty() ? 0 : phases.back().end;
    if (begin < steps.size()) phases.push_back({begin, steps.size(), each_dimension});
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
    s.out = buffers[std::size_t(i)];
    s.n = x.n;
    s.n2 = samples;
    s.value = x.value;
    s.offset = x.offset;
    for (int j = 0; j < x.inputs && j < 3; j++) {
      s.in_set[j] = operand_orders(p.nodes, x, j);
      s.in[j] = keep(rows_of(x.in[j], s.in_set[j]));
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
    s.out = {take(std::ptrdiff_t(count(s.out_set)) * s.samples), 0, 0};
    steps.push_back(s);
    std::vector<row_reference> rows;
    for (int k = 0; k < count(s.out_set); k++) rows.push_back({s.out.base + k * s.samples, 0, 0});
    return rows;
  }

  void emit(int i) {
    const jet_node& x = at(i);
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
        if (!stored_only[std::size_t(i)]) row_step(i, steps::derivative<T>);
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
        const std::ptrdiff_t each = std::ptrdiff_t(count(x.stored)) * size(x.width);
        s.n2 = buffer_layout<T>::group(x, d);
        s.value = 1;
        s.slope = {s.out.base + each * (order.kept[std::size_t(i)] ? d : 1), each, 0};
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

  /// A derivative's only coefficient, where all that reads it is a store beside it, is written from the series itself.
  void find_stored_only() {
    stored_only.assign(std::size_t(p.count), 0);
    for (int i = 0; i < p.count; i++) {
      const jet_node& x = at(i);
      if (order.stage_of[std::size_t(i)] < 0) continue;
      stored_only[std::size_t(i)] = x.o == jet_op::derivative && x.stored == value_only && !order.kept[std::size_t(i)] &&
                                    contains(readable(x.in[0]), coefficient(x.n, x.n2));
      detail::for_each_operand(p, i, [&](int a) {
        if (x.o != jet_op::store || order.stage_of[std::size_t(a)] != order.stage_of[std::size_t(i)] ||
            at(a).per_dim != x.per_dim)
          stored_only[std::size_t(a)] = 0;
      });
    }
  }
  void emit_store(int i) {
    step<T> s = unit_step(i, steps::store_units<T>);
    steps.pop_back();
    s.value = 1;
    s.in_width = at(i).per_dim ? d : 1;
    if (const int from = resolve(p, at(i).in[0].low); from >= 0 && stored_only[std::size_t(from)]) {
      const jet_node& y = at(from);
      s.value = rising(0, y.n) * rising(0, y.n2);
      s.in[0] = keep({row(y.in[0], coefficient(y.n, y.n2))});
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
  /// An operand of a product and its weights: where each coefficient lies, or -1.
  struct factor {
    matrix_product weights;
    std::vector<row_reference> at = std::vector<row_reference>(64);
    std::ptrdiff_t next = 0;  ///< from one coefficient to the next
  };
  void emit_products(int i) {
    const jet_node& x = at(i);
    if (x.reduces) {
      possible = false;
      return;
    }
    std::vector<factor> factors;
    const auto add = [&](const series& operand, const tensor& w, int column, int depth, extent_rule rule, bool whole = false) {
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
      const orders set = readable(operand);
      std::vector<row_reference> rows_in = whole ? collect(i, operand, depth, set) : rows_of(operand, set);
      for (orders m = set; m; m &= m - 1)
        f.at[std::size_t(std::countr_zero(m))] = rows_in[std::size_t(slot(set, std::countr_zero(m)))];
      factors.push_back(std::move(f));
    };
    const tensor& w = t.tensors[x.weight];
    const int columns = w.shape[w.rank - 1];
    switch (x.o) {
      case jet_op::linear:
        for (int j = 0, column = 0; j < x.inputs; column += width(x.in[j]), j++)
          add(x.in[j], w, column, width(x.in[j]), extent_rule::full);
        break;
      case jet_op::masked_input: {
        const int own = d * width(x.in[0]);
        add(x.in[0], w, 0, own, x.n == 0 ? extent_rule::input_left : extent_rule::input_right, true);
        if (x.inputs > 1) add(x.in[1], w, own, columns - own, extent_rule::full);
        break;
      }
      case jet_op::masked_hidden: add(x.in[0], w, 0, columns, extent_rule::hidden); break;
      default:
        for (int j = 0; j < x.inputs; j++) {
          const tensor& q = t.tensors[j == 0 ? x.weight : x.weight2];
          add(x.in[j], q, 0, q.shape[2], q.masked == mask::readout_left ? extent_rule::readout_left : extent_rule::readout_right);
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
    const row_reference out = buffers[std::size_t(i)];
    const auto follows = [&](int a,
                             int b) {  // whether coefficient b can be computed with a, the one before it, as further columns
      for (const factor& f : factors) {
        const row_reference &at_a = f.at[std::size_t(a)], &at_b = f.at[std::size_t(b)];
        if ((at_a.base < 0) != (at_b.base < 0)) return false;
        if (at_a.base >= 0 && (at_b.base != at_a.base + f.next || at_a.dim != at_b.dim)) return false;
      }
      return true;
    };
    std::vector<matrix_product> list, tiles;
    for (orders rest = x.stored; rest;) {
      const int first = std::countr_zero(rest);
      int last = first, n = 0;
      do {
        last = std::countr_zero(rest);
        rest &= rest - 1;
        n++;
      } while (rest && follows(last, std::countr_zero(rest)));
      list.clear();
      for (const factor& f : factors)
        if (const row_reference& r = f.at[std::size_t(first)]; r.base >= 0) {
          list.push_back(f.weights);
          list.back().b = r.base;
          list.back().b_dim = r.dim;
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
      add_tiles(list, tiles);
    }
    step<T>& s = unit_step(i, steps::products_units<T>);
    products.push_back(std::move(tiles));
    s.products = products.back().data();
    s.product_count = int(products.back().size());
  }
  /// Cuts a sum of products, for some coefficients of all samples, into tiles. What of a masked one is zero in every dimension is
  /// left out here.
  void add_tiles(const std::vector<matrix_product>& sum, std::vector<matrix_product>& to) const {
    const matrix_product& whole = sum[0];
    const int units = whole.rows, all = padded(units) / simd::lanes<T>;
    for (int v = 0, packs; v < all; v += packs) {
      packs = simd::next_unit_packs(all - v);
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
          to.push_back(q);
        }
        matrix_product& q = to[head];
        q.tile = simd::unit_tile_index(units, packs, rows);
        q.c += first + n * q.c_row;
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
    s.in[0] = keep(rows_of(operand, set));
    s.out = {take(std::ptrdiff_t(count(set)) * size(features)), 0, 0};
    steps.push_back(s);
    std::vector<row_reference> rows;
    for (int k = 0; k < count(set); k++) rows.push_back({s.out.base + k * size(features), 0, 0});
    return rows;
  }
};

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
