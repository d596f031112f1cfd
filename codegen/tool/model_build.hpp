// codegen/tool/model_build.hpp: compiles a model file into its binary, once for each content.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "codegen/tool/installation.hpp"

namespace dimwise::tool {

/// What is compiled, and how.
struct build_request {
  std::filesystem::path source;
  std::vector<std::string> definitions;  ///< "NAME=VALUE"
  std::string compiler;                  ///< empty: $CXX, or g++
  std::string march;                     ///< empty: the one the tool was built for ("native")
  std::filesystem::path cache;           ///< empty: $DIMWISE_CACHE, $XDG_CACHE_HOME/dimwise or ~/.cache/dimwise
};

struct build_result {
  std::filesystem::path binary;
  bool compiled = false;  ///< false: an earlier one was taken
  double seconds = 0;
  std::size_t object_bytes = 0;  ///< of the compiled model, before it is linked
};

/// Thrown when the compiler refuses the file; `output` is what it said, unchanged.
struct compile_error {
  int code = 1;
  std::string output;
};

/// The binary of a model file. The object is kept under a hash of the file, everything it includes (as the compiler listed it),
/// the compiler's version, the processor and all flags; the linked binary under that and the runtime library.
/// Throws compile_error, or std::runtime_error with a sentence.
build_result build_model(const build_request& request, const installation& where);

}  // namespace dimwise::tool
