// tests/unit/ir/tensor.cpp: degrees and masks against their definitions.
#include "dimwise/ir/tensor.hpp"

#include "catch.hpp"

using namespace dimwise;

TEST_CASE("units_up_to counts the hidden units of at most a degree", "[ir]") {
  for (int d : {1, 2, 3, 7, 8, 64})
    for (int hidden : {1, 2, 5, 48, 128})
      for (int limit = -1; limit <= d; limit++) {
        int expected = 0;
        for (int j = 0; j < hidden; j++) expected += degree(j, hidden, d) <= limit;
        INFO("d " << d << " hidden " << hidden << " limit " << limit);
        REQUIRE(units_up_to(limit, hidden, d) == expected);
      }
}

TEST_CASE("no path through the masks leads from a coordinate to its own readout", "[ir]") {
  const int hidden = 11, deeper = 7, features = 2;
  for (int d : {1, 2, 5, 9}) {
    for (bool left : {true, false}) {
      tensor input, middle, out;
      input.dims = middle.dims = out.dims = d;
      input.rank = middle.rank = 2;
      input.shape[0] = hidden, input.shape[1] = 2 * d + 1, input.coordinate_width = 2;
      input.masked = left ? mask::input_left : mask::input_right;
      middle.shape[0] = deeper, middle.shape[1] = hidden, middle.masked = mask::hidden;
      out.rank = 3, out.shape[0] = d, out.shape[1] = features, out.shape[2] = deeper;
      out.masked = left ? mask::readout_left : mask::readout_right;
      int seen = 0;
      for (int i = 0; i < d; i++)
        for (int j = 0; j < d; j++) {
          bool path = false;
          for (int a = 0; a < hidden; a++)
            for (int b = 0; b < deeper; b++)
              path |= allowed(input, 0, a, 2 * j + 1) && allowed(middle, 0, b, a) && allowed(out, i, 0, b);
          if (i == j) REQUIRE_FALSE(path);
          if (left ? j > i : j < i) REQUIRE_FALSE(path);
          seen += path;
        }
      if (d > 1) REQUIRE(seen > 0);
      for (int a = 0; a < hidden; a++) REQUIRE(allowed(input, 0, a, 2 * d));
    }
  }
}

TEST_CASE("a strictly upper table is free behind the own feature", "[ir]") {
  tensor w;
  w.rank = 2, w.shape[0] = w.shape[1] = w.dims = 4;
  w.masked = mask::strictly_upper;
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 4; k++) REQUIRE(allowed(w, 0, i, k) == (k > i));
}
