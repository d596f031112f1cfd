// tests/unit/io/csv.cpp: quoting, separators, and errors that name line and column.
#include "catch.hpp"

#include <dimwise/io/atomic_file.hpp>
#include <dimwise/io/csv.hpp>

#include "support/folder.hpp"

using namespace dimwise;
using namespace dimwise_tests;

TEST_CASE("fields, quotes, blank lines and line ends") {
  const folder f;
  const csv_file file(f.write("a.csv",
                              "\xef\xbb\xbfname, x ,\"y, z\"\r\n"
                              "\"say \"\"hi\"\", twice\",1.5,-2e3\r\n"
                              "\r\n"
                              "\"two\nlines\", +2 ,  .5\r\n"
                              "end,3,4"));
  CHECK(file.names() == std::vector<std::string>{"name", "x", "y, z"});
  REQUIRE(file.rows() == 3);
  CHECK(file.text(0, 0) == "say \"hi\", twice");
  CHECK(file.text(1, 0) == "two\nlines");
  CHECK(file.numbers("x") == std::vector<double>{1.5, 2, 3});
  CHECK(file.numbers("y, z") == std::vector<double>{-2000, 0.5, 4});
  CHECK(file.line(0) == 2);
  CHECK(file.line(1) == 4);
  CHECK(file.line(2) == 6);
  CHECK(file.has("x"));
  CHECK_FALSE(file.has("z"));
}

TEST_CASE("semicolons and tabs separate where there are no commas") {
  const folder f;
  CHECK(csv_file(f.write("s.csv", "a;b\n1;2\n")).numbers("b") == std::vector<double>{2});
  CHECK(csv_file(f.write("t.csv", "a\tb\n1\t2\n")).numbers("b") == std::vector<double>{2});
  CHECK(csv_file(f.write("one.csv", "a\n1\n2\n")).numbers("a") == std::vector<double>{1, 2});
}

TEST_CASE("errors name the file, the line and the column") {
  const folder f;
  const auto says = [&](const std::string& text, const char* column = nullptr) {
    const std::string path = f.write("bad.csv", text);
    const std::string sentence = refusal([&] {
      const csv_file file(path);
      if (column) file.numbers(column);
    });
    CHECK(contains(sentence, path));
    return sentence;
  };
  CHECK(contains(says(""), "empty"));
  CHECK(contains(says("a,b\n1,2\n3\n"), "line 3: it has 1 fields"));
  CHECK(contains(says("a,b,a\n"), "two columns are called 'a'"));
  CHECK(contains(says("a,b\n\"1,2\n"), "line 2: a quote is opened"));
  CHECK(contains(says("a,b\n\"1\"x,2\n"), "text follows"));
  CHECK(contains(says("a,b\n1,2\n", "c"), "no column 'c'; its columns are 'a', 'b'"));
  CHECK(contains(says("a,b\n1,2\n1,two\n", "b"), "line 3, column 'b': 'two' is not a finite number"));
  CHECK(contains(says("a,b\n1,\n", "b"), "the field is empty"));
  CHECK(contains(says("a,b\n1,nan\n", "b"), "not a finite number"));
  CHECK(contains(says("a,b\n1,2 3\n", "b"), "'2 3'"));
  CHECK(contains(refusal([&] { csv_file(f / "none.csv"); }), "none.csv"));
}

TEST_CASE("a written table is read back with all digits") {
  const folder f;
  write_csv(f / "w.csv", {"a", "b"}, {0.1, 1.0 / 3, -1e-300, 2});
  CHECK(read_file(f / "w.csv") == "a,b\n0.1,0.3333333333333333\n-1e-300,2\n");
  CHECK(csv_file(f / "w.csv").numbers("b") == std::vector<double>{1.0 / 3, 2});
}
