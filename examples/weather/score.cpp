// examples/weather/score.cpp: see score.hpp.
#include "examples/weather/score.hpp"

#include <algorithm>
#include <cmath>

#include "dimwise/solvers/sde.hpp"
#include "dimwise/training/parallel.hpp"
#include "examples/support/climatology.hpp"
#include "examples/support/crps.hpp"
#include "examples/support/vector_autoregression.hpp"

namespace weather_example {
namespace {

// Calls score(day, lead number) for each held-out day and lead time whose start exists; returns the mean of what it gives.
template <class Score>
forecast_score mean_score(const std::string& name, const std::vector<std::uint8_t>& tested, Score score) {
  forecast_score r{name, {}};
  for (std::size_t k = 0; k < lead_days.size(); k++) {
    const std::size_t lead = std::size_t(lead_days[k]);
    double count = 0;
    for (std::size_t day = lead; day < tested.size(); day++) {
      if (!tested[day]) continue;
      const std::array<double, 2> s = score(day, k);
      for (std::size_t which = 0; which < 2; which++) r.crps[k][which] += s[which];
      count++;
    }
    for (double& c : r.crps[k]) c /= count;
  }
  return r;
}

// Mean of the log densities, day(i) for each held-out day.
template <class Density>
double mean_density(const std::vector<std::uint8_t>& tested, Density density) {
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < tested.size(); i++)
    if (tested[i]) {
      sum += density(i);
      count++;
    }
  return sum / count;
}

}  // namespace

std::vector<forecast_score> baseline_scores(const day_table& days, const std::vector<std::uint8_t>& used,
                                            const std::vector<std::uint8_t>& tested) {
  std::vector<forecast_score> all;
  const auto observed = [&](std::size_t day, int which) { return days.temperature(Eigen::Index(day), which); };
  all.push_back(mean_score("climatology", tested, [&](std::size_t day, std::size_t) {
    const std::vector<std::size_t> rows = example::climatology_rows(days.day_of_year, used, days.day_of_year[day]);
    std::array<double, 2> s{};
    for (int which = 0; which < 2; which++) {
      std::vector<double> members;
      for (const std::size_t i : rows) members.push_back(observed(i, which));
      s[std::size_t(which)] = example::fair_crps(members.data(), members.size(), observed(day, which));
    }
    return s;
  }));
  all.push_back(mean_score("persistence", tested, [&](std::size_t day, std::size_t k) {
    std::array<double, 2> s{};
    for (int which = 0; which < 2; which++)
      s[std::size_t(which)] = std::abs(observed(day, which) - observed(day - std::size_t(lead_days[k]), which));
    return s;
  }));
  for (int harmonics = 1; harmonics <= 3; harmonics++) {
    const auto model = example::vector_autoregression::fit(harmonics, year_length, days.time, days.temperature, used);
    all.push_back(mean_score("seasonal VAR(1), " + std::to_string(harmonics) + (harmonics == 1 ? " harmonic" : " harmonics"),
                             tested, [&](std::size_t day, std::size_t k) {
                               const std::size_t start = day - std::size_t(lead_days[k]);
                               const auto forecast = model.ahead(lead_days[k], days.time[start],
                                                                 days.temperature.row(Eigen::Index(start)), days.time[day]);
                               std::array<double, 2> s{};
                               for (int which = 0; which < 2; which++)
                                 s[std::size_t(which)] = example::gaussian_crps(forecast.mean[which], forecast.deviation[which],
                                                                                observed(day, which));
                               return s;
                             }));
  }
  return all;
}

forecast_score best_of(const std::vector<forecast_score>& scores) {
  forecast_score best = scores.at(0);
  best.name = "best of the baselines";
  for (const forecast_score& s : scores)
    for (std::size_t k = 0; k < lead_days.size(); k++)
      for (std::size_t which = 0; which < 2; which++) best.crps[k][which] = std::min(best.crps[k][which], s.crps[k][which]);
  return best;
}

forecast_score median_of(const std::vector<forecast_score>& scores, const std::string& name) {
  forecast_score r{name, {}};
  for (std::size_t k = 0; k < lead_days.size(); k++)
    for (std::size_t which = 0; which < 2; which++) {
      std::vector<double> values;
      for (const forecast_score& s : scores) values.push_back(s.crps[k][which]);
      std::sort(values.begin(), values.end());
      const std::size_t n = values.size();
      r.crps[k][which] = 0.5 * (values[(n - 1) / 2] + values[n / 2]);
    }
  return r;
}

ensembles simulate_ensembles(const dimwise::compiled_model& model, const std::vector<double>& parameters, const climate& c,
                             const day_table& days, const std::vector<std::uint8_t>& tested, std::size_t members,
                             std::uint64_t seed, int threads) {
  constexpr int steps_a_day = 8;
  ensembles e;
  const std::size_t first_tested = std::size_t(std::find(tested.begin(), tested.end(), 1) - tested.begin());
  std::size_t end = first_tested;
  while (end < tested.size() && tested[end]) end++;
  e.first = first_tested < 7 ? 0 : first_tested - 7;
  e.days = end - 1 - e.first;
  e.members = members;

  const std::size_t paths = e.days * members;
  const Eigen::MatrixXd state = c.to_state(days);
  std::vector<float> start(paths * 2), time(paths);
  for (std::size_t i = 0; i < e.days; i++)
    for (std::size_t k = 0; k < members; k++) {
      for (std::size_t j = 0; j < 2; j++)
        start[(i * members + k) * 2 + j] = float(state(Eigen::Index(e.first + i), Eigen::Index(j)));
      time[i * members + k] = float(days.time[e.first + i]);
    }
  dimwise::sde_start<float> from;
  from.paths = paths;
  from.state = start.data();
  from.time = time.data();
  dimwise::sde_options how;
  how.step = 1.0 / steps_a_day;
  how.steps = 7 * steps_a_day;
  how.save_every = steps_a_day;
  how.seed = seed;
  const std::vector<float> p(parameters.begin(), parameters.end());
  dimwise::team workers(threads);
  const auto simulated = dimwise::simulate(model, dimwise::sde_index(model.recording, ""), p.data(), from, how, workers);

  e.temperature.resize(paths * 7 * 2);
  for (std::size_t i = 0; i < e.days; i++)
    for (int lead = 1; lead <= 7; lead++) {
      // the day of the year that is forecast; days after the last one of the file are not scored
      const std::size_t day = std::min(e.first + i + std::size_t(lead), days.size() - 1);
      const double t = e.first + i + std::size_t(lead) < days.size() ? days.time[day] : days.time[e.first + i] + lead;
      const Eigen::Vector2d mean = c.mean(t);
      const Eigen::Matrix2d root = c.root(t);
      for (std::size_t k = 0; k < members; k++) {
        const float* y = &simulated.state[(std::size_t(lead) * paths + i * members + k) * 2];
        const Eigen::Vector2d x = mean + root * Eigen::Vector2d(y[0], y[1]);
        for (std::size_t j = 0; j < 2; j++)
          e.temperature[((i * members + k) * 7 + std::size_t(lead - 1)) * 2 + j] = float(x[Eigen::Index(j)]);
      }
    }
  return e;
}

forecast_score ensemble_score(const ensembles& e, const day_table& days, const std::vector<std::uint8_t>& tested) {
  std::vector<double> members(e.members);
  return mean_score("learned SDE", tested, [&](std::size_t day, std::size_t k) {
    std::array<double, 2> s{};
    for (int which = 0; which < 2; which++) {
      for (std::size_t j = 0; j < e.members; j++) members[j] = e.at(day - std::size_t(lead_days[k]), j, lead_days[k], which);
      s[std::size_t(which)] = example::fair_crps(members.data(), e.members, days.temperature(Eigen::Index(day), which));
    }
    return s;
  });
}

std::vector<density_score> gaussian_scores(const day_table& days, const std::vector<std::uint8_t>& used,
                                           const std::vector<std::uint8_t>& tested) {
  // standardised by the training days
  Eigen::MatrixXd x(days.temperature.rows(), 2);
  for (int which = 0; which < 2; which++) {
    double sum = 0, squares = 0, count = 0;
    for (std::size_t i = 0; i < used.size(); i++)
      if (used[i]) {
        const double v = days.temperature(Eigen::Index(i), which);
        sum += v;
        squares += v * v;
        count++;
      }
    const double mean = sum / count;
    x.col(which) = (days.temperature.col(which).array() - mean) / std::sqrt(squares / count - mean * mean);
  }
  std::vector<density_score> all;
  constexpr std::array<std::array<int, 2>, 6> orders = {{{1, 1}, {2, 0}, {2, 1}, {2, 2}, {3, 2}, {3, 3}}};
  for (const auto& [in_mean, in_covariance] : orders) {
    double best = 0;
    for (const bool highest_first : {false, true}) {
      const Eigen::MatrixXd ordered = highest_first ? Eigen::MatrixXd(x.rowwise().reverse()) : x;
      const auto g = example::seasonal_gaussian::fit(in_mean, in_covariance, year_length, days.time, ordered, used);
      const double score =
          mean_density(tested, [&](std::size_t i) { return g.log_density(days.time[i], ordered.row(Eigen::Index(i))); });
      best = highest_first ? std::max(best, score) : score;
    }
    all.push_back(
        {"seasonal Gaussian, harmonics in mean / covariance: " + std::to_string(in_mean) + " / " + std::to_string(in_covariance),
         best});
  }
  return all;
}

density_score learned_density_score(const dimwise::compiled_model& model, const std::vector<double>& parameters, const climate& c,
                                    const day_table& days, const std::vector<std::uint8_t>& tested) {
  const Eigen::MatrixXd y = c.to_state(days);
  std::vector<double> state(days.size() * 2), log_density(days.size());
  for (std::size_t i = 0; i < days.size(); i++)
    for (std::size_t j = 0; j < 2; j++) state[2 * i + j] = y(Eigen::Index(i), Eigen::Index(j));
  dimwise::arguments<double> in;
  in.samples = days.size();
  in.state = state.data();
  in.time = days.time.data();
  double* out[] = {nullptr, nullptr, nullptr, log_density.data()};
  dimwise::evaluate_all(*model.in_double.mixtures.at(0), parameters.data(), in, out, 1);
  return {"learned density", mean_density(tested, [&](std::size_t i) { return log_density[i] + c.log_scale(days.time[i]); })};
}

}  // namespace weather_example
