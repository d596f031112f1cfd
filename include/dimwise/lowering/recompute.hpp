// lowering/recompute.hpp: which values of a dimension are computed again by a later loop over the dimensions instead of being
// kept for all of them.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

#include "schedule.hpp"

namespace dimwise {

/// Bytes that a block may keep for a later loop over dimensions: with the weights they stay in a core's share of the last cache.
inline constexpr std::ptrdiff_t most_kept = 5 << 20;

/// A program with some nodes repeated.
struct repeated_program {
  std::vector<jet_node> nodes;
  std::vector<int> origin;    ///< the node of the original program
  std::vector<char> repeats;  ///< whether it repeats the work of an earlier node
  std::vector<int> earliest;  ///< stage before which a node is not computed
};

namespace detail {

/// Operations that cost little beside the memory traffic of their result: all but those with weights of their own for each
/// dimension and those that look at other dimensions.
inline bool is_repeatable(const jet_node& x, const table& t) {
  if (!x.per_dim || x.reduces || x.gathers) return false;
  switch (x.o) {
    case jet_op::add:
    case jet_op::sub:
    case jet_op::mul:
    case jet_op::scale:
    case jet_op::offset:
    case jet_op::unary:
    case jet_op::derivative:
    case jet_op::concat:
    case jet_op::slice:
    case jet_op::sum_features:
    case jet_op::choose:
    case jet_op::subtract_maximum:
    case jet_op::add_maximum: return true;
    case jet_op::linear: return t.tensors[x.weight].rank == 2;
    default: return false;
  }
}

/// Multiply-adds of one sample that a node takes; other instructions count like them.
inline double work_of(const jet_program_view& p, const jet_node& x) {
  const int coefficients = count(x.stored);
  switch (x.o) {
    case jet_op::linear: {
      double n = 0;
      for (int j = 0; j < x.inputs; j++) {
        const series& s = x.in[j];
        n += double(p.nodes[resolve(p, s.low >= 0 ? s.low : s.high)].width) * count(available(p.nodes, s) & x.stored);
      }
      return n * x.width;
    }
    case jet_op::unary: return double(x.width) * (16 + 8 * coefficients);
    default: return 2.0 * x.width * coefficients;
  }
}

class repetition {
 public:
  repetition(const table& recording, const jet_program_view& program, bool with_parameter_gradients, int least_rows,
             std::ptrdiff_t most_rows)
      : t(recording), p(program), order(make_schedule(program, with_parameter_gradients)), again(std::size_t(program.count), 0) {
    std::vector<char> outside(again.size(), 0);  // read by something that needs all dimensions
    for (int i = 0; i < p.count; i++) {
      if (order.stage_of[std::size_t(i)] < 0) continue;
      for_each_operand(p, i, [&](int a) {
        if (!p.nodes[i].per_dim || p.nodes[i].gathers) outside[std::size_t(a)] = 1;
      });
    }
    std::vector<char> there(again.size(), 0);   // can be read by a later stage
    std::vector<double> work(again.size(), 0);  // of the node and of those before it that are not kept
    std::vector<candidate> candidates;
    std::ptrdiff_t rows = 0;
    for (int i = 0; i < p.count; i++) {
      const jet_node& x = p.nodes[i];
      if (order.stage_of[std::size_t(i)] < 0) continue;
      if (!x.per_dim || x.reduces || preloaded(x)) {
        there[std::size_t(i)] = 1;
        continue;
      }
      bool possible = is_repeatable(x, t) && !outside[std::size_t(i)];
      work[std::size_t(i)] = work_of(p, x);
      for_each_operand(p, i, [&](int a) {
        possible = possible && there[std::size_t(a)];
        if (!order.kept[std::size_t(a)]) work[std::size_t(i)] += work[std::size_t(a)];
      });
      const bool kept = order.kept[std::size_t(i)], narrow = x.width * count(x.stored) < least_rows;
      there[std::size_t(i)] = possible || kept;
      again[std::size_t(i)] = possible && !kept;
      if (!possible || !kept || narrow) continue;
      const int size = x.width * (count(x.stored) + x.slope);
      candidates.push_back({i, size, work[std::size_t(i)] / size});
      rows += size;
    }
    std::sort(candidates.begin(), candidates.end(), [](const candidate& a, const candidate& b) {
      return a.work_per_row != b.work_per_row ? a.work_per_row < b.work_per_row : a.node < b.node;
    });
    for (const candidate& c : candidates) {
      if (rows <= most_rows) break;
      again[std::size_t(c.node)] = 1;
      some = true;
      rows -= c.rows;
    }
  }

  /// Whether anything that would be kept is repeated instead.
  bool any() const { return some; }

  repeated_program run() {
    std::vector<int> place(again.size(), -1);  // of an original node
    copies.assign(again.size(), {});
    for (int i = 0; i < p.count; i++) {
      const int stage = order.stage_of[std::size_t(i)];
      jet_node x = p.nodes[i];
      for (int j = 0; j < x.inputs; j++) {
        x.in[j].low = moved(x.in[j].low, stage, x.per_dim, place);
        x.in[j].high = moved(x.in[j].high, stage, x.per_dim, place);
      }
      if (x.partner >= 0) x.partner = place[std::size_t(x.partner)];
      place[std::size_t(i)] = put(x, i, false, 0);
    }
    return std::move(result);
  }

 private:
  struct copy {
    int stage, node;
  };
  struct candidate {
    int node, rows;
    double work_per_row;
  };
  const table& t;
  jet_program_view p;
  schedule order;
  std::vector<char> again;  ///< is repeated where a later stage reads it
  std::vector<std::vector<copy>> copies;
  repeated_program result;
  bool some = false;

  int put(const jet_node& x, int origin, bool repeats, int earliest) {
    result.nodes.push_back(x);
    result.origin.push_back(origin);
    result.repeats.push_back(repeats);
    result.earliest.push_back(earliest);
    return int(result.nodes.size()) - 1;
  }
  /// Where a reader in `stage` finds node i.
  int moved(int i, int stage, bool loop, const std::vector<int>& place) {
    if (i < 0) return i;
    const int r = resolve(p, i);
    if (!loop || stage < 0 || !again[std::size_t(r)] || order.stage_of[std::size_t(r)] == stage) return place[std::size_t(i)];
    for (const copy& c : copies[std::size_t(r)])
      if (c.stage == stage) return c.node;
    jet_node x = p.nodes[r];
    for (int j = 0; j < x.inputs; j++) {
      x.in[j].low = moved(x.in[j].low, stage, true, place);
      x.in[j].high = moved(x.in[j].high, stage, true, place);
    }
    const int node = put(x, r, true, stage);
    copies[std::size_t(r)].push_back({stage, node});
    return node;
  }
};

}  // namespace detail

/// Where what is kept for a block of `samples` would take more than `most` elements of memory, repeats what costs the least for
/// its memory, as much of it as is needed; else the program as it is. Narrow values are always kept. Digits are the same either
/// way.
inline repeated_program repeat_rather_than_keep(const table& t, const jet_program_view& p, bool with_parameter_gradients,
                                                int samples, std::ptrdiff_t most) {
  constexpr int least_rows = 9;
  detail::repetition r(t, p, with_parameter_gradients, least_rows, most / (std::ptrdiff_t(t.d) * samples));
  if (r.any()) return r.run();
  repeated_program same;
  same.nodes.assign(p.nodes, p.nodes + p.count);
  for (int i = 0; i < p.count; i++) same.origin.push_back(i);
  same.repeats.assign(std::size_t(p.count), 0);
  same.earliest.assign(std::size_t(p.count), 0);
  return same;
}

}  // namespace dimwise
