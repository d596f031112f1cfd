// codegen/runner/interruption.hpp: how a training run hears that it is to stop.
#pragma once
#include <atomic>
#include <csignal>

namespace dimwise {

/// From now on SIGINT and SIGTERM do not end the program but set what is returned: the run writes its checkpoint and ends.
inline const std::atomic<bool>& set_by_interrupts() {
  static std::atomic<bool> interrupted{false};  // a signal handler can reach nothing but an object of static storage
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = true; });
  return interrupted;
}

}  // namespace dimwise
