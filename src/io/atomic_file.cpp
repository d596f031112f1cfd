// io/atomic_file.cpp: POSIX calls behind whole-file reading and atomic replacement.
#include <dimwise/io/atomic_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <dimwise/core/error.hpp>

namespace dimwise {
namespace {

constexpr const char* part_suffix = ".part";

std::string reason() { return std::strerror(errno); }

// Closes on all ways out and removes the file unless it was kept.
struct temporary {
  std::string path;
  int descriptor = -1;
  bool kept = false;
  ~temporary() {
    if (descriptor >= 0) ::close(descriptor);
    if (!kept) ::unlink(path.c_str());
  }
};

void write_all(int descriptor, const char* bytes, std::size_t count, const std::string& path) {
  while (count > 0) {
    const auto written = ::write(descriptor, bytes, count);
    if (written < 0) {
      if (errno == EINTR) continue;
      throw error("cannot write '" + path + "': " + reason());
    }
    bytes += written;
    count -= std::size_t(written);
  }
}

}  // namespace

std::string read_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw error("cannot read '" + path + "': it is a folder");
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) throw error("cannot read '" + path + "': " + reason());
  const auto size = in.tellg();
  if (size < 0) {  // not a regular file: read until it ends
    in.clear();
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
  }
  std::string bytes(std::size_t(size), '\0');
  in.seekg(0);
  in.read(bytes.data(), size);
  if (in.gcount() != size) throw error("cannot read '" + path + "': it ended early");
  return bytes;
}

bool file_exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

void write_file_atomically(const std::string& path, const std::vector<std::pair<const void*, std::size_t>>& pieces) {
  namespace fs = std::filesystem;
  if (path.empty()) throw error("cannot write a file without a name");
  const fs::path folder = fs::path(path).parent_path();
  std::error_code failed;
  if (!folder.empty()) fs::create_directories(folder, failed);
  if (failed) throw error("cannot make the folder '" + folder.string() + "': " + failed.message());
  if (fs::is_directory(path, failed)) throw error("cannot write '" + path + "': it is a folder");

  temporary file;
  for (unsigned n = 0; file.descriptor < 0; n++) {
    file.path = path + part_suffix + std::to_string(::getpid()) + "-" + std::to_string(n);
    file.descriptor = ::open(file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file.descriptor < 0 && errno != EEXIST) {
      file.kept = true;
      throw error("cannot write '" + path + "': " + reason());
    }
  }
  for (const auto& [bytes, size] : pieces) write_all(file.descriptor, static_cast<const char*>(bytes), size, path);
  if (::fsync(file.descriptor) != 0) throw error("cannot write '" + path + "': " + reason());
  const int descriptor = std::exchange(file.descriptor, -1);
  if (::close(descriptor) != 0) throw error("cannot write '" + path + "': " + reason());
  if (::rename(file.path.c_str(), path.c_str()) != 0) throw error("cannot write '" + path + "': " + reason());
  file.kept = true;
  // The new name itself is on the disk only when the folder is; file systems that refuse this keep the order anyway.
  const int directory = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (directory >= 0) {
    (void)::fsync(directory);
    ::close(directory);
  }
}

void write_file_atomically(const std::string& path, std::string_view bytes) {
  write_file_atomically(path, {{bytes.data(), bytes.size()}});
}

void require_writable(const std::string& path) {
  namespace fs = std::filesystem;
  if (path.empty()) throw error("cannot write a file without a name");
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) throw error("cannot write '" + path + "': it is a folder");
  fs::path folder = fs::path(path).parent_path();
  while (!folder.empty() && !fs::exists(folder, ignored)) folder = folder.parent_path();  // those that are missing will be made
  if (folder.empty()) folder = ".";
  if (!fs::is_directory(folder, ignored)) throw error("cannot write '" + path + "': '" + folder.string() + "' is no folder");
  // permissions are not all that may forbid it: a file of the same kind is made and removed
  const std::string probe = (folder / (fs::path(path).filename().string() + part_suffix + std::to_string(::getpid()))).string();
  const int descriptor = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0 && errno != EEXIST) throw error("cannot write '" + path + "': " + reason());
  if (descriptor < 0) return;
  ::close(descriptor);
  ::unlink(probe.c_str());
}

void remove_leftovers(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path whole(path), folder = whole.has_parent_path() ? whole.parent_path() : fs::path(".");
  const std::string start = whole.filename().string() + part_suffix;
  std::error_code failed;
  std::vector<fs::path> left;
  for (fs::directory_iterator i(folder, failed), end; !failed && i != end; i.increment(failed))
    if (i->path().filename().string().compare(0, start.size(), start) == 0) left.push_back(i->path());
  for (const auto& file : left) fs::remove(file, failed);
}

}  // namespace dimwise
