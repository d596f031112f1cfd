// tests/unit/ir/grid_offset.cpp: where the components of a shift come from, and where they go back to.
#include "catch.hpp"

#include <dimwise/ir/grid_offset.hpp>

using namespace dimwise;

static_assert(grid_offset{0, 1, 5}.source(3, 5) == 4 && grid_offset{0, 1, 5}.source(4, 5) == -1);
static_assert(grid_offset{0, -2, 5, true}.source(1, 5) == 4 && grid_offset{0, 12, 5, true}.source(0, 5) == 2);
static_assert(grid_offset{1, -1, 3}.source(1, 6) == 3 && grid_offset{1, -1, 3}.source(0, 6) == -1 &&
              grid_offset{-1, 0, 3}.source(1, 6) == -1);
static_assert(grid_offset{1, -1, 3, true}.source(3, 6) == 2);

TEST_CASE("a shift back takes every component where it came from, and the side says from where") {
  for (const int width : {1, 2, 3, 4, 6, 12})
    for (int rows = -3; rows <= 3; rows++)
      for (int columns = -4; columns <= 4; columns++)
        for (const bool periodic : {false, true}) {
          const grid_offset by{rows, columns, width, periodic};
          int there = 0;
          for (int i = 0; i < 12; i++) {
            const int j = by.source(i, 12);
            if (j < 0) {
              CHECK_FALSE(periodic);
              continue;
            }
            there++;
            CHECK(by.reversed().source(j, 12) == i);
            if (!periodic) CHECK((j > i) - (j < i) == by.side());
          }
          if (periodic) CHECK((there == 12 && by.side() == 0));
        }
}
