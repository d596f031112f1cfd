// examples/weather/score.hpp: how good forecasts and densities of the held-out year are.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dimwise/kernel/compiled_model.hpp"
#include "examples/weather/days.hpp"

namespace weather_example {

constexpr std::array<int, 3> lead_days = {1, 3, 7};

/// Mean CRPS over the held-out days in degrees Celsius: [lead][lowest, highest]. Every day is forecast from the day `lead` days
/// before.
struct forecast_score {
  std::string name;
  std::array<std::array<double, 2>, 3> crps{};
};

/// Climatology (training days within 7 days of the same day of the year), persistence (the last day, without spread) and the
/// seasonal VAR(1) with 1, 2 and 3 harmonics.
std::vector<forecast_score> baseline_scores(const day_table& days, const std::vector<std::uint8_t>& used,
                                            const std::vector<std::uint8_t>& tested);

/// The smallest of the scores in each place.
forecast_score best_of(const std::vector<forecast_score>& scores);
/// The median of the scores in each place.
forecast_score median_of(const std::vector<forecast_score>& scores, const std::string& name);

/// Ensembles of the learned SDE from each day: temperature[day][member][lead day 1 .. 7][2]; `first` is the first day that they
/// start from.
struct ensembles {
  std::size_t first = 0, days = 0, members = 0;
  std::vector<float> temperature;
  float at(std::size_t start, std::size_t member, int lead, int which) const {
    return temperature[(((start - first) * members + member) * 7 + std::size_t(lead - 1)) * 2 + std::size_t(which)];
  }
};

/// Simulates from every day that a held-out day is forecast from, 8 steps a day.
ensembles simulate_ensembles(const dimwise::compiled_model& model, const std::vector<double>& parameters, const climate& c,
                             const day_table& days, const std::vector<std::uint8_t>& tested, std::size_t members,
                             std::uint64_t seed, int threads);
forecast_score ensemble_score(const ensembles& e, const day_table& days, const std::vector<std::uint8_t>& tested);

/// Mean log density a day of standardised temperatures (of the training days), nats.
struct density_score {
  std::string name;
  double held_out = 0;
};
/// Seasonal Gaussians with several harmonics in mean and covariance, either temperature first.
std::vector<density_score> gaussian_scores(const day_table& days, const std::vector<std::uint8_t>& used,
                                           const std::vector<std::uint8_t>& tested);
/// Of the learned density.
density_score learned_density_score(const dimwise::compiled_model& model, const std::vector<double>& parameters, const climate& c,
                                    const day_table& days, const std::vector<std::uint8_t>& tested);

}  // namespace weather_example
