// core/team.cpp: a condition variable that wakes the threads and a counter that hands out tasks. Calls often follow each other
// closely, and waking a thread takes longer than some of them, so a thread looks for a while before it sleeps.
#include <dimwise/core/team.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace dimwise {

struct team::shared {
  std::vector<std::thread> threads;
  std::mutex lock;
  std::condition_variable start, finished;
  const std::function<void(std::size_t, int)>* task = nullptr;
  std::size_t tasks = 0;
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::atomic<unsigned long> round{0};
  std::atomic<int> busy{0};
  bool stop = false;
  std::chrono::microseconds patience{0};

  /// Looks whether `ready` holds, until it does or looking has cost as much as being woken.
  template <class Ready>
  void look(Ready ready) const {
    for (const auto end = std::chrono::steady_clock::now() + patience; !ready() && std::chrono::steady_clock::now() < end;) {
    }
  }

  void work(int thread) {
    for (std::size_t n; (n = next.fetch_add(1)) < tasks;) {
      try {
        (*task)(n, thread);
      } catch (...) {
        std::lock_guard<std::mutex> held(lock);
        if (!failure) failure = std::current_exception();
        next = tasks;
      }
    }
  }

  void wait_and_work(int thread) {
    unsigned long seen = 0;
    std::unique_lock<std::mutex> held(lock);
    while (true) {
      held.unlock();
      look([&] { return round != seen; });
      held.lock();
      start.wait(held, [&] { return stop || round != seen; });
      if (stop) return;
      seen = round;
      held.unlock();
      work(thread);
      held.lock();
      if (--busy == 0) finished.notify_one();
    }
  }
};

team::team(int threads) : shared_(std::make_unique<shared>()) {
  const int processors = std::max(1, int(std::thread::hardware_concurrency()));
  if (threads <= 0) threads = processors;
  if (threads <= processors)
    shared_->patience = std::chrono::microseconds(50);  // otherwise looking would hold up those that work
  for (int i = 1; i < threads; i++) shared_->threads.emplace_back([this, i] { shared_->wait_and_work(i); });
}

team::~team() {
  {
    std::lock_guard<std::mutex> held(shared_->lock);
    shared_->stop = true;
  }
  shared_->start.notify_all();
  for (auto& t : shared_->threads) t.join();
}

int team::threads() const { return int(shared_->threads.size()) + 1; }

void team::run(std::size_t tasks, const std::function<void(std::size_t, int)>& task) {
  shared& s = *shared_;
  if (s.threads.empty() || tasks <= 1) {
    for (std::size_t n = 0; n < tasks; n++) task(n, 0);
    return;
  }
  {
    std::lock_guard<std::mutex> held(s.lock);
    s.task = &task;
    s.tasks = tasks;
    s.next = 0;
    s.failure = nullptr;
    s.busy = int(s.threads.size());
    s.round++;
  }
  s.start.notify_all();
  s.work(0);
  s.look([&] { return s.busy == 0; });
  std::unique_lock<std::mutex> held(s.lock);
  s.finished.wait(held, [&] { return s.busy == 0; });
  s.task = nullptr;
  if (s.failure) std::rethrow_exception(std::exchange(s.failure, nullptr));
}

}  // namespace dimwise
