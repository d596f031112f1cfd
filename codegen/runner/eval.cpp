// codegen/runner/eval.cpp: the command `eval`: arrays in, arrays out.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>

#include "codegen/print/formula.hpp"
#include "codegen/runner/arguments.hpp"
#include "codegen/runner/commands.hpp"
#include "codegen/runner/json_file.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/npy.hpp"
#include "dimwise/training/integrals.hpp"
#include "dimwise/training/parallel.hpp"

namespace dimwise::commands {
namespace {

struct options {
  array_files files;
  std::string parameters, out, units = "data", precision = "double", json_file, save_parameters, gradient;
  std::vector<std::string> outputs;
  std::uint64_t seed = 0, samples = 65536;
  int threads = 1;
};

template <class T>
struct source {
  std::string name;
  const kernel_interface<T>* kernel;
  std::size_t index;
  bool objective = false;
};

// Everything that some kernel computes, each name once.
template <class T>
std::vector<source<T>> sources(const compiled_model& m) {
  std::vector<source<T>> all;
  auto add = [&](const std::string& name, const kernel_interface<T>* kernel, std::size_t index, bool objective = false) {
    if (!kernel || index >= kernel->outputs().size() || kernel->outputs()[index].node < 0) return;
    for (const auto& s : all)
      if (s.name == name) return;
    all.push_back({name, kernel, index, objective});
  };
  const auto& k = m.kernels<T>();
  const table& t = m.recording;
  if (k.outputs)
    for (std::size_t i = 0; i < k.outputs->outputs().size(); i++) add(k.outputs->outputs()[i].name, k.outputs.get(), i);
  static const char* sde_parts[] = {".drift", ".noise", ".noise_derivative"};
  for (std::size_t i = 0; i < k.sdes.size(); i++)
    for (std::size_t j = 0; j < 3; j++) add(std::string(t.sdes[i].name.view()) + sde_parts[j], k.sdes[i].get(), j);
  static const char* mixture_parts[] = {".log_weights", ".mean", ".log_deviation", ".log_density"};
  for (std::size_t i = 0; i < k.mixtures.size(); i++)
    for (std::size_t j = 0; j < 4; j++) add(std::string(t.mixtures[i].name.view()) + mixture_parts[j], k.mixtures[i].get(), j);
  for (std::size_t i = 0; i < k.objectives.size(); i++)
    add(std::string(t.objectives[i].name.view()), k.objectives[i].get(), 0, true);
  return all;
}

template <class T>
std::string list_names(const std::vector<source<T>>& all) {
  std::string text;
  for (const auto& s : all) text += (text.empty() ? "" : ", ") + s.name;
  return text;
}

bool is_file(const std::string& out) { return out.size() > 4 && out.compare(out.size() - 4, 4, ".npy") == 0; }

std::string integral_names(const table& t) {
  std::string text;
  for (int i = 0; i < t.integral_count; i++) text += ", " + std::string(t.integrals[i].name.view()) + " (an integral)";
  return text;
}

template <class T>
void print_integrals(const compiled_model& m, const std::vector<int>& which, const parameter_set& parameters, const options& o,
                     json& figures) {
  team workers(o.threads);
  const table& t = m.recording;
  for (const int i : which) {
    const std::string name(t.integrals[i].name.view()), set(t.sets[t.integrals[i].set].name.view());
    const integral_value v =
        integrate<T>(m, i, parameters.values, constants_of(t, o.files.constants), o.samples, o.seed, workers);
    const bool random = std::isfinite(v.standard_error);
    figures.push_back({{"name", name},
                       {"integral", finite_or_null(v.value)},
                       {"standard_error", random ? json(v.standard_error) : json(nullptr)},
                       {"points", v.points},
                       {"set", set}});
    std::printf("%-32s integral %.9g", name.c_str(), v.value);
    if (random) std::printf(", standard error %.2g", v.standard_error);
    std::printf(", %zu points of %s\n", v.points, set.c_str());
  }
}

template <class T>
int evaluate(const compiled_model& m, const options& o) {
  const table& t = m.recording;
  const std::vector<source<T>> all = sources<T>(m);
  std::vector<source<T>> chosen;
  std::vector<int> integrals;
  for (int i = 0; i < t.integral_count; i++)
    if (o.outputs.empty() || std::find(o.outputs.begin(), o.outputs.end(), t.integrals[i].name.view()) != o.outputs.end())
      integrals.push_back(i);
  for (const std::string& name : o.outputs) {
    if (std::any_of(integrals.begin(), integrals.end(), [&](int i) { return t.integrals[i].name.view() == name; })) continue;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.name == name; });
    if (found == all.end())
      throw error("--output " + name + ": the model has no such value; it has: " + list_names(all) + integral_names(t) + ".");
    chosen.push_back(*found);
  }
  if (o.outputs.empty())
    for (const auto& s : all)
      if (s.name.rfind("check.", 0) != 0 && !s.objective) chosen.push_back(s);
  if (chosen.empty() && integrals.empty() && o.gradient.empty() && o.save_parameters.empty())
    throw error("the model has no values to evaluate.");
  if (is_file(o.out) && chosen.size() != 1)
    throw error("--out " + o.out + ": one file cannot hold " + std::to_string(chosen.size()) +
                " arrays; name a folder, or one value with --output (" + list_names(all) + ").");
  int objective = -1;
  for (int i = 0; i < t.objective_count; i++)
    if (t.objectives[i].name.view() == o.gradient) objective = i;
  if (!o.gradient.empty() && objective < 0) {
    std::string names;
    for (int i = 0; i < t.objective_count; i++) names += (i ? ", " : "") + std::string(t.objectives[i].name.view());
    throw error("--gradient " + o.gradient + ": the model has no such objective; it has: " + (names.empty() ? "none" : names) +
                ".");
  }
  if ((!chosen.empty() || objective >= 0) && o.out.empty() && o.json_file.empty())
    throw error("--out is missing: a folder, or a .npy file for one value.");

  const parameter_set parameters = parameters_of(t, o.parameters, o.seed);
  if (!o.save_parameters.empty()) save_parameters(o.save_parameters, t, parameters);
  json figures = json::array();
  if (chosen.empty() && objective < 0) {
    print_integrals<T>(m, integrals, parameters, o, figures);
    write_json(o.json_file, figures);
    return 0;
  }
  const fitted_transform transform = fitted_transform::from_metadata(parameters.metadata, t.d);
  std::vector<int> nodes;
  for (const auto& s : chosen) nodes.push_back(s.kernel->outputs()[s.index].node);
  if (objective >= 0) nodes.push_back(t.objectives[objective].node);
  const model_arrays<T> arrays = read_arrays<T>(t, nodes, o.files, transform);
  const aligned_vector<T> p(parameters.values.begin(), parameters.values.end());

  std::vector<aligned_vector<T>> results(chosen.size());
  std::vector<std::vector<std::size_t>> shapes(chosen.size());
  for (std::size_t i = 0; i < chosen.size(); i++) {
    const output_info& info = chosen[i].kernel->outputs()[chosen[i].index];
    shapes[i] = {arrays.samples};
    if (info.l == level::dim) shapes[i].push_back(std::size_t(t.d));
    if (info.width > 1) shapes[i].push_back(std::size_t(info.width));
    std::size_t size = 1;
    for (std::size_t n : shapes[i]) size *= n;
    results[i].assign(size, T(0));
  }
  // One call for each kernel with all the values that it gives.
  for (std::size_t i = 0; i < chosen.size(); i++) {
    const auto* kernel = chosen[i].kernel;
    bool done = false;
    for (std::size_t j = 0; j < i; j++) done = done || chosen[j].kernel == kernel;
    if (done) continue;
    std::vector<T*> out(kernel->outputs().size(), nullptr);
    for (std::size_t j = i; j < chosen.size(); j++)
      if (chosen[j].kernel == kernel) out[chosen[j].index] = results[j].data();
    evaluate_all(*kernel, p.data(), arrays.view(), out.data(), o.threads);
  }
  std::vector<double> gradient;
  if (objective >= 0) {
    const auto& kernel = *m.kernels<T>().objectives[std::size_t(objective)];
    gradient.assign(std::size_t(t.parameters), 0);
    const aligned_vector<T> cotangent(arrays.samples, T(1) / T(arrays.samples));
    const T* cotangents[] = {cotangent.data()};
    aligned_vector<T> value(arrays.samples);
    T* out[] = {value.data()};
    gradient_all(kernel, p.data(), p.size(), arrays.view(), cotangents, out, gradient.data(), o.threads);
  }

  for (std::size_t i = 0; i < chosen.size(); i++) {
    double least = std::numeric_limits<double>::infinity(), largest = -least, total = 0;
    std::size_t bad = 0;
    for (T v : results[i]) {
      if (!std::isfinite(v)) {
        bad++;
        continue;
      }
      least = std::min(least, double(v));
      largest = std::max(largest, double(v));
      total += double(v);
    }
    const double mean = total / double(results[i].size() - bad);
    figures.push_back({{"name", chosen[i].name},
                       {"shape", shapes[i]},
                       {"mean", finite_or_null(mean)},
                       {"min", finite_or_null(least)},
                       {"max", finite_or_null(largest)},
                       {"not_finite", bad}});
    std::printf("%-32s %-16s mean %.6g, from %.6g to %.6g", chosen[i].name.c_str(), shape_text(shapes[i]).c_str(), mean, least,
                largest);
    if (bad) std::printf(", %zu not finite", bad);
    std::printf("\n");
  }
  print_integrals<T>(m, integrals, parameters, o, figures);
  if (!o.out.empty())
    for (std::size_t i = 0; i < chosen.size(); i++)
      write_npy(is_file(o.out) ? o.out : o.out + "/" + chosen[i].name + ".npy", shapes[i], results[i].data());
  if (objective >= 0 && !o.out.empty()) {
    const std::string file =
        (is_file(o.out) ? o.out.substr(0, o.out.size() - 4) : o.out + "/" + o.gradient) + ".gradient.safetensors";
    save_parameters(file, t, {gradient, {}});
  }
  write_json(o.json_file, figures);
  return 0;
}

}  // namespace

setup eval(const runner& program) {
  return [&program](command_line& line) {
    auto o = std::make_shared<options>();
    line.option("--state", o->files.state, "states, .npy of shape (samples, dimensions)");
    line.option("--time", o->files.time, "times, .npy of shape (samples), or a number");
    line.option("--input", o->files.inputs, "NAME=FILE.npy or NAME=NUMBER; may be repeated");
    line.option("--constant", o->files.constants, "NAME=NUMBER; may be repeated");
    line.option("--parameters", o->parameters, "safetensors file; without it the initial parameters of --seed");
    line.option("--seed", o->seed, "seed of the initial parameters");
    line.option("--units", o->units, "of the states: data (those of the training files) or model");
    line.option("--samples", o->samples, "points of integrals over random sets");
    line.option("--output", o->outputs, "name of a value or an integral; may be repeated; without it all but objectives");
    line.option("--gradient", o->gradient, "also the gradient of this objective's mean over the samples, as safetensors");
    line.option("--save-parameters", o->save_parameters, "write the parameters that are used to this safetensors file");
    line.option("--out", o->out, "folder for NAME.npy, or a .npy file for one value");
    line.option("--precision", o->precision, "float or double");
    line.option("--threads", o->threads, "0: all");
    line.option("--json", o->json_file, "write shapes, means, extremes to this file");
    return [o, &program] {
      if (o->units != "data" && o->units != "model") throw error("--units '" + o->units + "' is unknown; it is data or model.");
      o->files.data_units = o->units == "data";
      return is_float(o->precision) ? evaluate<float>(program.model(), *o) : evaluate<double>(program.model(), *o);
    };
  };
}

}  // namespace dimwise::commands
