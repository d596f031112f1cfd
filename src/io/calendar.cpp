// io/calendar.cpp: day numbers of the Gregorian calendar.
#include <dimwise/io/calendar.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>

namespace dimwise {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

// A whole number of exactly `digits` digits at the start of the text, which is taken off.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return {};
  int value = 0;
  for (std::size_t i = 0; i < digits; i++) {
    if (text[i] < '0' || text[i] > '9') return {};
    value = 10 * value + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

year_month_day date_of(double days) { return year_month_day(sys_days(std::chrono::days(std::int64_t(std::floor(days))))); }

}  // namespace

std::optional<double> days_since_1970(std::string_view date) {
  const auto year = take_number(date, 4);
  const char separator = date.empty() ? ' ' : date[0];
  if (!year || (separator != '-' && separator != '/') || !take(date, separator)) return {};
  const auto month = take_number(date, 2);
  if (!month || !take(date, separator)) return {};
  const auto day = take_number(date, 2);
  if (!day) return {};
  const year_month_day whole{std::chrono::year(*year), std::chrono::month(unsigned(*month)), std::chrono::day(unsigned(*day))};
  if (!whole.ok()) return {};
  double days = double(sys_days(whole).time_since_epoch().count());
  if (date.empty()) return days;
  if (!take(date, 'T') && !take(date, ' ')) return {};
  const auto hour = take_number(date, 2);
  if (!hour || *hour > 23 || !take(date, ':')) return {};
  const auto minute = take_number(date, 2);
  if (!minute || *minute > 59) return {};
  int second = 0;
  if (take(date, ':')) {
    const auto s = take_number(date, 2);
    if (!s || *s > 59) return {};
    second = *s;
  }
  if (!date.empty()) return {};
  return days + (*hour * 3600 + *minute * 60 + second) / 86400.0;
}

double day_of_year(double days) {
  const year_month_day first{date_of(days).year(), std::chrono::January, std::chrono::day(1)};
  return days - double(sys_days(first).time_since_epoch().count()) + 1;
}

std::string date_text(double days) {
  const year_month_day d = date_of(days);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", int(d.year()), unsigned(d.month()), unsigned(d.day()));
  return text;
}

}  // namespace dimwise
