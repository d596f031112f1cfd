// codegen/tool/roofline.hpp: figures of `bench` under the roofs of the machine (Williams, Waterman and Patterson, 2009).
#pragma once
#include <string>
#include <vector>

#include "codegen/runner/json_file.hpp"

namespace dimwise::tool {

/// A figure of `bench`: operations of matrix products for each byte of the caller's arrays, and their rate.
struct roofline_point {
  std::string workload, precision;
  double intensity = 0;  ///< floating-point operations a byte
  double gflops = 0;
};

/// The points of our own kernels; rows of peers, and those whose share or bytes are not known, have none.
std::vector<roofline_point> roofline_points(const json& rows);

/// Bytes that one core copies in a second, read and written, from arrays that no cache holds: the best of several.
double copy_rate();

/// Draws the points of `bench` rows, all with the same number of threads, below the rate in registers, the rate fed from the
/// nearest cache and what `bytes_a_second` allows, into a .png file. Throws `error` where there is no point, or gnuplot fails.
void draw_roofline(const json& rows, double bytes_a_second, const std::string& png);

}  // namespace dimwise::tool
