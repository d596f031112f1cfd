// tests/support/compiled_programs.hpp: kernels that the real compiler has made of random recordings printed as programs, against
// the oracle on the recordings that they were printed from.
#pragma once
#include <cstdint>
#include <memory>

#include "dimwise/kernel/compiled_model.hpp"
#include "random_table.hpp"

namespace dimwise::testing {

struct compiled_program {
  std::uint64_t seed = 0;
  std::unique_ptr<kernel_interface<double>> (*kernel)() = nullptr;  ///< of the program's outputs, with gradient
  const table* recording = nullptr;                                 ///< what the program recorded
};

/// The recordings that programs are printed from.
random_table_options program_tables();

/// Compares values (1e-11) and gradients (1e-8); prints each failure, and "N passed, N failed". The exit status of the batch.
int check_programs(const compiled_program* programs, int count);

}  // namespace dimwise::testing
