// tests/unit/training/objectives.cpp: the loss and gradient of a stage, what cannot be computed, and no allocation after the
// first step.
#include "catch.hpp"

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>

#include <dimwise/training/initialise.hpp>
#include <dimwise/training/objectives.hpp>
#include <dimwise/training/optimiser.hpp>

#include "support/fake_model.hpp"
#include "support/folder.hpp"

using namespace dimwise_tests;

namespace {
std::atomic<long> allocations{0};
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations++;
  if (void* p = std::malloc(size ? size : 1)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  allocations++;
  const std::size_t a = std::size_t(alignment);
  if (void* p = std::aligned_alloc(a, (size + a - 1) / a * a + (size == 0) * a)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace {

data_rows line(std::size_t n) {
  data_rows rows;
  rows.rows = n;
  for (std::size_t r = 0; r < n; r++) {
    rows.state.push_back(std::sin(double(r)));
    rows.state.push_back(std::cos(double(r)) + 2);
    rows.time.push_back(double(r));
  }
  return rows;
}

struct fixture {
  fake_model m;
  data_sets sets;
  team workers{2};
  fixture() : sets(m.model.recording) {
    sets.bind_rest(line(100));
    sets.prepare();
  }
};

}  // namespace

TEST_CASE("the gradient is that of the weighted sum of the stage's means") {
  fixture f;
  objective_runner<double> runner(f.m.model, f.sets, 1, 64, 50, 1, {{"step", 0.5}}, {{"shift", 0.25}}, f.workers);
  CHECK(runner.objectives() == std::vector<int>{1, 2, 3, 4});
  auto p = initial_parameters(f.m.model.recording, 1);
  std::vector<double> g(p.size()), unused(p.size());
  const double total = runner.gradient(3, p.data(), g.data());
  CHECK(std::isnan(runner.losses()[0]));
  CHECK(total == Approx(0.5 * runner.losses()[1] + 2 * runner.losses()[2] + runner.losses()[3] + runner.losses()[4]));
  CHECK(g[0] == 0);
  for (const std::size_t i : {2u, 4u, 6u, 7u, 8u}) {
    const double h = 1e-5, at = p[i];
    p[i] = at + h;
    const double up = runner.gradient(3, p.data(), unused.data());
    p[i] = at - h;
    const double down = runner.gradient(3, p.data(), unused.data());
    p[i] = at;
    CHECK(g[i] == Approx((up - down) / (2 * h)).epsilon(1e-6));
  }
  const double validation = runner.validation(p.data());
  CHECK(validation == runner.validation(p.data()));
  CHECK(validation != total);
}

TEST_CASE("nothing is allocated after the first step") {
  fixture f;
  for (const int stage : {0, 1}) {
    objective_runner<float> runner(f.m.model, f.sets, stage, 256, 100, 1, {}, {}, f.workers);
    auto p = initial_parameters(f.m.model.recording, 1);
    std::vector<double> g(p.size());
    adam optimiser(p.size(), {{0, 3, false}, {4, 5, true}, {6, 9, false}});
    const auto step = [&](std::uint64_t n) {
      std::fill(g.begin(), g.end(), 0.0);
      runner.gradient(n, p.data(), g.data());
      optimiser.step(p.data(), g.data(), optimiser.norm(g.data()) > 1 ? 0.5 : 1.0, 0.01, 0);
    };
    step(0);
    runner.validation(p.data());
    const long before = allocations;
    for (std::uint64_t n = 1; n < 20; n++) step(n);
    runner.validation(p.data());
    CHECK(allocations - before == 0);
  }
}

TEST_CASE("unknown names and sets without data are refused") {
  fixture f;
  const auto make = [&](const std::map<std::string, double>& weights, const std::map<std::string, double>& constants) {
    return refusal([&] { objective_runner<double>(f.m.model, f.sets, 1, 8, 8, 1, weights, constants, f.workers); });
  };
  CHECK(contains(make({{"stp", 1}}, {}), "no objective 'stp'; its objectives are 'fit', 'step'"));
  CHECK(contains(make({}, {{"shif", 1}}), "no run-time constant 'shif'; it has 'shift'"));
  CHECK(contains(make({{"step", std::numeric_limits<double>::infinity()}}, {}), "not finite"));
  CHECK(make({}, {}).empty());

  data_sets empty(f.m.model.recording);
  CHECK(contains(refusal([&] { require_computable(f.m.model, empty); }),
                 "'fit' cannot be computed: no data is given for the sample set 'days'"));
  CHECK(refusal([&] { require_computable(f.m.model, f.sets); }).empty());
  f.m.objectives[0].node = 17;
  CHECK(contains(refusal([&] { require_computable(f.m.model, f.sets); }),
                 "reads the input 'wind' on the sample set 'days', and the given rows"));
  f.m.objectives[0].node = 9;
  CHECK(contains(refusal([&] { require_computable(f.m.model, f.sets); }), "reads the input 'next' on the sample set 'days'"));
  f.m.objectives[0].node = 3;
  f.m.objectives[3].node = 17;
  CHECK(contains(refusal([&] { require_computable(f.m.model, f.sets); }), "the points of that set carry no inputs"));
}
