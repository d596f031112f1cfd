// tests/codegen/pull_model.hpp: a small model whose table and kernels are written by hand, for tests of the commands alone.
#pragma once
#include "dimwise/kernel/compiled_model.hpp"

namespace dimwise::test {

/// d = 2, state x, time t, input u, constant strength (default 1):
///   drift_i = strength * (centre_i - x_i), noise_i = 0.5, output "pull" = drift, equation balance: sum(x) == t,
///   mixture "cloud": one component at centre with deviation 1, objective "distance" = sum(sq(x - centre)) over the set "points".
compiled_model pull_model();

}  // namespace dimwise::test
