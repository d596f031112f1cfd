// core/random.hpp: random numbers that are a function of (seed, name, step, index) and of nothing else.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dimwise {

/// A named stream of random numbers without state: any number of it can be asked for, in any order, by any thread, and a
/// resumed or re-partitioned run gets the same digits. Philox4x64-10 (Salmon et al., SC 2011, through Random123) with the key
/// (seed, hash of the name) and the counter (index / 4, step, lane, 0). Only + - * / and square roots are used after that, so the
/// digits are the same on every machine that keeps IEEE double precision.
class random_stream {
 public:
  /// Streams whose seed or name differ are independent (names are told apart by a 64-bit FNV-1a hash).
  random_stream(std::uint64_t seed, std::string_view name);

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform(std::uint64_t step, std::uint64_t index, std::uint64_t lane = 0) const;
  /// Standard normal (Box-Muller with own logarithm and sine, relative error about 1e-15). |value| <= 8.7.
  double normal(std::uint64_t step, std::uint64_t index, std::uint64_t lane = 0) const;
  /// Uniform whole number in [0, n); n > 0, n < 2^53.
  std::uint64_t below(std::uint64_t n, std::uint64_t step, std::uint64_t index, std::uint64_t lane = 0) const;

  /// out[i] = uniform(step, first + i, lane): four numbers for one Philox call.
  void uniforms(std::uint64_t step, std::uint64_t first, std::size_t count, double* out, std::uint64_t lane = 0) const;
  /// out[i] = normal(step, first + i, lane).
  void normals(std::uint64_t step, std::uint64_t first, std::size_t count, double* out, std::uint64_t lane = 0) const;

  /// A permutation of 0 .. n - 1 (Fisher-Yates), written to out[n]; `step` numbers independent permutations.
  void permutation(std::uint64_t step, std::size_t n, std::uint32_t* out) const;
  std::vector<std::uint32_t> permutation(std::uint64_t step, std::size_t n) const;
  /// Reorders values by the permutation number `step`.
  template <class T>
  void shuffle(std::uint64_t step, std::vector<T>& values) const {
    const auto order = permutation(step, values.size());
    std::vector<T> moved;
    moved.reserve(values.size());
    for (auto i : order) moved.push_back(values[i]);
    values.swap(moved);
  }

 private:
  std::uint64_t key_[2];
};

/// The stream called `name` of a seed.
inline random_stream stream(std::uint64_t seed, std::string_view name) { return {seed, name}; }

}  // namespace dimwise
