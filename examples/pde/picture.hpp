// examples/pde/picture.hpp: what the examples draw: a solution, its error, and slices of both.
#pragma once
#include <string>
#include <vector>

#include "examples/pde/reference.hpp"

namespace pde_example {

/// A png of the learned values `what` on the grid of a reference: the field, log10 of the error, and four times; for one time the
/// curve and its error.
void draw_field(const std::string& title, const std::string& what, const reference_solution& r, const std::vector<double>& u,
                const std::string& png);

/// A png of learned against exact values, one point for each pair.
void draw_scatter(const std::string& title, const std::vector<double>& exact, const std::vector<double>& learned,
                  const std::string& png);

}  // namespace pde_example
