// examples/support/climatology.hpp: the forecast that today's weather is what it was on such days in other years.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace example {

/// The used rows whose day of the year is at most `half_width` days from `day_of_year` (1 .. 366), around the turn of the year
/// too.
std::vector<std::size_t> climatology_rows(const std::vector<double>& days_of_year, const std::vector<std::uint8_t>& used,
                                          double day_of_year, double half_width = 7);

}  // namespace example
