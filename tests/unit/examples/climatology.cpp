// tests/unit/examples/climatology.cpp: which days of other years count as the same time of the year.
#include "catch.hpp"

#include "examples/support/climatology.hpp"

TEST_CASE("days within a week on both sides, in used rows") {
  std::vector<double> day_of_year;
  for (int i = 0; i < 730; i++) day_of_year.push_back(1 + i % 365);
  std::vector<std::uint8_t> used(730, 1);
  const auto rows = example::climatology_rows(day_of_year, used, 100);
  REQUIRE(rows.size() == 30);
  CHECK(rows.front() == 92);
  CHECK(rows[14] == 106);
  for (std::size_t i = 365; i < 730; i++) used[i] = 0;
  CHECK(example::climatology_rows(day_of_year, used, 100).size() == 15);
  CHECK(example::climatology_rows(day_of_year, used, 100, 2).size() == 5);
}

TEST_CASE("the turn of the year is no border") {
  std::vector<double> day_of_year;
  for (int i = 0; i < 365; i++) day_of_year.push_back(1 + i);
  const std::vector<std::uint8_t> used(365, 1);
  const auto rows = example::climatology_rows(day_of_year, used, 2);
  CHECK(rows.size() == 15);
  CHECK(rows.back() == 364);
}
