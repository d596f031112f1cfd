// training/trained_entries.hpp: which entries of the parameter vector a training stage may move, and which decay.
#pragma once
#include <cstddef>
#include <vector>

#include "../ir/table.hpp"

namespace dimwise {

/// Entries [begin, end) of the parameter vector. `decays`: weights of layers; biases and bare parameters do not.
struct entry_range {
  std::size_t begin = 0, end = 0;
  bool decays = false;
};

/// Tensors that the gradient of these nodes can reach: not through `frozen` or `detach`, and only trained ones.
std::vector<bool> reached_tensors(const table& recording, const std::vector<int>& nodes);

/// Whether a node reaches an operation of this kind, and (for inputs) this number, through any path.
bool reads(const table& recording, int node, op what, int number = -1);

/// The runs of entries that are not masked, of the tensors marked true.
std::vector<entry_range> movable_entries(const table& recording, const std::vector<bool>& tensors);

}  // namespace dimwise
