// tests/support/folder.hpp: a folder of its own for a test, and what a call's error says.
#pragma once
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <dimwise/core/error.hpp>

namespace dimwise_tests {

/// Made empty, removed with all it holds.
class folder {
 public:
  folder() {
    const auto base = std::filesystem::temp_directory_path() / ("dimwise-test-" + std::to_string(::getpid()));
    for (int n = 0;; n++) {
      path_ = base.string() + "-" + std::to_string(n);
      if (std::filesystem::create_directories(path_)) return;
    }
  }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  /// Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(*this / name, std::ios::binary) << bytes;
    return *this / name;
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) count += entry.exists();
    return count;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The sentence of the dimwise::error that a call throws; "" if it throws none.
template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const dimwise::error& e) {
    return e.what();
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace dimwise_tests
