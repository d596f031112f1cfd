// tests/unit/examples/weather_score.cpp: the baselines of the weather application give their known scores, and nothing looks
// ahead.
#include "catch.hpp"

#include "examples/weather/score.hpp"

using namespace weather_example;

namespace {
const char* const data = "../examples/weather/seattle-weather.csv";
const forecast_score& named(const std::vector<forecast_score>& all, const std::string& name) {
  for (const forecast_score& s : all)
    if (s.name == name) return s;
  throw std::runtime_error("no score " + name);
}
}  // namespace

TEST_CASE("the baselines score what an independent implementation gave") {
  const day_table days = read_days(data);
  const auto all = baseline_scores(days, training_days(days, 2015), held_out_days(days, 2015));
  const auto& linear = named(all, "seasonal VAR(1), 2 harmonics");
  const double expected[3][2] = {{0.984, 1.501}, {1.381, 2.000}, {1.457, 2.086}};
  for (std::size_t k = 0; k < 3; k++)
    for (std::size_t which = 0; which < 2; which++) CHECK(linear.crps[k][which] == Approx(expected[k][which]).margin(6e-4));
  const auto& persistence = named(all, "persistence");
  CHECK(persistence.crps[0][highest] == Approx(2.240).margin(6e-4));
  CHECK(persistence.crps[1][lowest] == Approx(2.337).margin(6e-4));
  CHECK(persistence.crps[2][highest] == Approx(3.740).margin(6e-4));
  const auto& usual = named(all, "climatology");
  CHECK(usual.crps[0][highest] == Approx(2.205).margin(6e-4));
  CHECK(usual.crps[2][lowest] == Approx(1.463).margin(6e-4));
  const forecast_score best = best_of(all);
  for (const forecast_score& s : all)
    for (std::size_t k = 0; k < 3; k++)
      for (std::size_t which = 0; which < 2; which++) CHECK(best.crps[k][which] <= s.crps[k][which]);
}

TEST_CASE("the held-out year does not reach the baselines' fit") {
  day_table days = read_days(data);
  const auto used = training_days(days, 2015), tested = held_out_days(days, 2015);
  const auto before = gaussian_scores(days, used, tested);
  CHECK(before[3].held_out == Approx(-1.175).margin(6e-4));
  // change the last day of the held-out year: only its own score may change
  const double own = 365 * before[3].held_out;
  days.temperature(1460, highest) += 20;
  const auto after = gaussian_scores(days, used, tested);
  CHECK(365 * after[3].held_out < own - 5);
  std::vector<std::uint8_t> without = tested;
  without[1460] = 0;
  day_table unchanged = read_days(data);
  CHECK(gaussian_scores(days, used, without)[3].held_out == gaussian_scores(unchanged, used, without)[3].held_out);
}

TEST_CASE("medians") {
  forecast_score a{"a", {}}, b{"b", {}}, c{"c", {}};
  a.crps[1][0] = 3;
  b.crps[1][0] = 1;
  c.crps[1][0] = 10;
  CHECK(median_of({a, b, c}, "m").crps[1][0] == 3);
  CHECK(median_of({a, b}, "m").crps[1][0] == 2);
  CHECK(median_of({a}, "m").name == "m");
}

TEST_CASE("an ensemble is scored against the day that it is a forecast of") {
  // two starts, three members; a forecast that is always exact scores 0 whatever the lead time
  day_table days = read_days(data);
  const auto tested = held_out_days(days, 2015);
  ensembles e;
  e.first = 1096 - 7;
  e.days = 365 + 6;
  e.members = 3;
  e.temperature.resize(e.days * e.members * 7 * 2);
  for (std::size_t i = 0; i < e.days; i++)
    for (std::size_t k = 0; k < 3; k++)
      for (std::size_t lead = 1; lead <= 7; lead++)
        for (std::size_t which = 0; which < 2; which++) {
          const std::size_t day = std::min<std::size_t>(e.first + i + lead, 1460);
          e.temperature[((i * 3 + k) * 7 + lead - 1) * 2 + which] =
              float(days.temperature(Eigen::Index(day), Eigen::Index(which)));
        }
  const forecast_score exact = ensemble_score(e, days, tested);
  for (const auto& lead : exact.crps)
    for (const double score : lead) CHECK(score < 1e-6);
}
