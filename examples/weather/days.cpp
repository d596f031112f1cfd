// examples/weather/days.cpp: see days.hpp.
#include "examples/weather/days.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <cmath>

#include "dimwise/core/error.hpp"
#include "dimwise/io/calendar.hpp"
#include "dimwise/io/csv.hpp"

namespace weather_example {

day_table read_days(const std::string& csv) {
  const dimwise::csv_file file(csv);
  const std::vector<double> low = file.numbers("temp_min"), high = file.numbers("temp_max");
  const std::size_t date_column = file.column("date");
  day_table days;
  days.temperature.resize(Eigen::Index(file.rows()), 2);
  for (std::size_t i = 0; i < file.rows(); i++) {
    const std::string& text = file.text(i, date_column);
    const std::optional<double> date = dimwise::days_since_1970(text);
    if (!date)
      throw dimwise::error(csv + ", line " + std::to_string(file.line(i)) + ": '" + text +
                           "' in column date is not a date; write it as 2012-03-01.");
    if (i > 0 && *date != days.clock.back() + 1)
      throw dimwise::error(csv + ", line " + std::to_string(file.line(i)) + ": " + text +
                           " does not follow the day before it; add the days that are left out.");
    const int year = std::stoi(dimwise::date_text(*date));
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    days.clock.push_back(*date);
    days.year.push_back(year);
    days.day_of_year.push_back(dimwise::day_of_year(*date));
    days.time.push_back((days.day_of_year.back() - 1) * year_length / (leap ? 366 : 365));
    days.temperature(Eigen::Index(i), lowest) = low[i];
    days.temperature(Eigen::Index(i), highest) = high[i];
  }
  return days;
}

std::vector<std::uint8_t> training_days(const day_table& days, int held_out) {
  std::vector<std::uint8_t> used(days.size());
  for (std::size_t i = 0; i < used.size(); i++)
    used[i] = days.year[i] >= 2012 && days.year[i] <= 2014 && days.year[i] != held_out;
  return used;
}

std::vector<std::uint8_t> held_out_days(const day_table& days, int held_out) {
  std::vector<std::uint8_t> used(days.size());
  for (std::size_t i = 0; i < used.size(); i++) used[i] = days.year[i] == held_out;
  return used;
}

climate climate::fit(const day_table& days, const std::vector<std::uint8_t>& used) {
  climate c;
  c.gaussian_ = example::seasonal_gaussian::fit(2, 2, year_length, days.time, days.temperature, used);
  c.rotation_.setIdentity();
  const Eigen::MatrixXd u = c.to_state(days);
  Eigen::Matrix2d lagged = Eigen::Matrix2d::Zero();
  Eigen::Vector2d sum = Eigen::Vector2d::Zero(), squares = Eigen::Vector2d::Zero();
  double count = 0, pairs = 0;
  for (std::size_t i = 0; i < used.size(); i++) {
    if (!used[i]) continue;
    const Eigen::Vector2d x = days.temperature.row(Eigen::Index(i));
    sum += x;
    squares += x.cwiseAbs2();
    count++;
    if (i + 1 == used.size() || !used[i + 1]) continue;
    lagged += u.row(Eigen::Index(i)).transpose() * u.row(Eigen::Index(i + 1));
    pairs++;
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d> directions((lagged + lagged.transpose()) / (2 * pairs));
  c.rotation_ = directions.eigenvectors();
  for (int j = 0; j < 2; j++)  // eigenvectors have no sign of their own
    if (c.rotation_.col(j).sum() < 0) c.rotation_.col(j) *= -1;
  const Eigen::Vector2d variance = squares / count - (sum / count).cwiseAbs2();
  c.log_deviations_ = 0.5 * std::log(variance.prod());
  return c;
}

Eigen::MatrixXd climate::to_state(const day_table& days) const {
  Eigen::MatrixXd y(Eigen::Index(days.size()), 2);
  for (Eigen::Index i = 0; i < y.rows(); i++) {
    const double t = days.time[std::size_t(i)];
    y.row(i) = root(t).inverse() * (days.temperature.row(i).transpose() - mean(t));
  }
  return y;
}

double climate::log_scale(double time) const { return log_deviations_ - std::log(std::abs(root(time).determinant())); }

dimwise::data_rows model_rows(const day_table& days, const Eigen::MatrixXd& state, const std::vector<std::uint8_t>& used) {
  dimwise::data_rows rows;
  rows.origin = "the days of Seattle";
  for (std::size_t i = 0; i < used.size(); i++) {
    if (!used[i]) continue;
    rows.rows++;
    for (int j = 0; j < 2; j++) rows.state.push_back(state(Eigen::Index(i), j));
    rows.time.push_back(days.time[i]);
    rows.clock.push_back(days.clock[i]);
  }
  return rows;
}

}  // namespace weather_example
