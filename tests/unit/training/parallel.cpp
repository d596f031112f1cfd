// tests/unit/training/parallel.cpp: all samples, once each, and the same digits for any number of threads.
#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <dimwise/training/parallel.hpp>

#include "support/fake_model.hpp"

using namespace dimwise_tests;

namespace {

// out = sin(p_{s mod P} x_s); its derivative touches one parameter a sample.
template <class T>
function_kernel<T> kernel_of(std::size_t count, std::size_t block) {
  return function_kernel<T>(
      1, {{"y", 0, level::point, 1}},
      [count](const T* p, const arguments<T>& in, std::size_t s, T* const* out) {
        out[0][0] = std::sin(p[s % count] * in.state[s]);
      },
      [count](const T* p, const arguments<T>& in, std::size_t s, const T* const* c, double* g) {
        for (std::size_t i = 0; i < count; i += 7) g[i] += double(c[0][0]) * 1e-3 * double(i);
        g[s % count] += double(c[0][0] * in.state[s] * std::cos(p[s % count] * in.state[s]));
      },
      block);
}

template <class T>
void check(std::size_t samples, std::size_t count, std::size_t block) {
  const auto kernel = kernel_of<T>(count, block);
  std::vector<T> p(count), x(samples), c(samples);
  for (std::size_t i = 0; i < count; i++) p[i] = T(0.1 + 0.01 * double(i % 100));
  for (std::size_t s = 0; s < samples; s++) {
    x[s] = T(1.0 / double(s + 1));
    c[s] = T(std::cos(double(s)));
  }
  arguments<T> in;
  in.samples = samples;
  in.state = x.data();
  std::vector<T> y1(samples), y2(samples), y3(samples);
  std::vector<double> g1(count, 0.5), g2(count, 0.5), serial(count, 0.5);
  T* o1[] = {y1.data()};
  T* o2[] = {y2.data()};
  T* o3[] = {y3.data()};
  const T* cotangents[] = {c.data()};
  gradient_all(kernel, p.data(), count, in, cotangents, o1, g1.data(), 1);
  gradient_all(kernel, p.data(), count, in, cotangents, o2, g2.data(), 4);
  evaluate_all(kernel, p.data(), in, o3, 3);
  CHECK(g1 == g2);
  CHECK(y1 == y2);
  CHECK(y1 == y3);
  std::vector<T> workspace(64);
  if (samples) kernel.gradient(p.data(), in, 0, samples, cotangents, o1, serial.data(), workspace.data());
  double worst = 0;
  for (std::size_t i = 0; i < count; i++) worst = std::max(worst, std::abs(serial[i] - g1[i]));
  CHECK(worst < 1e-10);
}

/// The same, but gradients may stay in the workspace; the first sample takes its time.
class leaving_kernel : public function_kernel<double> {
 public:
  leaving_kernel(std::size_t count, bool slow)
      : function_kernel<double>(kernel_of<double>(count, 32)), count_(count), slow_(slow) {}
  std::size_t gradient_workspace() const override { return count_ + 64; }
  bool leaves_gradient(std::size_t begin, std::size_t) const override { return begin % 5 != 0; }
  void gradient(const double* parameters, const arguments<double>& in, std::size_t begin, std::size_t end,
                const double* const* cotangents, double* const* out, double* gradient, double* workspace) const override {
    if (slow_ && begin == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (!gradient) std::fill_n(workspace + 64, count_, 0.0);
    function_kernel<double>::gradient(parameters, in, begin, end, cotangents, out, gradient ? gradient : workspace + 64,
                                      workspace);
  }
  void flush_gradient(double* gradient, double* workspace, int* pending) const override {
    for (std::size_t i = 0; i < count_; i++) gradient[i] += workspace[64 + i];
    *pending = 0;
  }

 private:
  std::size_t count_;
  bool slow_;
};

}  // namespace

TEST_CASE("gradients that stay in the workspace are added in the order of the parts") {
  constexpr std::size_t samples = 1500, count = 9000;
  std::vector<double> p(count), x(samples), c(samples), y(samples);
  for (std::size_t i = 0; i < count; i++) p[i] = 0.1 + 0.01 * double(i % 100);
  for (std::size_t s = 0; s < samples; s++) x[s] = 1.0 / double(s + 1), c[s] = std::cos(double(s));
  arguments<double> in;
  in.samples = samples;
  in.state = x.data();
  double* out[] = {y.data()};
  const double* cotangents[] = {c.data()};
  std::vector<double> expected(count, 0.25);
  gradient_all(kernel_of<double>(count, 32), p.data(), count, in, cotangents, out, expected.data(), 1);
  REQUIRE(gradient_parts(samples, 32, count) > 8);
  for (const bool slow : {false, true})
    for (const int threads : {1, 2, 4}) {
      std::vector<double> g(count, 0.25);
      gradient_all(leaving_kernel(count, slow), p.data(), count, in, cotangents, out, g.data(), threads);
      INFO(threads << " threads, slow " << slow);
      CHECK(g == expected);
    }
}

TEST_CASE("gradients that wait for their turn take the memory of two for each thread, however many parts there are") {
  constexpr std::size_t samples = 4000, count = 1000;
  std::vector<double> p(count, 0.5), x(samples, 1.0), c(samples, 1.0), y(samples), alone(count), g(count);
  arguments<double> in;
  in.samples = samples;
  in.state = x.data();
  double* out[] = {y.data()};
  const double* cotangents[] = {c.data()};
  REQUIRE(gradient_parts(samples, 32, count) > 40);
  for (const int threads : {1, 3}) {
    team workers(threads);
    parallel_memory<double> memory;
    std::vector<double>& sum = threads == 1 ? alone : g;
    gradient_all(leaving_kernel(count, true), p.data(), count, in, cotangents, out, sum.data(), workers, memory);
    CHECK(memory.gradients.size() == (threads == 1 ? 1 : 6));
  }
  CHECK(g == alone);
}

TEST_CASE("no part waits for one that failed") {
  struct failing_kernel final : leaving_kernel {
    failing_kernel() : leaving_kernel(1000, false) {}
    void gradient(const double* parameters, const arguments<double>& in, std::size_t begin, std::size_t end,
                  const double* const* cotangents, double* const* out, double* gradient, double* workspace) const override {
      if (begin == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        throw std::runtime_error("no gradient");
      }
      leaving_kernel::gradient(parameters, in, begin, end, cotangents, out, gradient, workspace);
    }
  };
  constexpr std::size_t samples = 4000;
  std::vector<double> p(1000, 0.5), x(samples, 1.0), c(samples, 1.0), y(samples), g(1000);
  arguments<double> in;
  in.samples = samples;
  in.state = x.data();
  double* out[] = {y.data()};
  const double* cotangents[] = {c.data()};
  CHECK_THROWS_WITH(gradient_all(failing_kernel(), p.data(), 1000, in, cotangents, out, g.data(), 4), "no gradient");
}

TEST_CASE("values and gradients do not depend on the number of threads") {
  for (const std::size_t samples : {0u, 1u, 7u, 64u, 65u, 1000u, 1031u}) {
    check<double>(samples, 11, 8);
    check<float>(samples, 11, 48);
  }
  check<double>(2000, 20000, 32);
  check<double>(2000, 140000, 32);
}

namespace {
/// Writes down which samples it is asked for.
struct asked_kernel final : function_kernel<float> {
  mutable std::mutex lock;
  mutable std::vector<std::pair<std::size_t, std::size_t>> asked;
  asked_kernel() : function_kernel<float>(kernel_of<float>(1, 48)) {}
  std::size_t vector() const override { return 16; }
  void evaluate(const float*, const arguments<float>&, std::size_t begin, std::size_t end, float* const*, float*) const override {
    const std::lock_guard<std::mutex> held(lock);
    asked.emplace_back(begin, end);
  }
  void gradient(const float*, const arguments<float>&, std::size_t begin, std::size_t end, const float* const*, float* const*,
                double*, float*) const override {
    const std::lock_guard<std::mutex> held(lock);
    asked.emplace_back(begin, end);
  }
};
}  // namespace

TEST_CASE("gradients are shared out in vectors: every sample once, and as many in every other part as in the parts between") {
  for (const int threads : {1, 4})
    for (const std::size_t samples : {1u, 128u, 150u, 200u, 1000u, 1024u, 5000u}) {
      asked_kernel kernel;
      arguments<float> in;
      in.samples = samples;
      std::vector<double> g(1);
      gradient_all<float>(kernel, nullptr, 1, in, nullptr, nullptr, g.data(), threads);
      std::sort(kernel.asked.begin(), kernel.asked.end());
      std::size_t next = 0, sum[2] = {};
      for (std::size_t n = 0; n < kernel.asked.size(); n++) {
        const auto [begin, end] = kernel.asked[n];
        CHECK(begin == next);
        CHECK(begin % 16 == 0);
        CHECK(end > begin);
        sum[n % 2] += (end - begin + 15) / 16;
        next = end;
      }
      CHECK(next == samples);
      CHECK(kernel.asked.size() == gradient_parts(samples, 48, 1));
      if (kernel.asked.size() > 1) CHECK(sum[0] - sum[1] <= 1);
    }
}

TEST_CASE("values are shared out in vectors: every sample once, and no thread has a vector more than another to do at the end") {
  for (const int threads : {1, 2, 3, 7})
    for (const std::size_t samples : {1u, 16u, 48u, 49u, 64u, 96u, 200u, 1024u, 5000u}) {
      asked_kernel kernel;
      arguments<float> in;
      in.samples = samples;
      evaluate_all<float>(kernel, nullptr, in, nullptr, threads);
      std::sort(kernel.asked.begin(), kernel.asked.end());
      std::size_t next = 0, small = 0, least = samples, most = 0;
      for (const auto& [begin, end] : kernel.asked) {
        CHECK(begin == next);
        CHECK(begin % 16 == 0);
        next = end;
        if (threads == 1 || (begin + 48 <= samples && (end - begin) % 48 == 0)) continue;
        small++;
        least = std::min(least, (end - begin + 15) / 16);
        most = std::max(most, (end - begin + 15) / 16);
      }
      CHECK(next == samples);
      CHECK(small <= std::size_t(threads));
      if (small) CHECK(most <= least + 1);
    }
  asked_kernel kernel;
  arguments<float> in;
  in.samples = 1024;  // 21 blocks and a vector: 10 blocks and 32 samples for each of two threads
  evaluate_all<float>(kernel, nullptr, in, nullptr, 2);
  std::sort(kernel.asked.begin(), kernel.asked.end());
  CHECK(kernel.asked.end()[-2] == std::pair<std::size_t, std::size_t>(960, 992));
  CHECK(kernel.asked.end()[-1] == std::pair<std::size_t, std::size_t>(992, 1024));
}

TEST_CASE("a thread that is held up loses its blocks to the others, but for the last") {
  // The first block waits until all others are done but those that belong to its thread: its first quarter and its last. No other
  // thread begins before it, or the quarter would be one of fewer blocks.
  struct slow_kernel final : function_kernel<float> {
    mutable std::atomic<std::size_t> done{0};
    mutable std::atomic<bool> first_has_begun{false};
    std::size_t others, end_of_blocks;
    slow_kernel(std::size_t samples_of_others, std::size_t samples_of_blocks)
        : function_kernel<float>(kernel_of<float>(1, 48)), others(samples_of_others), end_of_blocks(samples_of_blocks) {}
    std::size_t vector() const override { return 16; }
    static void wait_for(const std::function<bool()>& ready) {
      for (int i = 0; i < 10000 && !ready(); i++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    void evaluate(const float*, const arguments<float>&, std::size_t begin, std::size_t end, float* const*,
                  float*) const override {
      if (begin == 0) {
        first_has_begun = true;
        wait_for([&] { return done >= others; });
        CHECK(done.load() == others);
      } else if (begin < end_of_blocks) wait_for([&] { return first_has_begun.load(); });
      done += end - begin;
    }
  };
  for (const std::size_t threads : {2u, 3u}) {
    arguments<float> in;
    in.samples = 48 * 48 + 16;
    const std::size_t own_blocks = 48 / threads, kept = (own_blocks + 3) / 4 + 1;
    const slow_kernel kernel(in.samples - 48 * kept, 48 * 48);
    evaluate_all<float>(kernel, nullptr, in, nullptr, int(threads));
    CHECK(kernel.done.load() == in.samples);
  }
}

TEST_CASE("a gradient is cleared and parameters are rounded in ranges for all threads") {
  constexpr std::size_t n = 3 * entries_of_task + 5;
  for (const int threads : {1, 3}) {
    team workers(threads);
    std::vector<double> g(n + 1, 2.0), p(n);
    for (std::size_t i = 0; i < n; i++) p[i] = 1 + 1e-9 * double(i);
    std::vector<float> rounded(n + 1, -1.0f);
    clear_all(g.data(), n, workers);
    round_all(p.data(), rounded.data(), n, workers);
    CHECK(std::count(g.begin(), g.end(), 0.0) == std::ptrdiff_t(n));
    CHECK(rounded[n] == -1.0f);
    rounded.pop_back();
    CHECK(rounded == std::vector<float>(p.begin(), p.end()));
  }
}

TEST_CASE("parts are a function of sizes, and fewer for long parameter vectors") {
  CHECK(gradient_parts(1, 32, 10) == 1);
  CHECK(gradient_parts(1024, 32, 1000) == 16);
  CHECK(gradient_parts(1024, 32, 30000) == 8);
  CHECK(gradient_parts(1024, 32, 100000) == 4);
  CHECK(gradient_parts(1024, 32, 1000000) == 4);
  CHECK(gradient_parts(100000, 32, 1000) <= 64);
  CHECK(gradient_parts(65, 48, 10) == 1);
}

TEST_CASE("memory is made once") {
  const auto kernel = kernel_of<double>(11, 8);
  std::vector<double> p(11, 0.5), x(500, 1.0), c(500, 1.0), y(500), g(11);
  arguments<double> in;
  in.samples = 500;
  in.state = x.data();
  double* out[] = {y.data()};
  const double* cotangents[] = {c.data()};
  team workers(2);
  parallel_memory<double> memory;
  gradient_all(kernel, p.data(), 11, in, cotangents, out, g.data(), workers, memory);
  const double* first = memory.gradients[0].data();
  const double* space = memory.workspaces[0].data();
  const std::vector<double> once = g;
  std::fill(g.begin(), g.end(), 0.0);
  gradient_all(kernel, p.data(), 11, in, cotangents, out, g.data(), workers, memory);
  CHECK(g == once);
  in.samples = 300;
  gradient_all(kernel, p.data(), 11, in, cotangents, out, g.data(), workers, memory);
  evaluate_all(kernel, p.data(), in, out, workers, memory);
  CHECK(memory.gradients[0].data() == first);
  CHECK(memory.workspaces[0].data() == space);
  CHECK(mean_in_order(x.data(), 500) == 1);
}
