// tests/support/accuracy_page.cpp: see accuracy_page.hpp.
#include "accuracy_page.hpp"

#include <atomic>
#include <cmath>
#include <cstdio>
#include <thread>

namespace dimwise::testing {
namespace {

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", v);
  return text;
}
/// Rounded up to one decimal, so that what is printed bounds what was measured.
std::string rounded_up(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", std::ceil(v * 10) / 10);
  return text;
}

/// The worse of two measurements.
measured_accuracy joined(measured_accuracy a, const measured_accuracy& b) {
  const auto take = [](double& most, std::string& where, double other, const std::string& there) {
    if (other > most) most = other, where = there;
  };
  if (b.largest_coefficient() > a.largest_coefficient()) a.worst_coefficient = b.worst_coefficient;
  for (std::size_t k = 0; k < a.coefficient.size(); k++) a.coefficient[k] = std::max(a.coefficient[k], b.coefficient[k]);
  take(a.value, a.worst_value, b.value, b.worst_value);
  take(a.slope, a.worst_slope, b.slope, b.worst_slope);
  a.points += b.points;
  if (a.wrong.empty()) a.wrong = b.wrong;
  return a;
}

std::string broken(std::string_view name, const char* precision, const error_bound& stated, const measured_accuracy& m) {
  std::string r;
  const auto say = [&](const char* what, double measured, double bound, const std::string& where) {
    if (measured > bound)
      r += std::string(name) + " in " + precision + ": " + what + " " + number(measured) + " ULP, stated " + number(bound) +
           "; " + where + "\n";
  };
  say("value", m.value, stated.value, m.worst_value);
  say("coefficients", m.largest_coefficient(), stated.coefficient, m.worst_coefficient);
  say("derivative", m.slope, stated.slope, m.worst_slope);
  if (!m.wrong.empty()) r += std::string(precision) + ": " + m.wrong + "\n";
  return r;
}

}  // namespace

std::string broken(const stated_accuracy& row, const measured_accuracy& in_float, const measured_accuracy& in_double) {
  return broken(row.name, "float", row.single, in_float) + broken(row.name, "double", row.twice, in_double);
}

std::string stated_table() {
  std::string r =
      "| function | float: value | coefficients | derivative | double: value | coefficients | derivative | domain and special "
      "points |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const stated_accuracy& row : stated_accuracies) {
    r += "| `" + std::string(row.name) + "`";
    for (const error_bound& b : {row.single, row.twice})
      for (const double v : {b.value, b.coefficient, b.slope}) r += " | " + number(v);
    r += " | " + std::string(row.domain) + " |\n";
  }
  return r;
}

std::string accuracy_page(const std::vector<measured_row>& rows) {
  std::string r =
      "# Errors of elementary functions and their derivatives\n\n"
      "<!-- Written by the test program accuracy.elementary (DIMWISE_ACCURACY_PAGE=this file); change "
      "tests/support/accuracy_page.cpp. -->\n\n"
      "What a kernel computes of `f(u)` is a Taylor series: the value, and coefficients up to the order that `D` and `dt` ask "
      "for. This page states\n"
      "how far each number may be from the exact one for the argument as it was given, in units of the last place (ULP):\n\n"
      "- **value**: of f(u), in ULP of f(u);\n"
      "- **coefficients**: of orders 1 to 6 (k-th derivative / k!), in ULP of the larger of the coefficient and the terms that "
      "its recurrence sums. A\n"
      "  derivative that is a small difference of large terms is as exact as these terms, no more;\n"
      "- **derivative**: of orders 0 to 6 of the series of f'(u), which gradients are made of, in the same units.\n\n"
      "The bounds are part of the code (`include/dimwise/calculus/accuracy.hpp`), and a test holds each of them.\n\n" +
      stated_table() +
      "\nOutside of the domain, and for an argument that is not a number, the value and all derivatives are not a number. At a "
      "pole the value is the\n"
      "limit and derivatives are infinite or not a number; at infinity derivatives are their limit or not a number. Never a "
      "wrong finite number.\n"
      "A value or derivative that decays (`exp`, `sigmoid`, `tanh'`, `erfc`, ...) may be 0 from 16 times the smallest normal "
      "number down, with all that\n"
      "follows from it; where a term is beyond the largest number, so may be what it is part of (infinity or not a number).\n\n"
      "`sq`, `pow(a, n)` for whole n up to 64 in size and products of series are sums of products, each rounded once; `logistic` "
      "is `sigmoid`,\n"
      "`log_sigmoid(a)` is `-softplus(-a)`, `min`, `max` and `where` have the digits of the branch that is taken.\n\n"
      "## What was measured\n\n"
      "The largest errors on ";
  std::int64_t points = 0;
  for (const auto& [single, twice] : rows) points = std::max(points, single.points + twice.points);
  r += std::to_string(points) +
       " points for each function over both precisions: zero, subnormal numbers, saturation, ends of domains, infinities, "
       "numbers next\n"
       "to zeros and poles, every exponent; half of them with u = x + h, half with random series, a twentieth with series in x "
       "and t. Exact values are\n"
       "closed forms (not the recurrences of the kernels) in 64 bits for float and 113 bits for double.\n\n"
       "| function | | value | order 1 | 2 | 3 | 4 | 5 | 6 | derivative |\n|---|---|---|---|---|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < rows.size(); i++)
    for (const bool twice : {false, true}) {
      const measured_accuracy& m = twice ? rows[i].second : rows[i].first;
      r += "| `" + std::string(stated_accuracies[i].name) + "` | " + (twice ? "double" : "float") + " | " + rounded_up(m.value);
      for (std::size_t k = 1; k < m.coefficient.size(); k++) r += " | " + rounded_up(m.coefficient[k]);
      r += " | " + rounded_up(m.slope) + " |\n";
    }
  return r;
}

std::vector<measured_row> measure_all(std::int64_t points, int threads) {
  std::vector<measured_row> rows(std::size(stated_accuracies));
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < 2 * rows.size();) {
      const stated_accuracy& row = stated_accuracies[i / 2];
      const std::uint64_t seed = 1000 + i;
      if (i % 2)
        rows[i / 2].second = joined(measure<double>(row, points / 2, false, seed), measure<double>(row, points / 40, true, seed));
      else rows[i / 2].first = joined(measure<float>(row, points / 2, false, seed), measure<float>(row, points / 40, true, seed));
    }
  };
  std::vector<std::thread> team;
  for (int t = 1; t < threads; t++) team.emplace_back(work);
  work();
  for (std::thread& t : team) t.join();
  return rows;
}

}  // namespace dimwise::testing
