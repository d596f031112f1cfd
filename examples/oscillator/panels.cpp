// examples/oscillator/panels.cpp: see panels.hpp.
#include "examples/oscillator/panels.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include <dimwise/core/random.hpp>
#include <dimwise/report.hpp>

#include "examples/oscillator/true_process.hpp"

namespace oscillator_example {
namespace {

constexpr std::size_t shown_snapshots[] = {0, 4, 8, 11, 15, 19};
constexpr std::size_t columns = std::size(shown_snapshots);
constexpr double edge = 3.4;  // panels show [-edge, edge] both ways
constexpr std::size_t pixels = 120;

constexpr const char* right_colour = "#d95f02";
constexpr const char* left_colour = "#1f78b4";
constexpr const char* palette =
    "set palette defined (0 '#ffffff', 0.15 '#eef2e6', 0.4 '#b2d8b0', 0.7 '#3f9b6b', 1 '#00441b')\nunset colorbox\nunset key\n";

std::string number(std::size_t i) { return std::to_string(i); }
std::string quoted_time(double t) {
  char text[32];
  std::snprintf(text, sizeof text, "'t = %.2f'", t);
  return text;
}
double grid_point(std::size_t i) { return -edge + 2 * edge * double(i) / double(pixels - 1); }

// sqrt(p) of the learned density on the grid: rows of (position, velocity, value).
std::vector<double> density_image(const results& r, double time, dimwise::team& workers) {
  std::vector<double> points, rows;
  for (std::size_t i = 0; i < pixels; i++)
    for (std::size_t j = 0; j < pixels; j++) points.insert(points.end(), {grid_point(i), grid_point(j)});
  const auto logs = learned_log_density(*r.learned_model, r.seeds[0].learned.parameters, time, points, workers);
  for (std::size_t k = 0; k < logs.size(); k++)
    rows.insert(rows.end(), {points[2 * k], points[2 * k + 1], std::exp(0.5 * logs[k])});
  return rows;
}

// One half of a crowd.
std::string half_block(const std::string& name, const double* points, std::size_t count, std::size_t half) {
  const std::size_t first = half ? count / 2 : 0, last = half ? count : count / 2;
  return dimwise::data_block(name, std::vector<double>(points + 2 * first, points + 2 * last), 2);
}

}  // namespace

void draw_crowds(const results& r, const std::string& png) {
  dimwise::team workers(r.threads);
  const seed_run& shown = r.seeds[0];
  const auto paths = simulated_crowd(*r.learned_model, shown.learned.parameters, shown.snapshots[0], crowd, shown.seed, workers);
  std::string blocks, plots;
  for (std::size_t row = 0; row < 3; row++)
    for (std::size_t c = 0; c < columns; c++) {
      const double time = snapshot_time(shown_snapshots[c]);
      const std::string at = number(row) + number(c);
      plots += row == 0 ? "set title " + quoted_time(time) + "\n" : "unset title\n";
      plots += std::string("set format x '") + (row == 2 ? "%g" : "") + "'\nset format y '" + (c == 0 ? "%g" : "") + "'\n";
      plots += row == 2 ? "set xlabel 'position'\n" : "unset xlabel\n";
      plots += c == 0 ? "set ylabel 'velocity'\n" : "unset ylabel\n";
      if (row == 0) {
        blocks += dimwise::data_block("data" + at, shown.snapshots[shown_snapshots[c]], 2);
        plots += "plot $data" + at + " with points pt 7 ps 0.22 lc rgb '#88404040'\n";
      } else if (row == 1) {
        blocks += dimwise::data_block("density" + at, density_image(r, time, workers), 3, pixels);
        plots += "plot $density" + at + " using 1:2:3 with image\n";
      } else {  // paths of the learned equation
        const float* state = paths.state.data() + saved_at(time) * crowd * 2;
        const std::vector<double> points(state, state + 2 * crowd);
        blocks += half_block("right" + at, points.data(), crowd, 0) + half_block("left" + at, points.data(), crowd, 1);
        plots += "plot $right" + at + " with points pt 7 ps 0.22 lc rgb '#88" + (right_colour + 1) + "', $left" + at +
                 " with points pt 7 ps 0.22 lc rgb '#88" + (left_colour + 1) + "'\n";
      }
      plots += "unset label\n";  // the names of the rows are drawn once
    }
  const std::string range = "[" + dimwise::short_number(-edge) + ":" + dimwise::short_number(edge) + "]\n";
  std::string head =
      std::string(palette) + "set xrange " + range + "set yrange " + range +
      "set cbrange [0:1.3]\nset xtics -2,2,2\nset ytics -2,2,2\nset tics scale 0.5 nomirror\nset border lc rgb '#808080'\n";
  const char* const names[] = {"snapshots", "learned density", "learned equation"};
  const double middle[] = {0.805, 0.51, 0.215};
  for (std::size_t row = 0; row < 3; row++)
    head += "set label " + number(row + 1) + " '" + names[row] + "' at screen 0.013, screen " +
            dimwise::short_number(middle[row]) + " center rotate by 90 font 'sans,14'\n";
  dimwise::plot(blocks + head + "set multiplot layout 3,6 margins 0.075,0.99,0.075,0.945 spacing 0.008,0.012\n" + plots +
                    "unset multiplot\n",
                png, 1500, 800);
}

namespace {

// Density of the position over time: rows of (time, position, value), by summing over velocities.
std::vector<double> position_image(const results& r, dimwise::team& workers) {
  constexpr std::size_t times = 150, velocities = 60;
  std::vector<double> rows;
  for (std::size_t c = 0; c < times; c++) {
    const double time = last_time * double(c) / double(times - 1);
    std::vector<double> points;
    for (std::size_t i = 0; i < pixels; i++)
      for (std::size_t j = 0; j < velocities; j++)
        points.insert(points.end(), {grid_point(i), -edge + 2 * edge * (double(j) + 0.5) / velocities});
    const auto logs = learned_log_density(*r.learned_model, r.seeds[0].learned.parameters, time, points, workers);
    for (std::size_t i = 0; i < pixels; i++) {
      double total = 0;
      for (std::size_t j = 0; j < velocities; j++) total += std::exp(logs[i * velocities + j]);
      rows.insert(rows.end(), {time, grid_point(i), std::sqrt(total * 2 * edge / velocities)});
    }
  }
  return rows;
}

constexpr std::size_t followed = 5;  // paths shown from each cluster

// Paths of the true process: rows of (time, position), one path after the other, Euler-Maruyama in steps of 1/1000.
std::vector<std::vector<double>> true_paths(const std::vector<double>& start) {
  const std::size_t steps = 6000;
  const double h = last_time / double(steps);
  const auto numbers = dimwise::stream(1, "shown true paths");
  std::vector<std::vector<double>> paths;
  for (std::size_t p = 0; p < 2 * followed; p++) {
    const std::size_t row = p < followed ? p : start.size() / 4 + p;
    double x = start[2 * row], v = start[2 * row + 1];
    std::vector<double> path{0, x};
    for (std::size_t s = 0; s < steps; s++) {
      const auto [dx, dv] = true_drift(x, v);
      x += h * dx + std::sqrt(h) * true_noise[0] * numbers.normal(s, 2 * p);
      v += h * dv + std::sqrt(h) * true_noise[1] * numbers.normal(s, 2 * p + 1);
      if ((s + 1) % 30 == 0) path.insert(path.end(), {double(s + 1) * h, x});
    }
    paths.push_back(path);
  }
  return paths;
}

std::vector<std::vector<double>> learned_paths(const dimwise::compiled_model& model, const std::vector<double>& parameters,
                                               const std::vector<double>& start, dimwise::team& workers) {
  const auto crowd = simulated_crowd(model, parameters, start, 2 * followed, 1, workers);
  std::vector<std::vector<double>> paths(2 * followed);
  for (std::size_t s = 0; s < crowd.time.size(); s++)
    for (std::size_t p = 0; p < 2 * followed; p++)
      paths[p].insert(paths[p].end(), {crowd.time[s], double(crowd.state[(s * 2 * followed + p) * 2])});
  return paths;
}

}  // namespace

void draw_paths(const results& r, const std::string& png) {
  dimwise::team workers(r.threads);
  const seed_run& shown = r.seeds[0];
  std::string blocks = dimwise::data_block("density", position_image(r, workers), 3, pixels), plots;
  const std::vector<std::vector<double>> panels[] = {
      true_paths(shown.snapshots[0]), learned_paths(*r.learned_model, shown.learned.parameters, shown.snapshots[0], workers),
      learned_paths(*r.given_model, shown.given.parameters, shown.snapshots[0], workers)};
  const char* const titles[] = {"the true process", "learned drift and learned noise",
                                "learned drift, noise given as (0.3, 0.3)"};
  for (std::size_t c = 0; c < 3; c++) {
    plots += "set title '" + std::string(titles[c]) + "'\nset format y '" + (c == 0 ? "%g" : "") + "'\n";
    plots += c == 0 ? "set ylabel 'position'\n" : "unset ylabel\n";
    plots += "plot $density using 1:2:3 with image";
    for (std::size_t p = 0; p < panels[c].size(); p++) {
      const std::string name = "path" + number(c) + "x" + number(p);
      blocks += dimwise::data_block(name, panels[c][p], 2);
      plots += ", $" + name + " with lines lw 1.1 lc rgb '" + (p < followed ? right_colour : left_colour) + "'";
    }
    plots += "\n";
  }
  dimwise::plot(
      blocks + palette +
          "set xrange [0:6]\nset yrange [-3.4:3.4]\nset cbrange [0:1.6]\nset xlabel 'time'\nset tics scale 0.5 nomirror\n" +
          "set border lc rgb '#808080'\nset multiplot layout 1,3 margins 0.05,0.99,0.14,0.91 spacing 0.012,0.1\n" + plots +
          "unset multiplot\n",
      png, 1500, 430);
}

void draw_scores(const results& r, const std::string& png) {
  const std::vector<double> times = scored_times();
  auto lines = [&](const std::string& name, const std::vector<double>& at, const std::vector<double>& values) {
    std::vector<double> rows;
    for (std::size_t i = 0; i < at.size(); i++) rows.insert(rows.end(), {at[i], values[i]});
    return dimwise::data_block(name, rows, 2);
  };
  std::vector<double> between;
  for (std::size_t i = 0; i + 1 < snapshots; i++) between.push_back(0.5 * (snapshot_time(i) + snapshot_time(i + 1)));
  std::string script =
      lines("learned", times, r.median_learned) + lines("given", times, r.median_given) + lines("gap", between, r.median_gaps);
  std::string left, right;
  for (std::size_t s = 0; s < r.seeds.size() && r.seeds.size() > 1; s++) {
    script += lines("learned" + number(s), times, r.seeds[s].learned.ratios) +
              lines("given" + number(s), times, r.seeds[s].given.ratios) + lines("gap" + number(s), between, r.seeds[s].gaps);
    left += ", $learned" + number(s) + " with lines lw 0.8 lc rgb '#a0" + (left_colour + 1) + "' notitle, $given" + number(s) +
            " with lines lw 0.8 lc rgb '#a0" + (right_colour + 1) + "' notitle";
    right += ", $gap" + number(s) + " with lines lw 0.8 lc rgb '#a000441b' notitle";
  }
  const std::string median = r.seeds.size() > 1 ? ", median of " + number(r.seeds.size()) + " seeds" : "";
  std::string picture;
  picture +=
      "set xrange [0:6.2]\nset xlabel 'time'\nset grid lc rgb '#e0e0e0'\nset tics scale 0.5 nomirror\nset border 3 lc rgb "
      "'#808080'\n"
      "set multiplot layout 1,2 margins 0.06,0.985,0.13,0.9 spacing 0.08,0.1\nset key top left reverse Left samplen 2 opaque\n"
      "set title 'crowds of the learned equation against fresh true crowds'\nset ylabel 'energy distance / floor'\nset yrange "
      "[0:4.4]\n";
  picture += "plot 1 with lines lw 1 dt 1 lc rgb '#404040' title 'floor: two true crowds', 3 with lines lw 1.5 dt 2 lc rgb '" +
             std::string(left_colour) + "' title 'bar, learned noise', 2.5 with lines lw 1.5 dt 2 lc rgb '" + right_colour +
             "' title 'bar, given noise', $learned with linespoints pt 7 ps 0.8 lw 2.5 lc rgb '" + left_colour +
             "' title 'learned noise" + median + "', $given with linespoints pt 7 ps 0.8 lw 2.5 lc rgb '" + right_colour +
             "' title 'given noise" + median + "'" + left + "\n";
  picture +=
      "set title 'learned density between the snapshots'\nset ylabel 'gap to the exact log density, nats'\nset yrange [0:0.07]\n";
  picture +=
      "plot 0.05 with lines lw 1.5 dt 2 lc rgb '#00441b' title 'bar', $gap with linespoints pt 7 ps 0.8 lw 2.5 lc rgb '#00441b' "
      "title 'learned density" +
      median + "'" + right + "\nunset multiplot\n";
  const std::string svg = std::filesystem::path(png).replace_extension(".svg").string();
  dimwise::plot(
      script + picture + "set terminal svg noenhanced font 'sans,11' size 1500,480\nset output '" + svg + "'\n" + picture, png,
      1500, 480);
}

}  // namespace oscillator_example
