// codegen/runner/data_flags.hpp: the flags that say where a model's data comes from.
#pragma once
#include <string>
#include <vector>

#include "dimwise/runner.hpp"
#include "dimwise/training/data_sets.hpp"

namespace dimwise {

struct data_flags {
  std::vector<std::string> data;  ///< [SET=]FILE[:column,column]
  std::string time_column, path_column, reading = "number", time_file, from, until;
  std::vector<std::string> inputs;  ///< NAME=column,column or NAME=FILE.npy
  double validation = 0.1;
  std::string validation_from, validation_until;
  std::uint64_t validation_seed = 0;
};

void declare_data_flags(command_line& line, data_flags& flags);

/// Binds every set that a --data names; one without a name is bound to all sets that are still unbound. Throws `error` naming the
/// flag or file; also where a set is left without data.
void bind_data(data_sets& sets, const data_flags& flags);

}  // namespace dimwise
