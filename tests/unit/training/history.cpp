// tests/unit/training/history.cpp: rows are written at once and cut back to a checkpoint.
#include "catch.hpp"

#include <cmath>
#include <fstream>

#include <dimwise/io/atomic_file.hpp>
#include <dimwise/io/csv.hpp>
#include <dimwise/training/history.hpp>

#include "support/fake_model.hpp"
#include "support/folder.hpp"

using namespace dimwise_tests;

namespace {

history_row row(int stage, std::uint64_t step) {
  history_row r;
  r.stage = stage;
  r.step = step;
  r.rate = 0.1;
  r.loss = 1.0 / 3;
  r.validation = std::nan("");
  r.objectives = {1, 2, std::nan(""), 4, 5};
  return r;
}

}  // namespace

TEST_CASE("a resumed history goes on after the checkpoint, and a line that was cut off is dropped") {
  const folder f;
  const fake_model m;
  {
    history h(m.model.recording, f / "h.csv");
    h.begin();
    for (const std::uint64_t step : {100u, 200u, 300u}) h.add(row(0, step));
    h.add(row(1, 100));
  }
  const csv_file file(f / "h.csv");
  CHECK(file.rows() == 4);
  CHECK(file.names()[0] == "stage");
  CHECK(file.has("objective.fit"));
  std::ofstream(f / "h.csv", std::ios::app) << "1,200,0.1";
  history h(m.model.recording, f / "h.csv");
  h.resume(0, 200);
  REQUIRE(h.rows().size() == 2);
  CHECK(h.rows()[1].step == 200);
  CHECK(h.rows()[1].loss == Approx(1.0 / 3));
  CHECK(std::isnan(h.rows()[1].validation));
  CHECK(h.rows()[1].objectives[3] == 4);
  h.add(row(0, 300));
  CHECK(csv_file(f / "h.csv").rows() == 3);
  h.begin();
  CHECK(csv_file(f / "h.csv").rows() == 0);
}

TEST_CASE("without a file, rows are kept in memory") {
  const fake_model m;
  history h(m.model.recording, "");
  h.begin();
  h.add(row(0, 1));
  CHECK(h.rows().size() == 1);
}
