// training/data_rows.hpp: rows of data for a model, read from CSV or .npy files or made by a program.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "../ir/table.hpp"

namespace dimwise {

/// Rows in the data's own units, row-major. `inputs` has one array for each input slot of the recording, empty where it is not
/// given.
struct data_rows {
  std::size_t rows = 0;
  std::vector<double> state;                ///< [rows][d]
  std::vector<double> time;                 ///< [rows] the model's time; empty for models without
  std::vector<double> clock;                ///< [rows] unwrapped time, for increments and splits; empty: `time`
  std::vector<std::int64_t> path;           ///< [rows] which path a row belongs to; empty: all rows are one path
  std::vector<std::vector<double>> inputs;  ///< [slot][rows][width] or [slot][rows][d][width]
  std::string origin = "the given rows";    ///< for messages
  std::vector<std::string> absent;          ///< [slot] why an input is not given, a sentence; empty: no word on it

  double clock_at(std::size_t row) const { return clock.empty() ? (time.empty() ? double(row) : time[row]) : clock[row]; }
};

/// How the model's time is made from a column.
enum class time_reading : std::uint8_t {
  number,       ///< as it stands
  day_of_year,  ///< of a date: 1 .. 366; the clock is days since 1970-01-01
  elapsed_days  ///< of a date: days since the first row read
};

/// Where rows come from.
struct data_source {
  std::string file;                        ///< .csv, or .npy with the state: [rows][d], [rows] for d = 1, or [paths][times][d]
  std::vector<std::string> state_columns;  ///< csv; empty: see default_columns
  std::string time_column;                 ///< csv; empty: the name of the model's time
  time_reading reading = time_reading::number;
  std::string path_column;                                        ///< csv; empty: one path
  std::map<std::string, std::vector<std::string>> input_columns;  ///< csv; by input name; missing: see default_columns
  std::string time_file;                                          ///< npy: [rows] or [times]
  std::map<std::string, std::string> input_files;                 ///< npy; by input name
  std::string from, until;  ///< csv with a time column: keep rows with from <= date or number < until; empty: no bound
};

/// Columns that a quantity of n numbers is read from unless others are named: its name, or name_0 .. name_{n-1}.
std::vector<std::string> default_columns(const std::string& name, int n);

/// Reads rows for a model. An input is read where its columns are named or present, and left out otherwise: `absent` says why,
/// and training refuses an objective that reads it. Inputs called "next" and "step" are made by transition sets. Throws `error`
/// naming file, column and line: missing columns (listing those present), text that is no number or date, numbers that are not
/// finite, arrays whose shapes do not fit.
data_rows read_rows(const table& recording, const data_source& source);

/// Throws `error` where sizes do not fit the recording or a number is not finite.
void require_valid_rows(const table& recording, const data_rows& rows);

}  // namespace dimwise
