// examples/support/climatology.cpp: see climatology.hpp.
#include "examples/support/climatology.hpp"

#include <algorithm>
#include <cmath>

namespace example {

std::vector<std::size_t> climatology_rows(const std::vector<double>& days_of_year, const std::vector<std::uint8_t>& used,
                                          double day_of_year, double half_width) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < days_of_year.size(); i++) {
    const double apart = std::abs(days_of_year[i] - day_of_year);
    if (used[i] && std::min(apart, 365 - apart) <= half_width) rows.push_back(i);
  }
  return rows;
}

}  // namespace example
