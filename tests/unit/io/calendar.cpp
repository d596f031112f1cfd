// tests/unit/io/calendar.cpp: day numbers, leap years, and text that is no date.
#include "catch.hpp"

#include <dimwise/io/calendar.hpp>

using namespace dimwise;

TEST_CASE("day numbers and days of the year") {
  CHECK(*days_since_1970("1970-01-01") == 0);
  CHECK(*days_since_1970("2012-01-01") == 15340);
  CHECK(*days_since_1970("2000/03/01") - *days_since_1970("2000/02/28") == 2);
  CHECK(*days_since_1970("1969-12-31") == -1);
  CHECK(*days_since_1970("1970-01-02T12:00") == 1.5);
  CHECK(*days_since_1970("1970-01-02 06:00:00") == 1.25);
  CHECK(day_of_year(*days_since_1970("2012-01-01")) == 1);
  CHECK(day_of_year(*days_since_1970("2012-12-31")) == 366);
  CHECK(day_of_year(*days_since_1970("2015-12-31")) == 365);
  CHECK(day_of_year(*days_since_1970("1969-01-01T12:00")) == 1.5);
  CHECK(date_text(*days_since_1970("2012-02-29")) == "2012-02-29");
  CHECK(date_text(-0.5) == "1969-12-31");
}

TEST_CASE("what is not a date") {
  for (const char* text : {"", "2012", "2012-1-1", "2012-02-30", "2012-13-01", "2012-01/01", "2012-01-01x", "2012-01-01T25:00",
                           "2012-01-01T10:61", "12.5", "2012-01-01T"})
    CHECK_FALSE(days_since_1970(text).has_value());
}
