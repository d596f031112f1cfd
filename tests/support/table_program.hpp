// tests/support/table_program.hpp: a recording as the C++ source of a model function.
#pragma once
#include <string>

#include "dimwise/ir/table.hpp"

namespace dimwise::testing {

struct program_options {
  std::string name = "program";  ///< of the model function
  bool erased = false;           ///< variables are `value` instead of auto: refusals come from the recorder, not from the types
  bool objectives_as_outputs = false;  ///< m.output instead of m.minimize
  int marked = -1;                     ///< the line of this node ends in "// refused"
};

/// What all programs of a file share: includes, and functions for what the language has no word for.
std::string program_prelude();
/// A model function that records the operations of a recording. Throws std::logic_error for an operation that no program can say.
std::string to_program(const table& recording, const program_options& options = {});

}  // namespace dimwise::testing
