// solvers/triangular_inverse.cpp: safeguarded Newton steps for one coordinate of a block of samples at a time.
#include <dimwise/solvers/triangular_inverse.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <dimwise/core/aligned.hpp>
#include <dimwise/core/error.hpp>

namespace dimwise {
namespace {

/// Where one unknown is looked for.
template <class T>
struct search {
  T low = -std::numeric_limits<T>::infinity(), high = std::numeric_limits<T>::infinity(), stride = 1;
  bool found = false;

  /// The next place after f(x) = off with the slope there.
  T next(T x, T off, T slope) {
    (off < 0 ? low : high) = x;
    const T newton = x - off / slope;
    if (slope > 0 && newton > low && newton < high) return newton;
    if (std::isfinite(low) && std::isfinite(high)) return low + (high - low) / 2;
    stride *= 2;
    return off < 0 ? low + stride : high - stride;
  }
};

}  // namespace

template <class T>
std::size_t invert_triangular(const triangular_map<T>& map, std::size_t samples, const T* target, T* x,
                              const inverse_options& options) {
  const std::size_t d = std::size_t(map.d), block = map.kernel->block();
  const T tolerance = options.tolerance > 0 ? T(options.tolerance) : 64 * std::numeric_limits<T>::epsilon();
  aligned_vector<T> workspace(map.kernel->evaluate_workspace()), value(samples * d), slope(samples * d);
  std::vector<T*> out(map.kernel->outputs().size(), nullptr);
  out[map.value] = value.data();
  out[map.slope] = slope.data();
  arguments<T> in;
  in.samples = samples;
  in.state = x;
  in.time = map.time;
  in.inputs = map.inputs;
  in.constants = map.constants;
  std::size_t calls = 0;
  std::fill_n(x, samples * d, T(0));
  for (std::size_t begin = 0; begin < samples; begin += block) {
    const std::size_t end = std::min(samples, begin + block);
    for (std::size_t i = 0; i < d; i++) {
      std::vector<search<T>> unknowns(end - begin);
      for (int step = 0;; step++) {
        map.kernel->evaluate(map.parameters, in, begin, end, out.data(), workspace.data());
        calls++;
        bool all = true;
        for (std::size_t s = begin; s < end; s++) {
          search<T>& u = unknowns[s - begin];
          const T off = value[s * d + i] - target[s * d + i];
          u.found = u.found || std::abs(off) <= tolerance * (1 + std::abs(target[s * d + i]));
          if (u.found) continue;
          if (step == options.most_steps || !(off == off))
            throw error("the map cannot be inverted: no x was found for coordinate " + std::to_string(i) + " of sample " +
                        std::to_string(s) + "; z_i must increase with x_i and see no coordinate after it");
          const T next = u.next(x[s * d + i], off, slope[s * d + i]);
          u.found = next == x[s * d + i];  // the bracket is down to neighbouring numbers
          x[s * d + i] = next;
          all = false;
        }
        if (all) break;
      }
    }
  }
  return calls;
}

template std::size_t invert_triangular(const triangular_map<float>&, std::size_t, const float*, float*, const inverse_options&);
template std::size_t invert_triangular(const triangular_map<double>&, std::size_t, const double*, double*,
                                       const inverse_options&);

}  // namespace dimwise
