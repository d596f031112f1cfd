// codegen/support/process.hpp: starting other programs without a shell.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace dimwise::tool {

/// Thrown by what waits below once a signal has asked this program to stop.
struct interrupted {};

/// From now on SIGINT, SIGTERM and SIGHUP do not end this program at once: the function below that waits for another program, or
/// is the next to wait, stops that program and throws `interrupted`, so that temporary files are removed on the way out. A signal
/// that is ignored (nohup) stays ignored. Programs that are started do not inherit this.
void stop_in_order();

struct process_result {
  int code = 0;        ///< exit status; 128 + signal if it was killed; 127 if it could not be started
  std::string output;  ///< stdout and stderr together
};

/// Runs a program (looked up in PATH) to its end and returns what it printed.
process_result run_captured(const std::vector<std::string>& arguments);

/// Runs a program with our own input and output, to its end, and returns its exit status as above.
int run_attached(const std::vector<std::string>& arguments);

/// A program with which lines are exchanged. It ends when its input does, at the latest when this is destroyed; after an
/// interruption it is told to end.
class conversation {
 public:
  /// Its messages for people (stderr) go to the file `log`. May run on `processors` only; empty: on all that this process may
  /// use.
  conversation(const std::vector<std::string>& arguments, const std::string& log, const std::vector<int>& processors);
  ~conversation();
  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;
  /// False where the program is gone.
  bool say(const std::string& line);
  /// The next line without its end; nothing where the program is gone. Throws `interrupted`.
  std::optional<std::string> hear();

 private:
  int input_ = -1, output_ = -1, child_ = -1;
  std::string waiting_;
};

/// Numbers of the processors that this process may use.
std::vector<int> usable_processors();

}  // namespace dimwise::tool
