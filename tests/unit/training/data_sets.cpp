// tests/unit/training/data_sets.cpp: splits without leaks, pairs of consecutive rows, and one transform for all sets.
#include "catch.hpp"

#include <algorithm>
#include <set>

#include <dimwise/training/data_sets.hpp>

#include "support/fake_model.hpp"
#include "support/folder.hpp"

using namespace dimwise_tests;

namespace {

data_rows line(std::size_t n) {
  data_rows rows;
  rows.rows = n;
  for (std::size_t r = 0; r < n; r++) {
    rows.state.push_back(double(r));
    rows.state.push_back(double(r * r % 17));
    rows.time.push_back(double(r) * 0.5);
  }
  return rows;
}

validation_split none() {
  validation_split s;
  s.how = validation_split::by::none;
  return s;
}

}  // namespace

TEST_CASE("a fraction of the rows is held out, the same for the same seed") {
  const fake_model m;
  data_sets sets(m.model.recording);
  validation_split split;
  split.fraction = 0.25;
  split.seed = 3;
  sets.bind("days", line(200), split);
  sets.prepare();
  const auto& days = sets.at(0);
  CHECK(days.validation.size() == 50);
  CHECK(days.training.size() == 150);
  data_sets again(m.model.recording);
  again.bind("days", line(200), split);
  again.prepare();
  CHECK(again.at(0).validation == days.validation);
  CHECK(again.fingerprint() == sets.fingerprint());
  split.seed = 4;
  again.bind("days", line(200), split);
  again.prepare();
  CHECK(again.at(0).validation != days.validation);
  CHECK(again.fingerprint() != sets.fingerprint());
}

TEST_CASE("no target of a validation pair is seen in training") {
  const fake_model m;
  data_sets sets(m.model.recording);
  sets.bind("days", line(300));
  sets.bind("pairs", line(300));
  sets.prepare();
  const auto& pairs = sets.at(1);
  CHECK(pairs.held_out == sets.at(0).held_out);
  std::set<std::uint32_t> trained;
  for (const auto r : pairs.training) {
    trained.insert(r);
    trained.insert(r + 1);
  }
  REQUIRE_FALSE(pairs.validation.empty());
  for (const auto r : pairs.validation) CHECK(trained.count(r + 1) == 0);
}

TEST_CASE("splits by rows and by clock, and rows given for validation") {
  const fake_model m;
  data_sets sets(m.model.recording);
  validation_split split;
  split.how = validation_split::by::rows;
  split.first_row = 8;
  split.last_row = 100;
  sets.bind("days", line(10), split);
  split.how = validation_split::by::clock;
  split.from = 3;
  split.until = 4;
  sets.bind("pairs", line(10), split);
  sets.prepare();
  CHECK(sets.at(0).validation == std::vector<std::uint32_t>{8, 9});
  CHECK(sets.at(1).validation == std::vector<std::uint32_t>{5, 6});
  CHECK(sets.at(1).training == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 8});
  sets.bind("pairs", line(4), line(3));
  sets.prepare();
  CHECK(sets.at(1).training == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(sets.at(1).validation == std::vector<std::uint32_t>{4, 5});
}

TEST_CASE("pairs stay on a path and go forward; without an input for the increment only the common one is used") {
  fake_model m;
  auto rows = line(8);
  rows.path = {0, 0, 0, 1, 1, 1, 1, 1};
  rows.time[6] = 2.5;  // the same as row 5
  rows.time[7] = 10;
  data_sets with(m.model.recording);
  with.bind("pairs", rows, none());
  with.prepare();
  CHECK(with.at(1).training == std::vector<std::uint32_t>{0, 1, 3, 4, 6});
  CHECK(with.at(1).left_out == 1);
  m.model.recording.input_count = 1;
  data_sets without(m.model.recording);
  without.bind("pairs", rows, none());
  without.prepare();
  CHECK(without.at(1).training == std::vector<std::uint32_t>{0, 1, 3, 4});
  CHECK(without.at(1).left_out == 2);
  std::reverse(rows.time.begin(), rows.time.end());
  rows.path.clear();
  rows.time = {8, 7, 6, 5, 4, 3, 2, 1};
  without.bind("pairs", rows, none());
  CHECK(contains(refusal([&] { without.prepare(); }), "forward in time"));
}

TEST_CASE("the transform is fitted on training rows of the first bound set and applied to all") {
  fake_model m;
  m.model.recording.transform.what = transform::standardise;
  data_sets sets(m.model.recording);
  validation_split last;
  last.how = validation_split::by::rows;
  last.first_row = 50;
  last.last_row = 100;
  sets.bind("days", line(100), last);
  sets.bind("pairs", line(10));
  sets.prepare();
  double mean[2];
  sets.transform().mean(0, mean);
  CHECK(mean[0] == Approx(24.5));
  CHECK(sets.at(1).state[0] == Approx(-24.5 / sets.transform().scale_matrix()[0]));
  data_sets kept(m.model.recording);
  kept.keep_transform(fitted_transform(2));
  kept.bind("days", line(100));
  kept.prepare();
  CHECK(kept.at(0).state == line(100).state);
}

TEST_CASE("refusals name the set") {
  const fake_model m;
  data_sets sets(m.model.recording);
  CHECK(sets.unbound() == std::vector<std::string>{"days", "pairs"});
  CHECK(contains(refusal([&] { sets.bind("nights", line(3)); }), "no sample set 'nights'; its sets are 'days', 'pairs'"));
  CHECK(contains(refusal([&] { sets.bind("grid", line(3)); }), "'grid' is drawn at random"));
  validation_split all;
  all.how = validation_split::by::rows;
  all.last_row = 3;
  sets.bind("days", line(3), all);
  CHECK(contains(refusal([&] { sets.prepare(); }), "set 'days': no samples"));
  all.how = validation_split::by::fraction;
  all.fraction = 1;
  CHECK(contains(refusal([&] { sets.bind("days", line(3), all); }), "fraction"));
  auto short_rows = line(3);
  short_rows.time.pop_back();
  CHECK_FALSE(refusal([&] { sets.bind("days", short_rows); }).empty());
  sets.bind_rest(line(5), none());
  CHECK(sets.at(1).bound);
  CHECK(sets.at(0).data.rows == 3);
}
