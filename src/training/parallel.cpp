// training/parallel.cpp: parts of a batch to threads, and the sum of their gradients in a fixed order.
#include <dimwise/training/parallel.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace dimwise {
namespace {

constexpr std::size_t most_parts = 64;

std::size_t ceil_div(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

/// Part n of `parts` of n_blocks: sizes differ by one block at most, larger ones first, so that two threads that take turns end
/// together.
struct block_range {
  std::size_t begin, end;
};
block_range even_part(std::size_t n_blocks, std::size_t parts, std::size_t n) {
  const std::size_t size = n_blocks / parts, larger = n_blocks % parts;
  const std::size_t begin = n * size + std::min(n, larger);
  return {begin, begin + size + (n < larger ? 1 : 0)};
}

/// How values of many samples are shared out: each thread has as many whole blocks as any other and an equal number of vectors of
/// what is left; one that has done its own takes blocks from one that was held up, unless only its last is left.
class value_shares {
 public:
  static constexpr std::size_t most = most_parts;

  value_shares(std::size_t samples, std::size_t block, std::size_t vector, std::size_t shares)
      : samples_(samples), block_(block), vector_(vector), shares_(shares), blocks_(samples / block / shares * shares) {
    for (std::size_t n = 0; n < shares_; n++) {
      const block_range own = even_part(blocks_, shares_, n);
      left_[n].blocks = packed(own.begin, own.end);
    }
  }
  std::size_t count() const { return shares_; }
  /// Calls evaluate(begin, end) for the samples of share n, then for some of others.
  template <class Evaluate>
  void work(std::size_t n, const Evaluate& evaluate) {
    const std::size_t first = blocks_ * block_;
    const block_range rest = even_part(ceil_div(samples_ - first, vector_), shares_, n);
    if (rest.begin < rest.end) evaluate(first + rest.begin * vector_, std::min(samples_, first + rest.end * vector_));
    block_range taken;
    while (take(n, true, taken)) evaluate(taken.begin * block_, taken.end * block_);
    for (std::size_t i = 1; i < shares_; i++)
      while (take((n + i) % shares_, false, taken)) evaluate(taken.begin * block_, taken.end * block_);
  }

 private:
  struct alignas(64) share {
    std::atomic<std::uint64_t> blocks{0};  ///< that nobody has begun: the first, and the one past the last
  };
  std::size_t samples_, block_, vector_, shares_, blocks_;
  std::array<share, most> left_;

  static std::uint64_t packed(std::size_t begin, std::size_t end) { return std::uint64_t(begin) << 32 | end; }
  /// Its owner takes a few blocks in front, in pairs, because a kernel may compute two at once; another one half of them behind.
  bool take(std::size_t n, bool own, block_range& taken) {
    std::uint64_t now = left_[n].blocks.load(std::memory_order_relaxed);
    while (true) {
      const std::size_t begin = now >> 32, end = now & 0xffffffff, count = end - begin;
      if (count < (own ? 1u : 2u)) return false;
      const std::size_t quarter = ceil_div(count, 4), some = own ? std::min(count, quarter + quarter % 2) : count / 2;
      taken = own ? block_range{begin, begin + some} : block_range{end - some, end};
      const std::uint64_t then = own ? packed(begin + some, end) : packed(begin, end - some);
      if (left_[n].blocks.compare_exchange_weak(now, then, std::memory_order_relaxed)) return true;
    }
  }
};

/// Adds up the gradients of parts in their order, whoever computes them. A part whose turn has come is added straight to the sum;
/// one that would have to wait for long gets a sum of its own, which the one before it adds: the same digits, for three more
/// passes over a gradient. Part n shares the memory of its own sum with part n - sums, and waits until that is added. Parts are
/// begun in their order, so the next one to be added never waits.
class parts_in_order {
 public:
  parts_in_order(std::size_t parts, std::size_t length, double* sum, std::vector<aligned_vector<double>>& own, std::size_t sums)
      : parts_(parts), length_(length), sum_(sum), own_(own), sums_(sums) {}
  /// Whether all parts before n are in the sum by now, or soon.
  bool is_next(std::size_t n) const {
    for (int i = 0; i < 200 && added_.load(std::memory_order_acquire) < n; i++) std::this_thread::yield();
    return added_.load(std::memory_order_acquire) == n;
  }
  /// The cleared sum of part n; null if another part failed.
  double* own_sum(std::size_t n) {
    {
      std::unique_lock<std::mutex> held(lock_);
      one_added_.wait(held, [&] { return failed_ || added_.load(std::memory_order_relaxed) + sums_ > n; });
      if (failed_) return nullptr;
    }
    state_[n] = apart;
    std::fill_n(sum_of(n), length_, 0.0);
    return sum_of(n);
  }
  /// A part ended with an exception: none waits for it any more.
  void fail() {
    const std::lock_guard<std::mutex> held(lock_);
    failed_ = true;
    one_added_.notify_all();
  }
  /// Part n is in the sum or in its own; adds those that have waited for it.
  void finish(std::size_t n) {
    std::unique_lock<std::mutex> held(lock_);
    is_finished_[n] = true;
    while (!adding_) {
      const std::size_t next = added_.load(std::memory_order_relaxed);
      if (next == parts_ || !is_finished_[next]) return;
      if (state_[next] == apart) {
        adding_ = true;
        held.unlock();
        const double* from = sum_of(next);
        for (std::size_t i = 0; i < length_; i++) sum_[i] += from[i];
        held.lock();
        adding_ = false;
      }
      added_.store(next + 1, std::memory_order_release);
      one_added_.notify_all();
    }
  }

 private:
  enum place : char { in_sum, apart };
  std::size_t parts_, length_;
  double* sum_;
  std::vector<aligned_vector<double>>& own_;
  std::size_t sums_;
  std::mutex lock_;
  std::condition_variable one_added_;
  std::atomic<std::size_t> added_{0};
  bool adding_ = false, failed_ = false;
  std::array<bool, most_parts> is_finished_{};
  std::array<place, most_parts> state_{};

  double* sum_of(std::size_t n) { return own_[n % sums_].data(); }
};

/// The samples of each part of a gradient: whole blocks, pairs of them where parts are long (a kernel may take two at once), in
/// even number, as many for each part or one more; what is left, less than two of these, is halved between the last two. So two
/// threads that take turns compute the same number of samples.
class gradient_shares {
 public:
  gradient_shares(std::size_t samples, std::size_t block, std::size_t vector, std::size_t parts)
      : samples_(samples), vector_(vector), parts_(parts), vectors_(ceil_div(samples, vector)), unit_(block / vector) {
    if (vectors_ >= 4 * unit_ * parts) unit_ *= 2;
    units_ = parts == 1 ? 0 : vectors_ / (2 * unit_) * 2;
  }
  block_range operator()(std::size_t n) const {
    return {first_vector(n) * vector_, std::min(samples_, first_vector(n + 1) * vector_)};
  }

 private:
  std::size_t samples_, vector_, parts_, vectors_, unit_, units_ = 0;

  std::size_t first_vector(std::size_t n) const {
    if (n == parts_) return vectors_;
    const std::size_t first = even_part(units_, parts_, n).begin * unit_;
    return n + 1 == parts_ && n > 0 ? first + (vectors_ - units_ * unit_ + 1) / 2 : first;
  }
};

template <class T>
void grow(std::vector<aligned_vector<T>>& memory, std::size_t count, std::size_t size) {
  if (memory.size() < count) memory.resize(count);
  for (std::size_t i = 0; i < count; i++)
    if (memory[i].size() < size) memory[i].resize(size);
}

}  // namespace

std::size_t gradient_parts(std::size_t samples, std::size_t block, std::size_t parameters) {
  // A part costs three passes over a gradient (clear, add to, sum up): about the work of ten samples where it does not fit in the
  // nearest cache.
  const std::size_t least = parameters <= 8192 ? 64 : parameters <= 32768 ? 128 : 256;
  const std::size_t parts = std::min({most_parts, samples / least, ceil_div(samples, block)});
  return parts < 2 ? 1 : parts - parts % 2;
}

template <class T>
void evaluate_all(const kernel_interface<T>& kernel, const T* parameters, const arguments<T>& in, T* const* out, team& workers,
                  parallel_memory<T>& memory) {
  const std::size_t threads = std::size_t(workers.threads());
  grow(memory.workspaces, threads, kernel.evaluate_workspace());
  if (in.samples == 0) return;
  if (threads == 1) return kernel.evaluate(parameters, in, 0, in.samples, out, memory.workspaces[0].data());
  value_shares shares(in.samples, kernel.block(), kernel.vector(),
                      in.samples > kernel.block() ? std::min(threads, value_shares::most) : 1);
  const auto task = [&](std::size_t n, int thread) {
    shares.work(n, [&](std::size_t begin, std::size_t end) {
      kernel.evaluate(parameters, in, begin, end, out, memory.workspaces[std::size_t(thread)].data());
    });
  };
  workers.run(shares.count(), std::cref(task));
}

template <class T>
void gradient_all(const kernel_interface<T>& kernel, const T* parameters, std::size_t parameter_count, const arguments<T>& in,
                  const T* const* cotangents, T* const* out, double* gradient, team& workers, parallel_memory<T>& memory) {
  if (in.samples == 0) return;
  const std::size_t parts = gradient_parts(in.samples, kernel.block(), parameter_count);
  const gradient_shares samples_of(in.samples, kernel.block(), kernel.vector(), parts);
  grow(memory.workspaces, std::size_t(workers.threads()), kernel.gradient_workspace());
  const bool alone = workers.threads() == 1;
  const std::size_t sums = alone ? 1 : std::min(parts, 2 * std::size_t(workers.threads()));
  for (std::size_t n = 1; n < parts; n++)
    if (!alone || !kernel.leaves_gradient(samples_of(n).begin, samples_of(n).end)) {
      grow(memory.gradients, sums, parameter_count);
      break;
    }
  parts_in_order order(parts, parameter_count, gradient, memory.gradients, sums);
  const auto add_part = [&](std::size_t n, int thread) {
    const block_range part = samples_of(n);
    T* const workspace = memory.workspaces[std::size_t(thread)].data();
    const auto compute = [&](double* to) {
      kernel.gradient(parameters, in, part.begin, part.end, cotangents, out, to, workspace);
    };
    if (n == 0) {
      compute(gradient);
    } else if (kernel.leaves_gradient(part.begin, part.end)) {
      compute(nullptr);
      int left = 1;
      double* const to = order.is_next(n) ? gradient : order.own_sum(n);
      if (to) kernel.flush_gradient(to, workspace, &left);
    } else if (double* const to = order.own_sum(n)) {
      compute(to);
    }
    order.finish(n);
  };
  const auto task = [&](std::size_t n, int thread) {
    try {
      add_part(n, thread);
    } catch (...) {
      order.fail();
      throw;
    }
  };
  workers.run(parts, std::cref(task));
}

template <class T>
void evaluate_all(const kernel_interface<T>& kernel, const T* parameters, const arguments<T>& in, T* const* out, int threads) {
  team workers(threads);
  parallel_memory<T> memory;
  evaluate_all(kernel, parameters, in, out, workers, memory);
}

template <class T>
void gradient_all(const kernel_interface<T>& kernel, const T* parameters, std::size_t parameter_count, const arguments<T>& in,
                  const T* const* cotangents, T* const* out, double* gradient, int threads) {
  team workers(threads);
  parallel_memory<T> memory;
  gradient_all(kernel, parameters, parameter_count, in, cotangents, out, gradient, workers, memory);
}

void clear_all(double* gradient, std::size_t n, team& workers) {
  for_ranges(workers, n, entries_of_task,
             [&](std::size_t begin, std::size_t end) { std::fill(gradient + begin, gradient + end, 0.0); });
}

template <class T>
void round_all(const double* parameters, T* rounded, std::size_t n, team& workers) {
  for_ranges(workers, n, entries_of_task, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; i++) rounded[i] = T(parameters[i]);
  });
}

template <class T>
double mean_in_order(const T* values, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; i++) sum += double(values[i]);
  return n ? sum / double(n) : 0;
}

#define DIMWISE_INSTANTIATE(T)                                                                                           \
  template void evaluate_all<T>(const kernel_interface<T>&, const T*, const arguments<T>&, T* const*, team&,             \
                                parallel_memory<T>&);                                                                    \
  template void gradient_all<T>(const kernel_interface<T>&, const T*, std::size_t, const arguments<T>&, const T* const*, \
                                T* const*, double*, team&, parallel_memory<T>&);                                         \
  template void evaluate_all<T>(const kernel_interface<T>&, const T*, const arguments<T>&, T* const*, int);              \
  template void gradient_all<T>(const kernel_interface<T>&, const T*, std::size_t, const arguments<T>&, const T* const*, \
                                T* const*, double*, int);                                                                \
  template void round_all<T>(const double*, T*, std::size_t, team&);                                                     \
  template double mean_in_order<T>(const T*, std::size_t);
DIMWISE_INSTANTIATE(float)
DIMWISE_INSTANTIATE(double)
#undef DIMWISE_INSTANTIATE

}  // namespace dimwise
