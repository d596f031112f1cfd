// io/atomic_file.hpp: whole-file reading, and writing that leaves either the old file or the complete new one.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dimwise {

/// The bytes of a file. Throws `error` naming it if it cannot be read.
std::string read_file(const std::string& path);

bool file_exists(const std::string& path);

/// Writes a temporary file in the same folder, flushes it to the disk and renames it to `path`: a kill or a power cut at any
/// moment leaves the old file or the new one. Missing folders are made. Throws `error`; then no temporary file is left.
void write_file_atomically(const std::string& path, std::string_view bytes);

/// The same for pieces that are written one after the other: (address, bytes).
void write_file_atomically(const std::string& path, const std::vector<std::pair<const void*, std::size_t>>& pieces);

/// Throws `error` where `path` cannot be written now (a folder, or in a folder that may not be written), before work that takes
/// long. Leaves nothing behind.
void require_writable(const std::string& path);

/// Removes temporary files that killed writers of `path` left beside it. Only for the one process that writes `path`.
void remove_leftovers(const std::string& path);

}  // namespace dimwise
