// tests/unit/training/progress.cpp: plain lines where the output is no terminal.
#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <dimwise/training/progress.hpp>

#include "support/folder.hpp"
#include <dimwise/io/atomic_file.hpp>

using namespace dimwise;
using namespace dimwise_tests;

TEST_CASE("plain lines, not more often than asked for, and the end of each stage") {
  const folder f;
  std::FILE* out = std::fopen((f / "log").c_str(), "w");
  REQUIRE(out);
  console_progress p(out, 5);
  progress_step s;
  s.stage = "density";
  s.stages = 2;
  s.steps = 100;
  s.rate = 0.003;
  s.validation = std::nan("");
  for (int i = 1; i <= 20; i++) {
    s.step = std::uint64_t(i);
    s.seconds = i;
    s.loss = 1.0 / i;
    s.seconds_left = 3700;
    p.report(s);
  }
  p.note("a sentence");
  s.step = 100;
  s.validation = 0.25;
  p.stage_end(s);
  std::fclose(out);
  const std::string text = read_file(f / "log");
  CHECK(text.substr(0, text.find('\n')) == "density (1 of 2): step 1 of 100  loss 1  rate 0.003  1 h 01 min left");
  CHECK(std::count(text.begin(), text.end(), '\n') == 6);
  CHECK(contains(text, "step 6 of 100"));
  CHECK_FALSE(contains(text, "step 7 of 100"));
  CHECK(contains(text, "\na sentence\n"));
  CHECK(contains(text, "step 100 of 100  loss 0.05  validation 0.25  rate 0.003  20 s\n"));
  CHECK_FALSE(contains(text, "\x1b"));
}
