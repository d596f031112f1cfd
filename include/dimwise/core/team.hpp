// core/team.hpp: a team of threads that runs numbered tasks; the only place of the project where threads are made.
#pragma once
#include <algorithm>
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

/// Entries of an array that one thread handles at a time where each takes a nanosecond or two: waking another costs microseconds.
inline constexpr std::size_t entries_of_task = 16384;

/// Calls work(begin, end) for consecutive ranges of [0, n), `length` numbers each but the last.
template <class Work>
void for_ranges(team& workers, std::size_t n, std::size_t length, const Work& work) {
  const auto task = [&](std::size_t k, int) { work(k * length, std::min(n, (k + 1) * length)); };
  workers.run((n + length - 1) / length, std::cref(task));
}

}  // namespace dimwise
