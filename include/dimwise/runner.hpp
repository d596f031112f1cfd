// runner.hpp: the command line that every model binary has, open to further commands of an application.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/compiled_model.hpp"

namespace dimwise {

/// Rates of one core in GFLOP/s: multiply-adds in registers only, and the matrix tile fed from the first-level cache.
struct core_peaks {
  double registers = 0, load_fed = 0;
};

/// How the peaks of this machine are measured, by code compiled for the same instruction set as the kernels (see run.hpp). Null:
/// not measured.
struct machine_peaks {
  core_peaks (*in_float)() = nullptr;
  core_peaks (*in_double)() = nullptr;
};

/// Binds the flags of one command to variables, which are set before the command runs. A flag that is not given leaves its
/// variable as it is, so the variable's first value is the default.
class command_line {
 public:
  virtual ~command_line() = default;
  virtual void option(const std::string& name, std::string& target, const std::string& help, bool required = false) = 0;
  virtual void option(const std::string& name, double& target, const std::string& help, bool required = false) = 0;
  virtual void option(const std::string& name, int& target, const std::string& help, bool required = false) = 0;
  virtual void option(const std::string& name, std::uint64_t& target, const std::string& help, bool required = false) = 0;
  /// May be given several times.
  virtual void option(const std::string& name, std::vector<std::string>& target, const std::string& help,
                      bool required = false) = 0;
  /// True if the flag is there.
  virtual void flag(const std::string& name, bool& target, const std::string& help) = 0;
};

/// The program of one model: the commands of docs/reference/commands.md (`info` .. `report`) and what is added.
///
///   int main(int argc, char** argv) {
///     runner program(compile<weather>("weather"));
///     auto days = std::make_shared<int>(7);
///     program.add("score", "CRPS of the ensembles", [&](command_line& line) {
///       line.option("--days", *days, "days ahead");
///       return [days, &program] { return score(program.model(), *days); };
///     });
///     return program.run(argc, argv);
///   }
class runner {
 public:
  explicit runner(compiled_model model, machine_peaks peaks = {});
  ~runner();
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;

  const compiled_model& model() const;
  const machine_peaks& peaks() const;
  /// Adds a command, or replaces one of the same name. `setup` declares its flags and returns what is run; that returns the exit
  /// status. Exceptions derived from std::exception become one line on stderr and exit status 1.
  void add(const std::string& name, const std::string& help, std::function<std::function<int()>(command_line&)> setup);
  /// Parses and runs. Exit status: 0, 1 (the command failed; one line says why), 2 (the command line was wrong).
  int run(int argc, char** argv);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// runner(model).run(argc, argv).
int run(compiled_model model, int argc, char** argv, machine_peaks peaks = {});

}  // namespace dimwise
