// codegen/print/from_table.hpp: the formulas that a recording stands for.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "codegen/print/formula.hpp"
#include "dimwise/ir/table.hpp"

namespace dimwise::print {

/// Formulas of some values of a recording. Networks are calls by their names, mixtures too; a value that is used more than once
/// and is long gets a name (v1, v2, ...) and a definition, so that the length of all formulas together grows with the table, not
/// with the number of paths through it.
struct formulas {
  std::vector<formula> roots;                                ///< one for each root that was asked for
  std::vector<std::pair<std::string, formula>> definitions;  ///< in the order in which they can be read
  std::vector<bool> indexed;                                 ///< whether a definition has one value a dimension
};

/// With `expand`, D and dt are written out by the rules of calculus (see expanded.hpp), an exponential that is used more than
/// once is called p, and functions that the rules repeat get names, too.
formulas from_table(const table& recording, const std::vector<int>& roots, bool expand = false);

/// The two sides of an equation with derivatives written out, as they stand and, where there is a relative form, divided by the
/// positive factor that every term has. `definitions` as above, for both.
struct expanded_equation {
  formula lhs, rhs;
  bool divided = false;
  formula divided_lhs, divided_rhs;
  formula divisor;
  std::vector<std::pair<std::string, formula>> definitions;
  std::vector<bool> indexed;
};
expanded_equation expanded_sides(const table& recording, const equation_entry& equation);

/// The name of an operation in formulas where it is written as a function; "?" for others.
const char* function_name(op o);

/// The part of a tensor's name before its first dot: the network that it belongs to.
std::string network_of(const tensor& t);

}  // namespace dimwise::print
