// tests/support/accuracy_page.hpp: docs/reference/accuracy.md, made of what the code states and of what was measured.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "accuracy.hpp"

namespace dimwise::testing {

/// One row of measurements: float and double.
using measured_row = std::pair<measured_accuracy, measured_accuracy>;

/// The first table: one line for each row of stated_accuracies.
std::string stated_table();
/// The whole page; `rows` in the order of stated_accuracies.
std::string accuracy_page(const std::vector<measured_row>& rows);
/// Where the measurement breaks what is stated, as text; empty if nowhere.
std::string broken(const stated_accuracy& row, const measured_accuracy& in_float, const measured_accuracy& in_double);

/// Measures all rows on `threads` threads. `points` in x for each row over both precisions, a twentieth of that again for series
/// in x and t.
std::vector<measured_row> measure_all(std::int64_t points, int threads);

}  // namespace dimwise::testing
