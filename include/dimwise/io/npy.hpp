// io/npy.hpp: NumPy arrays in .npy files, format versions 1.0 to 3.0.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dimwise {

/// A row-major array with its shape. A shape of length 0 is a single number.
template <class T>
struct npy_array {
  std::vector<std::size_t> shape;
  std::vector<T> values;
};

/// Reads booleans, integers and floats of any size and byte order, converted to T (double, float, std::int64_t); column-major
/// files are turned to row-major. Throws `error` naming the file and what is wrong: not a .npy file, a type that is not a number,
/// cut off, numbers that T cannot hold.
template <class T>
npy_array<T> read_npy(const std::string& path);

/// Writes version 1.0 (2.0 for long headers), C order, little endian, atomically. T: double, float, std::int32_t, std::int64_t.
template <class T>
void write_npy(const std::string& path, const std::vector<std::size_t>& shape, const T* values);

/// Throws `error` naming the file and the first index whose value is not finite.
template <class T>
void require_finite(const npy_array<T>& array, const std::string& path);

/// "(3, 4)", for messages.
std::string shape_text(const std::vector<std::size_t>& shape);

}  // namespace dimwise
