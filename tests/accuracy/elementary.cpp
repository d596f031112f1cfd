// tests/accuracy/elementary.cpp: every elementary function on a million points against what is stated; with
// DIMWISE_ACCURACY_PAGE=FILE the page of the documentation is written.
#include <cstdlib>
#include <fstream>
#include <thread>

#include "catch.hpp"
#include "support/accuracy_page.hpp"

using namespace dimwise;
using namespace dimwise::testing;

TEST_CASE("stated errors hold on a million points of every elementary function", "[accuracy]") {
  const char* const wanted = std::getenv("DIMWISE_ACCURACY_POINTS");
  const auto rows = measure_all(wanted ? std::atoll(wanted) : 1000000, int(std::max(1u, std::thread::hardware_concurrency())));
  for (std::size_t i = 0; i < rows.size(); i++) {
    CHECK(broken(stated_accuracies[i], rows[i].first, rows[i].second) == "");
    if (!wanted) CHECK(rows[i].first.points + rows[i].second.points >= 1000000);
  }
  if (const char* const page = std::getenv("DIMWISE_ACCURACY_PAGE")) std::ofstream(page) << accuracy_page(rows);
}
