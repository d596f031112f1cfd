// tests/unit/core/team.cpp: every task once, on any number of threads; exceptions reach the caller.
#include "catch.hpp"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <dimwise/core/team.hpp>

using namespace dimwise;

TEST_CASE("each task runs once, also when a team is used many times") {
  for (const int threads : {1, 2, 5}) {
    team workers(threads);
    CHECK(workers.threads() == threads);
    for (const std::size_t tasks : {0u, 1u, 2u, 3u, 64u}) {
      for (int round = 0; round < 200; round++) {
        std::vector<std::atomic<int>> count(tasks);
        std::atomic<bool> thread_in_range{true};
        workers.run(tasks, [&](std::size_t n, int thread) {
          count[n]++;
          if (thread < 0 || thread >= threads) thread_in_range = false;
        });
        bool once = thread_in_range;
        for (const auto& c : count) once = once && c == 1;
        REQUIRE(once);
      }
    }
  }
}

TEST_CASE("an exception of a task is thrown again and the team stays usable") {
  for (const int threads : {1, 3}) {
    team workers(threads);
    CHECK_THROWS_AS(workers.run(8,
                                [](std::size_t n, int) {
                                  if (n == 5) throw std::runtime_error("five");
                                }),
                    std::runtime_error);
    std::atomic<int> sum{0};
    workers.run(8, [&](std::size_t n, int) { sum += int(n); });
    CHECK(sum == 28);
  }
}

TEST_CASE("0 asks for all threads of the machine") { CHECK(team(0).threads() >= 1); }
