// tests/unit/language/pair_map.cpp: pairs of numbers to numbers.
#include "catch.hpp"

#include <dimwise/language/pair_map.hpp>

TEST_CASE("what was stored is found, nothing else") {
  dimwise::detail::pair_map map;
  CHECK(map.find(0, 0) == -1);
  for (int a = 0; a < 60; a++)
    for (int b = -1; b < 40; b++) map.insert(a, b, a * 100 + b);
  for (int a = 0; a < 60; a++)
    for (int b = -1; b < 40; b++) REQUIRE(map.find(a, b) == a * 100 + b);
  CHECK(map.find(60, 0) == -1);
  CHECK(map.find(0, 40) == -1);
}
