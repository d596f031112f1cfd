// examples/weather/days.hpp: the daily temperatures of Seattle, and the change of coordinates that takes the climate out of them.
#pragma once
#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "dimwise/training/data_rows.hpp"
#include "examples/support/seasonal_gaussian.hpp"

namespace weather_example {

constexpr double year_length = 365.25;  ///< days

/// One row for each day, consecutive. Temperatures: degrees Celsius.
struct day_table {
  std::vector<double> clock;        ///< days since 1970-01-01
  std::vector<double> day_of_year;  ///< 1 .. 366
  std::vector<double> time;         ///< day of a year of 365.25 days, from 0: the model's t
  std::vector<int> year;
  Eigen::MatrixXd temperature;  ///< [days][2]: lowest, highest
  std::size_t size() const { return clock.size(); }
};

constexpr int lowest = 0, highest = 1;

/// Reads the columns date, temp_min and temp_max. Throws dimwise::error where a column is missing or a day is left out.
day_table read_days(const std::string& csv);

/// Marks the days of 2012, 2013, 2014 that are not in the year held out, or those in it.
std::vector<std::uint8_t> training_days(const day_table& days, int held_out);
std::vector<std::uint8_t> held_out_days(const day_table& days, int held_out);

/// temperature = m(t) + L(t) V y: seasonal Gaussian (two harmonics in mean and covariance), then a rotation V to the directions
/// in which the weather forgets fastest and slowest (eigenvectors of the symmetrised covariance of one day and the next; Tong et
/// al., 1990), because noise that is independent in each coordinate fits there.
class climate {
 public:
  static climate fit(const day_table& days, const std::vector<std::uint8_t>& used);

  /// [days][2]
  Eigen::MatrixXd to_state(const day_table& days) const;
  Eigen::Vector2d to_temperature(double time, const Eigen::Vector2d& state) const {
    return gaussian_.mean(time) + root(time) * state;
  }
  Eigen::Vector2d mean(double time) const { return gaussian_.mean(time); }
  /// L(t) V
  Eigen::Matrix2d root(double time) const { return gaussian_.root(time) * rotation_; }
  /// log |det dy/dx| + log of the product of the temperatures' standard deviations over the training days: what turns log p(y)
  /// into the log density of standardised temperatures.
  double log_scale(double time) const;
  const example::seasonal_gaussian& gaussian() const { return gaussian_; }

 private:
  example::seasonal_gaussian gaussian_;
  Eigen::Matrix2d rotation_;
  double log_deviations_ = 0;
};

/// The rows marked, as the model reads them: state y, time t, clock in days.
dimwise::data_rows model_rows(const day_table& days, const Eigen::MatrixXd& state, const std::vector<std::uint8_t>& used);

}  // namespace weather_example
