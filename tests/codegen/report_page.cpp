// tests/codegen/report_page.cpp: pages escape what they are given and refuse what they cannot hold; plots are whole or absent.
#include <cmath>

#include "catch.hpp"
#include "codegen/tool/roofline.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/report.hpp"
#include "support/folder.hpp"

using namespace dimwise;
using dimwise_tests::contains;
using dimwise_tests::folder;
using dimwise_tests::refusal;

TEST_CASE("text is escaped, pictures are embedded") {
  const folder where;
  const std::string file = where.write("p.png", "\x01\x02\x03\x04");
  const std::string page = report_page("a < b & c").heading("<script>").paragraph("x > y").figure(file, "caption").html();
  CHECK(contains(page, "<title>a &lt; b &amp; c</title>"));
  CHECK(contains(page, "<h2>&lt;script&gt;</h2>"));
  CHECK(contains(page, "data:image/png;base64,AQIDBA=="));
}

TEST_CASE("base64 of every remainder") {
  const folder where;
  for (const auto& [bytes, coded] : {std::pair{"M", "TQ=="}, {"Ma", "TWE="}, {"Man", "TWFu"}})
    CHECK(contains(report_page("t").figure(where.write("b.png", bytes), "c").html(), "base64," + std::string(coded) + "\""));
}

TEST_CASE("rows must fit the columns") {
  report_page page("t");
  CHECK(contains(page.rows("figures", {"a", "b"}, {{"1", "2"}}).html(), "<td>1</td><td>2</td>"));
  CHECK(contains(refusal([&] { page.rows("figures", {"a", "b"}, {{"1"}}); }), "1 entries for 2 columns"));
  CHECK(contains(refusal([&] { page.figure("no-such.png", "c"); }), "no-such.png"));
}

TEST_CASE("data blocks") {
  CHECK(data_block("d", {1, 2, 3, NAN}, 2) == "$d << EOD\n1 2\n3 NaN\nEOD\n");
  CHECK(data_block("d", {1, 2, 3, 4}, 1, 2) == "$d << EOD\n1\n2\n\n3\n4\n\nEOD\n");
}

TEST_CASE("a plot that gnuplot refuses leaves nothing behind") {
  const folder where;
  CHECK(contains(refusal([&] { plot("plot nonsense(", where / "p.png"); }), "p.png"));
  CHECK(where.files() == 0);
  plot("plot sin(x)", where / "q.png", 300, 200);
  CHECK(read_file(where / "q.png").substr(1, 3) == "PNG");
  CHECK(where.files() == 1);
}

TEST_CASE("figures below the roofs of the machine") {
  // 100 GFLOP/s for 20 ns a row: 2,000 operations a row, 200,000 a call of 100 rows that moves 1,000 bytes
  const auto row = [](const char* unit, int d) -> json {
    return {{"workload", "W"},    {"precision", "float"}, {"d", d},       {"threads", 1},       {"samples", 100},
            {"ns", 20},           {"unit", unit},         {"share", 0.5}, {"peak_gflops", 200}, {"load_fed_gflops", 190},
            {"bytes_moved", 1000}};
  };
  json rows = {row("row", 8), row("(sample, dimension)", 8), row("call", 8), row("row", 8), row("row", 8)};
  rows[3]["peer"] = "another";
  rows[4]["bytes_moved"] = nullptr;
  const auto points = tool::roofline_points(rows);
  REQUIRE(points.size() == 3);
  CHECK(points[0].gflops == Approx(100));
  CHECK(points[0].intensity == Approx(200));
  CHECK(points[1].intensity == Approx(8 * 200));
  CHECK(points[2].intensity == Approx(2));
  const folder where;
  tool::draw_roofline(rows, 2e10, where / "r.png");
  CHECK(read_file(where / "r.png").substr(1, 3) == "PNG");
  CHECK(contains(refusal([&] { tool::draw_roofline(json::array({rows[3]}), 2e10, where / "s.png"); }), "no figure to draw"));
  CHECK(where.files() == 1);
}

TEST_CASE("short numbers") {
  CHECK(short_number(0.123456) == "0.1235");
  CHECK(short_number(1e-12) == "1e-12");
}
