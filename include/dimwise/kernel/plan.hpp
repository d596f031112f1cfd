// kernel/plan.hpp: a jet program made executable: stages in order, every buffer in its place, every matrix product spelled out.
#pragma once
#include <deque>
#include <span>

#include "../lowering/recompute.hpp"
#include "boundary_steps.hpp"
#include "buffer_layout.hpp"
#include "copy_steps.hpp"
#include "dimension_steps.hpp"
#include "gradient_products.hpp"
#include "layer_products.hpp"
#include "matrix_steps.hpp"
#include "products_with_function.hpp"
#include "share_inputs.hpp"
#include "simple_step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

template <class T>
class plan {
 public:
  std::vector<step<T>> steps;
  std::vector<phase> phases;
  std::vector<gradient_region> regions;
  std::ptrdiff_t workspace = 0;     ///< elements of one block
  std::ptrdiff_t accumulators = 0;  ///< elements of the gradient accumulators
  int samples = 0;                  ///< S
  int group = 1;                    ///< blocks that go through the plan together
  int d = 1;
  int coefficients = 0;    ///< the most that a product has
  double matrix_flop = 0;  ///< per sample; masked blocks not counted

  /// functions[i]: the step function of node i, for products, elementary functions and their cotangents; others are chosen here.
  plan(const table& recording, const jet_program_view& program, std::span<const step_function<T>> functions, int block,
       parameter_gradients gradients = parameter_gradients::added)
      : samples(block),
        d(recording.d),
        t(recording),
        source(repeat_rather_than_keep(recording, program, gradients != parameter_gradients::left_out, block,
                                       most_kept / std::ptrdiff_t(sizeof(T)))),
        p{source.nodes.data(), int(source.nodes.size())},
        rows_apart(gradients == parameter_gradients::of_each_sample),
        order(make_schedule(p, gradients != parameter_gradients::left_out, source.earliest.data())),
        fused(find_fusions(p, order)),
        layout(t, p, order, fused, block) {
    workspace = layout.workspace;
    for (int i = 0; i < p.count; i++) chosen.push_back(functions[std::size_t(source.origin[std::size_t(i)])]);
    begun.resize(std::size_t(p.count));
    for (int i = 0; i < p.count; i++)  // in one order, whatever the order of steps: all plans of a kernel share them
      if (order.stage_of[std::size_t(i)] >= 0 && detail::is_parameter_gradient(at(i))) region(i);
    for (const constant_coefficient& q : layout.constants) emit_constant(q);
    close_phase(false);
    if (!phases.empty()) phases.back().once = true;
    for (int i = 0; i < p.count; i++)
      if (order.stage_of[std::size_t(i)] >= 0 && preloaded(p.nodes[i])) emit(i);
    close_phase(false);
    std::vector<int> early;
    for (int i = 0; i < p.count; i++)
      if (layout.sums_groups_early(i)) early.push_back(i);
    for (const stage& s : order.stages) {
      for (int i : s.point) emit(i);
      for (int i : s.dims)
        if (p.nodes[i].reduces) add_step(i).run = steps::clear<T>;
      close_phase(false);
      int dims = 0;
      for (int i : s.dims) {
        if (!at(i).by_groups) continue;
        emit(i);
        for (int j : s.dims)
          if (sums_repeated_groups(at(j)) && resolve(p, at(j).in[0].low) == i) {
            if (layout.made_for(i) != j) emit_sum_others(j, steps::collect_group<T>, 0);
            dims = layout.group(at(j));
          }
      }
      close_phase(true, dims);
      for (int i : s.dims) {
        if (at(i).by_groups) continue;
        emit(i);
        for (int j : early)
          if (summed_operand(p, at(j)) == i) emit_sum_others(j, steps::sum_groups<T>, at(j).inputs - 1);
      }
      close_phase(true);
      ahead = {};
    }
    share_out(inputs, t, p, order, phases, steps);
    if (rows_apart) accumulators *= samples;
    if (!is_reverse(p) && own_weight_count(t, p, order) * std::ptrdiff_t(sizeof(T)) > buffer_layout<T>::second_level_cache / 2)
      group = 4;
  }
  /// Has products compute the functions that follow them, where there is a way to. They have no tile to choose then.
  void take_functions_along() {
    for (step<T>& s : steps)
      if (s.other_run) std::swap(s.run, s.other_run);
  }
  plan(const plan&) = delete;
  plan& operator=(const plan&) = delete;

  /// Whether anything is computed again that did not fit in what may be kept.
  bool repeats() const { return std::count(source.repeats.begin(), source.repeats.end(), 1) > 0; }

  /// From here on masked blocks are multiplied like all others: what skipping them is worth. The weights there are 0, so the
  /// digits of values stay what they are.
  void compute_masked_blocks() {
    for (auto& list : products)
      for (matrix_product& m : list) m.rule = extent_rule::full;
  }

 private:
  table t;
  repeated_program source;
  jet_program_view p;
  std::vector<step_function<T>> chosen;
  bool rows_apart;
  schedule order;
  fusion fused;
  std::deque<std::vector<row_reference>> references;
  std::deque<std::vector<matrix_product>> products;
  std::deque<step<T>> followers;
  buffer_layout<T> layout;
  inputs_ahead inputs;
  ahead_of_step ahead;      ///< for the next product of the loop
  std::vector<char> begun;  ///< of node i: whether its steps are there, or it needs none

  const jet_node& at(int i) const { return p.nodes[i]; }
  orders readable(const series& s) const { return available(p.nodes, s); }
  int width(const series& s) const { return at(s.low >= 0 ? s.low : s.high).width; }

  // ---- steps
  void close_phase(bool each_dimension, int dims = 0) {
    const std::size_t begin = phases.empty() ? 0 : phases.back().end;
    if (begin < steps.size()) phases.push_back({begin, steps.size(), each_dimension, dims});
  }
  step<T>& add_step(int i) {
    const jet_node& x = at(i);
    step<T> s;
    s.node = i;
    s.width = x.width;
    s.d = d;
    s.samples = samples;
    s.out_set = x.stored;
    if (x.stored) s.out = layout.buffers[std::size_t(i)];
    s.n = x.n;
    s.n2 = x.n2;
    s.value = x.value;
    s.offset = x.offset;
    steps.push_back(s);
    return steps.back();
  }
  void bind(step<T>& s, int j, const series& operand, orders set) {
    std::vector<row_reference> rows;
    s.in_set[j] = set;
    for (orders m = s.in_set[j]; m; m &= m - 1) rows.push_back(layout.row(operand, std::countr_zero(m)));
    references.push_back(std::move(rows));
    s.in[j] = references.back().data();
  }
  void simple(int i, step_function<T> f) {
    step<T>& s = add_step(i);
    s.run = f;
    for (int j = 0; j < at(i).inputs && j < 3; j++) bind(s, j, at(i).in[j], operand_orders(p.nodes, at(i), j));
    if (at(i).inputs) s.in_width = width(at(i).in[0]);
  }

  /// A step that does the same to every number: where coefficients and features of all operands lie as those of the result do,
  /// without gaps, they are one long row.
  void alike(int i, step_function<T> f) {
    simple(i, f);
    step<T>& s = steps.back();
    const int n = count(s.out_set), row = n * samples;
    if (s.width > 1 && s.out.row != row) return;
    for (int j = 0; j < at(i).inputs; j++) {
      if (s.in_set[j] != s.out_set) return;
      for (int k = 0; k < n; k++)
        if (s.in[j][k].base != s.in[j][0].base + k * samples || s.in[j][k].dim != s.in[j][0].dim ||
            (s.width > 1 && s.in[j][k].row != row))
          return;
    }
    s.samples = s.width * row;
    s.width = 1;
    s.out_set = value_only;
    for (int j = 0; j < at(i).inputs; j++) s.in_set[j] = value_only;
  }

  void emit(int i) {
    const jet_node& x = at(i);
    if (std::exchange(begun[std::size_t(i)], 1)) return;
    if (const step_function<T> f = simple_step<T>(x.o)) return simple(i, f);
    switch (x.o) {
      case jet_op::load_cotangent:
        simple(i, steps::load_cotangent<T>);
        steps.back().n2 = x.per_dim;
        break;
      case jet_op::parameter:
        simple(i, steps::parameter<T>);
        steps.back().parameter = t.tensors[x.weight].offset;
        steps.back().parameter_dim = x.per_dim ? x.width : 0;
        break;
      case jet_op::add:
        alike(i, steps::add<T>);
        steps.back().value = 1;
        break;
      case jet_op::sub:
        alike(i, steps::add<T>);
        steps.back().value = -1;
        break;
      case jet_op::scale:
        if (!fused.follows[std::size_t(i)]) alike(i, steps::scale<T>);
        break;
      case jet_op::subtract_maximum:
      case jet_op::add_maximum:
        simple(i, steps::shift_by_maximum<T>);
        steps.back().value = x.o == jet_op::subtract_maximum ? -1 : 1;
        steps.back().in_width = width(x.in[1]);
        break;
      case jet_op::mul:
      case jet_op::correlate: simple(i, chosen[std::size_t(i)]); break;
      case jet_op::unary:
      case jet_op::unary_vjp:
        if (!fused.follows[std::size_t(i)]) emit_unary(i);
        break;
      case jet_op::concat:
        simple(i, steps::features<T>);
        steps.back().n = 0;
        break;
      case jet_op::slice:
        simple(i, steps::features<T>);
        steps.back().n = -x.n;
        break;
      case jet_op::slice_vjp: simple(i, steps::features<T>); break;
      case jet_op::sum_dims: alike(i, steps::sum_dims<T>); break;
      case jet_op::component: simple(i, x.per_dim ? steps::in_dimension<T> : steps::component<T>); break;
      case jet_op::sum_others:
        emit_sum_others(i, steps::sum_others<T>, 0);
        ahead = layout.read_ahead(i);
        break;
      case jet_op::store_cotangent:
        simple(i, steps::store_cotangent<T>);
        steps.back().n2 = x.per_dim;
        break;
      case jet_op::store:
        simple(i, steps::store<T>);
        steps.back().n2 = x.per_dim;
        steps.back().out = layout.buffers[std::size_t(i)];
        break;
      case jet_op::parameter_gradient: emit_parameter_gradient(i); break;
      case jet_op::linear:
      case jet_op::linear_vjp:
      case jet_op::masked_input:
      case jet_op::masked_input_vjp:
      case jet_op::masked_hidden:
      case jet_op::masked_hidden_vjp:
      case jet_op::readout:
      case jet_op::readout_vjp: emit_products(i); break;
      case jet_op::weight_gradient: emit_weight_gradient(i); break;
      case jet_op::bias_gradient: emit_bias_gradient(i); break;
      default: break;
    }
  }
  /// f: sum_others or a step that prepares it, which reads operand j.
  void emit_sum_others(int i, step_function<T> f, int j) {
    simple(i, f);
    step<T>& s = steps.back();
    s.in[0] = s.in[j];
    s.in_set[0] = s.in_set[j];
    s.n2 = layout.group(at(i));
    s.slope = layout.row_between_dimensions(i);
    if (layout.sums_groups_early(i))
      s.operand = sums_repeated_groups(at(i)) ? group_operand::repeated : group_operand::kept_and_summed;
    s.value = 1;
    if (const int scale = fused.follower[std::size_t(i)]; scale >= 0) {
      s.out = layout.buffers[std::size_t(scale)];
      s.value = at(scale).value;
    }
  }
  void emit_unary(int i) {
    const jet_node& x = at(i);
    simple(i, chosen[std::size_t(i)]);
    if (x.o == jet_op::unary) {
      if (x.slope) steps.back().slope = layout.slope_row(i);
    } else if (const int y = resolve(p, x.in[2].low); at(y).slope) {
      steps.back().slope = layout.slope_row(y);
    }
  }

  // ---- matrices
  void set_products(step<T>& s, std::vector<matrix_product> list) {
    products.push_back(std::move(list));
    s.products = products.back().data();
    s.product_count = int(products.back().size());
  }
  /// The transpose of a layer with one output gives its one row of cotangents, times a weight, to each input. Where an elementary
  /// function's cotangent follows, that multiplies by the weight, and the gradient of the weights is added up from the same rows.
  bool emit_single_output(int i, int follower, const std::vector<product_factor>& factors) {
    const jet_node& x = at(i);
    if (x.o != jet_op::linear_vjp || follower < 0 || at(follower).o != jet_op::unary_vjp || x.reduces) return false;
    const product_factor& f = factors[0];
    if (factors.size() != 1 || f.weights.depth != 1 || (operand_orders(p.nodes, at(follower), 0) & ~readable(f.operand)))
      return false;
    step<T>* gradient = nullptr;
    const std::size_t begin = phases.empty() ? 0 : phases.back().end;
    if (steps.size() > begin && steps.back().run == steps::weight_gradient_by_lanes<T>) {
      const jet_node &g = at(steps.back().node), &y = at(follower);
      const auto same = [&](int a, int b) { return resolve(p, a) == resolve(p, b); };
      if (g.weight == x.weight && g.in[0] == x.in[0] && same(g.in[1].low, y.in[2].low) && same(g.in[1].high, y.in[2].high) &&
          !vjp_reads_operand(y.f)) {
        followers.push_back(steps.back());
        steps.pop_back();
        gradient = &followers.back();
      }
    }
    step<T>* next = follower_step(follower, follower, i);
    std::vector<row_reference> rows;
    for (orders m = next->in_set[0]; m; m &= m - 1) rows.push_back(layout.row(f.operand, std::countr_zero(m)));
    references.push_back(std::move(rows));
    next->in[0] = references.back().data();
    next->scaled = true;
    next->parameter = f.weights.a;
    next->parameter_dim = f.weights.a_dim;
    next->follower = gradients_behind(follower);
    step<T>& s = add_step(i);
    s.run = steps::strips<T>;
    s.follower = next;
    if (gradient) {
      gradient->follower = next;
      s.follower = gradient;
    }
    return true;
  }
  void emit_products(int i) {
    const jet_node& x = at(i);
    const int follower = fused.follower[std::size_t(i)], in = follower >= 0 && fused.in_place[std::size_t(i)] ? follower : i;
    const std::vector<product_factor> factors = product_factors(t, p, x);
    const orders set = x.stored & ~layout.constants_of(i);
    coefficients = std::max(coefficients, count(set));
    if (!source.repeats[std::size_t(i)])
      for (const product_factor& f : factors) matrix_flop += 2 * f.useful * count(readable(f.operand) & set);
    if (emit_single_output(i, follower, factors)) return;
    step<T>* next = follower >= 0 ? follower_step(follower, in, i) : nullptr;
    if (next) next->follower = gradients_behind(follower);
    step<T>& s = add_step(i);
    set_products(s, layer_products(layout, t, p, x, factors, set, in));
    const bool outer = std::all_of(s.products, s.products + s.product_count, [](const matrix_product& q) {
      return steps::detail::is_outer_product(q) && q.terms > 0 && q.terms <= simd::most_outer_products;
    });
    s.run = outer ? steps::products<T, simd::outer_tile> : steps::products<T>;
    s.follower = next;
    s.strip = next && next->strip;
    if (next && !outer) s.other_run = steps::products_with_function(s, at(follower));
    s.ahead = ahead.size  ? std::exchange(ahead, ahead_of_step{})
              : x.per_dim ? layout.written_ahead(follower >= 0 ? follower : i)
                          : ahead_of_step{};
  }
  void emit_constant(const constant_coefficient& q) {
    step<T>& s = add_step(q.node);
    s.run = steps::spread_weights<T>;
    s.out = q.at;
    s.parameter = q.weight;
    s.n = int(q.weight_row);
  }
  /// The step of node j, which reads product i in the buffer of node `in`: its own, or one strip of rows.
  step<T>* follower_step(int j, int in, int i) {
    const std::size_t place = steps.size();
    emit_unary(j);
    followers.push_back(steps[place]);
    steps.pop_back();
    step<T>& s = followers.back();
    std::vector<row_reference> rows;
    for (orders m = s.in_set[0]; m; m &= m - 1) {
      row_reference r = layout.buffers[std::size_t(in)];
      r.base += slot(at(in).stored, std::countr_zero(m)) * samples;
      if (const constant_coefficient* q = layout.constant(i, std::countr_zero(m))) r = q->at;
      rows.push_back(r);
    }
    references.push_back(std::move(rows));
    s.in[0] = references.back().data();
    s.strip = in != j;
    s.by_vectors = at(j).o == jet_op::unary && goes_by_vectors(at(j).f, at(j).slope);
    return &s;
  }
  /// Whether a gradient's cotangent is the one that node j makes in the same loop.
  bool made_by(const series& of, int stage, bool per_dim, int j) const {
    const auto made_here = [&](int i) { return i < 0 || resolve(p, i) == j; };
    return stage == order.stage_of[std::size_t(j)] && per_dim == at(j).per_dim && made_here(of.low) && made_here(of.high);
  }
  const step<T>* to_follower() {
    followers.push_back(steps.back());
    steps.pop_back();
    return &followers.back();
  }
  /// What follows the step that makes the cotangent of node j, strip by strip: its transposition, and gradients of weights of few
  /// inputs. Null where nothing asks for them in this stage.
  const step<T>* gradients_behind(int j) {
    const step<T>* first = nullptr;
    if (rows_apart) return first;
    for (transposition& q : layout.transpositions)
      if (!first && !q.emitted && made_by(q.of, q.stage, q.per_dim, j)) {
        emit_transposition(q, j);
        first = to_follower();
      }
    const auto there = [&](int a) { return a < 0 || begun[std::size_t(resolve(p, a))]; };
    for (int i = j + 1; i < p.count; i++) {
      const jet_node& x = at(i);
      if (x.o != jet_op::weight_gradient || begun[std::size_t(i)] || !layout.few_inputs(i) ||
          !made_by(x.in[0], order.stage_of[std::size_t(i)], x.per_dim, j) || !there(x.in[1].low) || !there(x.in[1].high))
        continue;
      begun[std::size_t(i)] = true;
      emit_weight_gradient_of_rows(i);
      steps.back().follower = first;
      first = to_follower();
    }
    return first;
  }

  // ---- gradients
  /// Node i makes the cotangent or is the first that asks for it. The gradient of the layer's bias is added up with it.
  void emit_transposition(transposition& q, int i) {
    q.emitted = true;
    step<T>& s = add_step(i);
    s.run = steps::transpose_cotangent<T, false>;
    s.width = q.features;
    s.out = q.at;
    bind(s, 0, q.of, q.set);
    for (int j = 0; j < p.count && q.bias < 0; j++)
      if (at(j).o == jet_op::bias_gradient && order.stage_of[std::size_t(j)] >= 0 && (j == i || !begun[std::size_t(j)]) &&
          layout.transposition_for(j) == &q)
        q.bias = j;
    if (q.bias < 0) return;
    begun[std::size_t(q.bias)] = true;
    s.run = steps::transpose_cotangent<T, true>;
    add_to(s, q.bias);
  }
  gradient_region& region(int i) {
    return region_of(regions, accumulators, region_of_gradient(layout, t, at(i), !rows_apart && layout.adds_lanes(i)));
  }
  /// Step s adds to the gradient of node i, which is a bias or a parameter.
  void add_to(step<T>& s, int i) {
    const gradient_region& r = region(i);
    s.parameter = r.offset;
    s.parameter_dim = r.dims > 1 || (at(i).o == jet_op::parameter_gradient && at(i).per_dim) ? r.padded : 0;
  }
  void emit_parameter_gradient(int i) {
    simple(i, rows_apart ? steps::vector_jacobian<T> : steps::parameter_gradient<T>);
    add_to(steps.back(), i);
  }
  transposition& transposed(int i) {
    transposition& q = *layout.transposition_for(i);
    if (!q.emitted) emit_transposition(q, i);
    return q;
  }
  void emit_bias_gradient(int i) {
    if (!rows_apart && !layout.by_lanes(i)) {
      const transposition& q = transposed(i);
      if (q.bias == i) return;
      add_step(i).run = steps::bias_gradient<T>;
      steps.back().out = q.at;
    } else {
      // from the cotangent as it is, without a transposition
      simple(i, rows_apart ? steps::vector_jacobian<T> : steps::bias_gradient_by_lanes<T>);
      steps.back().width = region(i).out;
    }
    add_to(steps.back(), i);
  }
  void emit_weight_gradient_of_rows(int i) {
    const jet_node& x = at(i);
    std::vector<matrix_product> list = gradient_products_of_rows(layout, t, x, region(i), readable(x.in[0]));
    if (rows_apart)
      for (matrix_product& m : list) m.rule = extent_rule::full;
    else matrix_flop += 2 * useful_entries(t, x, shape_of_weight_gradient(t, x)) * double(list.size());
    step<T>& s = add_step(i);
    s.run = rows_apart             ? steps::weight_jacobian<T>
            : layout.few_inputs(i) ? steps::weight_gradient_of_few_inputs<T>
                                   : steps::weight_gradient_by_lanes<T>;
    set_products(s, std::move(list));
  }
  void emit_weight_gradient(int i) {
    if (rows_apart || layout.adds_lanes(i)) return emit_weight_gradient_of_rows(i);
    const jet_node& x = at(i);
    const transposition& a = transposed(i);
    const weight_gradient_shape g = shape_of_weight_gradient(t, x);
    gradient_region& r = region(i);
    std::vector<matrix_product> list = gradient_products(layout, t, x, r, a);
    for (const matrix_product& m : list) matrix_flop += 2 * useful_entries(t, x, g) * (m.depth / samples);
    step<T>& s = add_step(i);
    s.run = steps::weight_gradient<T>;
    set_products(s, std::move(list));
    if (g.own && at(i).per_dim && !r.added && s.product_count) s.starts = r.started = true;
    r.added = true;
  }
};

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
