// io/csv.hpp: tables of comma separated values, read by column name.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace dimwise {

/// A file with a first line of names. Fields may be quoted ("" inside quotes is one quote, line breaks are kept); blank lines are
/// skipped; a byte order mark and carriage returns are dropped. The separator is the comma, or the semicolon or tab where the
/// first line has no comma.
class csv_file {
 public:
  /// Throws `error` naming the file and the line: no such file, empty, a name twice, a row of another length, an open quote.
  explicit csv_file(const std::string& path);

  const std::string& path() const { return path_; }
  const std::vector<std::string>& names() const { return names_; }
  std::size_t rows() const { return names_.empty() ? 0 : cells_.size() / names_.size(); }

  bool has(const std::string& name) const;
  /// Place of a column. Throws `error` listing the columns that there are.
  std::size_t column(const std::string& name) const;
  const std::string& text(std::size_t row, std::size_t column) const { return cells_[row * names_.size() + column]; }
  /// Line of a row in the file, counted from 1.
  std::size_t line(std::size_t row) const { return lines_[row]; }
  /// A column as numbers. Throws `error` naming file, line, column and text where one is not a finite number.
  std::vector<double> numbers(const std::string& name) const;

 private:
  std::string path_;
  std::vector<std::string> names_, cells_;
  std::vector<std::size_t> lines_;
};

/// Writes names and rows (row-major, the fewest digits that read back as the same numbers) atomically.
void write_csv(const std::string& path, const std::vector<std::string>& names, const std::vector<double>& values);

}  // namespace dimwise
