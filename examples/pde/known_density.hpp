// examples/pde/known_density.hpp: the command of the examples whose density is known in closed form.
#pragma once
#include <dimwise/runner.hpp>

namespace pde_example {

/// Adds `demo`: trains in double precision, draws 4,000 points from the exact density (outputs "exact_mean", "exact_deviation") at times uniform in
/// [0, 1], and prints |log_density - exact| / |exact| in the Euclidean norm over them. Exit status 1 where it is above `bar`.
void add_density_command(dimwise::runner& program, double bar);

}  // namespace pde_example
