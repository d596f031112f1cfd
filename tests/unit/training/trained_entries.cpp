// tests/unit/training/trained_entries.cpp: what a stage may move, by reachability, freezing and masks.
#include "catch.hpp"

#include <dimwise/training/trained_entries.hpp>

#include "support/fake_model.hpp"

using namespace dimwise_tests;

TEST_CASE("gradients reach tensors, not through frozen, and only trained ones") {
  const fake_model m;
  const table& r = m.model.recording;
  using reached = std::vector<bool>;
  CHECK(reached_tensors(r, {3}) == reached{true, false, false, false, false, false});
  CHECK(reached_tensors(r, {9}) == reached{false, true, false, false, false, false});
  CHECK(reached_tensors(r, {12}) == reached{false, false, true, false, false, false});
  CHECK(reached_tensors(r, {16}) == reached{false, false, false, false, true, false});
  CHECK(reached_tensors(r, {9, 13}) == reached{false, true, false, true, false, false});
}

TEST_CASE("inputs are found through any path") {
  const fake_model m;
  const table& r = m.model.recording;
  CHECK(reads(r, 9, op::input, 1));
  CHECK(reads(r, 9, op::input_per_dim, 0));
  CHECK_FALSE(reads(r, 9, op::input, 2));
  CHECK(reads(r, 16, op::parameter));
  CHECK_FALSE(reads(r, 16, op::state));
}

TEST_CASE("ranges leave out masked entries and know which weights decay") {
  const fake_model m;
  const auto runs = movable_entries(m.model.recording, {true, true, false, true, true, false});
  REQUIRE(runs.size() == 4);
  CHECK((runs[0].begin == 0 && runs[0].end == 2 && !runs[0].decays));
  CHECK((runs[1].begin == 2 && runs[1].end == 3 && runs[1].decays));
  CHECK((runs[2].begin == 4 && runs[2].end == 5 && runs[2].decays));
  CHECK((runs[3].begin == 7 && runs[3].end == 9 && !runs[3].decays));
}
