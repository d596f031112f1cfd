// solvers/triangular_inverse.hpp: inverts maps whose component i increases with x_i and sees no coordinate after it: sampling
// from autoregressive flows.
#pragma once
#include <cstddef>

#include "../kernel/compiled_model.hpp"

namespace dimwise {

/// z(x) of a kernel: outputs number `value` (z, one number for each dimension: the base_variables of a flow) and `slope` (D<1> of
/// it), at given parameters, times, inputs and constants (arrays as in `arguments`, for all samples).
template <class T>
struct triangular_map {
  const kernel_interface<T>* kernel = nullptr;
  std::size_t value = 0, slope = 1;
  int d = 1;
  const T* parameters = nullptr;
  const T* time = nullptr;
  const T* const* inputs = nullptr;
  const T* constants = nullptr;
};

struct inverse_options {
  double tolerance = 0;  ///< of |z_i - target_i| / (1 + |target_i|); 0: 64 times the rounding unit of T
  int most_steps = 200;  ///< for each coordinate
};

/// Finds x with z(x) = target, both [samples][d], coordinate after coordinate: Newton steps with the exact slope, kept inside a
/// bracket that is halved where they leave it. Drawn from N(0, 1), targets give draws from the flow whose base variables are z.
/// Returns the number of kernel calls on whole blocks: for each coordinate 2 where z is affine in x_i, about 5 to 10 where it is
/// not. Throws `error` naming sample and coordinate where no x_i is found.
template <class T>
std::size_t invert_triangular(const triangular_map<T>& map, std::size_t samples, const T* target, T* x,
                              const inverse_options& options = {});

extern template std::size_t invert_triangular(const triangular_map<float>&, std::size_t, const float*, float*,
                                              const inverse_options&);
extern template std::size_t invert_triangular(const triangular_map<double>&, std::size_t, const double*, double*,
                                              const inverse_options&);

}  // namespace dimwise
