// tests/unit/training/train.cpp: stages, resuming to the same digits, kills, threads, and what stops a run.
#include "catch.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>

#include <dimwise/core/random.hpp>
#include <dimwise/io/atomic_file.hpp>
#include <dimwise/io/parameter_file.hpp>
#include <dimwise/training/initialise.hpp>
#include <dimwise/training/train.hpp>

#include "support/fake_model.hpp"
#include "support/folder.hpp"

using namespace dimwise_tests;

namespace {

// x' = (0.8 x_0, -0.3 x_0) + noise, with x_0 redrawn: mean (1, -2) in the first columns.
data_rows path(std::size_t n) {
  const auto s = stream(11, "path");
  data_rows rows;
  rows.rows = n;
  double x = 1, y = -2;
  for (std::size_t r = 0; r < n; r++) {
    rows.state.push_back(x);
    rows.state.push_back(y);
    rows.time.push_back(double(r) * 0.5);
    y = -0.3 * x + 0.1 * s.normal(1, r);
    x = 0.8 * x + 0.5 * s.normal(0, r);
  }
  return rows;
}

struct fixture {
  fake_model m;
  data_sets sets;
  train_options options;
  progress silent;
  fixture() : sets(m.model.recording) {
    sets.bind_rest(path(400));
    sets.prepare();
    options.seed = 3;
    options.validate_every = 50;
  }
  template <class T = double>
  train_result run() {
    return train<T>(m.model, options, sets, silent);
  }
};

bool same_history(const std::vector<history_row>& a, const std::vector<history_row>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); i++)
    if (a[i].stage != b[i].stage || a[i].step != b[i].step || std::abs(a[i].loss - b[i].loss) > 1e-8 * std::abs(a[i].loss) ||
        std::abs(a[i].validation - b[i].validation) > 1e-8 * std::abs(a[i].validation))
      return false;
  return true;
}

}  // namespace

TEST_CASE("two stages find their minima, and only what they reach moves") {
  fixture f;
  f.options.history = "";
  const auto r = f.run();
  const auto start = initial_parameters(f.m.model.recording, 3);
  const auto& days = f.sets.at(0);
  double mean[2] = {}, xx = 0, xn = 0, xm = 0;
  for (const auto row : days.training)
    for (std::size_t i = 0; i < 2; i++) mean[i] += days.state[2 * row + i] / double(days.training.size());
  const auto& pairs = f.sets.at(1);
  for (const auto row : pairs.training) {
    const double x = pairs.state[2 * row];
    xx += x * x;
    xn += x * pairs.state[2 * row + 2];
    xm += x * pairs.state[2 * row + 3];
  }
  const auto& p = r.parameters;
  CHECK(std::abs(p[0] - mean[0]) < 0.1);
  CHECK(std::abs(p[1] - mean[1]) < 0.1);
  CHECK(std::abs(p[2] - xn / xx) < 0.05);
  CHECK(std::abs(p[4] - xm / xx) < 0.05);
  CHECK(p[3] == 0);
  CHECK(p[5] == 0);
  CHECK(std::abs(p[7] - 0.5) < 0.15);
  CHECK(std::abs(p[8] - p[0]) < 0.05);
  CHECK(p[9] == start[9]);
  CHECK(p[10] == start[10]);
  REQUIRE(r.stages.size() == 2);
  CHECK(r.stages[0].name == "first");
  CHECK(r.stages[1].steps == 300);
  CHECK(r.history.size() == 12);
  CHECK(r.metadata.at("model") == "fake");
  CHECK_FALSE(r.interrupted);
  CHECK(validate<double>(f.m.model, f.options, f.sets, 1, p).total == Approx(r.stages[1].best_loss));
}

TEST_CASE("a stage does not touch the parameters of another") {
  fixture f;
  f.options.pause_after = 300;
  const auto first = f.run().parameters;
  const auto start = initial_parameters(f.m.model.recording, 3);
  for (std::size_t i = 2; i < start.size(); i++) CHECK(first[i] == start[i]);
  f.options.pause_after = 0;
  const auto all = f.run().parameters;
  CHECK(all[0] == first[0]);
  CHECK(all[1] == first[1]);
  CHECK(all[2] != first[2]);
  f.options.first_stage = 1;
  f.options.start = first;
  CHECK(f.run().parameters == all);
}

TEMPLATE_TEST_CASE("a resumed run ends with the same digits", "", float, double) {
  fixture f;
  f.options.checkpoint_seconds = 1e9;
  f.options.stages = stages_of(f.m.model.recording);
  f.options.stages[1].decay = 0.1;
  const folder dir;
  f.options.checkpoint = dir / "whole";
  const auto whole = f.template run<TestType>();
  f.options.checkpoint = dir / "parts";
  f.options.history = dir / "parts.csv";
  f.options.resume = true;
  for (const std::uint64_t steps : {100u, 70u, 130u, 1u, 180u}) {
    f.options.pause_after = steps;
    CHECK(f.template run<TestType>().interrupted);
  }
  f.options.pause_after = 0;
  const auto parts = f.template run<TestType>();
  CHECK_FALSE(parts.interrupted);
  CHECK(parts.parameters == whole.parameters);
  CHECK(same_history(parts.history, whole.history));
  CHECK(parts.stages[0].best_loss == whole.stages[0].best_loss);
  CHECK(parts.stages[1].best_step == whole.stages[1].best_step);
  CHECK(load_parameters(dir / "parts", f.m.model.recording).values == whole.parameters);
  // A finished run that is resumed is still finished.
  CHECK(f.template run<TestType>().parameters == whole.parameters);
  CHECK(dir.files() == 3);
}

TEMPLATE_TEST_CASE("threads do not change digits", "", float, double) {
  fixture f;
  f.options.stages = stages_of(f.m.model.recording);
  for (auto& s : f.options.stages) {
    s.batch = 300;  // several parts
    s.steps = 60;
  }
  const auto one = f.template run<TestType>();
  f.options.threads = 3;
  const auto three = f.template run<TestType>();
  CHECK(one.parameters == three.parameters);
}

TEST_CASE("kill -9 loses at most the steps since the last checkpoint") {
  fixture f;
  const folder dir;
  f.options.stages = stages_of(f.m.model.recording);
  const auto whole = f.run();
  f.options.checkpoint = dir / "c";
  f.options.history = dir / "h.csv";
  f.options.checkpoint_seconds = 0;  // after every step
  f.options.resume = true;
  int kills = 0;
  for (int round = 0; round < 10; round++) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        f.run();
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    ::usleep(useconds_t(25000 + 5000 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    kills += WIFSIGNALED(status);
    CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
  }
  CHECK(kills > 0);
  const auto resumed = f.run();
  CHECK(resumed.parameters == whole.parameters);
  CHECK(same_history(resumed.history, whole.history));
  CHECK(dir.files() == 2);
}

TEST_CASE("a run is not resumed with other settings or other data") {
  fixture f;
  const folder dir;
  f.options.checkpoint = dir / "c";
  f.options.pause_after = 10;
  f.run();
  f.options.resume = true;
  auto other = f.options;
  const auto says = [&](const train_options& o) { return refusal([&] { train<double>(f.m.model, o, f.sets, f.silent); }); };
  other.stages = stages_of(f.m.model.recording);
  other.stages[1].rate = 0.5;
  CHECK(contains(says(other), "stage 1 rate was 0.05 and is 0.5"));
  other = f.options;
  other.seed = 4;
  CHECK(contains(says(other), "seed was 3 and is 4"));
  other = f.options;
  other.weights["step"] = 3;
  CHECK(contains(says(other), "weight of step was not given and is 3"));
  CHECK(contains(refusal([&] { train<float>(f.m.model, f.options, f.sets, f.silent); }),
                 "precision was \"double\" and is \"float\""));
  f.sets.bind("days", path(399));
  f.sets.prepare();
  CHECK(contains(says(f.options), "the data is not the data"));
}

TEST_CASE("the best parameters are kept by validation, or by what the caller judges") {
  fixture f;
  f.options.stop_after = {120, 40};
  int calls = 0;
  f.options.select = [&](int stage, std::uint64_t step, const std::vector<double>& p) {
    calls++;
    CHECK(p.size() == std::size_t(fake_model::parameters));
    return stage == 0 && step == 50 ? -1.0 : 1.0;
  };
  const auto r = f.run();
  CHECK(calls == 4);  // steps 50, 100, 120 and 40
  CHECK(r.stages[0].best_step == 50);
  CHECK(r.stages[0].steps == 120);
  CHECK(r.stages[0].best_loss == -1);
  f.options.select = {};
  f.options.keep_best = false;
  f.options.stop_after = {50, 0};
  const auto last = f.run();
  CHECK(last.parameters[0] == r.parameters[0]);
  CHECK(last.parameters[1] == r.parameters[1]);
}

TEST_CASE("a loss that is not finite names the objective, the batch and the tensor, and keeps the last checkpoint") {
  fixture f;
  const folder dir;
  f.options.checkpoint = dir / "c";
  f.options.checkpoint_seconds = 0;
  f.options.stages = stages_of(f.m.model.recording);
  // "near" breaks once its parameter is below 0.2
  f.m.model.in_double.objectives[2] = std::make_unique<function_kernel<double>>(
      2, std::vector<output_info>{{"loss", 0, level::point, 1}},
      [](const double* p, const arguments<double>&, std::size_t s, double* const* out) {
        out[0][0] = s == 5 && p[6] < 0.2 ? std::log(-1.0) : p[6];
      },
      [](const double* p, const arguments<double>&, std::size_t s, const double* const* c, double* g) {
        g[6] += s == 5 && p[6] < 0.2 ? std::log(-1.0) : c[0][0];
      });
  const std::string text = refusal([&] { f.run(); });
  CHECK(contains(text, "stage 'second'"));
  CHECK(contains(text, "the objective 'near' is not finite in batch "));
  CHECK(contains(text, "first at its sample 5"));
  CHECK(contains(text, "first tensor whose gradient is not finite is 'net.bias'"));
  CHECK(contains(text, "in the batch before, the largest gradient was that of '"));
  CHECK(contains(text, "kept in '" + (dir / "c") + "'"));
  const auto kept = load_parameters(dir / "c", f.m.model.recording);
  CHECK(std::isfinite(kept.values[6]));
  CHECK(dir.files() == 1);
}

TEST_CASE("a gradient that is not finite stops a run whose loss is finite") {
  fixture f;
  f.m.model.in_double.objectives[0] = std::make_unique<function_kernel<double>>(
      2, std::vector<output_info>{{"loss", 0, level::point, 1}},
      [](const double*, const arguments<double>&, std::size_t, double* const* out) { out[0][0] = 1; },
      [](const double*, const arguments<double>&, std::size_t, const double* const*, double* g) { g[1] = INFINITY; });
  const std::string text = refusal([&] { f.run(); });
  CHECK(contains(text,
                 "the gradient of the objective 'fit' is not finite in batch 1, and the first tensor whose gradient is not "
                 "finite is 'mean'"));
}

TEST_CASE("an interrupt writes a checkpoint and ends the run") {
  fixture f;
  const folder dir;
  std::atomic<bool> stop{true};
  f.options.interrupt = &stop;
  f.options.checkpoint = dir / "c";
  const auto r = f.run();
  CHECK(r.interrupted);
  CHECK(file_exists(dir / "c"));
  f.options.interrupt = nullptr;
  f.options.resume = true;
  const auto resumed = f.run();
  f.options.resume = false;
  CHECK(resumed.parameters == f.run().parameters);
}

TEST_CASE("options that make no sense are refused with a sentence") {
  fixture f;
  const auto says = [&](auto change) {
    auto o = f.options;
    o.stages = stages_of(f.m.model.recording);
    change(o);
    return refusal([&] { train<double>(f.m.model, o, f.sets, f.silent); });
  };
  CHECK(contains(says([](auto& o) { o.stages[0].steps = 0; }), "stage 'first': the number of steps"));
  CHECK(contains(says([](auto& o) { o.stages[1].rate = -1; }), "stage 'second': the learning rate"));
  CHECK(contains(says([](auto& o) { o.stages[1].batch = 0; }), "batch"));
  CHECK(contains(says([](auto& o) { o.stages.pop_back(); }), "1 stages are given, and the model has 2"));
  CHECK(contains(says([](auto& o) { o.first_stage = 2; }), "first stage 2 does not exist"));
  CHECK(contains(says([](auto& o) { o.first_stage = 1; }), "give the parameters"));
  CHECK(contains(says([](auto& o) { o.start = {1}; }), "1 starting parameters"));
  CHECK(contains(says([](auto& o) { o.start.assign(fake_model::parameters, 1.0); }), "'net.weight' is not zero at [0, 1]"));
  CHECK(contains(says([](auto& o) { o.validate_every = 0; }), "every 1 or more"));
  CHECK(contains(says([](auto& o) { o.weights["x"] = 1; }), "no objective 'x'"));
  f.m.model.recording.objective_count = 0;
  CHECK(contains(says([](auto&) {}), "no objective"));
}
