// training/parallel.hpp: kernels over many samples with a team of threads, with digits that do not depend on its size.
#pragma once
#include <cstddef>
#include <vector>

#include "../core/aligned.hpp"
#include "../core/team.hpp"
#include "../kernel/compiled_model.hpp"

namespace dimwise {

/// Memory for the calls below: grows to what the largest call needs, then stays.
template <class T>
struct parallel_memory {
  std::vector<aligned_vector<T>> workspaces;      ///< one for each thread
  std::vector<aligned_vector<double>> gradients;  ///< two for each thread, where a part may have to wait for its turn
};

/// In how many parts a gradient over `samples` is computed: one or an even number, a function of sizes alone. Each part but the
/// first costs a pass over a gradient of its own, so long parameter vectors get fewer.
std::size_t gradient_parts(std::size_t samples, std::size_t block, std::size_t parameters);

/// kernel.evaluate over all samples of `in`.
template <class T>
void evaluate_all(const kernel_interface<T>& kernel, const T* parameters, const arguments<T>& in, T* const* out, team& workers,
                  parallel_memory<T>& memory);

/// kernel.gradient over all samples of `in`: adds to gradient[parameters]. Parts are summed in a fixed order, so any number of
/// threads gives the same digits.
template <class T>
void gradient_all(const kernel_interface<T>& kernel, const T* parameters, std::size_t parameter_count, const arguments<T>& in,
                  const T* const* cotangents, T* const* out, double* gradient, team& workers, parallel_memory<T>& memory);

/// The same with memory and threads made for this call.
template <class T>
void evaluate_all(const kernel_interface<T>& kernel, const T* parameters, const arguments<T>& in, T* const* out, int threads = 1);
template <class T>
void gradient_all(const kernel_interface<T>& kernel, const T* parameters, std::size_t parameter_count, const arguments<T>& in,
                  const T* const* cotangents, T* const* out, double* gradient, int threads = 1);

/// Clears a gradient, with all threads where it is long.
void clear_all(double* gradient, std::size_t n, team& workers);
/// rounded[i] = T(parameters[i]), likewise.
template <class T>
void round_all(const double* parameters, T* rounded, std::size_t n, team& workers);

/// The mean of values[n], summed in double in the order of the array.
template <class T>
double mean_in_order(const T* values, std::size_t n);

}  // namespace dimwise
