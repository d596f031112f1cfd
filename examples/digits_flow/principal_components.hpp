// examples/digits_flow/principal_components.hpp: the leading components of rows, each with mean 0 and variance 1.
#pragma once
#include <cstddef>
#include <vector>

namespace digits_flow {

class principal_components {
 public:
  /// Of rows [rows][width]; count <= width. Throws `dimwise::error` where there are fewer rows than components. O(rows width^2 +
  /// width^3).
  principal_components(const float* values, std::size_t rows, std::size_t width, std::size_t count);
  std::size_t count() const { return deviation_.size(); }
  double explained() const { return explained_; }  ///< share of the variance
  /// [rows][width] -> [rows][count].
  std::vector<float> components(const float* values, std::size_t rows) const;
  /// Back, without what the components do not hold.
  std::vector<float> restored(const float* components, std::size_t rows) const;

 private:
  std::size_t width_;
  double explained_ = 0;
  std::vector<double> mean_, axes_, deviation_;  ///< axes: [width][count]
};

}  // namespace digits_flow
