// codegen/runner/data_flags.cpp: see data_flags.hpp.
#include "codegen/runner/data_flags.hpp"

#include "codegen/runner/arguments.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/calendar.hpp"

namespace dimwise {
namespace {

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == by) parts.emplace_back();
    else parts.back() += c;
  }
  return parts;
}

bool is_npy(const std::string& file) { return file.size() > 4 && file.compare(file.size() - 4, 4, ".npy") == 0; }

// A date or a number.
double clock_of(const std::string& text, const std::string& flag) {
  if (const auto date = days_since_1970(text)) return *date;
  return number_of(text, flag);
}

}  // namespace

void declare_data_flags(command_line& line, data_flags& f) {
  line.option("--data", f.data, "[SET=]FILE[:column,column] with the columns of the state; .csv or .npy; may be repeated");
  line.option("--time-column", f.time_column, "csv; default: the name of the model's time");
  line.option("--time-reading", f.reading, "number, day-of-year or elapsed-days (of dates)");
  line.option("--time-file", f.time_file, "npy: times of the rows");
  line.option("--path-column", f.path_column, "csv: which path a row belongs to");
  line.option("--input", f.inputs, "NAME=column,column (csv) or NAME=FILE.npy; may be repeated");
  line.option("--from", f.from, "csv: first date or time that is read");
  line.option("--until", f.until, "csv: the date or time before which reading ends");
  line.option("--validation", f.validation, "share of the rows that is held out for validation");
  line.option("--validation-from", f.validation_from, "hold out rows from this date or time ...");
  line.option("--validation-until", f.validation_until, "... until before this one");
  line.option("--validation-seed", f.validation_seed, "which rows are held out");
}

void bind_data(data_sets& sets, const data_flags& f) {
  const table& t = sets.recording();
  data_source common;
  common.time_column = f.time_column;
  common.path_column = f.path_column;
  common.time_file = f.time_file;
  common.from = f.from;
  common.until = f.until;
  if (f.reading == "number") common.reading = time_reading::number;
  else if (f.reading == "day-of-year") common.reading = time_reading::day_of_year;
  else if (f.reading == "elapsed-days") common.reading = time_reading::elapsed_days;
  else throw error("--time-reading '" + f.reading + "' is unknown; it is number, day-of-year or elapsed-days.");
  for (const std::string& text : f.inputs) {
    const auto [name, value] = name_and_value(text, "--input");
    if (is_npy(value)) common.input_files[name] = value;
    else common.input_columns[name] = split(value, ',');
  }
  validation_split held_out;
  held_out.seed = f.validation_seed;
  if (!f.validation_from.empty() || !f.validation_until.empty()) {
    held_out.how = validation_split::by::clock;
    held_out.from = f.validation_from.empty() ? -1e300 : clock_of(f.validation_from, "--validation-from");
    held_out.until = f.validation_until.empty() ? 1e300 : clock_of(f.validation_until, "--validation-until");
  } else if (f.validation == 0) {
    held_out.how = validation_split::by::none;
  } else {
    if (!(f.validation > 0 && f.validation < 1)) throw error("--validation must be at least 0 and less than 1.");
    held_out.fraction = f.validation;
  }
  auto rows = [&](const std::string& place) {
    data_source source = common;
    const std::size_t colon = place.rfind(':');
    source.file = place.substr(0, colon);
    if (colon != std::string::npos) source.state_columns = split(place.substr(colon + 1), ',');
    return read_rows(t, source);
  };
  std::vector<std::string> unnamed;
  for (const std::string& text : f.data) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) unnamed.push_back(text);
    else sets.bind(text.substr(0, equals), rows(text.substr(equals + 1)), held_out);
  }
  if (unnamed.size() > 1) throw error("--data " + unnamed[1] + ": say which set it is for, as SET=" + unnamed[1] + ".");
  if (unnamed.size() == 1) {
    const data_rows shared = rows(unnamed[0]);
    const std::vector<std::string> open = sets.unbound();
    if (open.empty()) throw error("--data " + unnamed[0] + ": no set of the model is without data.");
    for (const std::string& name : open) sets.bind(name, shared, held_out);
  }
  if (const auto open = sets.unbound(); !open.empty())
    throw error("--data " + open[0] + "=FILE is missing: the model's set '" + open[0] + "' needs rows.");
}

}  // namespace dimwise
