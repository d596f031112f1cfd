// training/data_rows.cpp: columns of a CSV file or arrays of .npy files to rows.
#include <dimwise/training/data_rows.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

#include <dimwise/core/error.hpp>
#include <dimwise/io/calendar.hpp>
#include <dimwise/io/csv.hpp>
#include <dimwise/io/npy.hpp>

namespace dimwise {
namespace {

int numbers_of(const table& recording, int slot) {
  const input_slot& s = recording.inputs[slot];
  return s.l == level::dim ? recording.d * s.width : s.width;
}

bool has_state(const table& recording) { return !recording.state_name.view().empty(); }
bool has_time(const table& recording) { return !recording.time_name.view().empty(); }

bool made_by_transitions(const table& recording, int slot) {
  const auto name = recording.inputs[slot].name.view();
  if (name != "next" && name != "step") return false;
  for (int i = 0; i < recording.set_count; i++)
    if (recording.sets[i].source == sample_source::transitions) return true;
  return false;
}

// Row-major [rows][columns] of some columns of a file.
std::vector<double> gather(const csv_file& file, const std::vector<std::string>& columns) {
  std::vector<double> out(file.rows() * columns.size());
  for (std::size_t c = 0; c < columns.size(); c++) {
    const auto values = file.numbers(columns[c]);
    for (std::size_t r = 0; r < values.size(); r++) out[r * columns.size() + c] = values[r];
  }
  return out;
}

std::vector<double> dates(const csv_file& file, const std::string& column) {
  const std::size_t c = file.column(column);
  std::vector<double> out(file.rows());
  for (std::size_t r = 0; r < out.size(); r++) {
    const auto day = days_since_1970(file.text(r, c));
    if (!day)
      throw error("'" + file.path() + "', line " + std::to_string(file.line(r)) + ", column '" + column + "': '" +
                  file.text(r, c) + "' is not a date like 2012-03-01");
    out[r] = *day;
  }
  return out;
}

std::vector<double> plain_times(const csv_file& file, const std::string& column) {
  const std::size_t c = file.column(column);
  if (file.rows() > 0 && days_since_1970(file.text(0, c)))
    throw error("column '" + column + "' of '" + file.path() +
                "' holds dates: say how they become the model's time, as the day of the year or as elapsed days");
  return file.numbers(column);
}

double bound(const std::string& text, bool is_date, double otherwise) {
  if (text.empty()) return otherwise;
  if (is_date) {
    if (const auto day = days_since_1970(text)) return *day;
    throw error("'" + text + "' is not a date like 2012-03-01: rows are chosen by a column of dates");
  }
  std::size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
  }
  if (used != text.size()) throw error("'" + text + "' is not a number: rows are chosen by a column of numbers");
  return value;
}

template <class T>
void keep_rows(std::vector<T>& values, const std::vector<std::size_t>& kept, std::size_t rows) {
  if (values.empty()) return;
  const std::size_t width = values.size() / rows;
  std::vector<T> out;
  out.reserve(kept.size() * width);
  for (const std::size_t r : kept)
    out.insert(out.end(), values.begin() + std::ptrdiff_t(r * width), values.begin() + std::ptrdiff_t((r + 1) * width));
  values.swap(out);
}

void read_times(const table& recording, const data_source& source, const csv_file& file, data_rows& out) {
  std::string column = source.time_column;
  if (column.empty() && has_time(recording)) column = std::string(recording.time_name.view());
  if (column.empty()) {
    if (!source.from.empty() || !source.until.empty()) throw error("rows are to be chosen by time, and no time column is named");
    return;
  }
  const bool is_date = source.reading != time_reading::number;
  std::vector<double> clock = is_date ? dates(file, column) : plain_times(file, column);
  const double from = bound(source.from, is_date, -INFINITY), until = bound(source.until, is_date, INFINITY);
  std::vector<std::size_t> kept;
  for (std::size_t r = 0; r < clock.size(); r++)
    if (clock[r] >= from && clock[r] < until) kept.push_back(r);
  if (kept.size() < out.rows) {
    const std::size_t rows = out.rows;
    if (kept.empty()) throw error("'" + file.path() + "' has no rows in the chosen range of '" + column + "'");
    keep_rows(clock, kept, rows);
    keep_rows(out.state, kept, rows);
    keep_rows(out.path, kept, rows);
    for (auto& i : out.inputs) keep_rows(i, kept, rows);
    out.rows = kept.size();
  }
  if (has_time(recording)) {
    out.time = clock;
    if (source.reading == time_reading::day_of_year)
      for (double& t : out.time) t = day_of_year(t);
    if (source.reading == time_reading::elapsed_days)
      for (double& t : out.time) t -= clock[0];
  }
  if (is_date || !has_time(recording)) out.clock = std::move(clock);
}

data_rows read_csv(const table& recording, const data_source& source) {
  const csv_file file(source.file);
  data_rows out;
  out.rows = file.rows();
  if (out.rows == 0) throw error("'" + file.path() + "' has no rows below the line of names");
  out.origin = "'" + source.file + "'";
  if (has_state(recording)) {
    auto columns = source.state_columns;
    if (columns.empty()) columns = default_columns(std::string(recording.state_name.view()), recording.d);
    if (columns.size() != std::size_t(recording.d))
      throw error("the state '" + std::string(recording.state_name.view()) + "' needs " + std::to_string(recording.d) +
                  " columns, and " + std::to_string(columns.size()) + " are named");
    out.state = gather(file, columns);
  }
  out.inputs.resize(std::size_t(recording.input_count));
  out.absent.resize(std::size_t(recording.input_count));
  for (int i = 0; i < recording.input_count; i++) {
    if (made_by_transitions(recording, i)) continue;
    const std::string name(recording.inputs[i].name.view());
    const auto named = source.input_columns.find(name);
    const bool given = named != source.input_columns.end();
    const auto columns = given ? named->second : default_columns(name, numbers_of(recording, i));
    if (columns.size() != std::size_t(numbers_of(recording, i)))
      throw error("the input '" + name + "' needs " + std::to_string(numbers_of(recording, i)) + " columns, and " +
                  std::to_string(columns.size()) + " are named");
    try {
      if (!given)
        for (const auto& c : columns) (void)file.column(c);
    } catch (const error& missing) {
      out.absent[std::size_t(i)] = missing.what();
      continue;
    }
    out.inputs[std::size_t(i)] = gather(file, columns);
  }
  if (!source.path_column.empty()) {
    const std::size_t c = file.column(source.path_column);
    std::map<std::string, std::int64_t> numbers;
    for (std::size_t r = 0; r < file.rows(); r++)
      out.path.push_back(numbers.emplace(file.text(r, c), std::int64_t(numbers.size())).first->second);
  }
  read_times(recording, source, file, out);
  return out;
}

data_rows read_arrays(const table& recording, const data_source& source) {
  data_rows out;
  const std::size_t d = std::size_t(recording.d);
  const auto array = read_npy<double>(source.file);
  require_finite(array, source.file);
  std::size_t paths = 1, times = 0;
  const auto& shape = array.shape;
  if (shape.size() == 3 && shape[2] == d) {
    paths = shape[0];
    times = shape[1];
  } else if ((shape.size() == 2 && shape[1] == d) || (shape.size() == 1 && d == 1)) {
    times = shape[0];
  } else {
    throw error("'" + source.file + "' has the shape " + shape_text(shape) + "; the state needs (rows, " + std::to_string(d) +
                ") or (paths, times, " + std::to_string(d) + ")");
  }
  out.rows = paths * times;
  if (out.rows == 0) throw error("'" + source.file + "' has no rows");
  out.origin = "'" + source.file + "'";
  if (has_state(recording)) out.state = array.values;
  for (std::size_t p = 0; paths > 1 && p < paths; p++) out.path.insert(out.path.end(), times, std::int64_t(p));
  if (!source.time_file.empty()) {
    const auto time = read_npy<double>(source.time_file);
    require_finite(time, source.time_file);
    if (time.values.size() != out.rows && time.values.size() != times)
      throw error("'" + source.time_file + "' has " + std::to_string(time.values.size()) + " times, and '" + source.file +
                  "' has " + std::to_string(out.rows) + " rows");
    out.time.resize(out.rows);
    for (std::size_t r = 0; r < out.rows; r++) out.time[r] = time.values[r % time.values.size()];
    if (!has_time(recording)) out.clock.swap(out.time);
  } else if (has_time(recording)) {
    throw error("the model has a time and no file of times is given beside '" + source.file + "'");
  }
  out.inputs.resize(std::size_t(recording.input_count));
  out.absent.resize(std::size_t(recording.input_count));
  for (int i = 0; i < recording.input_count; i++) {
    const std::string name(recording.inputs[i].name.view());
    const auto named = source.input_files.find(name);
    if (named == source.input_files.end()) {
      out.absent[std::size_t(i)] = "no file is given for the input '" + name + "'";
      continue;
    }
    auto values = read_npy<double>(named->second);
    require_finite(values, named->second);
    if (values.values.size() != out.rows * std::size_t(numbers_of(recording, i)))
      throw error("'" + named->second + "' has the shape " + shape_text(values.shape) + "; the input '" + name + "' needs " +
                  std::to_string(out.rows) + " rows of " + std::to_string(numbers_of(recording, i)));
    out.inputs[std::size_t(i)] = std::move(values.values);
  }
  return out;
}

void require(bool fits, const data_rows& rows, const std::string& what) {
  if (!fits) throw error(rows.origin + ": " + what);
}

void require_numbers(const std::vector<double>& values, const data_rows& rows, const std::string& what) {
  for (std::size_t i = 0; i < values.size(); i++)
    require(std::isfinite(values[i]), rows,
            what + " of row " + std::to_string(rows.rows ? i / (values.size() / rows.rows) : 0) + " (from 0) is not finite");
}

}  // namespace

std::vector<std::string> default_columns(const std::string& name, int n) {
  if (n == 1) return {name};
  std::vector<std::string> columns;
  for (int i = 0; i < n; i++) columns.push_back(name + "_" + std::to_string(i));
  return columns;
}

data_rows read_rows(const table& recording, const data_source& source) {
  if (source.file.empty()) throw error("no file of data is named");
  data_rows out = source.file.ends_with(".npy") ? read_arrays(recording, source) : read_csv(recording, source);
  require_valid_rows(recording, out);
  return out;
}

void require_valid_rows(const table& recording, const data_rows& rows) {
  const std::size_t n = rows.rows;
  require(n > 0, rows, "there are no rows");
  require(rows.state.size() == (has_state(recording) ? n * std::size_t(recording.d) : 0), rows,
          "the state has " + std::to_string(rows.state.size()) + " numbers, and " + std::to_string(n) + " rows of " +
              std::to_string(recording.d) + " are needed");
  require(!has_time(recording) || rows.time.size() == n, rows, "the model needs a time for each row");
  require(rows.time.empty() || rows.time.size() == n, rows, "the number of times is not the number of rows");
  require(rows.clock.empty() || rows.clock.size() == n, rows, "the number of clock times is not the number of rows");
  require(rows.path.empty() || rows.path.size() == n, rows, "the number of path numbers is not the number of rows");
  require(rows.inputs.size() <= std::size_t(recording.input_count), rows, "there are more inputs than the model has");
  require_numbers(rows.state, rows, "the state");
  require_numbers(rows.time, rows, "the time");
  require_numbers(rows.clock, rows, "the clock");
  for (std::size_t i = 0; i < rows.inputs.size(); i++) {
    const std::string name = "the input '" + std::string(recording.inputs[i].name.view()) + "'";
    if (rows.inputs[i].empty()) continue;
    require(rows.inputs[i].size() == n * std::size_t(numbers_of(recording, int(i))), rows,
            name + " needs " + std::to_string(numbers_of(recording, int(i))) + " numbers a row");
    require_numbers(rows.inputs[i], rows, name);
  }
}

}  // namespace dimwise
