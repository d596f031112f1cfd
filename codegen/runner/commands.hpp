// codegen/runner/commands.hpp: the commands that every model binary has.
#pragma once
#include <functional>
#include <string>

#include "dimwise/runner.hpp"

namespace dimwise::commands {

/// What each command is: declares its flags and returns what is run.
using setup = std::function<std::function<int()>(command_line&)>;

setup info(const runner& program);
setup eval(const runner& program);
setup train(const runner& program);
setup simulate(const runner& program);
setup solve(const runner& program);
setup flow(const runner& program);
setup check(const runner& program);
setup bench(const runner& program);
setup tune(const runner& program);
setup report(const runner& program);

}  // namespace dimwise::commands
