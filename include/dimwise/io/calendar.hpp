// io/calendar.hpp: dates as numbers (proleptic Gregorian calendar, no time zones).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace dimwise {

/// Days since 1970-01-01 of "2012-03-01", "2012/03/01", or with a time of day after a space or T ("2012-03-01T12:30", seconds
/// optional). Nothing if the text is not such a date.
std::optional<double> days_since_1970(std::string_view date);

/// Day of the year, 1 (January 1, 00:00) to 367 (exclusive), of a day number as above.
double day_of_year(double days_since_1970);

/// "2012-03-01".
std::string date_text(double days_since_1970);

}  // namespace dimwise
