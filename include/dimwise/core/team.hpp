// core/team.hpp: a team of threads that runs numbered tasks; the only place of the project where threads are made.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>

namespace dimwise {

/// Threads that wait between calls. With one thread nothing is started and tasks run in the caller.
class team {
 public:
  /// threads = 0: as many as the machine has.
  explicit team(int threads = 1);
  ~team();
  team(const team&) = delete;
  team& operator=(const team&) = delete;

  int threads() const;
  /// Calls task(number, thread) once for each number in [0, tasks), thread in [0, threads()); returns when all are done. Tasks
  /// begin in the order of their numbers and end in any: give each its own results. No allocation. The first exception of a task
  /// is thrown again here. Not re-entrant.
  void run(std::size_t tasks, const std::function<void(std::size_t, int)>& task);

 private:
  struct shared;
  std::unique_ptr<shared> shared_;
};

}  // namespace dimwise
