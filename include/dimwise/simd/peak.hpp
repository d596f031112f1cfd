// simd/peak.hpp: how the rates of peak_rates.hpp are measured.
#pragma once
#include <dimwise/core/aligned.hpp>
#include <dimwise/simd/gemm.hpp>
#include <dimwise/simd/peak_rates.hpp>
#include <dimwise/simd/timing.hpp>

namespace dimwise::simd {
inline namespace DIMWISE_SIMD_ISA {

namespace detail {

/// 12 independent chains (latency 4, two a cycle, needs 8), enough of them for one to be at most 1 % overhead.
template <class T>
[[gnu::noinline]] inline T fma_chains(T factor, T summand, int steps) {
  constexpr int chains = 12;
  const pack<T> a = broadcast<T>(factor), b = broadcast<T>(summand);
  pack<T> x[chains];
#pragma GCC unroll 12
  for (int i = 0; i < chains; ++i) x[i] = broadcast<T>(static_cast<T>(i));
#pragma GCC unroll 1
  for (int k = 0; k < steps; ++k)
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) x[i] = fma(x[i], a, b);
  pack<T> sum = x[0];
  for (int i = 1; i < chains; ++i) sum += x[i];
  return reduce_add(sum);
}

}  // namespace detail

template <class T>
peak_rates measure_peak() {
  volatile T factor = T(0.999), summand = T(0.001), sink = T(0);
  constexpr int steps = 10000;
  const double chains = best_seconds([&] { sink = detail::fma_chains<T>(factor, summand, steps); });

  constexpr int packs = detail::tile_packs, rows = detail::tile_rows, depth = 128, columns = packs * lanes<T>;
  aligned_vector<T> a(rows * depth, T(0.5)), b(depth * columns, T(0.25)), c(rows * columns);
  gemm_strip<T> tile;
  tile.terms[0] = {a.data(), 1, rows, b.data(), columns, depth};
  tile.count = 1;
  tile.c = c.data();
  tile.c_stride = tile.columns = columns;
  const double product = best_seconds([&] {
    detail::gemm_tile<T, rows, packs>(tile, 0);
    sink = c[0];
  });
  return {2.0 * lanes<T> * 12 * steps / chains * 1e-9, 2.0 * rows * columns * depth / product * 1e-9};
}

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise::simd
