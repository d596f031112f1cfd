// codegen/runner/solve_start.hpp: what the command `solve` starts from, read from the command line and files.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "codegen/runner/arguments.hpp"

namespace dimwise {

/// Starts of all solutions, in the units that they are given in.
struct solve_start {
  std::size_t samples = 0;
  std::vector<double> state;                ///< [samples][d]
  std::vector<double> carried;              ///< [samples][carried]; empty: zeros
  std::optional<double> time;               ///< of a file's time column
  std::vector<std::vector<double>> inputs;  ///< [slot][samples][width]; empty where it is not given
};

/// The column that holds the time in tables of solutions: the model's name for it, else "t" ("time" where the state is called t).
std::string time_column(const table& recording);

/// `initial`: d numbers with commas between them (one solution), a .csv file with the columns of the state (and of the time, of
/// inputs, of carried quantities, where it has them), or a .npy file of shape (samples, d). `inputs`: NAME=NUMBER or
/// NAME=FILE.npy, instead of columns. Throws `error` naming the flag or the file: missing, not finite, of another shape, a time
/// that differs from row to row, an input of `ode` that is missing.
solve_start read_start(const table& recording, const ode_entry& ode, const std::string& initial,
                       const std::vector<std::string>& inputs);

/// Numbers with commas between them. Throws `error` naming the flag and the part that is no finite number.
std::vector<double> number_list(const std::string& text, const std::string& flag);

}  // namespace dimwise
