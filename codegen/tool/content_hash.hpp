// codegen/tool/content_hash.hpp: a 128-bit hash of contents, for the names of cached binaries (not for security).
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace dimwise::tool {

/// Accumulates texts; the length of each is part of the hash, so ("ab", "c") differs from ("a", "bc").
class content_hash {
 public:
  content_hash& add(std::string_view text);
  /// The content of a file; a file that cannot be read counts as absent, which is a content of its own.
  content_hash& add_file(const std::filesystem::path& file);
  /// 32 hexadecimal digits.
  std::string hex() const;

 private:
  std::uint64_t low_ = 0x9e3779b97f4a7c15u, high_ = 0xd1b54a32d192ed03u;
};

}  // namespace dimwise::tool
