// tests/unit/training/data_rows.cpp: columns and arrays to rows, dates to times, and what is refused.
#include "catch.hpp"

#include <cmath>

#include <dimwise/io/npy.hpp>
#include <dimwise/training/data_rows.hpp>

#include "support/fake_model.hpp"
#include "support/folder.hpp"

using namespace dimwise_tests;

namespace {

const char* weather =
    "date,hot,cold,wind,place\n"
    "2012-12-30,1,2,0.5,a\n"
    "2012-12-31,3,4,0.6,a\n"
    "2013-01-01,5,6,0.7,b\n"
    "2013-01-02,7,8,0.8,b\n";

data_source source_of(const std::string& file) {
  data_source s;
  s.file = file;
  s.state_columns = {"hot", "cold"};
  s.time_column = "date";
  s.reading = time_reading::day_of_year;
  return s;
}

}  // namespace

TEST_CASE("rows of a CSV file: state, day of the year, clock, inputs, paths") {
  const folder f;
  const fake_model m;
  auto s = source_of(f.write("w.csv", weather));
  s.path_column = "place";
  const auto rows = read_rows(m.model.recording, s);
  CHECK(rows.rows == 4);
  CHECK(rows.state == std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(rows.time == std::vector<double>{365, 366, 1, 2});
  CHECK(rows.clock == std::vector<double>{15704, 15705, 15706, 15707});
  CHECK(rows.path == std::vector<std::int64_t>{0, 0, 1, 1});
  CHECK(rows.inputs[0].empty());
  CHECK(rows.inputs[2] == std::vector<double>{0.5, 0.6, 0.7, 0.8});
}

TEST_CASE("rows are chosen by date") {
  const folder f;
  const fake_model m;
  auto s = source_of(f.write("w.csv", weather));
  s.reading = time_reading::elapsed_days;
  s.from = "2012-12-31";
  s.until = "2013-01-02";
  const auto rows = read_rows(m.model.recording, s);
  CHECK(rows.rows == 2);
  CHECK(rows.state == std::vector<double>{3, 4, 5, 6});
  CHECK(rows.inputs[2] == std::vector<double>{0.6, 0.7});
  CHECK(rows.time == std::vector<double>{0, 1});
  CHECK(rows.clock_at(1) == 15706);
  s.from = "2014-01-01";
  s.until.clear();
  CHECK(contains(refusal([&] { read_rows(m.model.recording, s); }), "no rows in the chosen range"));
  s.from = "soon";
  CHECK(contains(refusal([&] { read_rows(m.model.recording, s); }), "'soon' is not a date"));
}

TEST_CASE("columns have default names, and inputs that are not there are remembered") {
  const folder f;
  const fake_model m;
  data_source s;
  s.file = f.write("x.csv", "t,x_0,x_1\n0.5,1,2\n1.5,3,4\n");
  const auto rows = read_rows(m.model.recording, s);
  CHECK(rows.time == std::vector<double>{0.5, 1.5});
  CHECK(rows.state == std::vector<double>{1, 2, 3, 4});
  CHECK(rows.clock.empty());
  CHECK(rows.inputs[2].empty());
  CHECK(contains(rows.absent[2], "no column 'wind'"));
  s.input_columns["wind"] = {"breeze"};
  CHECK(contains(refusal([&] { read_rows(m.model.recording, s); }), "no column 'breeze'; its columns are 't', 'x_0', 'x_1'"));
  CHECK(default_columns("u", 1) == std::vector<std::string>{"u"});
  CHECK(default_columns("u", 2) == std::vector<std::string>{"u_0", "u_1"});
}

TEST_CASE("arrays of rows and of paths") {
  const folder f;
  const fake_model m;
  const double x[] = {1, 2, 3, 4, 5, 6, 7, 8}, t[] = {0, 1};
  data_source s;
  s.file = f / "x.npy";
  s.time_file = f / "t.npy";
  write_npy<double>(s.file, {2, 2, 2}, x);
  write_npy<double>(s.time_file, {2}, t);
  auto rows = read_rows(m.model.recording, s);
  CHECK(rows.rows == 4);
  CHECK(rows.path == std::vector<std::int64_t>{0, 0, 1, 1});
  CHECK(rows.time == std::vector<double>{0, 1, 0, 1});
  write_npy<double>(s.file, {2, 2}, x);
  s.input_files["wind"] = s.time_file;
  rows = read_rows(m.model.recording, s);
  CHECK(rows.path.empty());
  CHECK(rows.inputs[2] == std::vector<double>{0, 1});
  write_npy<double>(s.file, {8}, x);
  CHECK(contains(refusal([&] { read_rows(m.model.recording, s); }), "has the shape (8,); the state needs (rows, 2)"));
  write_npy<double>(s.file, {4, 2}, x);
  CHECK(contains(refusal([&] { read_rows(m.model.recording, s); }), "has 2 times"));
  s.time_file.clear();
  CHECK(contains(refusal([&] { read_rows(m.model.recording, s); }), "no file of times"));
}

TEST_CASE("refusals name file, column and line") {
  const folder f;
  const fake_model m;
  auto s = source_of(f.write("w.csv", weather));
  s.reading = time_reading::number;
  CHECK(contains(refusal([&] { read_rows(m.model.recording, s); }), "holds dates"));
  s.reading = time_reading::day_of_year;
  s.time_column = "hot";
  CHECK(contains(refusal([&] { read_rows(m.model.recording, s); }), "line 2, column 'hot': '1' is not a date"));
  s.time_column = "date";
  s.state_columns = {"hot"};
  CHECK(contains(refusal([&] { read_rows(m.model.recording, s); }), "needs 2 columns, and 1 are named"));
  s.state_columns = {"hot", "warm"};
  CHECK(contains(refusal([&] { read_rows(m.model.recording, s); }), "no column 'warm'"));
  CHECK(contains(refusal([&] { read_rows(m.model.recording, {}); }), "no file"));
  data_rows made;
  made.rows = 2;
  made.state = {1, 2, 3, NAN};
  made.time = {0, 1};
  CHECK(contains(refusal([&] { require_valid_rows(m.model.recording, made); }), "the state of row 1 (from 0) is not finite"));
  made.state.pop_back();
  CHECK(contains(refusal([&] { require_valid_rows(m.model.recording, made); }), "3 numbers"));
}
