// examples/pde/inverse.hpp: the command of the examples that find coefficients of an equation from noisy data.
#pragma once
#include <string>
#include <vector>

#include <dimwise/runner.hpp>

namespace pde_example {

/// A coefficient, the output that holds it, and how near to its true value it must come (relative).
struct coefficient {
  std::string output;
  double truth = 0, bar = 0;
};

/// Adds `demo`: draws `points` places of the reference in `folder` with noise of 1 % of the standard deviation of u (fixed seed),
/// trains, draws the field and prints each coefficient and its error. Exit status 1 where one is above its bar.
void add_identify_command(dimwise::runner& program, const std::string& folder, std::size_t points,
                          std::vector<coefficient> coefficients);

}  // namespace pde_example
