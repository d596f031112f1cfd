// examples/vae/table.hpp: the table of all cells that have a result.
#pragma once
#include <string>

#include "examples/vae/cell.hpp"

namespace vae {

/// Keeps the result of a cell in result.json of its folder.
void write_result(const cell& c, const std::string& folder, const settings& s, const scores& r, std::int64_t parameters,
                  double epochs, double cpu_seconds);
/// Whether there is one of as many epochs and of the same evaluation.
bool has_result(const std::string& folder, const settings& s);

/// Writes table.md and table.json from the results under `out`: for every data set and row the means over seeds with their
/// spread, the budget, and which row has the lowest -ELBO. Returns the text of table.md.
std::string write_table(const settings& s, const std::string& out);

}  // namespace vae
