// tests/support/network_failures.hpp: what kernels of a recorded model get wrong, and what its values see that they must not.
#pragma once
#include <string>
#include <vector>

#include "dimwise/ir/table.hpp"

namespace dimwise::testing {

/// All outputs, and their gradients by some entries of every tensor, of kernels in double and single precision against the
/// oracle: one line for each that is wrong, nothing if all is right.
std::string oracle_failures(const table& recording, bool gradients = true);

/// Whether any digit (of 100) of component i of an output of dim level follows coordinate j: [i][j].
std::vector<std::vector<bool>> sight_of(const table& recording, std::string_view output);

/// Changes each coordinate in the whole input and compares all digits (100) of all components of an output: a line for each
/// component that follows a coordinate which its class excludes, and, if `all_of_it`, for each that does not follow one which
/// its class includes. Where the class excludes the own coordinate, the dense derivative of the value by it must be exactly 0.
std::string sight_failures(const table& recording, std::string_view output, bool all_of_it = true);

}  // namespace dimwise::testing
