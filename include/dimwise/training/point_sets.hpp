// training/point_sets.hpp: points that are not random: tensor grids, Gauss-Legendre nodes, Sobol sequences; and the volume that a
// set covers.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../ir/table.hpp"

namespace dimwise {

/// Points of a grid or Gauss set. The last coordinate runs fastest, time slowest.
struct point_set {
  std::vector<double> state;   ///< [points][d]
  std::vector<double> time;    ///< [points]
  std::vector<double> shares;  ///< [points] of a mean, with sum 1; empty: all equal
};

/// Number of points of a grid or Gauss set; 0 for other sets.
std::size_t fixed_points(const table& recording, const sample_set& set);
/// Its points. Nodes and weights are those of Boost.Math's zeros of Legendre polynomials.
point_set tensor_points(const table& recording, const sample_set& set);

/// The first `count` points of the Sobol sequence (Boost.Random; direction numbers of Joe and Kuo, 2008) in `dimensions` as
/// 53-bit fractions: bits[n * dimensions + j] = x 2^53. Whole numbers, so the same on every machine.
std::vector<std::uint64_t> sobol_bits(std::size_t dimensions, std::size_t count);

/// What a mean over the set is multiplied by to give an integral: the volume of its box, times the length of its times where t0 <
/// t1 and the model has a time; the surface of its box for faces (2 in one dimension: the two ends); 1 for a density.
double volume_of(const table& recording, const sample_set& set);

}  // namespace dimwise
