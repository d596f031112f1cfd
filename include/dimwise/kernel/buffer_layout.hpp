// kernel/buffer_layout.hpp: where every series of a scheduled jet program lies in the workspace of a block.
#pragma once
#include <limits>

#include "../lowering/fusion.hpp"
#include "../lowering/memory_plan.hpp"
#include "../lowering/recompute.hpp"
#include "../lowering/schedule.hpp"
#include "../simd/gemm.hpp"
#include "step.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

/// A cotangent with samples outside, [coefficient][sample][padded features], shared by the weight and bias gradients of a layer.
struct transposition {
  series of;
  orders set = 0;  ///< coefficients that some gradient reads
  int stage = 0;
  bool per_dim = false;  ///< made in the loop of its stage, once for each dimension
  int features = 0, first = 0, last = 0;
  std::ptrdiff_t padded = 0;
  row_reference at;
  int bias = -1;  ///< the gradient of a bias that is added up with it
  bool emitted = false;
};

/// Coefficient c of a layer that has the same number in all samples and dimensions: the weight of a coordinate or time, whose
/// derivative by itself is 1.
struct constant_coefficient {
  int node = -1, c = 0;
  std::ptrdiff_t weight = 0, weight_row = 0;  ///< in the parameters: that of the first feature, and from one to the next
  row_reference at;
};

template <class T>
class buffer_layout {
 public:
  /// Rows in the memory of a strip, which may begin its last tile one row before its end.
  static constexpr int strip_capacity = most_strip_rows - 1 + simd::most_tile_rows;
  static constexpr std::ptrdiff_t second_level_cache = 1048576;  ///< bytes; the smallest among machines with AVX-512
  std::vector<row_reference> buffers;                            ///< of node i; `row` is the real stride, also for one feature
  std::vector<transposition> transpositions;
  std::vector<constant_coefficient> constants;
  std::vector<buffer_request> requests;  ///< of node i, the transpositions and the constants: size, lifetime, place
  std::ptrdiff_t workspace = 0;          ///< elements of one block

  buffer_layout(const table& recording, const jet_program_view& program, const schedule& stages, const fusion& together,
                int block)
      : t(recording), p(program), order(stages), fused(together), samples(block), d(recording.d) {
    place();
  }

  int block() const { return samples; }  ///< samples
  /// The transposed cotangent that gradient i reads; null where there is none yet.
  transposition* transposition_for(int i) {
    for (transposition& q : transpositions)
      if (q.of == at(i).in[0] && q.stage == order.stage_of[std::size_t(i)] && q.per_dim == at(i).per_dim) return &q;
    return nullptr;
  }
  /// n elements filled up to whole vectors.
  static std::ptrdiff_t padded(int n) { return (n + simd::lanes<T> - 1) / simd::lanes<T> * simd::lanes<T>; }
  /// Whether the gradient of node i has so few outputs that its samples are added up lane by lane instead of being the inner
  /// index of a product whose columns are outputs.
  bool by_lanes(int i) const {
    const tensor& w = t.tensors[at(i).weight];
    return w.masked != mask::hidden && outputs(at(i)) * 4 <= simd::lanes<T>;
  }
  /// Whether the gradient of node i is of weights for so few inputs, the coordinate or time, that rows of cotangents as they are
  /// give it sooner than a product for which they must be transposed.
  bool few_inputs(int i) const {
    const jet_node& x = at(i);
    const tensor& w = t.tensors[x.weight];
    return x.o == jet_op::weight_gradient && w.masked == mask::none && w.rank == 2 && x.width * 8 <= simd::lanes<T>;
  }
  /// Whether the gradient of node i, of a layer, is added up lane by lane for one of these reasons.
  bool adds_lanes(int i) const { return is_gradient(at(i)) && (by_lanes(i) || few_inputs(i)); }
  /// The row of coefficient c of a series; one feature is repeated.
  row_reference row(const series& s, int c) const {
    const int i = resolve(p, x_order(c) ? s.high : s.low);
    row_reference r = buffers[std::size_t(i)];
    r.base += slot(at(i).stored, c) * samples;
    if (at(i).width == 1) r.row = 0;
    return r;
  }
  /// Where coefficient c of layer i lies, if that is a constant; else null.
  const constant_coefficient* constant(int i, int c) const {
    for (const constant_coefficient& q : constants)
      if (q.node == i && q.c == c) return &q;
    return nullptr;
  }
  orders constants_of(int i) const {
    orders set = 0;
    for (const constant_coefficient& q : constants)
      if (q.node == i) set |= bit_of(q.c);
    return set;
  }
  /// The row of f'(u_0) that node i keeps.
  row_reference slope_row(int i) const {
    row_reference r = buffers[std::size_t(i)];
    r.base += count(at(i).stored) * samples;
    if (at(i).width == 1) r.row = 0;
    return r;
  }
  /// Dimensions of a group of sum_others, a power of two or all: three times their rows, in blocks of four vectors, fit the
  /// second cache. The same for blocks of any size, because the order of additions depends on it.
  int group(const jet_node& x) const { return group(x, d); }
  static int group(const jet_node& x, int d) {
    const std::ptrdiff_t bytes =
        std::ptrdiff_t(x.width) * (count(x.stored) + x.slope) * 4 * simd::lanes<T> * std::ptrdiff_t(sizeof(T));
    const std::size_t fit = (std::size_t(1) << 18) / std::size_t(bytes > 0 ? bytes : 1);
    return std::min(int(std::bit_floor(std::clamp<std::size_t>(fit, 4, most_of_group))), d);
  }
  /// Rows that sum_others keeps from one dimension to the next, behind those of its result: what came before, the sums of each
  /// dimension of a group, and what follows each group.
  static int rows_between_dimensions(const jet_node& x, int d) {
    if (x.o != jet_op::sum_others) return 0;
    const int each = group(x, d);
    return 1 + each + (d + each - 1) / each;
  }
  /// Whether the groups of sum_others node i are summed as soon as its operand is there: where that is computed by an earlier
  /// loop.
  bool sums_groups_early(int i) const {
    if (at(i).o != jet_op::sum_others || at(i).n < 0 || !executed(i)) return false;
    const int a = summed_operand(p, at(i));
    return a >= 0 && !preloaded(at(a));
  }
  /// The first of the rows that node i keeps between dimensions; `dim` is their distance.
  row_reference row_between_dimensions(int i) const {
    row_reference r{requests[std::size_t(i)].offset, distance_of_dims(at(i)), row_stride(at(i))};
    r.base += r.dim * own_rows(i);
    return r;
  }
  /// The sum over other dimensions in whose rows a node that is computed by groups is made; -1: it has rows of its own.
  int made_for(int i) const {
    if (!at(i).by_groups || !fused.follows[std::size_t(i)] || at(i).slope) return -1;
    for (int j = i + 1; j < p.count; j++)
      if (executed(j) && sums_repeated_groups(at(j)) && resolve(p, at(j).in[0].low) == i)
        return at(j).stored == at(i).stored ? j : -1;
    return -1;
  }
  /// The operand of a sum over other dimensions, where it is too large for the second cache.
  ahead_of_step read_ahead(int i) const {
    const int a = resolve(p, at(i).in[0].low);
    if (at(i).n < 0 || !order.kept[std::size_t(a)] || bytes_of_all_dimensions(a) < second_level_cache / 2) return {};
    return {buffers[std::size_t(a)], buffers[std::size_t(a)].dim, group(at(i))};
  }
  /// The rows of the next dimension of what a product makes, where the memory for all of them is too large for any cache.
  ahead_of_step written_ahead(int i) const {
    if (!order.kept[std::size_t(i)] || bytes_of_all_dimensions(i) < 2 * most_kept) return {};
    return {buffers[std::size_t(i)], buffers[std::size_t(i)].dim, 1, true};
  }
  /// Calls f(first coefficient, coefficients, reference of the first) for maximal runs that lie side by side both in the operand
  /// and in `into`.
  template <class F>
  void each_run(const series& s, orders set, orders into, F&& f) const {
    const auto node_of = [&](int c) { return resolve(p, x_order(c) ? s.high : s.low); };
    const auto follows = [&](int a, int b) {
      const int node = node_of(a);
      return node_of(b) == node && slot(at(node).stored, b) == slot(at(node).stored, a) + 1 && slot(into, b) == slot(into, a) + 1;
    };
    dimwise::each_run(set & readable(s), follows, [&](int c, int n) {
      row_reference r = buffers[std::size_t(node_of(c))];
      r.base += slot(at(node_of(c)).stored, c) * samples;
      f(c, n, r);
    });
  }

 private:
  const table& t;
  jet_program_view p;
  const schedule& order;
  const fusion& fused;
  int samples, d;

  std::vector<char> read_in_group;  ///< of a sum over other dimensions: whether its readers find it in the rows of its group

  const jet_node& at(int i) const { return p.nodes[i]; }
  orders readable(const series& s) const { return available(p.nodes, s); }
  std::ptrdiff_t bytes_of_all_dimensions(int i) const { return buffers[std::size_t(i)].dim * d * std::ptrdiff_t(sizeof(T)); }
  bool executed(int i) const { return order.stage_of[std::size_t(i)] >= 0; }
  static bool is_gradient(const jet_node& x) { return x.o == jet_op::weight_gradient || x.o == jet_op::bias_gradient; }

  /// The node that a sum over other dimensions makes: a factor times it, or itself.
  int result_of_sum(int i) const { return std::max(i, fused.follower[std::size_t(i)]); }
  /// Layers read sums where they are made.
  void find_read_in_group() {
    std::vector<char> elsewhere(std::size_t(p.count), 0);
    for (int i = 0; i < p.count; i++)
      if (executed(i) && at(i).o != jet_op::linear) detail::for_each_operand(p, i, [&](int a) { elsewhere[std::size_t(a)] = 1; });
    read_in_group.assign(std::size_t(p.count), 0);
    for (int i = 0; i < p.count; i++)
      if (executed(i) && at(i).o == jet_op::sum_others && at(i).n >= 0) {
        const std::size_t r = std::size_t(result_of_sum(i));
        read_in_group[std::size_t(i)] = !elsewhere[r] && !order.kept[r];
      }
  }
  /// Where a group's rows of a sum over other dimensions are.
  row_reference rows_of_group(int i) const {
    row_reference r = row_between_dimensions(i);
    r.base += r.dim;
    r.turn = group(at(i)) < d ? group(at(i)) - 1 : -1;
    return r;
  }
  void place() {
    const std::size_t n = std::size_t(p.count);
    find_read_in_group();
    const timeline time(p, order);
    const auto& [position, loop_begin, loop_end] = time;
    const auto stage_of = [&](int i) { return std::size_t(order.stage_of[std::size_t(i)]); };
    requests.resize(n);
    for (int i = 0; i < p.count; i++) {
      if (!executed(i)) continue;
      const jet_node& x = at(i);
      buffer_request& q = requests[std::size_t(i)];
      const bool collects = x.o == jet_op::store && x.per_dim;
      const bool whole = order.kept[std::size_t(i)] || x.reduces || x.gathers || collects;
      q.size = x.stored ? distance_of_dims(x) * (own_rows(i) + rows_between_dimensions(x, d)) : 0;
      if (made_for(i) >= 0 || (fused.follows[std::size_t(i)] && read_in_group[std::size_t(resolve(p, x.in[0].low))])) q.size = 0;
      if (fused.follower[std::size_t(i)] >= 0 && x.o != jet_op::sum_others)
        q.size = fused.in_place[std::size_t(i)] ? 0 : std::min(x.width, strip_capacity) * row_stride(x);
      if (collects) q.size = std::ptrdiff_t(std::min(d, simd::lanes<T>)) * x.width * samples;
      // a follower is written from the time of its product on
      const int born = position[std::size_t(fused.follows[std::size_t(i)] ? resolve(p, x.in[0].low) : i)];
      q.first = preloaded(x)         ? 0
                : x.per_dim && whole ? loop_begin[sums_groups_early(i) ? stage_of(summed_operand(p, x)) : stage_of(i)]
                                     : born;
      q.last = std::max(q.last, x.per_dim && whole && !preloaded(x) ? loop_end[stage_of(i)] : position[std::size_t(i)]);
      detail::for_each_operand(p, i, [&](int a) {
        if (sums_repeated_groups(x) && !at(a).by_groups) return;  // read when it is there
        requests[std::size_t(a)].last = std::max(requests[std::size_t(a)].last, time.last_read(p, order, i, a));
      });
      if (is_gradient(x) && !adds_lanes(i)) {
        // it may be made with the product that the cotangent follows
        const int a = resolve(p, x.in[0].low);
        const bool early = a >= 0 && fused.follows[std::size_t(a)] && stage_of(a) == stage_of(i) && at(a).per_dim == x.per_dim;
        note_transposition(i, position[std::size_t(i)], position[std::size_t(early ? resolve(p, at(a).in[0].low) : i)]);
      }
    }
    for (const transposition& q : transpositions) {
      requests.push_back({count(q.set) * samples * q.padded, q.first, q.last, -1});
    }
    find_constants();
    for (const constant_coefficient& q : constants)
      requests.push_back({std::ptrdiff_t(at(q.node).width) * samples, 0, std::numeric_limits<int>::max(), -1});
    workspace = place_buffers(requests, 64 / std::ptrdiff_t(sizeof(T)));
    buffers.resize(n);
    for (int i = 0; i < p.count; i++) {
      if (!executed(i)) continue;
      const jet_node& x = at(i);
      buffers[std::size_t(i)] = {requests[std::size_t(i)].offset, order.kept[std::size_t(i)] ? distance_of_dims(x) : 0,
                                 row_stride(x)};
    }
    for (int i = 0; i < p.count; i++) {
      if (executed(i) && read_in_group[std::size_t(i)]) buffers[std::size_t(result_of_sum(i))] = rows_of_group(i);
      if (executed(i) && made_for(i) >= 0) buffers[std::size_t(i)] = rows_of_group(made_for(i));
    }
    for (std::size_t j = 0; j < transpositions.size(); j++)
      transpositions[j].at = {requests[n + j].offset, 0, transpositions[j].padded};
    for (std::size_t j = 0; j < constants.size(); j++)
      constants[j].at = {requests[n + transpositions.size() + j].offset, 0, samples};
  }
  /// Those of layers whose activation reads them in the loop over dimensions.
  void find_constants() {
    for (int i = 0; i < p.count; i++) {
      const jet_node& x = at(i);
      if (!executed(i) || x.o != jet_op::linear || !x.per_dim || !contains(x.stored, 0) || t.tensors[x.weight].rank != 2 ||
          !fused.in_place[std::size_t(i)])
        continue;
      for (orders m = x.stored & ~value_only; m; m &= m - 1) {
        const int c = std::countr_zero(m);
        int column = 0, found = 0;
        constant_coefficient q{i, c, -1, 0, {}};
        for (int j = 0; j < x.inputs; j++) {
          const series& a = x.in[j];
          if (contains(readable(a), c)) {
            found++;
            if (is_one(at(resolve(p, x_order(c) ? a.high : a.low)), c)) q.weight = t.tensors[x.weight].offset + column;
          }
          column += at(a.low >= 0 ? a.low : a.high).width;
        }
        q.weight_row = column;
        if (found == 1 && q.weight >= 0) constants.push_back(q);
      }
    }
  }
  /// Dimensions of its result that a node stores: none where a follower takes them.
  int own_rows(int i) const {
    if (order.kept[std::size_t(i)]) return d;
    return at(i).o == jet_op::sum_others && (fused.follower[std::size_t(i)] >= 0 || read_in_group[std::size_t(i)]) ? 0 : 1;
  }
  std::ptrdiff_t row_stride(const jet_node& x) const { return std::ptrdiff_t(count(x.stored) + x.slope) * samples; }
  std::ptrdiff_t size_of_dim(const jet_node& x) const { return x.width * row_stride(x); }
  /// From one dimension to the next: whole pages and a line, because lines of many dimensions at the same place of a page would
  /// have few places in the nearest cache.
  std::ptrdiff_t distance_of_dims(const jet_node& x) const {
    constexpr std::ptrdiff_t page = 4096 / sizeof(T), line = 64 / sizeof(T);
    return size_of_dim(x) + (!preloaded(x) && size_of_dim(x) % page == 0 ? line : 0);
  }

  /// Of the layer whose weights or biases a gradient is of.
  int outputs(const jet_node& x) const {
    const tensor& w = t.tensors[x.weight];
    return x.o == jet_op::bias_gradient ? w.shape[w.rank - 1] : w.shape[w.rank - 2];
  }
  void note_transposition(int i, int position, int born) {
    const jet_node& x = at(i);
    const int features = outputs(x);
    const orders set = readable(x.in[0]) & (x.o == jet_op::bias_gradient ? value_only : readable(x.in[1]));
    if (transposition* known = transposition_for(i)) {
      known->set |= set;
      known->first = std::min(known->first, born);
      known->last = std::max(known->last, position);
      return;
    }
    transposition q;
    q.of = x.in[0];
    q.set = set;
    q.stage = order.stage_of[std::size_t(i)];
    q.per_dim = x.per_dim;
    q.features = features;
    q.first = born;
    q.last = position;
    q.padded = padded(features);
    transpositions.push_back(q);
  }
};

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
