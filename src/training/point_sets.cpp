// training/point_sets.cpp: see point_sets.hpp.
#include <dimwise/training/point_sets.hpp>

#include <cmath>

#include <boost/math/special_functions/legendre.hpp>
#include <boost/random/sobol.hpp>

namespace dimwise {
namespace {

/// Nodes in [0, 1] and weights with sum 1.
struct rule {
  std::vector<double> nodes, weights;
};

rule midpoints(int n) {
  rule r;
  for (int i = 0; i < n; i++) {
    r.nodes.push_back((i + 0.5) / n);
    r.weights.push_back(1.0 / n);
  }
  return r;
}

rule gauss_legendre(int n) {
  rule r;
  const auto add = [&](double z) {
    const double slope = boost::math::legendre_p_prime(n, z);
    r.nodes.push_back(0.5 + 0.5 * z);
    r.weights.push_back(1 / ((1 - z) * (1 + z) * slope * slope));
  };
  // The zeros that are not negative, in increasing order; the rule is symmetric.
  const std::vector<double> zeros = boost::math::legendre_p_zeros<double>(n);
  for (std::size_t i = zeros.size(); i-- > 0;)
    if (zeros[i] > 0) add(-zeros[i]);
  for (const double z : zeros) add(z);
  return r;
}

std::size_t coordinates_of(const table& recording) { return recording.state_name.view().empty() ? 0 : std::size_t(recording.d); }

}  // namespace

std::size_t fixed_points(const table& recording, const sample_set& set) {
  if (!is_fixed(set.source)) return 0;
  std::size_t n = std::size_t(set.time_points);
  for (std::size_t i = 0; i < coordinates_of(recording); i++) n *= std::size_t(set.points);
  return n;
}

point_set tensor_points(const table& recording, const sample_set& set) {
  const bool gauss = set.source == sample_source::gauss;
  const rule along = gauss ? gauss_legendre(set.points) : midpoints(set.points);
  const rule in_time = gauss ? gauss_legendre(set.time_points) : midpoints(set.time_points);
  const std::size_t d = coordinates_of(recording), n = fixed_points(recording, set), p = along.nodes.size();
  point_set out;
  out.state.resize(n * d);
  out.time.resize(n);
  if (gauss) out.shares.resize(n);
  for (std::size_t s = 0; s < n; s++) {
    std::size_t rest = s;
    double share = 1;
    for (std::size_t i = d; i-- > 0; rest /= p) {
      out.state[s * d + i] = set.lower + (set.upper - set.lower) * along.nodes[rest % p];
      share *= along.weights[rest % p];
    }
    out.time[s] = set.t0 + (set.t1 - set.t0) * in_time.nodes[rest];
    if (gauss) out.shares[s] = share * in_time.weights[rest];
  }
  return out;
}

std::vector<std::uint64_t> sobol_bits(std::size_t dimensions, std::size_t count) {
  std::vector<std::uint64_t> bits(dimensions * count);
  boost::random::sobol points(dimensions);
  for (std::size_t i = dimensions; i < bits.size(); i++) bits[i] = points() >> 11;  // Boost leaves out the first point, 0
  return bits;
}

double volume_of(const table& recording, const sample_set& set) {
  if (set.source == sample_source::density) return 1;
  const double width = set.upper - set.lower;
  const std::size_t d = coordinates_of(recording);
  double volume = set.source == sample_source::faces ? 2.0 * double(d) / width : 1.0;
  for (std::size_t i = 0; i < d; i++) volume *= width;
  const bool in_time = set.t0 < set.t1 && !recording.time_name.view().empty();
  return in_time ? volume * (set.t1 - set.t0) : volume;
}

}  // namespace dimwise
