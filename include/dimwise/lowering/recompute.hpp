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

/// The same of what a later loop only sums over other dimensions. The operands of a group of these are computed again before its
/// first sum, which is no less work than reading them from a cache: only far memory takes longer.
inline constexpr std::ptrdiff_t most_summed = 4 * most_kept;

/// What writing a number to far memory and reading it again takes, in multiply-adds.
inline constexpr double work_of_memory = 32;

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
      : t(recording),
        p(program),
        order(make_schedule(program, with_parameter_gradients)),
        again(std::size_t(program.count), 0),
        by_groups(again) {
    const std::vector<char> summed = only_summed();
    std::vector<char> outside(again.size(), 0);  // read by something that needs all dimensions
    for (int i = 0; i < p.count; i++) {
      if (order.stage_of[std::size_t(i)] < 0) continue;
      for_each_operand(p, i, [&](int a) {
        if ((!p.nodes[i].per_dim || p.nodes[i].gathers) && !summed[std::size_t(a)]) outside[std::size_t(a)] = 1;
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
      rows += size;
      if (!summed[std::size_t(i)]) candidates.push_back({i, size, work[std::size_t(i)] / size});
      else if (rows > most_rows * (most_summed / most_kept) && work[std::size_t(i)] < work_of_memory * size) {
        by_groups[std::size_t(i)] = some = true;
        rows -= size;
      }
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
      if (sums_groups(p.nodes[i]) && stage >= 0 && by_groups[std::size_t(summed_operand(p, p.nodes[i]))]) {
        x.in[1] = x.in[0];
        x.inputs = 2;
        x.in[0].low = repeated_by_groups(p.nodes[i].in[0].low, stage, place);
        if (x.in[0].high >= 0) x.in[0].high = x.in[0].low;
      }
      if (x.partner >= 0) x.partner = place[std::size_t(x.partner)];
      place[std::size_t(i)] = put(x, i, false, 0);
    }
    return std::move(result);
  }

 private:
  struct copy {
    int stage, node;
    bool by_groups;
  };
  struct candidate {
    int node, rows;
    double work_per_row;
  };
  const table& t;
  jet_program_view p;
  schedule order;
  std::vector<char> again;      ///< is repeated where a later stage reads it
  std::vector<char> by_groups;  ///< is repeated where a later stage sums it over other dimensions
  std::vector<std::vector<copy>> copies;
  repeated_program result;
  bool some = false;

  /// Whether a node is a sum over other dimensions that reads its operand group by group.
  bool sums_groups(const jet_node& x) const {
    return x.o == jet_op::sum_others && x.n >= 0 && x.in[0].low >= 0 &&
           (x.in[0].high < 0 || resolve(p, x.in[0].high) == resolve(p, x.in[0].low));
  }
  /// Which nodes are read by later loops for such sums only, all of them in groups of the same size in one loop.
  std::vector<char> only_summed() const {
    std::vector<char> r(again.size(), 0);
    std::vector<int> rows_of_loop(order.stages.size(), 0);
    for (const bool found : {true, false})
      for (int i = 0; i < p.count; i++) {
        const jet_node& x = p.nodes[i];
        if (order.stage_of[std::size_t(i)] < 0) continue;
        const std::size_t loop = std::size_t(order.stage_of[std::size_t(i)]);
        const int rows = x.width * count(x.stored);
        if (found && sums_groups(x)) {
          if (rows_of_loop[loop] == 0) rows_of_loop[loop] = rows;
          r[std::size_t(summed_operand(p, x))] = 1;
        }
        if (!found)
          for_each_operand(p, i, [&](int a) {
            if (order.stage_of[std::size_t(a)] == order.stage_of[std::size_t(i)] && x.per_dim) return;
            if (!sums_groups(x) || rows != rows_of_loop[loop]) r[std::size_t(a)] = 0;
          });
      }
    return r;
  }
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
    return repeated(r, stage, false, place);
  }
  int repeated(int r, int stage, bool groups, const std::vector<int>& place) {
    for (const copy& c : copies[std::size_t(r)])
      if (c.stage == stage && c.by_groups == groups) return c.node;
    jet_node x = p.nodes[r];
    for (int j = 0; j < x.inputs; j++)
      for (int* a : {&x.in[j].low, &x.in[j].high})
        *a = groups ? repeated_by_groups(*a, stage, place) : moved(*a, stage, true, place);
    x.by_groups = groups;
    const int node = put(x, r, true, stage);
    copies[std::size_t(r)].push_back({stage, node, groups});
    return node;
  }
  /// Where the operand of a sum over other dimensions, or what that is made of, is found for a group of dimensions.
  int repeated_by_groups(int i, int stage, const std::vector<int>& place) {
    if (i < 0) return i;
    const int r = resolve(p, i);
    return again[std::size_t(r)] || by_groups[std::size_t(r)] ? repeated(r, stage, true, place) : place[std::size_t(i)];
  }
};

}  // namespace detail

/// Where what is kept for a block of `samples` would take more than `most` elements of memory, repeats what costs the least for
/// its memory, as much of it as is needed; else the program as it is. Narrow values are always kept. Where a later loop sums over
/// other dimensions what is cheap and fills far memory, that is repeated for a group of dimensions before the first of their
/// sums. Digits are the same either way.
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
