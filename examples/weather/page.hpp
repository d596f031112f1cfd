// examples/weather/page.hpp: the report of the demo: tables, panels, page.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dimwise/kernel/compiled_model.hpp"
#include "dimwise/oracle/check_record.hpp"
#include "examples/weather/days.hpp"
#include "examples/weather/score.hpp"

namespace weather_example {

/// One trained model.
struct run {
  std::uint64_t seed = 0;
  std::vector<double> parameters;
  double seconds = 0;
  double density = 0;  ///< mean log density a day of the held-out year
  forecast_score forecasts;
};

/// A score and what it is held to.
struct bar {
  std::string what;
  double score = 0, bound = 0;
  bool met = false;
};

struct results {
  day_table days;
  std::vector<std::uint8_t> used, tested;
  int held_out = 2015;
  climate what;
  std::vector<forecast_score> baselines;
  std::vector<density_score> gaussians;
  std::vector<run> runs;
  ensembles forecasts;  ///< of the first run
  forecast_score median;
  double median_density = 0;
  std::vector<bar> bars;
  std::vector<dimwise::check_record> checks;  ///< empty: not asked for
  std::string timing;                         ///< what `bench --json` wrote
  double seconds = 0;
};

/// Draws the panels (PNG) and writes folder/index.html.
void write_page(const dimwise::compiled_model& model, const results& r, const std::string& folder);

/// All scores as JSON.
void write_scores(const results& r, const std::string& file);

}  // namespace weather_example
