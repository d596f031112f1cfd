// codegen/runner/arguments.cpp: see arguments.hpp.
#include "codegen/runner/arguments.hpp"

#include <charconv>
#include <cmath>

#include "dimwise/core/error.hpp"
#include "dimwise/io/npy.hpp"
#include "dimwise/training/initialise.hpp"
#include "dimwise/training/trained_entries.hpp"

namespace dimwise {
namespace {

template <class Slots>
std::string names_of(const Slots* slots, int count) {
  std::string text;
  for (int i = 0; i < count; i++) text += (i ? ", " : "") + std::string(slots[i].name.view());
  return text.empty() ? "none" : text;
}

// An array whose shape must be `want`; trailing 1s may be left out.
std::vector<double> shaped(const std::string& file, const std::string& what, std::vector<std::size_t> want,
                           std::size_t& samples) {
  npy_array<double> a = read_npy<double>(file);
  require_finite(a, file);
  if (a.shape.empty()) a.shape = {1};
  if (samples == 0) samples = a.shape[0];
  want[0] = samples;
  std::vector<std::size_t> given = a.shape, shortened = want;
  while (given.size() > 1 && given.back() == 1) given.pop_back();
  while (shortened.size() > 1 && shortened.back() == 1) shortened.pop_back();
  if (given != shortened)
    throw error(what + ": " + file + " has the shape " + shape_text(a.shape) + "; " + shape_text(want) +
                " is needed (samples first).");
  return std::move(a.values);
}

template <class T>
aligned_vector<T> converted(const std::vector<double>& values) {
  return aligned_vector<T>(values.begin(), values.end());
}

}  // namespace

std::pair<std::string, std::string> name_and_value(const std::string& text, const std::string& flag) {
  const std::size_t cut = text.find('=');
  if (cut == std::string::npos || cut == 0 || cut + 1 == text.size())
    throw error(flag + " '" + text + "' is not of the form NAME=VALUE.");
  return {text.substr(0, cut), text.substr(cut + 1)};
}

std::optional<double> as_number(const std::string& text) {
  double v = 0;
  const char *first = text.data(), *last = first + text.size();
  if (first != last && *first == '+') first++;
  const auto [end, problem] = std::from_chars(first, last, v);
  if (problem != std::errc() || end != last || !std::isfinite(v)) return std::nullopt;
  return v;
}

double number_of(const std::string& text, const std::string& flag) {
  const auto v = as_number(text);
  if (!v) throw error(flag + " '" + text + "' is not a finite number.");
  return *v;
}

bool is_float(const std::string& precision) {
  if (precision == "float" || precision == "f32") return true;
  if (precision == "double" || precision == "f64") return false;
  throw error("--precision '" + precision + "' is unknown; it is float or double.");
}

chosen_precisions precisions_of(const std::string& text) {
  if (text == "both") return {true, true};
  if (text != "float" && text != "f32" && text != "double" && text != "f64")
    throw error("--precision '" + text + "' is unknown; it is float, double or both.");
  return {is_float(text), !is_float(text)};
}

std::map<std::string, double> constants_of(const table& recording, const std::vector<std::string>& given) {
  std::map<std::string, double> all;
  for (int i = 0; i < recording.constant_count; i++)
    all[std::string(recording.constants[i].name.view())] = recording.constants[i].value;
  for (const std::string& text : given) {
    const auto [name, value] = name_and_value(text, "--constant");
    if (!all.count(name))
      throw error("--constant " + name +
                  ": the model has no such constant; it has: " + names_of(recording.constants, recording.constant_count) + ".");
    all[name] = number_of(value, "--constant " + name);
  }
  return all;
}

std::vector<double> constant_values(const table& recording, const std::vector<std::string>& given) {
  const auto all = constants_of(recording, given);
  std::vector<double> values;
  for (int i = 0; i < recording.constant_count; i++) values.push_back(all.at(std::string(recording.constants[i].name.view())));
  return values;
}

parameter_set parameters_of(const table& recording, const std::string& file, std::uint64_t seed) {
  if (!file.empty()) return load_parameters(file, recording);
  return {initial_parameters(recording, seed), {}};
}

template <class T>
arguments<T> model_arrays<T>::view() const {
  arguments<T> a;
  a.samples = samples;
  a.state = state.empty() ? nullptr : state.data();
  a.time = time.empty() ? nullptr : time.data();
  a.inputs = input_pointers.empty() ? nullptr : input_pointers.data();
  a.constants = constants.empty() ? nullptr : constants.data();
  return a;
}

template <class T>
model_arrays<T> read_arrays(const table& t, const std::vector<int>& nodes, const array_files& files,
                            const fitted_transform& transform) {
  model_arrays<T> all;
  const std::size_t d = std::size_t(t.d);
  const bool has_state = !t.state_name.view().empty(), has_time = !t.time_name.view().empty();
  std::vector<double> state, time;
  if (has_state && files.state.empty() && any_reads(t, nodes, op::state))
    throw error(files.state_flag + " is missing: the model's state '" + std::string(t.state_name.view()) +
                "' needs a .npy file of shape (samples, " + std::to_string(d) + ").");
  if (!has_state && !files.state.empty()) throw error(files.state_flag + " " + files.state + ": the model has no state.");
  if (!has_time && !files.time.empty()) throw error("--time " + files.time + ": the model has no time.");
  const bool seasonal = !files.state.empty() && files.data_units && !transform.identity();  // the transform may need the time
  if (has_time && files.time.empty() && (seasonal || any_reads(t, nodes, op::time)))
    throw error("--time is missing: the model's time '" + std::string(t.time_name.view()) +
                "' needs a .npy file of shape (samples) or a number.");
  if (!files.state.empty()) state = shaped(files.state, files.state_flag, {0, d}, all.samples);
  const auto time_number = as_number(files.time);
  if (!files.time.empty() && !time_number) time = shaped(files.time, "--time", {0}, all.samples);

  std::vector<std::vector<double>> inputs(std::size_t(t.input_count));
  std::vector<std::optional<double>> input_numbers(std::size_t(t.input_count));
  for (const std::string& text : files.inputs) {
    const auto [name, value] = name_and_value(text, "--input");
    int slot = -1;
    for (int i = 0; i < t.input_count; i++)
      if (t.inputs[i].name.view() == name) slot = i;
    if (slot < 0)
      throw error("--input " + name + ": the model has no such input; it has: " + names_of(t.inputs, t.input_count) + ".");
    const std::size_t w = std::size_t(t.inputs[slot].width);
    if (auto v = as_number(value)) input_numbers[std::size_t(slot)] = v;
    else
      inputs[std::size_t(slot)] = shaped(
          value, "--input " + name,
          t.inputs[slot].l == level::dim ? std::vector<std::size_t>{0, d, w} : std::vector<std::size_t>{0, w}, all.samples);
  }
  if (all.samples == 0) all.samples = 1;
  for (int i = 0; i < t.input_count; i++) {
    if (!any_reads(t, nodes, t.inputs[i].l == level::dim ? op::input_per_dim : op::input, i)) continue;
    const std::size_t k = std::size_t(i),
                      size = all.samples * std::size_t(t.inputs[i].width) * (t.inputs[i].l == level::dim ? d : 1);
    if (input_numbers[k]) inputs[k].assign(size, *input_numbers[k]);
    if (inputs[k].empty())
      throw error("--input " + std::string(t.inputs[i].name.view()) + "=FILE.npy is missing: the model needs it.");
  }
  if (time_number) time.assign(all.samples, *time_number);
  if (seasonal) transform.to_model(all.samples, time.empty() ? nullptr : time.data(), state.data(), state.data());

  all.state = converted<T>(state);
  all.time = converted<T>(time);
  all.constants = converted<T>(constant_values(t, files.constants));
  for (const auto& in : inputs) all.inputs.push_back(converted<T>(in));
  for (const auto& in : all.inputs) all.input_pointers.push_back(in.empty() ? nullptr : in.data());
  return all;
}

bool any_reads(const table& recording, const std::vector<int>& nodes, op what, int number) {
  for (int i : nodes)
    if (i >= 0 && reads(recording, i, what, number)) return true;
  return false;
}

bool any_reads_inputs(const table& recording, const std::vector<int>& nodes) {
  return any_reads(recording, nodes, op::input) || any_reads(recording, nodes, op::input_per_dim);
}

template struct model_arrays<float>;
template struct model_arrays<double>;
template model_arrays<float> read_arrays(const table&, const std::vector<int>&, const array_files&, const fitted_transform&);
template model_arrays<double> read_arrays(const table&, const std::vector<int>&, const array_files&, const fitted_transform&);

}  // namespace dimwise
