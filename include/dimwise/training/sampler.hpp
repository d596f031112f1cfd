// training/sampler.hpp: draws the samples of a set for one training step, as arrays that kernels read.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../core/aligned.hpp"
#include "../core/random.hpp"
#include "../core/team.hpp"
#include "../kernel/compiled_model.hpp"
#include "data_sets.hpp"
#include "parallel.hpp"
#include "point_sets.hpp"

namespace dimwise {

/// Samples in the model's coordinates, with memory of their own.
template <class T>
struct sample_batch {
  std::size_t samples = 0;
  aligned_vector<T> state, time;
  std::vector<aligned_vector<T>> inputs;  ///< one for each input slot
  std::vector<const T*> input_pointers;
  std::vector<double> shares;  ///< [samples] of a mean, with sum 1 (Gauss-Legendre weights); empty: all equal
  double share(std::size_t sample) const { return shares.empty() ? 1 / double(samples) : shares[sample]; }
  /// Room for n samples of the recording.
  void reserve(const table& recording, std::size_t n);
  arguments<T> view(const T* constants) const;
};

/// Draws from Gaussian mixtures, with memory for the outputs of their kernels.
template <class T>
class mixture_sampler {
 public:
  /// state[n][d] of samples first .. first + n - 1 at time[n]; n <= what was reserved. Component by its log weight, then a
  /// Gaussian.
  void draw(const compiled_model& model, int mixture, const T* parameters, const arguments<T>& in, const random_stream& numbers,
            std::uint64_t step, std::uint64_t first, team& workers, T* state);
  void reserve(const compiled_model& model, int mixture, std::size_t n);

 private:
  aligned_vector<T> values_[3];  // log weights, means, log deviations
  std::vector<double> numbers_;
  parallel_memory<T> memory_;
};

/// Draws samples as a function of (seed, set, stage, step): nothing is kept between calls but memory.
template <class T>
class sampler {
 public:
  /// `model` and `sets` must outlive it. capacity: the largest batch. Allocates everything that later calls need.
  sampler(const compiled_model& model, const data_sets& sets, std::uint64_t seed, std::size_t capacity);

  /// `count` training samples of a set; grids and Gauss nodes: all of them, whatever the count. Rows come in the order of a new
  /// permutation for each pass over the data. `parameters` are what a density set is drawn with; `constants` may be null where
  /// the model has none.
  void draw(int set, int stage, std::uint64_t step, std::size_t count, const T* parameters, const T* constants, team& workers,
            sample_batch<T>& out);
  /// Fixed samples for validation: the held-out rows (all rows where none are held out), at most capacity; fixed random numbers
  /// for other sets; of grids and Gauss nodes all.
  void draw_validation(int set, std::size_t count, const T* parameters, const T* constants, team& workers, sample_batch<T>& out);
  /// How many validation samples a set gives when asked for `count`.
  std::size_t validation_samples(int set, std::size_t count) const;

 private:
  struct order {  // the permutation of a set's training rows in use
    std::uint64_t number = ~std::uint64_t(0);
    std::vector<std::uint32_t> rows;
  };
  /// What one draw is made from: rows of a set (file, transitions, jittered) and numbers of a stream.
  struct source {
    const sample_set* set = nullptr;
    const std::uint32_t* rows = nullptr;
    std::size_t count = 0;
    const random_stream* numbers = nullptr;
    std::uint64_t step = 0;
    const T* parameters = nullptr;
    const T* constants = nullptr;
  };
  int rows_of(int set) const;
  void fill(const source& from, int set, team& workers, sample_batch<T>& out);
  void copy_rows(const source& from, int set, sample_batch<T>& out) const;
  void draw_times(const source& from, sample_batch<T>& out);
  void draw_box(const source& from, sample_batch<T>& out);
  void draw_faces(const source& from, sample_batch<T>& out);
  void draw_sobol(const source& from, int set, sample_batch<T>& out);
  void copy_points(int set, sample_batch<T>& out) const;

  const compiled_model& model_;
  const data_sets& sets_;
  std::size_t capacity_;
  std::vector<order> orders_;
  std::vector<random_stream> order_streams_, value_streams_, validation_streams_;
  std::vector<std::vector<std::uint32_t>> validation_rows_;
  std::vector<std::uint32_t> chosen_;
  std::vector<point_set> points_;                  // of grids and Gauss sets
  std::vector<std::vector<std::uint64_t>> sobol_;  // [set][capacity][d + 1]: time last
  std::vector<double> numbers_;
  std::vector<std::uint64_t> shift_;
  mixture_sampler<T> mixture_;
};

/// n samples of a mixture at given times: state[n][d] in the model's coordinates. Component by its log weight, then a Gaussian.
/// Digits depend on (seed, index of the sample) only. time may be null for mixtures without time.
template <class T>
void sample_mixture(const compiled_model& model, int mixture, const T* parameters, const T* constants, std::size_t n,
                    const T* time, std::uint64_t seed, team& workers, T* state);

}  // namespace dimwise
