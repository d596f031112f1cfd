// training/integrals.hpp: the integrals of a model: means over their sample sets times volumes.
#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "../core/team.hpp"
#include "../kernel/compiled_model.hpp"
#include "data_sets.hpp"

namespace dimwise {

struct integral_value {
  double value = 0;
  double standard_error = std::numeric_limits<double>::quiet_NaN();  ///< NaN for quadrature, whose error is not random
  std::size_t points = 0;
};

/// Integral number `index` of a model. Sets of random points: the mean over `samples` of them and its standard error. Sobol sets:
/// samples / 16 points with 16 independent shifts, whose spread gives the error. Grids and Gauss nodes: all their points.
/// constants: by name, instead of their defaults. Throws `error` where the integrand reads an input, which the points of a set do
/// not carry. The digits do not depend on the number of threads.
template <class T>
integral_value integrate(const compiled_model& model, int index, const std::vector<double>& parameters,
                         const std::map<std::string, double>& constants, std::size_t samples, std::uint64_t seed, team& workers);

}  // namespace dimwise
