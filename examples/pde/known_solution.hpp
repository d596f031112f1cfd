// examples/pde/known_solution.hpp: the command of the examples whose solution is known in closed form.
#pragma once
#include <string>

#include <dimwise/runner.hpp>

namespace pde_example {

/// Adds `demo`: trains in double precision and prints |learned - exact| / |exact| in the Euclidean norm over 4,000 points, for
/// the outputs `learned` and "exact". The points are uniform in the model's first box, or, where it has none, drawn from the
/// exact density: normal with the outputs "exact_mean" and "exact_deviation" for each dimension, at times uniform in [0, 1]. Exit
/// status 1 where the error is above `bar`.
void add_known_solution_command(dimwise::runner& program, const std::string& learned, double bar);

}  // namespace pde_example
