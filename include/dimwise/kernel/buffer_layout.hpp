// kernel/buffer_layout.hpp: where every series of a scheduled jet program lies in the workspace of a block.
#pragma once
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
  int stage = 0, features = 0, first = 0, last = 0;
  std::ptrdiff_t padded = 0;
  row_reference at;
  bool emitted = false;
};

template <class T>
class buffer_layout {
 public:
  static constexpr std::ptrdiff_t second_level_cache = 1048576;  ///< bytes; the smallest among machines with AVX-512
  std::vector<row_reference> buffers;                            ///< of node i; `row` is the real stride, also for one feature
  std::vector<transposition> transpositions;
  std::vector<buffer_request> requests;  ///< of node i, then of the transpositions: size, lifetime, place
  std::ptrdiff_t workspace = 0;          ///< elements of one block

  buffer_layout(const table& recording, const jet_program_view& program, const schedule& stages, const fusion& together,
                int block)
      : t(recording), p(program), order(stages), fused(together), samples(block), d(recording.d) {
    place();
  }

  int block() const { return samples; }  ///< samples
  /// n elements filled up to whole vectors.
  static std::ptrdiff_t padded(int n) { return (n + simd::lanes<T> - 1) / simd::lanes<T> * simd::lanes<T>; }
  /// Whether the gradient of node i has so few outputs that its samples are added up lane by lane instead of being the inner
  /// index of a product whose columns are outputs.
  bool by_lanes(int i) const {
    const tensor& w = t.tensors[at(i).weight];
    return w.masked != mask::hidden && outputs(at(i)) * 4 <= simd::lanes<T>;
  }
  /// The row of coefficient c of a series; one feature is repeated.
  row_reference row(const series& s, int c) const {
    const int i = resolve(p, x_order(c) ? s.high : s.low);
    row_reference r = buffers[std::size_t(i)];
    r.base += slot(at(i).stored, c) * samples;
    if (at(i).width == 1) r.row = 0;
    return r;
  }
  /// The row of f'(u_0) that node i keeps.
  row_reference slope_row(int i) const {
    row_reference r = buffers[std::size_t(i)];
    r.base += count(at(i).stored) * samples;
    if (at(i).width == 1) r.row = 0;
    return r;
  }
  /// Dimensions of a group of sum_others: three times their rows, in blocks of four vectors, fit the second cache. The same for
  /// blocks of any size, because the order of additions depends on it.
  int group(const jet_node& x) const { return group(x, d); }
  static int group(const jet_node& x, int d) {
    const std::ptrdiff_t bytes =
        std::ptrdiff_t(x.width) * (count(x.stored) + x.slope) * 4 * simd::lanes<T> * std::ptrdiff_t(sizeof(T));
    return int(std::min<std::ptrdiff_t>(std::max<std::ptrdiff_t>((std::ptrdiff_t(1) << 18) / (bytes > 0 ? bytes : 1), 4), d));
  }
  /// Whether the groups of sum_others node i are summed as soon as its operand is there: where that is computed by an earlier
  /// loop.
  bool sums_groups_early(int i) const {
    if (at(i).o != jet_op::sum_others || at(i).n < 0 || !executed(i)) return false;
    const int a = resolve(p, at(i).in[0].low);
    return a >= 0 && !preloaded(at(a));
  }
  /// The first of the rows that node i keeps between dimensions; `dim` is their distance.
  row_reference row_between_dimensions(int i) const {
    row_reference r = buffers[std::size_t(i)];
    r.base += size_of_dim(at(i)) * (order.kept[std::size_t(i)] ? d : 1);
    r.dim = size_of_dim(at(i));
    return r;
  }
  /// The operand of a sum over other dimensions, where it is too large for the second cache.
  ahead_of_step read_ahead(int i) const {
    const int a = resolve(p, at(i).in[0].low);
    if (at(i).n < 0 || bytes_of_all_dimensions(a) < second_level_cache / 2) return {};
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
    orders m = set & readable(s);
    while (m) {
      const int c = std::countr_zero(m);
      const int node = resolve(p, x_order(c) ? s.high : s.low);
      int n = 0;
      orders rest = m;
      while (rest) {
        const int e = std::countr_zero(rest);
        if (resolve(p, x_order(e) ? s.high : s.low) != node || slot(at(node).stored, e) != slot(at(node).stored, c) + n ||
            slot(into, e) != slot(into, c) + n)
          break;
        n++;
        rest &= rest - 1;
      }
      row_reference r = buffers[std::size_t(node)];
      r.base += slot(at(node).stored, c) * samples;
      f(c, n, r);
      m = rest;
    }
  }

 private:
  const table& t;
  jet_program_view p;
  const schedule& order;
  const fusion& fused;
  int samples, d;

  const jet_node& at(int i) const { return p.nodes[i]; }
  orders readable(const series& s) const { return available(p.nodes, s); }
  std::ptrdiff_t bytes_of_all_dimensions(int i) const { return buffers[std::size_t(i)].dim * d * std::ptrdiff_t(sizeof(T)); }
  bool executed(int i) const { return order.stage_of[std::size_t(i)] >= 0; }
  static bool is_gradient(const jet_node& x) { return x.o == jet_op::weight_gradient || x.o == jet_op::bias_gradient; }

  void place() {
    const std::size_t n = std::size_t(p.count);
    std::vector<int> position(n, 0), loop_begin, loop_end;
    int now = 1;
    for (const stage& s : order.stages) {
      for (int i : s.point) position[std::size_t(i)] = now++;
      loop_begin.push_back(now++);
      for (int i : s.dims) position[std::size_t(i)] = now++;
      loop_end.push_back(now++);
    }
    const auto stage_of = [&](int i) { return std::size_t(order.stage_of[std::size_t(i)]); };
    requests.resize(n);
    for (int i = 0; i < p.count; i++) {
      if (!executed(i)) continue;
      const jet_node& x = at(i);
      buffer_request& q = requests[std::size_t(i)];
      const bool collects = x.o == jet_op::store && x.per_dim;
      const bool whole = order.kept[std::size_t(i)] || x.reduces || x.gathers || collects;
      q.size = x.stored ? size_of_dim(x) * ((order.kept[std::size_t(i)] ? d : 1) + rows_between_dimensions(x)) : 0;
      if (fused.follower[std::size_t(i)] >= 0)
        q.size = fused.in_place[std::size_t(i)] ? 0 : std::min(x.width, simd::most_strip_rows) * row_stride(x);
      if (collects) q.size = std::ptrdiff_t(std::min(d, simd::lanes<T>)) * x.width * samples;
      // a follower is written from the time of its product on
      const int born = position[std::size_t(fused.follows[std::size_t(i)] ? resolve(p, x.in[0].low) : i)];
      q.first = preloaded(x)         ? 0
                : x.per_dim && whole ? loop_begin[sums_groups_early(i) ? stage_of(resolve(p, x.in[0].low)) : stage_of(i)]
                                     : born;
      q.last = std::max(q.last, x.per_dim && whole && !preloaded(x) ? loop_end[stage_of(i)] : position[std::size_t(i)]);
      detail::for_each_operand(p, i, [&](int a) {
        const bool temporary = at(a).is_dim() && !order.kept[std::size_t(a)];
        const int used = x.per_dim && !temporary ? loop_end[stage_of(i)] : position[std::size_t(i)];
        requests[std::size_t(a)].last = std::max(requests[std::size_t(a)].last, used);
      });
      if (is_gradient(x) && !by_lanes(i)) {
        // it may be made with the product that the cotangent follows
        const int a = resolve(p, x.in[0].low);
        const bool early = a >= 0 && fused.follows[std::size_t(a)] && stage_of(a) == stage_of(i);
        note_transposition(i, position[std::size_t(i)], position[std::size_t(early ? resolve(p, at(a).in[0].low) : i)]);
      }
    }
    for (const transposition& q : transpositions) {
      requests.push_back({count(readable(q.of)) * samples * q.padded, q.first, q.last, -1});
    }
    workspace = place_buffers(requests, 64 / std::ptrdiff_t(sizeof(T)));
    buffers.resize(n);
    for (int i = 0; i < p.count; i++) {
      if (!executed(i)) continue;
      const jet_node& x = at(i);
      buffers[std::size_t(i)] = {requests[std::size_t(i)].offset, order.kept[std::size_t(i)] ? size_of_dim(x) : 0, row_stride(x)};
    }
    for (std::size_t j = 0; j < transpositions.size(); j++)
      transpositions[j].at = {requests[n + j].offset, 0, transpositions[j].padded};
  }
  /// Rows that sum_others keeps from one dimension to the next, behind those of its result: what came before, what follows each
  /// dimension of a group, and what follows each group.
  int rows_between_dimensions(const jet_node& x) const {
    return x.o == jet_op::sum_others ? 1 + group(x) + (d + group(x) - 1) / group(x) : 0;
  }
  std::ptrdiff_t row_stride(const jet_node& x) const { return std::ptrdiff_t(count(x.stored) + x.slope) * samples; }
  std::ptrdiff_t size_of_dim(const jet_node& x) const { return x.width * row_stride(x); }

  /// Of the layer whose weights or biases a gradient is of.
  int outputs(const jet_node& x) const {
    const tensor& w = t.tensors[x.weight];
    return x.o == jet_op::bias_gradient ? w.shape[w.rank - 1] : w.shape[w.rank - 2];
  }
  void note_transposition(int i, int position, int born) {
    const jet_node& x = at(i);
    const int features = outputs(x);
    for (transposition& q : transpositions)
      if (q.of == x.in[0] && q.stage == order.stage_of[std::size_t(i)]) {
        q.first = std::min(q.first, born);
        q.last = std::max(q.last, position);
        return;
      }
    transposition q;
    q.of = x.in[0];
    q.stage = order.stage_of[std::size_t(i)];
    q.features = features;
    q.first = born;
    q.last = position;
    q.padded = padded(features);
    transpositions.push_back(q);
  }
};

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
