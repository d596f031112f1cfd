// codegen/tool/installation.hpp: where the headers, the runtime library and the workload models of this installation are.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace dimwise::tool {

/// All places follow from the one of the running program: PREFIX/bin/dimwise, PREFIX/include/dimwise, PREFIX/<lib>, ...; the
/// build folder of a checkout has the same shape.
struct installation {
  std::filesystem::path prefix;
  std::filesystem::path include;                    ///< to be named with -I
  std::vector<std::filesystem::path> dependencies;  ///< include folders of libraries outside the compiler's own search path
  std::filesystem::path runtime;                    ///< libdimwise_runtime.a
  std::vector<std::filesystem::path> linked;        ///< libraries that it needs
  std::filesystem::path workloads;                  ///< folder with w1.cpp, ...
};

/// Throws std::runtime_error with a sentence if a part is missing.
installation find_installation();

}  // namespace dimwise::tool
