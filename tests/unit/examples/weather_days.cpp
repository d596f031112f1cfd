// tests/unit/examples/weather_days.cpp: the days of Seattle and the change of coordinates that takes the climate out.
#include "catch.hpp"

#include <Eigen/LU>
#include <cmath>

#include "dimwise/core/error.hpp"
#include "examples/weather/days.hpp"
#include "support/folder.hpp"

using namespace weather_example;

namespace {
const char* const data = "../examples/weather/seattle-weather.csv";
}

TEST_CASE("every day of four years is read") {
  const day_table days = read_days(data);
  REQUIRE(days.size() == 1461);
  CHECK(days.year.front() == 2012);
  CHECK(days.year.back() == 2015);
  CHECK(days.temperature(0, highest) == 12.8);
  CHECK(days.temperature(0, lowest) == 5.0);
  CHECK(days.time[0] == 0);
  CHECK(days.time[366] == 0);  // 2012 has 366 days
  CHECK(days.time[365] == Approx(365 * year_length / 366));
  CHECK(days.temperature.col(highest).mean() == Approx(16.4391).epsilon(1e-5));
}

TEST_CASE("the held-out year is in no training row") {
  const day_table days = read_days(data);
  for (const int year : {2013, 2015}) {
    const auto used = training_days(days, year), tested = held_out_days(days, year);
    int both = 0, training = 0, held_out = 0;
    for (std::size_t i = 0; i < days.size(); i++) {
      both += used[i] && tested[i];
      training += used[i];
      held_out += tested[i];
      if (used[i]) CHECK(days.year[i] < 2015);
    }
    CHECK(both == 0);
    CHECK(held_out == 365);
    CHECK(training == (year == 2015 ? 1096 : 731));
    CHECK(model_rows(days, days.temperature, used).rows == std::size_t(training));
  }
}

TEST_CASE("the climate is taken out and put back") {
  const day_table days = read_days(data);
  const auto used = training_days(days, 2015);
  const climate c = climate::fit(days, used);
  const Eigen::MatrixXd y = c.to_state(days);
  Eigen::Vector2d mean = Eigen::Vector2d::Zero();
  Eigen::Matrix2d covariance = Eigen::Matrix2d::Zero(), lagged = Eigen::Matrix2d::Zero();
  for (Eigen::Index i = 0; i < 1096; i++) {
    mean += y.row(i).transpose() / 1096;
    covariance += y.row(i).transpose() * y.row(i) / 1096;
    if (i < 1095) lagged += y.row(i).transpose() * y.row(i + 1) / 1095;
  }
  CHECK(mean.norm() < 0.05);
  CHECK((covariance - Eigen::Matrix2d::Identity()).norm() < 0.05);
  CHECK(std::abs(lagged(0, 1) + lagged(1, 0)) < 1e-12);  // what the rotation is for
  for (const Eigen::Index i : {0, 700, 1460}) {
    const Eigen::Vector2d x = c.to_temperature(days.time[std::size_t(i)], y.row(i));
    CHECK((x.transpose() - days.temperature.row(i)).norm() < 1e-11);
  }
}

TEST_CASE("a standard normal state has the density of the seasonal Gaussian") {
  const day_table days = read_days(data);
  const auto used = training_days(days, 2015);
  const climate c = climate::fit(days, used);
  const Eigen::MatrixXd y = c.to_state(days);
  Eigen::Vector2d deviation;
  for (int which = 0; which < 2; which++) {
    const auto x = days.temperature.col(which).head(1096).array();
    deviation[which] = std::sqrt((x - x.mean()).square().mean());
  }
  for (const Eigen::Index i : {3, 1200}) {
    const double t = days.time[std::size_t(i)];
    const double of_state = -0.5 * y.row(i).squaredNorm() - std::log(2 * 3.14159265358979324);
    CHECK(of_state + c.log_scale(t) ==
          Approx(c.gaussian().log_density(t, days.temperature.row(i)) + std::log(deviation.prod())).epsilon(1e-10));
  }
}

TEST_CASE("bad files are refused by line") {
  const dimwise_tests::folder folder;
  const auto refusal = [&](const std::string& text) -> std::string {
    try {
      read_days(folder.write("bad.csv", text));
    } catch (const dimwise::error& e) {
      return e.what();
    }
    return "nothing";
  };
  CHECK(refusal("date,temp_max,temp_min\n2012-01-01,3,1\n2012-01-03,3,1\n").find("line 3: 2012-01-03 does not follow") !=
        std::string::npos);
  CHECK(refusal("date,temp_max,temp_min\nyesterday,3,1\n").find("'yesterday' in column date is not a date") != std::string::npos);
  CHECK(refusal("date,temp_max\n2012-01-01,3\n").find("temp_min") != std::string::npos);
}
