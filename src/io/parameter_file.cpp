// io/parameter_file.cpp: tensors of a recording to and from named arrays, with every refusal that keeps files honest.
#include <dimwise/io/parameter_file.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include <dimwise/core/error.hpp>
#include <dimwise/io/npy.hpp>

namespace dimwise {
namespace {

std::string name_of(const tensor& t) { return std::string(t.name.view()); }

std::vector<std::size_t> shape_of(const tensor& t) {
  std::vector<std::size_t> shape;
  for (int i = 0; i < t.rank; i++) shape.push_back(std::size_t(t.shape[i]));
  return shape;
}

// Index (i, r, c) of an entry as `allowed` takes it: i is 0 for rank 2.
struct place {
  int i = 0, r = 0, c = 0;
};
place place_of(const tensor& t, int entry) {
  if (t.rank == 3) return {entry / (t.shape[1] * t.shape[2]), entry / t.shape[2] % t.shape[1], entry % t.shape[2]};
  if (t.rank == 2) return {0, entry / t.shape[1], entry % t.shape[1]};
  return {0, 0, entry};
}

std::string index_text(const tensor& t, int entry) {
  const place p = place_of(t, entry);
  if (t.rank == 3) return "[" + std::to_string(p.i) + ", " + std::to_string(p.r) + ", " + std::to_string(p.c) + "]";
  if (t.rank == 2) return "[" + std::to_string(p.r) + ", " + std::to_string(p.c) + "]";
  return "[" + std::to_string(p.c) + "]";
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  const std::size_t shown = names.size() > 6 ? 5 : names.size();
  for (std::size_t i = 0; i < shown; i++) text += (i ? ", '" : "'") + names[i] + "'";
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

bool starts_with(const std::string& text, const std::string& start) { return text.compare(0, start.size(), start) == 0; }

}  // namespace

std::string entry_name(const table& recording, std::size_t entry) {
  for (int i = 0; i < recording.tensor_count; i++) {
    const tensor& t = recording.tensors[i];
    if (entry >= std::size_t(t.offset) && entry < std::size_t(t.offset + t.size()))
      return name_of(t) + index_text(t, int(entry) - t.offset);
  }
  return "entry " + std::to_string(entry);
}

void require_valid_parameters(const table& recording, const double* values, const std::string& origin) {
  for (int i = 0; i < recording.tensor_count; i++) {
    const tensor& t = recording.tensors[i];
    for (int e = 0; e < t.size(); e++) {
      const double value = values[t.offset + e];
      if (!std::isfinite(value)) throw error(origin + "tensor '" + name_of(t) + "' is not finite at " + index_text(t, e));
      const place p = place_of(t, e);
      if (value != 0 && !allowed(t, p.i, p.r, p.c))
        throw error(origin + "tensor '" + name_of(t) + "' is not zero at " + index_text(t, e) +
                    ", where its mask needs a zero; set all masked entries to 0 first (docs/explanation/table.md, Masks)");
    }
  }
}

void append_parameters(safetensors& content, const std::string& prefix, const table& recording, const double* values) {
  for (int i = 0; i < recording.tensor_count; i++) {
    const tensor& t = recording.tensors[i];
    content.arrays.push_back(
        {prefix + name_of(t), shape_of(t), std::vector<double>(values + t.offset, values + t.offset + t.size())});
  }
}

std::vector<double> collect_parameters(const safetensors& content, const std::string& prefix, const table& recording,
                                       const std::string& path) {
  const std::string start = "cannot use '" + path + "': ";
  std::vector<double> values(std::size_t(recording.parameters), 0.0);
  std::vector<std::string> missing;
  for (int i = 0; i < recording.tensor_count; i++) {
    const tensor& t = recording.tensors[i];
    const named_array* a = content.find(prefix + name_of(t));
    if (!a) {
      missing.push_back(prefix + name_of(t));
      continue;
    }
    if (a->shape != shape_of(t))
      throw error(start + "tensor '" + a->name + "' has the shape " + shape_text(a->shape) + ", and the model needs " +
                  shape_text(shape_of(t)));
    std::copy(a->values.begin(), a->values.end(), values.begin() + t.offset);
  }
  if (!missing.empty()) throw error(start + "the model's tensors " + listed(missing) + " are missing in it");
  return values;
}

void save_parameters(const std::string& path, const table& recording, const parameter_set& parameters, precision stored) {
  if (parameters.values.size() != std::size_t(recording.parameters))
    throw error("cannot write '" + path + "': " + std::to_string(parameters.values.size()) + " numbers are given for " +
                std::to_string(recording.parameters) + " parameters");
  safetensors content;
  content.metadata = parameters.metadata;
  append_parameters(content, "", recording, parameters.values.data());
  write_safetensors(path, content, stored);
}

parameter_set load_parameters(const std::string& path, const table& recording) {
  safetensors content = read_safetensors(path);
  const bool is_checkpoint = content.metadata.count("checkpoint") > 0;
  const auto helper = [&](const std::string& name) {
    return is_checkpoint && (starts_with(name, "best.") || starts_with(name, "optimiser."));
  };
  std::set<std::string> known;
  for (int i = 0; i < recording.tensor_count; i++) known.insert(name_of(recording.tensors[i]));
  std::vector<std::string> unknown;
  bool best = false;
  for (const auto& a : content.arrays) {
    if (!known.count(a.name) && !helper(a.name)) unknown.push_back(a.name);
    best = best || (is_checkpoint && starts_with(a.name, "best."));
  }
  if (!unknown.empty())
    throw error("cannot use '" + path + "': the model has no tensors " + listed(unknown) + "; is it the file of another model?");
  parameter_set set;
  set.values = collect_parameters(content, best ? "best." : "", recording, path);
  set.metadata = std::move(content.metadata);
  require_valid_parameters(recording, set.values.data(), "cannot use '" + path + "': ");
  return set;
}

}  // namespace dimwise
