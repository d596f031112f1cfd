// codegen/runner/panels.cpp: see panels.hpp.
#include "codegen/runner/panels.hpp"

#include <algorithm>
#include <cmath>

#include "dimwise/core/error.hpp"
#include "dimwise/io/csv.hpp"
#include "dimwise/report.hpp"
#include "dimwise/solvers/sde.hpp"
#include "dimwise/training/parallel.hpp"
#include "dimwise/training/sampler.hpp"

namespace dimwise {
namespace {

constexpr std::size_t drawn_samples = 2000, simulated_paths = 1000, shown_paths = 12, grid = 80;

struct range {
  double low = 0, high = 1;
};

// The middle 99 % of the values and a margin.
range range_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double low = values[values.size() / 200], high = values[values.size() - 1 - values.size() / 200];
  const double margin = std::max(0.12 * (high - low), 1e-6);
  return {low - margin, high + margin};
}

std::string bounds(const std::string& axis, const range& r) {
  return "set " + axis + "range [" + short_number(r.low) + ":" + short_number(r.high) + "]\n";
}

const double* constants_of(const panel_request& w) { return w.constants.empty() ? nullptr : w.constants.data(); }

// Draws of the mixture at one time, [n][d] in data units.
std::vector<double> draws(const panel_request& w, double time, std::size_t n, std::uint64_t seed) {
  const std::size_t d = std::size_t(w.model.recording.d);
  std::vector<double> state(n * d);
  const std::vector<double> times(n, time);
  team one;
  sample_mixture<double>(w.model, 0, w.parameters.values.data(), constants_of(w), n, times.data(), seed, one, state.data());
  w.transform.to_data(n, times.data(), state.data(), state.data());
  return state;
}

// The density at points[n][d] of the data's units.
std::vector<double> density_at(const panel_request& w, double time, std::vector<double> points) {
  const std::size_t d = std::size_t(w.model.recording.d), n = points.size() / d;
  const std::vector<double> times(n, time);
  w.transform.to_model(n, times.data(), points.data(), points.data());
  arguments<double> in;
  in.samples = n;
  in.state = points.data();
  in.time = times.data();
  in.constants = constants_of(w);
  const auto& kernel = *w.model.in_double.mixtures[0];
  std::vector<double> log_density(n);
  std::vector<double*> out(kernel.outputs().size(), nullptr);
  out[3] = log_density.data();
  evaluate_all(kernel, w.parameters.values.data(), in, out.data(), 1);
  for (double& l : log_density) l = std::exp(l + w.transform.log_determinant());
  return log_density;
}

// Rows of the data about a time, in a span that is wide enough for 100 of them but no wider than a panel: coordinates i and j.
std::vector<double> rows_near(const panel_request& w, double time, double widest, std::size_t i, std::size_t j) {
  std::vector<double> points;
  if (!w.data) return points;
  const std::size_t d = std::size_t(w.model.recording.d);
  for (double half = widest / 64; half <= widest && points.size() < 200; half *= 2) {
    points.clear();
    for (std::size_t r = 0; r < w.data->rows; r++)
      if (w.data->time.empty() || std::abs(w.data->time[r] - time) <= half)
        points.insert(points.end(), {w.data->state[r * d + i], w.data->state[r * d + j]});
  }
  return points;
}

constexpr const char* colours =
    "set palette defined (0 '#ffffff', 0.25 '#c6dbef', 0.6 '#4292c6', 1 '#08306b')\nunset colorbox\nunset key\n";

std::string density_over_time(const panel_request& w, const std::string& state, const std::string& time) {
  std::vector<double> all;
  constexpr std::size_t columns = 120;
  auto time_of = [&](std::size_t c) { return w.t0 + (w.t1 - w.t0) * double(c) / (columns - 1); };
  for (std::size_t c = 0; c < columns; c += 12) {
    const auto drawn = draws(w, time_of(c), 500, w.seed);
    all.insert(all.end(), drawn.begin(), drawn.end());
  }
  const range y = range_of(all);
  std::vector<double> values;
  for (std::size_t c = 0; c < columns; c++) {
    std::vector<double> points;
    for (std::size_t k = 0; k < grid; k++) points.push_back(y.low + (y.high - y.low) * double(k) / (grid - 1));
    const std::vector<double> p = density_at(w, time_of(c), points);
    for (std::size_t k = 0; k < grid; k++) values.insert(values.end(), {time_of(c), points[k], p[k]});
  }
  std::string script = data_block("density", values, 3, grid) + colours + bounds("x", {w.t0, w.t1}) + bounds("y", y) +
                       "set xlabel '" + time + "'\nset ylabel '" + state + "'\nset title 'learned density'\n";
  std::string dots;
  if (w.data && !w.data->time.empty()) {
    std::vector<double> points;
    for (std::size_t r = 0; r < w.data->rows; r++) points.insert(points.end(), {w.data->time[r], w.data->state[r]});
    script += data_block("data", points, 2);
    dots = ", $data with points pt 7 ps 0.3 lc '#80d94801'";
  }
  return script + "plot $density using 1:2:3 with image" + dots + "\n";
}

std::string density_over_plane(const panel_request& w, const std::string& state) {
  const std::size_t d = std::size_t(w.model.recording.d);
  constexpr int panels = 4;
  auto time_of = [&](int c) { return w.t0 + (w.t1 - w.t0) * c / (panels - 1); };
  std::vector<double> first, second;
  std::vector<std::vector<double>> drawn;
  for (int c = 0; c < panels; c++) {
    drawn.push_back(draws(w, time_of(c), drawn_samples, w.seed));
    for (std::size_t s = 0; s < drawn_samples; s++) {
      first.push_back(drawn.back()[s * d]);
      second.push_back(drawn.back()[s * d + 1]);
    }
  }
  const range x = range_of(first), y = range_of(second);
  std::string script =
      std::string(colours) + bounds("x", x) + bounds("y", y) + "set xlabel '" + state + " 1'\nset ylabel '" + state + " 2'\n";
  std::string plots = "set multiplot layout 1," + std::to_string(panels) + "\n";
  for (int c = 0; c < panels; c++) {
    const std::string number = std::to_string(c);
    plots += "set title 'time " + short_number(time_of(c)) + "'\nplot ";
    if (d == 2) {
      std::vector<double> points, values;
      for (std::size_t i = 0; i < grid; i++)
        for (std::size_t j = 0; j < grid; j++)
          points.insert(points.end(),
                        {x.low + (x.high - x.low) * double(i) / (grid - 1), y.low + (y.high - y.low) * double(j) / (grid - 1)});
      const std::vector<double> p = density_at(w, time_of(c), points);
      for (std::size_t i = 0; i < p.size(); i++) values.insert(values.end(), {points[2 * i], points[2 * i + 1], p[i]});
      script += data_block("density" + number, values, 3, grid);
      plots += "$density" + number + " using 1:2:3 with image";
    } else {
      std::vector<double> points;
      for (std::size_t s = 0; s < drawn_samples; s++)
        points.insert(points.end(), {drawn[std::size_t(c)][s * d], drawn[std::size_t(c)][s * d + 1]});
      script += data_block("density" + number, points, 2);
      plots += "$density" + number + " with points pt 7 ps 0.25 lc '#904292c6'";
    }
    const std::vector<double> near = rows_near(w, time_of(c), (w.t1 - w.t0) / (2 * panels), 0, 1);
    if (!near.empty()) {
      script += data_block("data" + number, near, 2);
      plots += ", $data" + number + " with points pt 7 ps 0.4 lc '#80d94801'";
    }
    plots += "\n";
  }
  return script + plots + "unset multiplot\n";
}

}  // namespace

void draw_losses(const std::string& losses_csv, const std::string& png) {
  const csv_file file(losses_csv);
  const std::size_t stage = file.column("stage"), step = file.column("step"), loss = file.column("loss"),
                    validation = file.column("validation");
  auto number = [&](std::size_t row, std::size_t column) {
    try {
      return std::stod(file.text(row, column));
    } catch (const std::exception&) {
      return double(NAN);  // not computed at this step
    }
  };
  std::vector<double> values;
  double before = 0, last = 0, current = NAN;
  bool positive = true;
  for (std::size_t r = 0; r < file.rows(); r++) {
    if (number(r, stage) != current) before += last;  // stages follow one another
    current = number(r, stage);
    last = number(r, step);
    values.insert(values.end(), {before + last, number(r, loss), number(r, validation)});
    for (double v : {number(r, loss), number(r, validation)}) positive = positive && !(v <= 0);
  }
  if (values.empty()) throw error(losses_csv + " has no rows.");
  plot(data_block("losses", values, 3) + (positive ? "set logscale y\n" : "") +
           "set xlabel 'step'\nset ylabel 'loss'\nset grid lc '#dddddd'\nset key top right\n"
           "plot $losses using 1:2 with lines lw 1.5 lc '#4292c6' title 'training', $losses using 1:3 with lines lw 2 lc "
           "'#d94801' title 'validation'\n",
       png, 1000, 500);
}

void draw_density(const panel_request& w, const std::string& png) {
  const table& t = w.model.recording;
  const std::string state(t.state_name.view()), time(t.time_name.view());
  if (t.d == 1) plot(density_over_time(w, state, time), png, 1000, 550);
  else plot(density_over_plane(w, state), png, 1500, 430);
}

void draw_paths(const panel_request& w, double dt, const std::string& png) {
  const table& t = w.model.recording;
  const std::size_t d = std::size_t(t.d);
  std::vector<double> start;
  if (t.mixture_count > 0) {
    start = draws(w, w.t0, simulated_paths, w.seed);
  } else if (w.data) {
    // The rows at the first time, as often as needed.
    std::vector<std::size_t> rows;
    for (std::size_t r = 0; r < w.data->rows; r++)
      if (w.data->time.empty() || w.data->time[r] <= w.t0) rows.push_back(r);
    if (rows.empty()) throw error("the data has no row at time " + short_number(w.t0) + " to start paths from.");
    for (std::size_t s = 0; s < simulated_paths; s++)
      for (std::size_t i = 0; i < d; i++) start.push_back(w.data->state[rows[s % rows.size()] * d + i]);
  } else {
    throw error("paths need data or a mixture to start from.");
  }
  const std::vector<double> t0(simulated_paths, w.t0);
  w.transform.to_model(simulated_paths, t0.data(), start.data(), start.data());
  sde_start<double> from;
  from.paths = simulated_paths;
  from.state = start.data();
  from.time_all = w.t0;
  from.constants = constants_of(w);
  sde_options how;
  how.steps = std::size_t(std::max(1.0, std::round((w.t1 - w.t0) / dt)));
  how.step = (w.t1 - w.t0) / double(how.steps);
  how.save_every = std::max(std::size_t(1), how.steps / 100);
  how.seed = w.seed;
  team workers(0);
  sde_paths<double> paths = simulate<double>(w.model, 0, w.parameters.values.data(), from, how, workers);
  const std::size_t saved = paths.time.size(), coordinates = std::min<std::size_t>(d, 3);
  for (std::size_t k = 0; k < saved; k++) {
    const std::vector<double> time(simulated_paths, w.t0 + paths.time[k]);
    double* at = paths.state.data() + k * simulated_paths * d;
    w.transform.to_data(simulated_paths, time.data(), at, at);
  }
  std::string script = "unset key\nset xlabel '" + std::string(t.time_name.view()) + "'\nset style fill solid noborder\n" +
                       bounds("x", {w.t0, w.t1});
  std::string plots = "set multiplot layout " + std::to_string(coordinates) + ",1\n";
  for (std::size_t i = 0; i < coordinates; i++) {
    const std::string number = std::to_string(i);
    std::vector<double> bands, lines;
    for (std::size_t k = 0; k < saved; k++) {
      std::vector<double> values;
      for (std::size_t s = 0; s < simulated_paths; s++) values.push_back(paths.state[(k * simulated_paths + s) * d + i]);
      const double time = w.t0 + paths.time[k];
      lines.push_back(time);
      for (std::size_t s = 0; s < shown_paths; s++) lines.push_back(values[s]);
      std::sort(values.begin(), values.end());
      bands.push_back(time);
      for (double q : {0.05, 0.25, 0.75, 0.95}) bands.push_back(values[std::size_t(q * (simulated_paths - 1))]);
    }
    script += data_block("bands" + number, bands, 5) + data_block("lines" + number, lines, shown_paths + 1);
    plots += "set ylabel '" + std::string(t.state_name.view()) + (d > 1 ? " " + std::to_string(i + 1) : "") + "'\nplot $bands" +
             number + " using 1:2:5 with filledcurves lc '#deebf7', $bands" + number +
             " using 1:3:4 with filledcurves lc '#9ecae1', for [p=2:" + std::to_string(shown_paths + 1) + "] $lines" + number +
             " using 1:p with lines lw 0.8 lc '#08306b'\n";
  }
  plot(script + plots + "unset multiplot\n", png, 1000, int(280 * coordinates + 120));
}

}  // namespace dimwise
