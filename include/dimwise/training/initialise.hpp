// training/initialise.hpp: the parameter vector that a model starts from.
#pragma once
#include <cstdint>
#include <vector>

#include "../ir/table.hpp"

namespace dimwise {

/// Each tensor is drawn from the stream (seed, "initial " + its name): N(0, scale^2) or the constant; masked entries are exactly
/// 0. So a tensor starts the same in every model that has it under the same name and shape.
std::vector<double> initial_parameters(const table& recording, std::uint64_t seed);

}  // namespace dimwise
