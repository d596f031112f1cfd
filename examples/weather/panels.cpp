// examples/weather/panels.cpp: see panels.hpp.
#include "examples/weather/panels.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "dimwise/io/calendar.hpp"
#include "dimwise/report.hpp"
#include "dimwise/solvers/sde.hpp"
#include "dimwise/training/parallel.hpp"

namespace weather_example {
namespace {

constexpr const char* month_ticks =
    "set xtics ('Jan' 0, 'Feb' 31, 'Mar' 59.25, 'Apr' 90.25, 'May' 120.25, 'Jun' 151.25, 'Jul' 181.25, 'Aug' 212.25, 'Sep' "
    "243.25, "
    "'Oct' 273.25, 'Nov' 304.25, 'Dec' 334.25)\nset xrange [0:365.25]\n";
constexpr const char* colours = "set palette defined (0 '#ffffff', 0.2 '#c6dbef', 0.6 '#4292c6', 1 '#08306b')\nunset colorbox\n";
constexpr const char* names[] = {"lowest", "highest"};
constexpr double root_two_pi = 2.50662827463100050;

// The learned mixture at given times: log weights [time][K], means and log deviations [time][2][K].
struct mixture_values {
  std::size_t components = 0;
  std::vector<double> log_weights, means, log_deviations;
};
mixture_values mixture_at(const panel_source& s, const std::vector<double>& times) {
  const auto& kernel = *s.model.in_double.mixtures.at(0);
  mixture_values r;
  r.components = std::size_t(kernel.outputs()[0].width);
  r.log_weights.resize(times.size() * r.components);
  r.means.resize(2 * times.size() * r.components);
  r.log_deviations = r.means;
  const std::vector<double> state(2 * times.size());
  dimwise::arguments<double> in;
  in.samples = times.size();
  in.state = state.data();
  in.time = times.data();
  double* out[] = {r.log_weights.data(), r.means.data(), r.log_deviations.data(), nullptr};
  dimwise::evaluate_all(kernel, s.parameters.data(), in, out, 1);
  return r;
}

// Density of one temperature, in 1 / degree Celsius: the states of a component are Gaussian, so that each component is.
double marginal(const panel_source& s, const mixture_values& m, std::size_t at, double time, int which, double temperature) {
  const Eigen::Matrix2d root = s.what.root(time);
  const Eigen::Vector2d mean = s.what.mean(time);
  double p = 0;
  for (std::size_t k = 0; k < m.components; k++) {
    double centre = mean[which], variance = 0;
    for (std::size_t j = 0; j < 2; j++) {
      const double factor = root(which, Eigen::Index(j));
      centre += factor * m.means[(2 * at + j) * m.components + k];
      variance += factor * factor * std::exp(2 * m.log_deviations[(2 * at + j) * m.components + k]);
    }
    const double z = (temperature - centre) / std::sqrt(variance);
    p += std::exp(m.log_weights[at * m.components + k] - 0.5 * z * z) / (std::sqrt(variance) * root_two_pi);
  }
  return p;
}

// One year of paths from the first held-out day: [day][path][2] in degrees Celsius.
struct year_paths {
  std::size_t days = 0, paths = 0;
  std::vector<double> temperature;
};
year_paths simulate_year(const panel_source& s, std::size_t paths) {
  const std::size_t first = std::size_t(std::find(s.tested.begin(), s.tested.end(), 1) - s.tested.begin());
  const Eigen::MatrixXd state = s.what.to_state(s.days);
  std::vector<float> start(2 * paths);
  for (std::size_t i = 0; i < start.size(); i++) start[i] = float(state(Eigen::Index(first), Eigen::Index(i % 2)));
  dimwise::sde_start<float> from;
  from.paths = paths;
  from.state = start.data();
  from.time_all = s.days.time[first];
  dimwise::sde_options how;
  how.step = 0.125;
  how.save_every = 8;
  how.steps = 8 * 365;
  how.seed = 1;
  const std::vector<float> p(s.parameters.begin(), s.parameters.end());
  dimwise::team workers(1);
  const auto simulated = dimwise::simulate(s.model, 0, p.data(), from, how, workers);
  year_paths r{simulated.time.size(), paths, {}};
  r.temperature.resize(simulated.state.size());
  for (std::size_t i = 0; i < r.days; i++) {
    const double t = from.time_all + double(i);
    const Eigen::Matrix2d root = s.what.root(t);
    const Eigen::Vector2d mean = s.what.mean(t);
    for (std::size_t k = 0; k < paths; k++) {
      const std::size_t at = 2 * (i * paths + k);
      const Eigen::Vector2d x = mean + root * Eigen::Vector2d(simulated.state[at], simulated.state[at + 1]);
      r.temperature[at] = x[0];
      r.temperature[at + 1] = x[1];
    }
  }
  return r;
}

double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * double(sorted.size() - 1);
  const std::size_t i = std::min(std::size_t(at), sorted.size() - 2);
  return sorted[i] + (at - double(i)) * (sorted[i + 1] - sorted[i]);
}
// Adds the quantiles 5, 25, 50, 75, 95 % of the values.
void append_quantiles(std::vector<double> values, std::vector<double>& row) {
  std::sort(values.begin(), values.end());
  for (const double q : {0.05, 0.25, 0.5, 0.75, 0.95}) row.push_back(quantile(values, q));
}

std::string temperature_range(const panel_source& s, int which) {
  const double low = s.days.temperature.col(which).minCoeff(), high = s.days.temperature.col(which).maxCoeff();
  return "set yrange [" + dimwise::short_number(std::floor(low - 3)) + ":" + dimwise::short_number(std::ceil(high + 3)) + "]\n";
}

}  // namespace

void draw_year(const panel_source& s, const std::string& png) {
  constexpr std::size_t columns = 147, rows = 160, shown = 3;
  std::vector<double> times;
  for (std::size_t c = 0; c < columns; c++) times.push_back(year_length * double(c) / (columns - 1));
  const mixture_values mixture = mixture_at(s, times);
  const year_paths paths = simulate_year(s, 400);
  std::string script =
      "set multiplot layout 3,2 title 'Seattle through the year: the days, the learned density, the learned stochastic "
      "differential equation' font ',14'\n";
  script += month_ticks;
  script += colours;
  script += "set xlabel 'day of the year'\nset tics out\n";
  std::string panels[3];
  const std::string held_out_key =
      "keyentry with points pt 7 ps 1 lc '#d94801' title 'held out (" + std::to_string(s.held_out) + ")'";
  for (const int which : {highest, lowest}) {
    const std::string tag = names[which], label = "set ylabel '" + tag + " temperature (°C)'\n" + temperature_range(s, which);
    std::vector<double> learned_from, held_out, heat, bands, lines;
    for (std::size_t i = 0; i < s.days.size(); i++)
      if (s.used[i] || s.tested[i]) {
        std::vector<double>& part = s.used[i] ? learned_from : held_out;
        part.push_back(s.days.time[i]);
        part.push_back(s.days.temperature(Eigen::Index(i), which));
      }
    const double low = s.days.temperature.col(which).minCoeff() - 3, high = s.days.temperature.col(which).maxCoeff() + 3;
    for (std::size_t c = 0; c < columns; c++)
      for (std::size_t r = 0; r < rows; r++) {
        const double x = low + (high - low) * double(r) / (rows - 1);
        heat.insert(heat.end(), {times[c], x, marginal(s, mixture, c, times[c], which, x)});
      }
    for (std::size_t i = 0; i < paths.days; i++) {
      std::vector<double> values;
      for (std::size_t k = 0; k < paths.paths; k++)
        values.push_back(paths.temperature[2 * (i * paths.paths + k) + std::size_t(which)]);
      bands.push_back(double(i));
      append_quantiles(values, bands);
      lines.push_back(double(i));
      for (std::size_t k = 0; k < shown; k++) lines.push_back(values[k]);
    }
    script += dimwise::data_block("from_" + tag, learned_from, 2) + dimwise::data_block("out_" + tag, held_out, 2) +
              dimwise::data_block("heat_" + tag, heat, 3, rows) + dimwise::data_block("bands_" + tag, bands, 6) +
              dimwise::data_block("lines_" + tag, lines, 1 + shown);
    panels[0] +=
        label + "set title 'measured days'\nset key top left\nplot $from_" + tag +
        " with points pt 7 ps 0.35 lc '#4292c6' notitle, $out_" + tag +
        " with points pt 7 ps 0.35 lc '#d94801' notitle, keyentry with points pt 7 ps 1 lc '#4292c6' title 'learned from', " +
        held_out_key + "\n";
    panels[1] +=
        label +
        "set title 'learned density of the day (darker: more likely), and the held-out days'\nset key top left\nplot $heat_" +
        tag + " using 1:2:3 with image notitle, $out_" + tag + " with points pt 7 ps 0.25 lc '#90d94801' notitle, " +
        held_out_key + "\n";
    panels[2] += label + "set title 'trajectories of the learned equation from 1 January'\nset key top left\nplot $bands_" + tag +
                 " using 1:2:6 with filledcurves fc '#deebf7' title '90 % of 400', '' using 1:3:5 with filledcurves fc '#9ecae1' "
                 "title '50 %', $lines_" +
                 tag +
                 " using 1:2 with lines lw 1.2 lc '#08306b' title 'three of them', '' using 1:3 with lines lw 1.2 lc '#d94801' "
                 "notitle, '' using 1:4 with lines lw 1.2 lc '#238b45' notitle\n";
  }
  dimwise::plot(script + panels[0] + panels[1] + panels[2] + "unset multiplot\n", png, 1500, 1350);
}

void draw_seasons(const panel_source& s, const std::string& png) {
  struct month {
    const char* name;
    double time;
  };
  constexpr month months[] = {{"15 January", 14}, {"15 April", 104}, {"15 July", 195}, {"15 October", 287}};
  constexpr std::size_t grid = 110;
  std::string script =
      "set multiplot layout 2,2 title 'Both temperatures of a day: learned density (darker: more likely) and days within two "
      "weeks' font ',14'\n";
  script += colours;
  script += "set xlabel 'lowest temperature (°C)'\nset ylabel 'highest temperature (°C)'\nset key bottom right\nset tics out\n";
  for (const month& m : months) {
    const Eigen::Vector2d mean = s.what.mean(m.time);
    const Eigen::Matrix2d root = s.what.root(m.time), inverse = root.inverse();
    const double half[] = {4 * root.row(0).norm(), 4 * root.row(1).norm()};
    std::vector<double> state, points;
    for (std::size_t i = 0; i < grid; i++)
      for (std::size_t j = 0; j < grid; j++) {
        const Eigen::Vector2d x(mean[0] + half[0] * (2.0 * double(i) / (grid - 1) - 1),
                                mean[1] + half[1] * (2.0 * double(j) / (grid - 1) - 1));
        const Eigen::Vector2d y = inverse * (x - mean);
        points.insert(points.end(), {x[0], x[1]});
        state.insert(state.end(), {y[0], y[1]});
      }
    const std::vector<double> times(grid * grid, m.time);
    std::vector<double> log_density(grid * grid), heat;
    dimwise::arguments<double> in;
    in.samples = times.size();
    in.state = state.data();
    in.time = times.data();
    double* out[] = {nullptr, nullptr, nullptr, log_density.data()};
    dimwise::evaluate_all(*s.model.in_double.mixtures.at(0), s.parameters.data(), in, out, 1);
    for (std::size_t i = 0; i < times.size(); i++)
      heat.insert(heat.end(), {points[2 * i], points[2 * i + 1], std::exp(log_density[i]) / std::abs(root.determinant())});
    std::vector<double> learned_from, held_out;
    for (std::size_t i = 0; i < s.days.size(); i++) {
      const double apart = std::abs(s.days.time[i] - m.time);
      if (std::min(apart, year_length - apart) > 14 || !(s.used[i] || s.tested[i])) continue;
      std::vector<double>& part = s.used[i] ? learned_from : held_out;
      part.insert(part.end(), {s.days.temperature(Eigen::Index(i), lowest), s.days.temperature(Eigen::Index(i), highest)});
    }
    const std::string tag = std::to_string(int(m.time));
    const auto span = [](double centre, double reach) {
      return "[" + dimwise::short_number(centre - reach) + ":" + dimwise::short_number(centre + reach) + "]\n";
    };
    script += dimwise::data_block("heat" + tag, heat, 3, grid) + dimwise::data_block("from" + tag, learned_from, 2) +
              dimwise::data_block("out" + tag, held_out, 2) + "set title '" + m.name + "'\nset xrange " + span(mean[0], half[0]) +
              "set yrange " + span(mean[1], half[1]) + "plot $heat" + tag + " using 1:2:3 with image notitle, $from" + tag +
              " with points pt 7 ps 0.6 lc '#636363' title 'learned from', $out" + tag +
              " with points pt 7 ps 0.6 lc '#d94801' title 'held out (" + std::to_string(s.held_out) + ")'\n";
  }
  dimwise::plot(script + "unset multiplot\n", png, 1200, 1100);
}

void draw_forecasts(const panel_source& s, const ensembles& e, const std::string& png) {
  constexpr std::size_t span = 90;
  const std::size_t first = std::size_t(std::find(s.tested.begin(), s.tested.end(), 1) - s.tested.begin());
  const std::size_t tested = std::size_t(std::count(s.tested.begin(), s.tested.end(), 1));
  const std::size_t begin = first + std::min<std::size_t>(tested / 3, tested > span ? tested - span : 0),
                    end = std::min(begin + span, first + tested);
  std::string script =
      "set multiplot layout 3,1 title 'Forecasts of the highest temperature in days that were held out' font ',14'\n"
      "set xdata time\nset timefmt '%s'\nset format x '%d %b'\nset ylabel 'highest temperature (°C)'\nset key top left "
      "horizontal\nset tics out\n";
  for (const int lead : lead_days) {
    std::vector<double> rows;
    double low = 100, high = -100;
    for (std::size_t day = begin; day < end; day++) {
      if (day < e.first + std::size_t(lead)) continue;
      std::vector<double> members;
      for (std::size_t k = 0; k < e.members; k++) members.push_back(e.at(day - std::size_t(lead), k, lead, highest));
      rows.push_back(86400 * s.days.clock[day]);
      append_quantiles(members, rows);
      rows.push_back(s.days.temperature(Eigen::Index(day), highest));
      low = std::min({low, rows[rows.size() - 6], rows.back()});
      high = std::max({high, rows[rows.size() - 2], rows.back()});
    }
    const std::string block = "$lead" + std::to_string(lead);
    script += dimwise::data_block("lead" + std::to_string(lead), rows, 7) + "set title 'forecast " + std::to_string(lead) +
              (lead == 1 ? " day" : " days") + " before'\nset xlabel '" +
              (lead == lead_days.back() ? "day of " + std::to_string(s.held_out) : std::string()) + "'\nset yrange [" +
              dimwise::short_number(std::floor(low - 1)) + ":" + dimwise::short_number(std::ceil(high + 0.2 * (high - low))) +
              "]\nset xrange [" + std::to_string((long long)(86400 * (s.days.clock[begin] - 1))) + ":" +
              std::to_string((long long)(86400 * s.days.clock[end - 1] + 86400)) + "]\nplot " + block +
              " using 1:2:6 with filledcurves fc '#deebf7' title '90 % of the ensemble', '' using 1:3:5 with filledcurves fc "
              "'#9ecae1' title '50 %', "
              "'' using 1:4 with lines lw 2 lc '#08306b' title 'median', '' using 1:7 with linespoints pt 7 ps 0.5 lw 1 lc "
              "'#d94801' title 'measured'\n";
  }
  dimwise::plot(script + "unset multiplot\n", png, 1300, 1150);
}

void draw_scores(const std::vector<forecast_score>& scores, int held_out, const std::string& png) {
  constexpr const char* fills[] = {"#bdbdbd", "#969696", "#9ecae1", "#6baed6", "#4292c6", "#d94801"};
  std::string script = "set multiplot layout 1,2 title 'Error of the forecasts of " + std::to_string(held_out) +
                       " (CRPS, smaller is better)' font ',14'\n"
                       "set style data histograms\nset style histogram clustered gap 1\nset style fill solid\nset boxwidth "
                       "0.9\nset grid ytics\nset tics out\n"
                       "set xlabel 'forecast made'\nset ylabel 'CRPS (°C)'\nset key top left\n";
  for (const int which : {highest, lowest}) {
    std::string block = std::string("$") + names[which] + " << EOD\n";
    for (std::size_t k = 0; k < lead_days.size(); k++) {
      block += "\"" + std::to_string(lead_days[k]) + (lead_days[k] == 1 ? " day before\"" : " days before\"");
      for (const forecast_score& s : scores) block += " " + std::to_string(s.crps[k][std::size_t(which)]);
      block += "\n";
    }
    double most = 0;
    for (const forecast_score& s : scores)
      for (const auto& lead : s.crps) most = std::max(most, lead[std::size_t(which)]);
    script += block + "EOD\nset title '" + names[which] + " temperature'\nset yrange [0:" + dimwise::short_number(1.45 * most) +
              "]\nplot ";
    for (std::size_t i = 0; i < scores.size(); i++)
      script += std::string(i ? ", ''" : std::string("$") + names[which]) + " using " + std::to_string(i + 2) +
                (i ? "" : ":xtic(1)") + " lc '" + fills[std::min<std::size_t>(i, 5)] + "' title '" + scores[i].name + "'";
    script += "\n";
  }
  dimwise::plot(script + "unset multiplot\n", png, 1400, 620);
}

}  // namespace weather_example
