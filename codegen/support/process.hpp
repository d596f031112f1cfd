// codegen/support/process.hpp: starting other programs without a shell.
#pragma once
#include <string>
#include <vector>

namespace dimwise::tool {

struct process_result {
  int code = 0;         ///< exit status; 128 + signal if it was killed; 127 if it could not be started
  std::string output;   ///< stdout and stderr together
};

/// Runs a program (looked up in PATH) to its end and returns what it printed.
process_result run_captured(const std::vector<std::string>& arguments);

/// Runs a program with our own input and output, to its end, and returns its exit status as above.
int run_attached(const std::vector<std::string>& arguments);

}  // namespace dimwise::tool
