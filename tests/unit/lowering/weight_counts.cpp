// tests/unit/lowering/weight_counts.cpp: counted entries against the masks, entry by entry.
#include "../../catch.hpp"
#include <dimwise/lowering/weight_counts.hpp>

using namespace dimwise;

TEST_CASE("a mask leaves as many entries as are counted", "[lowering]") {
  for (const int d : {1, 2, 5, 12})
    for (const int hidden : {1, 4, 7, 16}) {
      table t;
      t.d = d;
      const auto check = [&](mask masked, int rank, int dims, int rows, int columns) {
        tensor w;
        w.rank = rank;
        if (rank == 3) w.shape[0] = dims, w.shape[1] = rows, w.shape[2] = columns;
        else w.shape[0] = rows, w.shape[1] = columns;
        w.masked = masked;
        w.dims = d;
        double n = 0;
        for (int i = 0; i < dims; i++)
          for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) n += allowed(w, i, r, c);
        INFO("d " << d << " hidden " << hidden << " mask " << int(masked));
        CHECK(masked_entries(t, w, columns) == n);
      };
      check(mask::none, 2, 1, hidden, 9);
      check(mask::input_left, 2, 1, hidden, d);
      check(mask::input_right, 2, 1, hidden, d);
      check(mask::hidden, 2, 1, hidden + 3, hidden);
      check(mask::readout_left, 3, d, 3, hidden);
      check(mask::readout_right, 3, d, 3, hidden);
    }
}
