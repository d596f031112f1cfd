// tests/unit/simd/transpose.cpp: transposes of all small sizes, with and without sums of rows; nothing outside the result is
// touched.
#include "../../catch.hpp"
#include <vector>
#include <dimwise/simd/transpose.hpp>

TEMPLATE_TEST_CASE("transpose of any size and stride", "[simd]", float, double) {
  using T = TestType;
  long wrong = 0;
  for (int rows = 0; rows < 36; ++rows)
    for (int columns = 0; columns < 36; ++columns) {
      const int in_stride = columns + 3, out_stride = rows + 2;
      // The arrays end with their last element, so that a sanitiser sees a read beyond.
      std::vector<T> in(static_cast<std::size_t>(rows > 0 ? (rows - 1) * in_stride + columns : 0));
      std::vector<T> out(static_cast<std::size_t>(columns * out_stride), T(-1));
      for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<T>(i);
      dimwise::simd::transpose(in.data(), in_stride, rows, columns, out.data(), out_stride);
      for (int c = 0; c < columns; ++c)
        for (int r = 0; r < out_stride; ++r)
          wrong += out[static_cast<std::size_t>(c * out_stride + r)] != (r < rows ? static_cast<T>(r * in_stride + c) : T(-1));

      // The sums are whole numbers that have no rounding errors.
      std::vector<T> again(out.size(), T(-1)), sums(static_cast<std::size_t>(rows), T(1));
      dimwise::simd::transpose_and_sum(in.data(), in_stride, rows, columns, again.data(), out_stride, sums.data());
      wrong += again != out;
      for (int r = 0; r < rows; ++r)
        wrong += sums[static_cast<std::size_t>(r)] != static_cast<T>(1 + columns * r * in_stride + columns * (columns - 1) / 2);
    }
  CHECK(wrong == 0);
}
