// examples/weather/page.cpp: see page.hpp.
#include "examples/weather/page.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "dimwise/io/atomic_file.hpp"
#include "dimwise/report.hpp"
#include "examples/weather/panels.hpp"

namespace weather_example {
namespace {

std::string number(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::vector<std::string> crps_row(const forecast_score& s) {
  std::vector<std::string> row = {s.name};
  for (const int which : {highest, lowest})
    for (const auto& lead : s.crps) row.push_back(number(lead[std::size_t(which)], 3));
  return row;
}

nlohmann::ordered_json crps_json(const forecast_score& s) {
  nlohmann::ordered_json j{{"name", s.name}};
  for (const int which : {highest, lowest}) {
    nlohmann::ordered_json leads;
    for (std::size_t k = 0; k < lead_days.size(); k++)
      leads["days_" + std::to_string(lead_days[k])] = s.crps[k][std::size_t(which)];
    j[which == highest ? "temp_max" : "temp_min"] = leads;
  }
  return j;
}

}  // namespace

void write_page(const dimwise::compiled_model& model, const results& r, const std::string& folder) {
  const std::string held_out = std::to_string(r.held_out);
  const panel_source source{model, r.runs.at(0).parameters, r.what, r.days, r.used, r.tested, r.held_out};
  draw_year(source, folder + "/year.png");
  draw_seasons(source, folder + "/seasons.png");
  draw_forecasts(source, r.forecasts, folder + "/forecasts.png");
  std::vector<forecast_score> drawn = r.baselines;
  drawn.push_back(r.median);
  draw_scores(drawn, r.held_out, folder + "/scores.png");

  std::size_t met = 0;
  for (const bar& b : r.bars) met += b.met;
  dimwise::report_page page("The weather of Seattle, learned");
  page.paragraph(
      "Each day has two numbers: the highest and the lowest temperature. From the days of 2012 to 2014 a program has learned how "
      "likely each pair of temperatures is at each "
      "time of the year, and a stochastic differential equation that says how one day becomes the next. The days of " +
      held_out + " were held out; the settings were chosen by leaving out 2012, 2013 and 2014 in turn. " + std::to_string(met) +
      " of " + std::to_string(r.bars.size()) + " bars are met.");
  page.figure(folder + "/year.png",
              "Top: the measured days. Middle: how likely each temperature is, learned from the blue days. Bottom: what the "
              "learned equation "
              "does when it is started on 1 January and left alone for a year.");

  page.heading("Forecasts");
  page.paragraph(
      "From each day, " + std::to_string(r.forecasts.members) +
      " futures are simulated. Their score (CRPS, continuous ranked probability score, in degrees Celsius; smaller is better) is "
      "compared with simple forecasts: what is usual in these weeks (climatology), the temperature of the last day "
      "(persistence), and a linear model fitted by least squares (seasonal "
      "VAR(1)), which is hard to beat. A bar is the best of these in each column plus 3 %.");
  page.figure(folder + "/scores.png", "Error of the forecasts.");
  std::vector<std::vector<std::string>> rows;
  for (const forecast_score& s : r.baselines) rows.push_back(crps_row(s));
  for (const run& one : r.runs) rows.push_back(crps_row(one.forecasts));
  if (r.runs.size() > 1) rows.push_back(crps_row(r.median));
  page.rows("CRPS in " + held_out + ", degrees Celsius",
            {"forecast", "highest, 1 day", "3 days", "7 days", "lowest, 1 day", "3 days", "7 days"}, rows);
  page.figure(
      folder + "/forecasts.png",
      "Ninety days of " + held_out +
          " as they were forecast: the line should leave the dark band half of the time, and the light one on one day in ten.");

  page.heading("Density");
  page.paragraph(
      "The mean log density of the held-out days, in units of standardised temperatures (larger is better), beside Gaussians "
      "whose mean and covariance go through the year as sines and "
      "cosines. The bar is the best of them less 0.02.");
  rows.clear();
  for (const density_score& g : r.gaussians) rows.push_back({g.name, number(g.held_out, 4)});
  for (const run& one : r.runs) rows.push_back({"learned density, seed " + std::to_string(one.seed), number(one.density, 4)});
  page.rows("mean log density a day in " + held_out, {"density", "nats a day"}, rows);
  page.figure(folder + "/seasons.png", "Both temperatures of a day, in four months.");

  page.heading("Bars");
  rows.clear();
  for (const bar& b : r.bars) rows.push_back({b.what, number(b.score, 4), number(b.bound, 4), b.met ? "met" : "missed"});
  page.rows(r.runs.size() > 1 ? "median of " + std::to_string(r.runs.size()) + " trained models" : "one trained model",
            {"what", "score", "bar", ""}, rows);

  page.heading("The model");
  page.paragraph(
      "The state y is both temperatures after the climate has been taken out: minus the seasonal mean, times the inverse root of "
      "the seasonal covariance. Its drift f is linear plus a "
      "HollowNet, its noise g seasonal times a HollowNet. Both are learned from the next day and from the Fokker-Planck "
      "equation, which asks that days that move by f and g stay "
      "distributed like the learned density. The compiled kernels contain D<1>(f p) and D<2>(g^2 p) exactly.");
  page.equations(model.recording);
  if (!r.checks.empty()) {
    std::size_t broken = 0;
    for (const dimwise::check_record& c : r.checks) broken += !c.ok;
    page.heading("Check of the compiled kernels");
    page.paragraph(
        std::to_string(r.checks.size()) +
        " quantities of the kernels were compared with an evaluation of the recorded formulas in 50-digit arithmetic; " +
        std::to_string(broken) + " break their bound.");
    page.listing(dimwise::to_text(r.checks));
  }
  page.heading("Time");
  rows.clear();
  for (const auto& figure : nlohmann::json::parse(dimwise::read_file(r.timing)))
    rows.push_back({figure.at("variant").get<std::string>(), number(figure.at("ns").get<double>(), 0),
                    number(100 * figure.at("share").get<double>(), 1) + " %"});
  page.rows("One thread, single precision. Share: matrix products alone, of the peak of one core that was measured beside them.",
            {"kernel", "ns a sample", "share of the peak"}, rows);
  std::string times;
  for (const run& one : r.runs) times += "seed " + std::to_string(one.seed) + ": trained in " + number(one.seconds, 1) + " s\n";
  page.listing(times + "everything: " + number(r.seconds, 0) + " s; kernels for " + model.isa + " by " + model.compiler + "\n");
  page.write(folder + "/index.html");
}

void write_scores(const results& r, const std::string& file) {
  nlohmann::ordered_json j{{"held_out", r.held_out},
                           {"crps", nlohmann::ordered_json::array()},
                           {"log_density", nlohmann::ordered_json::array()},
                           {"bars", nlohmann::ordered_json::array()}};
  for (const forecast_score& s : r.baselines) j["crps"].push_back(crps_json(s));
  for (const run& one : r.runs) j["crps"].push_back(crps_json(one.forecasts));
  j["crps"].push_back(crps_json(r.median));
  for (const density_score& g : r.gaussians) j["log_density"].push_back({{"name", g.name}, {"nats_a_day", g.held_out}});
  for (const run& one : r.runs)
    j["log_density"].push_back({{"name", "learned density, seed " + std::to_string(one.seed)},
                                {"nats_a_day", one.density},
                                {"training_seconds", one.seconds}});
  for (const bar& b : r.bars) j["bars"].push_back({{"what", b.what}, {"score", b.score}, {"bar", b.bound}, {"met", b.met}});
  j["seconds"] = r.seconds;
  dimwise::write_file_atomically(file, j.dump(2) + "\n");
}

}  // namespace weather_example
