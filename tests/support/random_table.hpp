// tests/support/random_table.hpp: random well-formed recordings, smooth and with moderate numbers, and smaller ones that still
// fail.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "table_builder.hpp"

namespace dimwise::testing {

struct random_table_options {
  int largest_d = 6;
  int largest_width = 5;
  int steps = 24;           ///< operations drawn; some add several nodes
  int largest_x_order = 4;  ///< sum of orders of D on any way down
  int largest_t_order = 2;
  int outputs = 3;
  bool inner = false;  ///< also what programs do not say but words of the language record: ways along directions, values held
                       ///< along one axis or free of x by claim, sums of plain networks, D of dense values
};

/// A recording with a few outputs, an objective on all of them, and an equation where two of them are point-level scalars. The
/// same seed and options give the same recording. Arguments of log, sqrt, non-integer powers and denominators are at least about
/// 0.1.
table_builder random_table(std::uint64_t seed, const random_table_options& options = {});

/// A random recording with one random change of one operation, or with an operation on any of its values, as a slip of the pen
/// would make it: often ill-formed, with classes that do not follow from the operands.
table_builder random_slip(std::uint64_t seed);

/// Empty, or why a recording breaks the rules of language and analysis: operand order, classes, widths, masks, refusals.
std::string why_ill_formed(const table& recording);

/// Recomputes the classes of a changed recording; false where a node can no longer be.
bool settle(table_builder& b);

/// Makes a recording smaller as long as `fails` stays true: drops outputs, takes operands or leaves for nodes, lowers orders.
/// Calls `fails` at most `tries` times, with well-formed recordings only.
table_builder shrink(table_builder failing, const std::function<bool(const table_builder&)>& fails, int tries = 400);

/// Without the nodes and tensors that no output, objective or equation needs.
table_builder without_unused(const table_builder& b);

}  // namespace dimwise::testing
