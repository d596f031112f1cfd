// training/history.hpp: losses over steps, kept in memory and in a CSV file for plots.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "../ir/table.hpp"

namespace dimwise {

struct history_row {
  int stage = 0;
  std::uint64_t step = 0;                     ///< in the stage, counted from 1
  double rate = 0, loss = 0, validation = 0;  ///< loss: mean over the steps since the last row; NaN: not computed
  std::vector<double> objectives;             ///< training loss of each objective of the model, unweighted; NaN outside its stage
  double seconds = 0;
};

/// Columns: stage, step, rate, loss, validation, seconds, and one for each objective (its name). Lines are written at once. On
/// resume, rows after the checkpoint are dropped.
class history {
 public:
  /// path empty: memory only.
  history(const table& recording, std::string path);
  /// Starts a new file.
  void begin();
  /// Keeps the rows of the file up to (stage, step) and goes on after them.
  void resume(int stage, std::uint64_t step);
  void add(const history_row& row);
  const std::vector<history_row>& rows() const { return rows_; }

 private:
  std::string header() const;
  std::string line(const history_row&) const;
  std::vector<std::string> names_;
  std::string path_;
  std::vector<history_row> rows_;
};

}  // namespace dimwise
