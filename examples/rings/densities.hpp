// examples/rings/densities.hpp: two-dimensional densities that are drawn from and known exactly.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rings_example {

/// A density of x = (x_1, x_2).
class density {
 public:
  virtual ~density() = default;
  virtual std::string name() const = 0;
  /// Sample number `index` of a draw; u: four uniform, z: three standard normal numbers.
  virtual void point(const double* u, const double* z, double* x) const = 0;
  /// log p(x), in nats; minus infinity where p is zero.
  virtual double log_prob(const double* x) const = 0;
  /// Half the side of the square that pictures show.
  virtual double reach() const { return 3; }

  /// Samples number 0 .. samples - 1 of draw `step`: the same for the same seed, name and step.
  template <class T>
  void draw(std::uint64_t seed, std::uint64_t step, std::size_t samples, T* x) const;
};

/// rings, eight_gaussians, pinwheel, spirals, moons, checkerboard.
const std::vector<const density*>& all_densities();
/// Throws `dimwise::error` with the names that there are.
const density& density_of(const std::string& name);

}  // namespace rings_example
