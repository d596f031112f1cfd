// codegen/support/scratch_folder.hpp: a folder for files that nobody needs when this is done.
#pragma once
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "dimwise/core/error.hpp"

namespace dimwise::tool {

/// A new folder in the one for temporary files (TMPDIR), or in `home`; gone with all it holds at the end. Throws `error` where it
/// cannot be made.
class scratch_folder {
 public:
  explicit scratch_folder(const std::filesystem::path& home = std::filesystem::temp_directory_path()) {
    std::string name = (home / "dimwise-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw error("no folder can be made in '" + home.string() + "': " + std::strerror(errno));
    place_ = name;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(place_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  const std::filesystem::path& place() const { return place_; }

 private:
  std::filesystem::path place_;
};

}  // namespace dimwise::tool
