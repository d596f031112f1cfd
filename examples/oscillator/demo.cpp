// examples/oscillator/demo.cpp: see demo.hpp.
#include "examples/oscillator/demo.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include <dimwise/core/error.hpp>
#include <dimwise/io/npy.hpp>
#include <dimwise/io/parameter_file.hpp>
#include <dimwise/oracle/check.hpp>
#include <dimwise/training/initialise.hpp>
#include <dimwise/training/train.hpp>

#include "examples/oscillator/results.hpp"
#include "examples/oscillator/true_process.hpp"

namespace oscillator_example {
namespace {

struct options {
  std::string out = "oscillator-report", json_file;
  std::uint64_t seed = 1;
  int seeds = 3, pairs = 8, steps = 0, threads = 0;
  bool no_check = false;
};

constexpr std::size_t compared = 1000;  // points of each crowd that is compared
constexpr std::uint64_t fresh = 1'000;  // seeds of true crowds that no training has seen start here

dimwise::data_rows rows_of(const std::vector<std::vector<double>>& all) {
  dimwise::data_rows rows;
  for (std::size_t i = 0; i < all.size(); i++) {
    rows.state.insert(rows.state.end(), all[i].begin(), all[i].end());
    rows.time.insert(rows.time.end(), all[i].size() / 2, snapshot_time(i));
  }
  rows.rows = rows.time.size();
  return rows;
}

// What training of `to` starts from: its own first numbers, and the density that `from` has learned.
std::vector<double> with_density_of(const dimwise::compiled_model& from, const std::vector<double>& learned,
                                    const dimwise::compiled_model& to, std::uint64_t seed) {
  std::vector<double> start = dimwise::initial_parameters(to.recording, seed);
  for (int i = 0; i < to.recording.tensor_count; i++)
    for (int j = 0; j < from.recording.tensor_count; j++) {
      const dimwise::tensor &a = to.recording.tensors[i], &b = from.recording.tensors[j];
      if (a.name.view().substr(0, 8) == "density." && a.name == b.name)
        std::copy_n(learned.begin() + b.offset, b.size(), start.begin() + a.offset);
    }
  return start;
}

dimwise::train_result trained(const dimwise::compiled_model& model, const dimwise::data_rows& rows, const options& o,
                              std::uint64_t seed, int threads, std::vector<double> density) {
  dimwise::data_sets sets(model.recording);
  sets.bind("snapshots", rows);
  sets.prepare();
  dimwise::train_options how;
  how.seed = seed;
  how.threads = threads;
  how.stages = dimwise::stages_of(model.recording);
  if (o.steps > 0)
    for (auto& stage : how.stages) {
      stage.steps = o.steps;
      stage.warm_up = std::min(stage.warm_up, o.steps / 2);
    }
  how.first_stage = density.empty() ? 0 : 1;
  how.start = std::move(density);
  const std::string name = o.out + "/" + model.name + "-" + std::to_string(seed);
  how.checkpoint = name + ".checkpoint.safetensors";
  how.history = name + ".losses.csv";
  dimwise::console_progress bar;
  const dimwise::train_result result = dimwise::train<float>(model, how, sets, bar);
  dimwise::save_parameters(name + ".safetensors", model.recording, {result.parameters, result.metadata});
  return result;
}

motion_run scored(const dimwise::compiled_model& model, const dimwise::train_result& result, const seed_run& of, const results& r,
                  dimwise::team& workers) {
  motion_run run;
  run.parameters = result.parameters;
  run.seconds = result.stages.back().seconds;
  run.ratios = simulated_distances(model, run.parameters, of.snapshots[0], compared, r.pairs, fresh * (1 + of.seed), workers);
  for (std::size_t i = 0; i < run.ratios.size(); i++) run.ratios[i] /= r.floor[i];
  run.summary = summary_of_motion(model, run.parameters, 1000, fresh, workers);
  return run;
}

seed_run learned(const results& r, const options& o, std::uint64_t seed, dimwise::team& workers) {
  seed_run run;
  run.seed = seed;
  for (std::size_t i = 0; i < snapshots; i++) run.snapshots.push_back(true_sample(snapshot_time(i), crowd, seed, "snapshot"));
  const dimwise::data_rows rows = rows_of(run.snapshots);
  // For the standard commands of this program.
  const std::string folder = o.out + "/snapshots-" + std::to_string(seed);
  dimwise::write_npy(folder + ".npy", {rows.rows, 2}, rows.state.data());
  dimwise::write_npy(folder + "-times.npy", {rows.rows}, rows.time.data());

  std::printf("seed %llu: density, then drift and noise\n", static_cast<unsigned long long>(seed));
  const auto both = trained(*r.learned_model, rows, o, seed, r.threads, {});
  run.density_seconds = both.stages.front().seconds;
  run.gaps = density_gaps(*r.learned_model, both.parameters, 4000, fresh, workers);
  run.learned = scored(*r.learned_model, both, run, r, workers);
  std::printf("seed %llu: drift alone, with the noise given as (0.3, 0.3)\n", static_cast<unsigned long long>(seed));
  run.given = scored(
      *r.given_model,
      trained(*r.given_model, rows, o, seed, r.threads, with_density_of(*r.learned_model, both.parameters, *r.given_model, seed)),
      run, r, workers);
  return run;
}

// The median over seeds at each time.
template <class Of>
std::vector<double> medians(const std::vector<seed_run>& seeds, Of of) {
  std::vector<double> result;
  for (std::size_t i = 0; i < of(seeds[0]).size(); i++) {
    std::vector<double> values;
    for (const seed_run& s : seeds) values.push_back(of(s)[i]);
    std::sort(values.begin(), values.end());
    result.push_back(0.5 * (values[(values.size() - 1) / 2] + values[values.size() / 2]));
  }
  return result;
}

void summarise(results& r) {
  const auto gaps = [](const seed_run& s) { return s.gaps; };
  const auto learned_noise = [](const seed_run& s) { return s.learned.ratios; };
  const auto given_noise = [](const seed_run& s) { return s.given.ratios; };
  const auto mean = [](auto of) { return [of](const seed_run& s) { return std::vector<double>{mean_of(of(s))}; }; };
  r.median_gaps = medians(r.seeds, gaps);
  r.median_learned = medians(r.seeds, learned_noise);
  r.median_given = medians(r.seeds, given_noise);
  r.bars = {{"learned noise: energy distance / floor, worst of 10 times", largest_of(r.median_learned), 3},
            {"learned noise: energy distance / floor, mean of 10 times", medians(r.seeds, mean(learned_noise))[0], 2},
            {"given noise: energy distance / floor, worst of 10 times", largest_of(r.median_given), 2.5},
            {"given noise: energy distance / floor, mean of 10 times", medians(r.seeds, mean(given_noise))[0], 1.5},
            {"density: gap in nats, worst of 19 times between snapshots", largest_of(r.median_gaps), 0.05}};
}

void print_row(const std::string& name, const std::vector<double>& values) {
  std::printf("  %-24s", name.c_str());
  for (const double v : values) std::printf(" %5.2f", v);
  std::printf("   mean %.2f\n", mean_of(values));
}

void print(const results& r) {
  std::printf("\nenergy distance between crowds of %zu, in units of the floor (two true crowds), means of %d pairs\n  %-24s",
              compared, r.pairs, "time");
  for (const double t : scored_times()) std::printf(" %5.1f", t);
  std::printf("\n");
  for (const seed_run& s : r.seeds) print_row("learned noise, seed " + std::to_string(s.seed), s.learned.ratios);
  if (r.seeds.size() > 1) print_row("learned noise, median", r.median_learned);
  for (const seed_run& s : r.seeds) print_row("given noise, seed " + std::to_string(s.seed), s.given.ratios);
  if (r.seeds.size() > 1) print_row("given noise, median", r.median_given);
  std::printf(
      "\n  seed   gap of the density, nats   seconds of training: density, learned, given   learned noise (true: 0.05, 0.30)\n");
  for (const seed_run& s : r.seeds)
    std::printf("  %-6llu mean %.4f worst %.4f   %27.1f %8.1f %6.1f   %14.3f, %.3f\n", static_cast<unsigned long long>(s.seed),
                mean_of(s.gaps), largest_of(s.gaps), s.density_seconds, s.learned.seconds, s.given.seconds,
                s.learned.summary.noise[0], s.learned.summary.noise[1]);
  std::printf(
      "\nSnapshots fix the density only. Other pairs of drift and noise have the same density, so the learned noise need not be "
      "the true one.\n\n");
}

// The kernels against 50-digit arithmetic; prints what is broken.
std::vector<dimwise::check_record> checked(const dimwise::compiled_model& model, const std::vector<double>& parameters) {
  const auto records = dimwise::check(model, parameters);
  for (const auto& record : records)
    if (!record.ok) std::printf("%s\n", dimwise::to_text(record).c_str());
  const auto broken = std::count_if(records.begin(), records.end(), [](const auto& record) { return !record.ok; });
  std::printf("%s: %zu quantities compared with 50-digit arithmetic, %td broken\n", model.name.c_str(), records.size(), broken);
  return records;
}

int demo(const dimwise::compiled_model& learned_model, const dimwise::compiled_model& given_model, const options& o) {
  const auto start = std::chrono::steady_clock::now();
  if (o.seeds < 1) throw dimwise::error("--seeds must be at least 1.");
  if (o.pairs < 6) throw dimwise::error("--pairs must be at least 6: a single pair of crowds is too noisy to be judged.");
  if (o.steps < 0) throw dimwise::error("--steps must not be negative; 0 is what the model file says.");
  results r;
  r.learned_model = &learned_model;
  r.given_model = &given_model;
  r.pairs = o.pairs;
  r.threads = o.threads > 0 ? o.threads : std::max(1, int(std::thread::hardware_concurrency()));
  dimwise::team workers(r.threads);
  r.floor = floor_distances(compared, 4 * o.pairs, fresh, workers);
  for (int k = 0; k < o.seeds; k++) r.seeds.push_back(learned(r, o, o.seed + std::uint64_t(k), workers));
  summarise(r);
  print(r);
  if (!o.no_check) {
    r.learned_checks = checked(learned_model, r.seeds[0].learned.parameters);
    r.given_checks = checked(given_model, r.seeds[0].given.parameters);
  }
  r.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_page(r, o.out);
  if (!o.json_file.empty()) write_figures(r, o.json_file);
  std::printf("\n");
  bool good = dimwise::all_ok(r.learned_checks) && dimwise::all_ok(r.given_checks);
  for (const bar& b : r.bars) {
    std::printf("%-4s %-60s %7.3f  bar %5.2f\n", b.met() ? "ok" : "MISS", b.what.c_str(), b.value, b.bound);
    good = good && b.met();
  }
  std::printf("report: %s/index.html (%.0f s)\n", o.out.c_str(), r.seconds);
  return good ? 0 : 1;
}

}  // namespace

void add_commands(dimwise::runner& program, dimwise::compiled_model given_noise) {
  auto given = std::make_shared<dimwise::compiled_model>(std::move(given_noise));
  program.add("demo",
              "learn a stochastic oscillator from snapshots of crowds, compare it with the truth, and write a page about it",
              [&program, given](dimwise::command_line& line) {
                auto o = std::make_shared<options>();
                line.option("--out", o->out, "folder of the page, its pictures, the snapshots and the learned parameters");
                line.option("--seed", o->seed, "first seed");
                line.option("--seeds", o->seeds, "data sets to learn from, each with the next seed; bars are held to the median");
                line.option("--pairs", o->pairs, "pairs of crowds that each energy distance is averaged over");
                line.option("--steps", o->steps, "steps of each stage, for a quick look; 0: what the model file says");
                line.option("--threads", o->threads, "threads; 0: all");
                line.flag("--no-check", o->no_check, "skip the comparison with 50-digit arithmetic");
                line.option("--json", o->json_file, "write all figures to this file");
                return [o, given, &program] { return demo(program.model(), *given, *o); };
              });
}

}  // namespace oscillator_example
