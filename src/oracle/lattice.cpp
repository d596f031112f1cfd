// src/oracle/lattice.cpp: plans of evaluation on a lattice of changed inputs.
#include "lattice.hpp"

#include <algorithm>

namespace dimwise::detail {

stencil::stencil(int n) {
  if (n == 0) {
    taps = {{0, 1.0}};
    return;
  }
  // even n: the n-th power of the central difference; odd n: the (n - 1)-th times the mean difference
  std::vector<double> w{1};
  for (int i = 0; i < n / 2; i++) {
    std::vector<double> next(w.size() + 2);
    for (std::size_t j = 0; j < w.size(); j++) {
      next[j] += w[j];
      next[j + 1] -= 2 * w[j];
      next[j + 2] += w[j];
    }
    w = next;
  }
  if (n % 2) {
    std::vector<double> next(w.size() + 2);
    for (std::size_t j = 0; j < w.size(); j++) {
      next[j] -= w[j] / 2;
      next[j + 2] += w[j] / 2;
    }
    w = next;
  }
  const int r = int(w.size()) / 2;
  for (int s = 1; s <= r; s++) {
    if (w[std::size_t(r + s)] == 0) continue;
    taps.push_back({s, w[std::size_t(r + s)]});
    taps.push_back({-s, w[std::size_t(r - s)]});
  }
  if (n % 2 == 0) taps.push_back({0, w[std::size_t(r)]});
}

int lattice::place_of(const place& p) {
  const auto [it, added] = place_ids_.try_emplace(p, int(places_.size()));
  if (added) places_.push_back(p);
  return it->second;
}

int lattice::moved(int p, int coordinate, int steps, int time_steps) {
  if (steps == 0 && time_steps == 0) return p;
  place q = places_[std::size_t(p)];
  q.t += time_steps;
  if (steps != 0) {
    auto it = std::lower_bound(q.x.begin(), q.x.end(), coordinate, [](const auto& e, int c) { return e.first < c; });
    if (it == q.x.end() || it->first != coordinate) it = q.x.insert(it, {coordinate, 0});
    it->second += steps;
    if (it->second == 0) q.x.erase(it);
  }
  return place_of(q);
}

int lattice::held(int p, int flags) {
  place q = places_[std::size_t(p)];
  if (flags & held_along_x) q.x.clear();
  if (flags & held_along_t) q.t = 0;
  return place_of(q);
}

int lattice::cell(int node, int p) {
  const auto id = std::uint64_t(std::uint32_t(node)) << 32 | std::uint32_t(p);
  const auto [it, added] = cell_ids_.try_emplace(id, int(cells_.size()));
  if (added) cells_.push_back({node, p});
  return it->second;
}

namespace {

/// Cells of each node with the components that are wanted, filled from later nodes to earlier ones.
struct demand {
  const table& t;
  lattice& places;
  std::vector<std::vector<int>> of_node;
  std::unordered_map<int, std::vector<char>> wanted;

  std::vector<char>& marks(int node, int p) {
    const int c = places.cell(node, p);
    auto [it, added] = wanted.try_emplace(c);
    if (added) {
      it->second.assign(std::size_t(places.components(node)), 0);
      of_node[std::size_t(node)].push_back(c);
    }
    return it->second;
  }
  int all(int node, int p) {
    auto& m = marks(node, p);
    std::fill(m.begin(), m.end(), char(1));
    return places.cell(node, p);
  }
  int one(int node, int p, int component) {
    auto& m = marks(node, p);
    m[m.size() == 1 ? 0 : std::size_t(component)] = 1;
    return places.cell(node, p);
  }
  int some(int node, int p, const std::vector<int>& components) {
    auto& m = marks(node, p);
    if (m.size() == 1) m[0] = 1;
    else
      for (int i : components) m[std::size_t(i)] = 1;
    return places.cell(node, p);
  }
};

}  // namespace

plan lattice::make_plan(const std::vector<request>& requests) {
  demand need{t_, *this, std::vector<std::vector<int>>(std::size_t(t_.node_count)), {}};
  int last = -1;
  for (const auto& r : requests) {
    if (r.component < 0) need.all(r.node, r.place);
    else need.one(r.node, r.place, r.component);
    last = std::max(last, r.node);
  }
  plan steps;
  for (int id = last; id >= 0; id--) {
    const node& n = t_.nodes[id];
    // cells of a node are complete here: only later nodes ask for it
    for (std::size_t at_cell = 0; at_cell < need.of_node[std::size_t(id)].size(); at_cell++) {
      step s;
      s.cell = need.of_node[std::size_t(id)][at_cell];
      const int p = key(s.cell).place;
      const std::vector<char> marks = need.wanted[s.cell];
      for (int i = 0; i < int(marks.size()); i++)
        if (marks[std::size_t(i)]) s.components.push_back(i);
      switch (n.o) {
        case op::D:
          for (int i : s.components) {
            auto& taps = s.taps.emplace_back();
            for (const auto& [steps_off, weight] : stencil(n.n).taps)
              taps.push_back({need.one(n.a, moved(p, i, steps_off, 0), i), weight});
          }
          break;
        case op::dt: {
          auto& taps = s.taps.emplace_back();
          for (const auto& [steps_off, weight] : stencil(n.n).taps)
            taps.push_back({need.some(n.a, moved(p, 0, 0, steps_off), s.components), weight});
          break;
        }
        case op::detach: s.a = need.some(n.a, 0, s.components); break;
        case op::held: s.a = need.some(n.a, held(p, n.n), s.components); break;
        case op::exp_relative:
          s.a = need.some(n.a, p, s.components);
          s.base = need.some(n.a, 0, s.components);
          break;
        case op::component: s.a = need.one(n.a, p, n.n); break;
        case op::shift: {
          std::vector<int> sources;
          for (int i : s.components)
            if (const int j = shifted_from(t_, n, i); j >= 0) sources.push_back(j);
          s.a = need.some(n.a, p, sources);
          break;
        }
        case op::sum:
        case op::sum_others:
        case op::masked_input:
        case op::masked_hidden:
        case op::readout:
        case op::unstack:
          s.a = need.all(n.a, p);
          if (n.b >= 0) s.b = need.all(n.b, p);
          break;
        default:
          if (n.a >= 0) s.a = need.some(n.a, p, s.components);
          if (n.b >= 0) s.b = need.some(n.b, p, s.components);
      }
      steps.push_back(std::move(s));
    }
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

int shifted_from(const table& t, const node& n, int i) {
  const grid_offset& o = n.offset;
  for (int j = 0; j < t.d; j++) {
    int down = j / o.width - i / o.width - o.rows, right = j % o.width - i % o.width - o.columns;
    if (o.periodic) down %= t.d / o.width, right %= o.width;
    if (down == 0 && right == 0) return j;
  }
  return -1;
}

std::vector<int> total_orders(const table& t) {
  std::vector<int> q(std::size_t(t.node_count), 0);
  for (int i = 0; i < t.node_count; i++) {
    const node& n = t.nodes[i];
    int& own = q[std::size_t(i)];
    if (n.a >= 0) own = std::max(own, q[std::size_t(n.a)]);
    if (n.b >= 0) own = std::max(own, q[std::size_t(n.b)]);
    if (n.o == op::D || n.o == op::dt) own += n.n;
  }
  return q;
}

std::vector<char> changed_nodes(const table& t, int entry) {
  std::vector<char> changes(std::size_t(t.node_count), 0);
  const auto holds = [&](int w) {
    return w >= 0 && entry >= t.tensors[w].offset && entry < t.tensors[w].offset + t.tensors[w].size();
  };
  for (int i = 0; i < t.node_count; i++) {
    const node& n = t.nodes[i];
    if (n.o == op::frozen || n.o == op::detach) continue;
    changes[std::size_t(i)] = holds(n.weight) || holds(n.weight2) || holds(n.bias) || (n.a >= 0 && changes[std::size_t(n.a)]) ||
                              (n.b >= 0 && changes[std::size_t(n.b)]);
  }
  return changes;
}

}  // namespace dimwise::detail
