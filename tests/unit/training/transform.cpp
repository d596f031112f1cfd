// tests/unit/training/transform.cpp: what is left after the transform has mean 0 and covariance 1, and everything goes back.
#include "catch.hpp"

#include <cmath>

#include <dimwise/core/random.hpp>
#include <dimwise/training/transform.hpp>

#include "support/folder.hpp"

using namespace dimwise;
using namespace dimwise_tests;

namespace {

// Two correlated coordinates with one harmonic of period 365.25.
struct rows {
  std::vector<double> state, time;
  explicit rows(std::size_t n) {
    const auto s = stream(1, "rows");
    for (std::size_t r = 0; r < n; r++) {
      const double t = double(r), a = 2 * M_PI * t / 365.25, u = s.normal(0, 2 * r), v = s.normal(0, 2 * r + 1);
      time.push_back(t);
      state.push_back(10 + 5 * std::cos(a) - 2 * std::sin(a) + 3 * u);
      state.push_back(-4 + std::sin(a) + 1.5 * u + 0.5 * v);
    }
  }
};

}  // namespace

TEST_CASE("whitened rows have mean 0 and covariance 1, and the mean and the factor are found") {
  const rows data(20000);
  const auto t = fitted_transform::fit({transform::whiten, 1, 365.25}, 2, 20000, data.state.data(), data.time.data());
  std::vector<double> z(data.state.size());
  t.to_model(20000, data.time.data(), data.state.data(), z.data());
  double m[2] = {}, c[3] = {};
  for (std::size_t r = 0; r < 20000; r++) {
    m[0] += z[2 * r] / 20000;
    m[1] += z[2 * r + 1] / 20000;
    c[0] += z[2 * r] * z[2 * r] / 20000;
    c[1] += z[2 * r] * z[2 * r + 1] / 20000;
    c[2] += z[2 * r + 1] * z[2 * r + 1] / 20000;
  }
  for (const double v : {m[0], m[1], c[0] - 1, c[1], c[2] - 1}) CHECK(std::abs(v) < 1e-10);
  double at[2];
  t.mean(0, at);
  CHECK(at[0] == Approx(15).epsilon(0.01));
  CHECK(at[1] == Approx(-4).epsilon(0.01));
  const auto scale = t.scale_matrix();
  CHECK(scale[0] == Approx(3).epsilon(0.02));
  CHECK(scale[1] == 0);
  CHECK(scale[2] == Approx(1.5).epsilon(0.02));
  CHECK(scale[3] == Approx(0.5).epsilon(0.02));
  CHECK(t.log_determinant() == Approx(-std::log(scale[0] * scale[3])));
}

TEST_CASE("every transform goes back, in place too, and survives as text") {
  const rows data(500);
  for (const auto& how :
       {data_transform{}, data_transform{transform::standardise, 0, 1}, data_transform{transform::standardise, 2, 365.25},
        data_transform{transform::whiten, 0, 1}, data_transform{transform::whiten, 1, 365.25}}) {
    const auto fitted = fitted_transform::fit(how, 2, 500, data.state.data(), data.time.data());
    const auto t = fitted_transform::from_text(fitted.text());
    auto z = data.state;
    fitted.to_model(500, data.time.data(), z.data(), z.data());
    auto again = data.state;
    t.to_model(500, data.time.data(), again.data(), again.data());
    CHECK(again == z);
    CHECK(t.text() == fitted.text());
    CHECK((how.what == transform::none) == (z == data.state));
    t.to_data(500, data.time.data(), z.data(), z.data());
    double worst = 0;
    for (std::size_t i = 0; i < z.size(); i++) worst = std::max(worst, std::abs(z[i] - data.state[i]));
    CHECK(worst < 1e-12);
    // log |det| against finite differences of the map
    double x[2] = {1, 2}, dx[2] = {1 + 1e-6, 2}, dy[2] = {1, 2 + 1e-6}, at = 3;
    for (double* v : {x, dx, dy}) t.to_model(1, &at, v, v);
    const double det = ((dx[0] - x[0]) * (dy[1] - x[1]) - (dy[0] - x[0]) * (dx[1] - x[1])) * 1e12;
    CHECK(t.log_determinant() == Approx(std::log(det)).margin(1e-6));
  }
}

TEST_CASE("what cannot be fitted is refused") {
  std::vector<double> flat(40, 1.0), line, time;
  for (int i = 0; i < 20; i++) {
    line.push_back(i % 7);
    line.push_back(2 * (i % 7) + 1);
    time.push_back(i);
  }
  const auto says = [&](transform what, int harmonics, std::size_t n, const std::vector<double>& x) {
    return refusal([&] { fitted_transform::fit({what, harmonics, 365.25}, 2, n, x.data(), time.data()); });
  };
  CHECK(contains(says(transform::standardise, 0, 20, flat), "coordinate 0 of the training data does not vary"));
  CHECK(contains(says(transform::whiten, 0, 20, line), "coordinate 1 is a linear function"));
  CHECK(says(transform::standardise, 0, 20, line).empty());
  CHECK(contains(says(transform::standardise, 2, 3, line), "3 rows"));
  CHECK(contains(refusal([&] {
                   fitted_transform::fit({transform::whiten, 1, 1}, 2, 20, line.data(), nullptr);
                 }),
                 "model with time"));
  // whole-day times cannot tell a harmonic of period 1 from a constant
  CHECK(contains(refusal([&] {
                   fitted_transform::fit({transform::standardise, 1, 1}, 2, 20, line.data(), time.data());
                 }),
                 "fewer harmonics"));
  CHECK(contains(refusal([] { fitted_transform::from_text("{}"); }), "cannot be understood"));
  CHECK(contains(refusal([] { fitted_transform::from_text("what"); }), "cannot be understood"));
  CHECK(contains(refusal([] {
                   fitted_transform::from_metadata({{"transform", R"({"what":"none","d":3})"}}, 2);
                 }),
                 "3 coordinates"));
  CHECK(fitted_transform::from_metadata({}, 2).identity());
}
