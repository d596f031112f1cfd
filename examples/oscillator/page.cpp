// examples/oscillator/page.cpp: the report of the demo: tables, pictures, page. See results.hpp.
#include <algorithm>
#include <cstdio>
#include <numeric>

#include <nlohmann/json.hpp>

#include <dimwise/io/atomic_file.hpp>
#include <dimwise/report.hpp>

#include "examples/oscillator/panels.hpp"
#include "examples/oscillator/results.hpp"
#include "examples/oscillator/true_process.hpp"

namespace oscillator_example {

using dimwise::short_number;

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}
double largest_of(const std::vector<double>& values) { return *std::max_element(values.begin(), values.end()); }

namespace {

std::string fixed(double value, int digits = 2) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

void add_bars(dimwise::report_page& page, const results& r) {
  std::vector<std::vector<std::string>> rows;
  for (const bar& b : r.bars)
    rows.push_back({b.what, fixed(b.value, 3), "<= " + short_number(b.bound), b.met() ? "met" : "MISSED"});
  page.rows(r.seeds.size() > 1
                ? "medians of " + std::to_string(r.seeds.size()) + " seeds (each its own data and its own first parameters)"
                : "one seed",
            {"what", "value", "bar", ""}, rows);
}

void add_ratios(dimwise::report_page& page, const results& r) {
  std::vector<std::string> columns{"time"};
  for (const double t : scored_times()) columns.push_back(fixed(t, 1));
  columns.push_back("mean");
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, const std::vector<double>& values) {
    std::vector<std::string> row{name};
    for (const double v : values) row.push_back(fixed(v));
    row.push_back(fixed(mean_of(values)));
    rows.push_back(row);
  };
  for (const seed_run& s : r.seeds) add("learned noise, seed " + std::to_string(s.seed), s.learned.ratios);
  for (const seed_run& s : r.seeds) add("given noise, seed " + std::to_string(s.seed), s.given.ratios);
  std::vector<std::string> floor{"floor x 1000"};
  for (const double v : r.floor) floor.push_back(fixed(1000 * v));
  floor.push_back(fixed(1000 * mean_of(r.floor)));
  rows.push_back(floor);
  page.rows("energy distance between 1,000 simulated and 1,000 fresh true points, divided by the floor; means of " +
                std::to_string(r.pairs) + " pairs (floor: " + std::to_string(4 * r.pairs) + ")",
            columns, rows);
}

void add_motion(dimwise::report_page& page, const results& r) {
  std::vector<std::vector<std::string>> rows{{"truth", "0.050", "0.300", "0", "0"}};
  const auto add = [&](const std::string& name, const motion_summary& m) {
    rows.push_back({name, fixed(m.noise[0], 3), fixed(m.noise[1], 3), fixed(m.drift_error, 3), fixed(m.equivalent_error, 3)});
  };
  for (const seed_run& s : r.seeds) add("learned noise, seed " + std::to_string(s.seed), s.learned.summary);
  for (const seed_run& s : r.seeds) add("given noise, seed " + std::to_string(s.seed), s.given.summary);
  page.rows("root mean squares over the true crowds",
            {"", "noise of the position", "noise of the velocity", "drift - true drift",
             "drift - drift of the same densities with this noise"},
            rows);
}

}  // namespace

void write_page(const results& r, const std::string& folder) {
  draw_crowds(r, folder + "/crowds.png");
  draw_paths(r, folder + "/paths.png");
  draw_scores(r, folder + "/scores.png");
  dimwise::report_page page("An oscillator learned from snapshots of crowds");
  page.paragraph(
      "Two clusters of points start at positions +2 and -2 at rest and swing with friction and noise: dx = v dt + 0.05 dW, dv = "
      "(-x - 0.1 v) dt + 0.3 dW, for t "
      "from 0 to 6. All that is given are 20 snapshots of 2,000 points each. Every snapshot shows other points, so no one is "
      "ever seen twice. From that, dimwise "
      "learns a density p(x, t), and then drift f and noise g of dx = f dt + g dW such that p solves the Fokker-Planck "
      "equation.");
  page.figure(folder + "/crowds.png",
              "Top: the data, six of its 20 snapshots. Middle: the learned density (shade: its square root, one scale). Bottom: "
              "2,000 paths of the learned equation "
              "from the points of the first snapshot; orange ones started on the right, blue ones on the left, which no snapshot "
              "tells. They swing around each other "
              "and fill the learned density.");
  page.heading("Does it agree with the truth?");
  add_bars(page, r);
  page.figure(folder + "/scores.png",
              "Left: energy distance between simulated and fresh true crowds, in units of that between two true crowds, which is "
              "what a perfect model has. Right: "
              "expected difference between the exact and the learned log density at times half-way between snapshots, which no "
              "training has seen. Thin lines: single seeds.");
  add_ratios(page, r);
  page.heading("What snapshots cannot tell");
  page.paragraph(
      "Densities alone do not determine f and g: whatever leaves p(x, t) unchanged is free. A larger noise together with a drift "
      "that pulls back where p is small, "
      "f + 1/2 (g^2 - g_true^2) d log p / dx, has the same densities; so has a flow along the lines of equal density. The "
      "learned noise is therefore one of many that "
      "fit, not a measurement of the true (0.05, 0.3), and the noise (0.3, 0.3), which is not the true one either, can be given "
      "instead. Single paths show it: crowds agree, paths do not. "
      "Paths of single points, seen at two times, or a known noise would decide it.");
  page.figure(folder + "/paths.png",
              "Position of five points of each cluster over time. Shade: the learned density of the position (its square root).");
  add_motion(page, r);
  page.heading("The model");
  page.equations(r.learned_model->recording);
  double training = 0;
  for (const seed_run& s : r.seeds) training += s.density_seconds + s.learned.seconds + s.given.seconds;
  page.paragraph("Training took " + fixed(training / double(r.seeds.size()), 0) +
                 " s a seed (density, learned noise and given noise together) with " + std::to_string(r.threads) +
                 (r.threads == 1 ? " thread" : " threads") + "; the whole page " + fixed(r.seconds, 0) + " s.");
  if (!r.learned_checks.empty()) {
    page.heading("Check against 50 digits");
    page.paragraph(
        "The compiled kernels against an independent evaluation of the recorded formulas in 50-digit arithmetic, with learned "
        "noise and with given noise.");
    page.listing(dimwise::to_text(r.learned_checks));
    page.listing(dimwise::to_text(r.given_checks));
  }
  page.write(folder + "/index.html");
}

void write_figures(const results& r, const std::string& file) {
  nlohmann::ordered_json all;
  all["times"] = scored_times();
  all["pairs"] = r.pairs;
  all["floor"] = r.floor;
  const auto motion = [](const motion_run& m) {
    return nlohmann::ordered_json{{"ratios", m.ratios},
                                  {"mean_ratio", mean_of(m.ratios)},
                                  {"noise", {m.summary.noise[0], m.summary.noise[1]}},
                                  {"drift_error", m.summary.drift_error},
                                  {"equivalent_drift_error", m.summary.equivalent_error},
                                  {"training_seconds", m.seconds}};
  };
  for (const seed_run& s : r.seeds)
    all["seeds"].push_back({{"seed", s.seed},
                            {"density_gaps", s.gaps},
                            {"density_seconds", s.density_seconds},
                            {"learned_noise", motion(s.learned)},
                            {"given_noise", motion(s.given)}});
  for (const bar& b : r.bars) all["bars"].push_back({{"what", b.what}, {"value", b.value}, {"bound", b.bound}, {"ok", b.met()}});
  all["seconds"] = r.seconds;
  dimwise::write_file_atomically(file, all.dump(2) + "\n");
}

}  // namespace oscillator_example
