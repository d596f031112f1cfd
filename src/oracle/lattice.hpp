// src/oracle/lattice.hpp: which nodes must be evaluated at which changed inputs to get a value with nested central differences.
#pragma once
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../../include/dimwise/ir/table.hpp"

namespace dimwise::detail {

/// Weights of the n-th central difference of second order on whole steps -r .. r; the derivative is the sum over u^n.
struct stencil {
  explicit stencil(int n);
  std::vector<std::pair<int, double>> taps;  ///< (steps, weight); pairs (s, -s) stand together, s = 0 is left out where n is odd
};

/// The input moved by whole steps: coordinates (sorted, none zero) and time.
struct place {
  std::vector<std::pair<int, int>> x;
  int t = 0;
  auto operator<=>(const place&) const = default;
};

/// One contribution to a difference: weight * entry `component` of a cell.
struct tap {
  int cell;
  double weight;
};

/// Evaluate the marked components of a cell from its operands' cells.
struct step {
  int cell = -1, a = -1, b = -1;       ///< a, b: cells; of detach and held at the input that they see
  int base = -1;                       ///< exp_relative: the operand's cell at the unmoved input
  std::vector<int> components;         ///< those wanted
  std::vector<std::vector<tap>> taps;  ///< D: for each of `components`; dt: one list for all
};

/// Steps in an order in which operands come first.
using plan = std::vector<step>;

/// A node at a place.
struct cell_key {
  int node, place;
};

/// What is asked for: components of a node at a place. -1: all.
struct request {
  int node, place, component = -1;
};

/// Places, cells and plans; structure only, no numbers.
class lattice {
 public:
  explicit lattice(const table& recording) : t_(recording) { place_of({}); }

  int place_of(const place& p);
  const place& at(int p) const { return places_[std::size_t(p)]; }
  /// A place moved further.
  int moved(int p, int coordinate, int steps, int time_steps);
  /// A place without what a held value does not follow.
  int held(int p, int flags);
  int cell(int node, int p);
  const cell_key& key(int c) const { return cells_[std::size_t(c)]; }
  int cells() const { return int(cells_.size()); }

  /// Components of a node: d for dim level, else 1.
  int components(int node) const { return t_.nodes[node].k.l == level::dim ? t_.d : 1; }

  /// Everything that the requests need.
  plan make_plan(const std::vector<request>& wanted);

 private:
  table t_;
  std::vector<place> places_;
  std::map<place, int> place_ids_;
  std::vector<cell_key> cells_;
  std::unordered_map<std::uint64_t, int> cell_ids_;
};

/// The component that a shift brings to component i, or -1 beyond the border.
int shifted_from(const table& recording, const node& shift, int i);

/// Sum of the orders of D and dt on the longest way down from each node.
std::vector<int> total_orders(const table& recording);

/// Nodes that a change of an entry of the parameter vector reaches, not through frozen or detach.
std::vector<char> changed_nodes(const table& recording, int entry);

}  // namespace dimwise::detail
