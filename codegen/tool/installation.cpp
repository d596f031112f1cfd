// codegen/tool/installation.cpp: see installation.hpp.
#include "codegen/tool/installation.hpp"

#include <stdexcept>

#include "dimwise_layout.hpp"

namespace dimwise::tool {
namespace fs = std::filesystem;

namespace {

// The parts between semicolons, without empty ones.
std::vector<fs::path> split(std::string rest) {
  std::vector<fs::path> parts;
  while (!rest.empty()) {
    const std::size_t cut = rest.find(';');
    if (const std::string one = rest.substr(0, cut); !one.empty()) parts.push_back(one);
    rest = cut == std::string::npos ? "" : rest.substr(cut + 1);
  }
  return parts;
}

}  // namespace

installation find_installation() {
  const fs::path prefix = fs::canonical("/proc/self/exe").parent_path().parent_path();
  installation found;
  found.prefix = prefix;
  found.include = prefix / layout::include;
  found.runtime = prefix / layout::library / "libdimwise_runtime.a";
  found.workloads = prefix / layout::data / "benchmarks";
  if (!fs::exists(found.include / "dimwise"))
    throw std::runtime_error("the dimwise headers are not at " + found.include.string() + "; install dimwise again.");
  if (!fs::exists(found.runtime))
    throw std::runtime_error("the runtime library is not at " + found.runtime.string() + "; install dimwise again.");
  found.dependencies = split(layout::dependencies);
  found.linked = split(layout::linked);
  return found;
}

}  // namespace dimwise::tool
