// codegen/runner/solve_start.cpp: see solve_start.hpp.
#include "codegen/runner/solve_start.hpp"

#include <algorithm>

#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/io/csv.hpp"
#include "dimwise/io/npy.hpp"
#include "dimwise/training/data_rows.hpp"

namespace dimwise {
namespace {

std::vector<double> array_of(const std::string& file, const std::string& what, const std::vector<std::size_t>& want) {
  const npy_array<double> a = read_npy<double>(file);
  require_finite(a, file);
  std::vector<std::size_t> given = a.shape, needed = want;
  while (given.size() > 1 && given.back() == 1) given.pop_back();
  while (needed.size() > 1 && needed.back() == 1) needed.pop_back();
  if (given != needed)
    throw error(what + ": " + file + " has the shape " + shape_text(a.shape) + "; " + shape_text(want) +
                " is needed (samples first).");
  return a.values;
}

void read_table(const table& t, const ode_entry& ode, const std::string& path, solve_start& start) {
  table timeless = t;  // one time for all rows, or none
  timeless.time_name = {};
  data_source source;
  source.file = path;
  const data_rows rows = read_rows(timeless, source);
  start.samples = rows.rows, start.state = rows.state, start.inputs = rows.inputs;
  const csv_file file(path);
  if (file.has(time_column(t))) {
    const std::vector<double> times = file.numbers(time_column(t));
    for (std::size_t r = 1; r < times.size(); r++)
      if (times[r] != times[0])
        throw error("--initial: '" + path + "', line " + std::to_string(file.line(r)) + ", column '" + time_column(t) +
                    "': all solutions start at one time, and this row is at " + file.text(r, file.column(time_column(t))) +
                    ", the first at " + file.text(0, file.column(time_column(t))) + ". Give the rows of one time.");
    start.time = times[0];
  }
  for (int j = 0; j < ode.carried_count; j++) {
    const std::string name(ode.carried[j].name.view());
    if (!file.has(name)) continue;
    start.carried.resize(start.samples * std::size_t(ode.carried_count), 0.0);
    const std::vector<double> values = file.numbers(name);
    for (std::size_t s = 0; s < start.samples; s++)
      start.carried[s * std::size_t(ode.carried_count) + std::size_t(j)] = values[s];
  }
}

void read_inputs(const table& t, const ode_entry& ode, const std::vector<std::string>& given, solve_start& start) {
  std::string known;
  for (int i = 0; i < t.input_count; i++) known += (i ? ", " : "") + std::string(t.inputs[i].name.view());
  for (const std::string& text : given) {
    const auto [name, value] = name_and_value(text, "--input");
    int slot = -1;
    for (int i = 0; i < t.input_count; i++)
      if (t.inputs[i].name.view() == name) slot = i;
    if (slot < 0)
      throw error("--input " + name + ": the model has no such input; it has: " + (known.empty() ? "none" : known) + ".");
    const std::size_t d = std::size_t(t.d), w = std::size_t(t.inputs[slot].width);
    const bool each = t.inputs[slot].l == level::dim;
    auto& values = start.inputs[std::size_t(slot)];
    if (const auto number = as_number(value)) values.assign(start.samples * w * (each ? d : 1), *number);
    else
      values = array_of(value, "--input " + name,
                        each ? std::vector<std::size_t>{start.samples, d, w} : std::vector<std::size_t>{start.samples, w});
  }
  std::vector<int> nodes = {ode.field, ode.diagonal};
  for (int j = 0; j < ode.carried_count; j++) nodes.push_back(ode.carried[j].node);
  for (int i = 0; i < t.input_count; i++)
    if (start.inputs[std::size_t(i)].empty() &&
        any_reads(t, nodes, t.inputs[i].l == level::dim ? op::input_per_dim : op::input, i))
      throw error("--input " + std::string(t.inputs[i].name.view()) +
                  "=FILE.npy (or =NUMBER) is missing: the equation needs it.");
}

}  // namespace

std::string time_column(const table& recording) {
  if (!recording.time_name.view().empty()) return std::string(recording.time_name.view());
  return recording.state_name.view() == "t" ? "time" : "t";
}

std::vector<double> number_list(const std::string& text, const std::string& flag) {
  std::vector<double> numbers;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string part = text.substr(begin, end - begin);
    part.erase(0, std::min(part.find_first_not_of(' '), part.size()));
    part.erase(part.find_last_not_of(' ') + 1);
    const auto number = as_number(part);
    if (!number) throw error(flag + " '" + text + "': '" + part + "' is not a finite number.");
    numbers.push_back(*number);
    begin = end + 1;
  }
  return numbers;
}

solve_start read_start(const table& t, const ode_entry& ode, const std::string& initial, const std::vector<std::string>& inputs) {
  const std::size_t d = std::size_t(t.d);
  const std::string needed = (d == 1 ? "a number" : std::to_string(d) + " numbers with commas between them") +
                             ", a .csv file with the column" +
                             (d == 1 ? " '" + std::string(t.state_name.view()) + "'"
                                     : "s '" + std::string(t.state_name.view()) + "_0' to '" + std::string(t.state_name.view()) +
                                           "_" + std::to_string(d - 1) + "'") +
                             ", or a .npy file of shape (samples, " + std::to_string(d) + ")";
  if (initial.empty()) throw error("--initial is missing: " + needed + ".");
  solve_start start;
  if (initial.ends_with(".npy")) {
    const npy_array<double> a = read_npy<double>(initial);
    start.samples = a.shape.empty() ? 1 : a.shape[0];
    if (a.shape.size() == 1 && d > 1 && a.shape[0] == d) start.samples = 1, require_finite(a, initial), start.state = a.values;
    else start.state = array_of(initial, "--initial", {start.samples, d});
    if (start.samples == 0) throw error("--initial: '" + initial + "' has no rows");
  } else if (initial.ends_with(".csv") || file_exists(initial)) {
    read_table(t, ode, initial, start);
  } else {
    if (!as_number(initial.substr(0, initial.find(','))))
      throw error("--initial '" + initial + "': there is no such file, and it does not start with a finite number; give " +
                  needed + ".");
    start.samples = 1, start.state = number_list(initial, "--initial");
    if (start.state.size() != d)
      throw error("--initial '" + initial + "' has " + std::to_string(start.state.size()) +
                  (start.state.size() == 1 ? " number" : " numbers") + ", and the state '" + std::string(t.state_name.view()) +
                  "' has " + std::to_string(d) + (d == 1 ? " coordinate." : " coordinates."));
  }
  start.inputs.resize(std::size_t(t.input_count));
  read_inputs(t, ode, inputs, start);
  return start;
}

}  // namespace dimwise
