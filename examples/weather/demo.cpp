// examples/weather/demo.cpp: see demo.hpp.
#include "examples/weather/demo.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <thread>

#include "dimwise/core/error.hpp"
#include "dimwise/io/csv.hpp"
#include "dimwise/io/parameter_file.hpp"
#include "dimwise/oracle/check.hpp"
#include "dimwise/training/train.hpp"
#include "examples/weather/page.hpp"
#include "examples/weather/score.hpp"

namespace weather_example {
namespace {

struct options {
  std::string out = "weather-report", data = DIMWISE_EXAMPLE_FOLDER "/seattle-weather.csv", json_file;
  std::uint64_t seed = 1;
  int seeds = 5, held_out = 2015, members = 128, threads = 0;
  bool no_check = false;
};

// What must hold of the median over the seeds: see README.md.
constexpr double crps_slack = 1.03, density_slack = 0.02;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void print_scores(const forecast_score& s) {
  std::printf("  %-28s", s.name.c_str());
  for (int which : {highest, lowest}) {
    std::printf("  ");
    for (const auto& lead : s.crps) std::printf(" %6.3f", lead[std::size_t(which)]);
  }
  std::printf("\n");
}

// The standard command `bench` of this program, its figures in a file.
void time_kernels(dimwise::runner& program, const std::string& json) {
  std::string words[] = {"weather", "bench", "--seconds", "0.1", "--json", json};
  char* arguments[std::size(words)];
  for (std::size_t i = 0; i < std::size(words); i++) arguments[i] = words[i].data();
  if (program.run(int(std::size(words)), arguments) != 0) throw dimwise::error("timing the kernels failed.");
}

int demo(dimwise::runner& program, const options& o) {
  const dimwise::compiled_model& model = program.model();
  const auto start = std::chrono::steady_clock::now();
  const int seeds = o.seeds;
  if (seeds < 1) throw dimwise::error("--seeds must be at least 1.");
  if (o.members < 2) throw dimwise::error("--members must be at least 2.");
  const int threads = o.threads > 0 ? o.threads : std::max(1, int(std::thread::hardware_concurrency()));
  results r;
  r.days = read_days(o.data);
  r.held_out = o.held_out;
  r.used = training_days(r.days, o.held_out);
  r.tested = held_out_days(r.days, o.held_out);
  if (std::count(r.tested.begin(), r.tested.end(), 1) == 0)
    throw dimwise::error("--hold-out " + std::to_string(o.held_out) + ": " + o.data +
                         " has no day of that year; choose 2012 to 2015.");
  const std::string training_years = o.held_out == 2015 ? "2012-2014" : "2012-2014 without " + std::to_string(o.held_out);
  std::printf("weather: %td days of %s to learn from, %td days of %d held out\n", std::count(r.used.begin(), r.used.end(), 1),
              training_years.c_str(), std::count(r.tested.begin(), r.tested.end(), 1), o.held_out);

  // The climate is taken out; rows for the standard commands of this program go beside the page.
  r.what = climate::fit(r.days, r.used);
  const dimwise::data_rows rows = model_rows(r.days, r.what.to_state(r.days), r.used);
  std::vector<double> table;
  for (std::size_t i = 0; i < rows.rows; i++)
    table.insert(table.end(), {rows.clock[i], rows.time[i], rows.state[2 * i], rows.state[2 * i + 1]});
  dimwise::write_csv(o.out + "/days.csv", {"day", "t", "y_0", "y_1"}, table);
  r.baselines = baseline_scores(r.days, r.used, r.tested);
  r.gaussians = gaussian_scores(r.days, r.used, r.tested);

  dimwise::data_sets sets(model.recording);
  dimwise::validation_split everything;
  everything.how = dimwise::validation_split::by::none;
  sets.bind("days", rows, everything);
  sets.bind("pairs", rows, everything);
  sets.prepare();
  for (int k = 0; k < seeds; k++) {
    dimwise::train_options how;
    how.seed = o.seed + std::uint64_t(k);
    how.threads = threads;
    how.keep_best = false;
    how.checkpoint = o.out + "/checkpoint-" + std::to_string(how.seed) + ".safetensors";
    how.history = o.out + "/losses-" + std::to_string(how.seed) + ".csv";
    dimwise::console_progress bar;
    const dimwise::train_result trained = dimwise::train<float>(model, how, sets, bar);
    dimwise::save_parameters(o.out + "/weather-" + std::to_string(how.seed) + ".safetensors", model.recording,
                             {trained.parameters, trained.metadata});
    run one;
    one.seed = how.seed;
    one.parameters = trained.parameters;
    one.seconds = trained.seconds;
    one.density = learned_density_score(model, one.parameters, r.what, r.days, r.tested).held_out;
    const ensembles e =
        simulate_ensembles(model, one.parameters, r.what, r.days, r.tested, std::size_t(o.members), how.seed, threads);
    one.forecasts = ensemble_score(e, r.days, r.tested);
    one.forecasts.name = "learned SDE, seed " + std::to_string(how.seed);
    if (k == 0) r.forecasts = e;
    r.runs.push_back(one);
  }

  // Scores and bars.
  std::vector<forecast_score> learned;
  std::vector<double> densities;
  for (const run& one : r.runs) {
    learned.push_back(one.forecasts);
    densities.push_back(one.density);
  }
  r.median = median_of(learned, seeds > 1 ? "learned SDE, median" : "learned SDE");
  std::sort(densities.begin(), densities.end());
  r.median_density = 0.5 * (densities[(densities.size() - 1) / 2] + densities[densities.size() / 2]);
  const forecast_score best = best_of(r.baselines);
  for (std::size_t k = 0; k < lead_days.size(); k++)
    for (int which : {highest, lowest}) {
      const double score = r.median.crps[k][std::size_t(which)], bound = crps_slack * best.crps[k][std::size_t(which)];
      r.bars.push_back({"CRPS of the " + std::string(which == highest ? "highest" : "lowest") + " temperature, " +
                            std::to_string(lead_days[k]) + (lead_days[k] == 1 ? " day ahead" : " days ahead"),
                        score, bound, score <= bound});
    }
  double gaussian = r.gaussians[0].held_out;
  for (const density_score& g : r.gaussians) gaussian = std::max(gaussian, g.held_out);
  r.bars.push_back(
      {"log density a day (at least)", r.median_density, gaussian - density_slack, r.median_density >= gaussian - density_slack});

  std::printf("\nCRPS in %d, degrees Celsius          highest: 1, 3, 7 days   lowest: 1, 3, 7 days ahead\n", o.held_out);
  for (const forecast_score& s : r.baselines) print_scores(s);
  for (const forecast_score& s : learned) print_scores(s);
  if (seeds > 1) print_scores(r.median);
  std::printf("\nmean log density a day in %d (standardised temperatures)\n", o.held_out);
  for (const density_score& g : r.gaussians) std::printf("  %-62s %7.4f\n", g.name.c_str(), g.held_out);
  for (const run& one : r.runs)
    std::printf("  %-62s %7.4f\n", ("learned density, seed " + std::to_string(one.seed)).c_str(), one.density);

  if (!o.no_check) {
    std::printf("\nchecking the kernels against 50-digit arithmetic\n");
    r.checks = dimwise::check(model, r.runs[0].parameters);
    const std::string text = dimwise::to_text(r.checks);
    const bool good = dimwise::all_ok(r.checks);
    std::printf("%s", good ? text.substr(text.rfind('\n', text.size() - 2) + 1).c_str() : text.c_str());
  }
  std::printf("\n");
  std::fflush(stdout);
  r.timing = o.out + "/bench.json";
  time_kernels(program, r.timing);
  r.seconds = seconds_since(start);
  write_page(model, r, o.out);
  if (!o.json_file.empty()) write_scores(r, o.json_file);
  std::printf("\n");
  bool good = o.no_check || dimwise::all_ok(r.checks);
  for (const bar& b : r.bars) {
    std::printf("%-4s %-48s %8.4f  bar %8.4f\n", b.met ? "ok" : "MISS", b.what.c_str(), b.score, b.bound);
    good = good && b.met;
  }
  std::printf("report: %s/index.html (%.0f s)\n", o.out.c_str(), r.seconds);
  return good ? 0 : 1;
}

}  // namespace

void add_commands(dimwise::runner& program) {
  program.add("demo", "learn the weather of Seattle, forecast a year that was held out, and write a page about it",
              [&program](dimwise::command_line& line) {
                auto o = std::make_shared<options>();
                line.option("--out", o->out, "folder of the page, its pictures and the learned parameters");
                line.option("--data", o->data, "csv with the columns date, temp_max, temp_min");
                line.option("--seed", o->seed, "first seed");
                line.option("--seeds", o->seeds, "models to train, each with the next seed; bars are held to the median");
                line.option("--hold-out", o->held_out, "year to forecast; the others of 2012 to 2014 are learned from");
                line.option("--members", o->members, "members of each ensemble");
                line.option("--threads", o->threads, "threads; 0: all");
                line.flag("--no-check", o->no_check, "skip the comparison with 50-digit arithmetic");
                line.option("--json", o->json_file, "write all scores to this file");
                return [o, &program] { return demo(program, *o); };
              });
}

}  // namespace weather_example
