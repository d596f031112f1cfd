// io/safetensors.hpp: named arrays with text metadata in one file, in the safetensors format.
#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace dimwise {

enum class precision { f32, f64 };

struct named_array {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<double> values;  ///< row-major
};

/// The content of a file; arrays in the order of their data.
struct safetensors {
  std::vector<named_array> arrays;
  std::map<std::string, std::string> metadata;
  const named_array* find(const std::string& name) const;
};

/// Reads F32 and F64 (and F16, BF16, widened). Throws `error` naming the file and what is wrong: not the format, cut off,
/// overlapping data, another element type.
safetensors read_safetensors(const std::string& path);

/// Writes atomically; data starts at a multiple of 8 bytes. With f32, numbers are rounded.
void write_safetensors(const std::string& path, const safetensors& content, precision stored = precision::f64);

}  // namespace dimwise
