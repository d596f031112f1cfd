// codegen/runner/json_file.hpp: figures as JSON files.
#pragma once
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "dimwise/io/atomic_file.hpp"

namespace dimwise {

/// Objects keep the order in which their members were written.
using json = nlohmann::ordered_json;

/// Writes atomically, two spaces of indentation; does nothing where no file was asked for.
inline void write_json(const std::string& path, const json& content) {
  if (!path.empty()) write_file_atomically(path, content.dump(2) + "\n");
}

/// JSON has no NaN or infinity: null.
inline json finite_or_null(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

}  // namespace dimwise
