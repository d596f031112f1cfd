// tests/codegen/report_page.cpp: pages escape what they are given and refuse what they cannot hold; plots are whole or absent.
#include <cmath>

#include "catch.hpp"
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

TEST_CASE("short numbers") {
  CHECK(short_number(0.123456) == "0.1235");
  CHECK(short_number(1e-12) == "1e-12");
}
