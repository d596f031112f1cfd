// codegen/runner/describe.hpp: words for what the table says of a value.
#pragma once
#include <string>

#include "dimwise/ir/table.hpp"
#include "dimwise/kernel/compiled_model.hpp"

namespace dimwise {

/// "one per sample", "one per sample and dimension, 8 features".
std::string level_text(const kind& k);
/// "nothing", "its own coordinate", "every other coordinate (hollow)", ...
std::string dependence_text(const kind& k);
/// "[8][32][64]".
std::string shape_text(const tensor& t);

/// Multiply-adds (as 2 FLOP) of all matrix products of one evaluation for one sample when nothing is differentiated, masked
/// entries not counted, of the nodes below `roots`.
double plain_matrix_flop(const table& recording, const int* roots, int count);

}  // namespace dimwise
