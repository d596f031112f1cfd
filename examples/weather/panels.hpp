// examples/weather/panels.hpp: the pictures of the report, drawn by gnuplot.
#pragma once
#include <string>
#include <vector>

#include "dimwise/kernel/compiled_model.hpp"
#include "examples/weather/days.hpp"
#include "examples/weather/score.hpp"

namespace weather_example {

/// What the pictures of one trained model need.
struct panel_source {
  const dimwise::compiled_model& model;
  const std::vector<double>& parameters;
  const climate& what;
  const day_table& days;
  const std::vector<std::uint8_t>&used, &tested;
  int held_out;
};

/// Three rows, highest temperature left, lowest right: the days, the learned density over the year, trajectories of the learned
/// SDE with the middle 50 % and 90 % of 400 of them.
void draw_year(const panel_source& s, const std::string& png);
/// The learned joint density of both temperatures in the middle of four months, with the days within two weeks.
void draw_seasons(const panel_source& s, const std::string& png);
/// The highest temperature of 90 held-out days, with forecasts made 1, 3 and 7 days before: middle 50 % and 90 % of the
/// ensembles.
void draw_forecasts(const panel_source& s, const ensembles& e, const std::string& png);
/// Bars: CRPS of each forecast, 1, 3 and 7 days ahead.
void draw_scores(const std::vector<forecast_score>& scores, int held_out, const std::string& png);

}  // namespace weather_example
