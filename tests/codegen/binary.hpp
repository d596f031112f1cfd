// tests/codegen/binary.hpp: runs a program in a folder and keeps what it said.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "codegen/support/process.hpp"
#include "dimwise/io/atomic_file.hpp"

namespace dimwise_tests {

/// stdout and stderr together, and the exit status, of `arguments` run in `folder`.
inline dimwise::tool::process_result run_in(const std::filesystem::path& folder, std::vector<std::string> arguments) {
  std::vector<std::string> command = {"env", "-C", folder.string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return dimwise::tool::run_captured(command);
}

inline nlohmann::ordered_json read_json(const std::filesystem::path& file) {
  return nlohmann::ordered_json::parse(dimwise::read_file(file.string()));
}

/// The names of an object's members, in order.
inline std::vector<std::string> members(const nlohmann::ordered_json& object) {
  std::vector<std::string> names;
  for (const auto& item : object.items()) names.push_back(item.key());
  return names;
}

inline std::size_t files_in(const std::filesystem::path& folder) {
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) n += entry.is_regular_file();
  return n;
}

}  // namespace dimwise_tests
