// io/parameter_file.hpp: the parameter vector of a model in a safetensors file, one array for each named tensor.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "../ir/table.hpp"
#include "safetensors.hpp"

namespace dimwise {

/// A parameter vector and what was written beside it (model, seed, data transform, ...).
struct parameter_set {
  std::vector<double> values;  ///< length recording.parameters
  std::map<std::string, std::string> metadata;
};

/// Writes every tensor of the recording under its name.
void save_parameters(const std::string& path, const table& recording, const parameter_set& parameters,
                     precision stored = precision::f64);

/// Reads every tensor of the recording. Throws `error` where a tensor is missing, unknown or of another shape, where a number is
/// not finite, and where a masked entry is not zero (named with its index): nothing is dropped or projected silently. Of a
/// checkpoint the best parameters so far are read, or the latest where there are no best ones.
parameter_set load_parameters(const std::string& path, const table& recording);

/// The tensors of `content` called prefix + name, as a parameter vector; the same refusals, `path` is for messages.
std::vector<double> collect_parameters(const safetensors& content, const std::string& prefix, const table& recording,
                                       const std::string& path);

/// Adds the tensors of a parameter vector to `content` as prefix + name.
void append_parameters(safetensors& content, const std::string& prefix, const table& recording, const double* values);

/// Throws `error` naming the first masked entry that is not zero or entry that is not finite; `origin` starts the sentence.
void require_valid_parameters(const table& recording, const double* values, const std::string& origin);

/// "name[1,2,3]" of an entry of the parameter vector.
std::string entry_name(const table& recording, std::size_t entry);

}  // namespace dimwise
