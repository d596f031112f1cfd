// codegen/runner/needed_orders.hpp: how often the values of a model are differentiated, and where its networks end.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "dimwise/ir/table.hpp"

namespace dimwise {

struct needed_order {
  int x = 0, t = 0;  ///< highest derivative by the own coordinate and by time that something asks for
};

/// One entry for each node of the recording.
std::vector<needed_order> needed_orders(const table& recording, const std::vector<int>& roots);

/// The last node of every network and mixture, by name.
std::vector<std::pair<std::string, int>> network_nodes(const table& recording);

}  // namespace dimwise
