// benchmarks/kernels/simd_gemm.cpp: rate of the register-tile product beside the two peaks of this core.
#include <cstdio>
#include <dimwise/core/aligned.hpp>
#include <dimwise/simd/peak.hpp>
#include <dimwise/simd/timing.hpp>
#include <dimwise/simd/transpose.hpp>

using namespace dimwise::simd;

namespace {

template <class T>
void measure(int rows, int depth, int packs, bool rows_adjacent, double load_fed) {
  const int columns = packs * lanes<T>;
  dimwise::aligned_vector<T> a(static_cast<std::size_t>(rows * depth), T(0.5)),
      b(static_cast<std::size_t>(depth * columns), T(0.25)), c(static_cast<std::size_t>(rows * columns));
  const gemm_arguments<T> g{
      a.data(), rows_adjacent ? 1 : depth, rows_adjacent ? rows : 1, b.data(), columns, c.data(), columns, rows, depth, columns};
  const double seconds = best_seconds([&] {
    gemm(g, gemm_start::zero);
    asm volatile("" : : "r"(c.data()) : "memory");
  });
  const double rate = 2.0 * rows * depth * columns / seconds * 1e-9;
  std::printf("  %3d x %3d x %d packs, %-12s %7.1f GFLOP/s, %3.0f %% of load-fed\n", rows, depth, packs,
              rows_adjacent ? "A by columns" : "A by rows", rate, 100 * rate / load_fed);
}

template <class T>
void measure_all() {
  const peak_rates peak = measure_peak<T>();
  std::printf("%s %s: %.1f GFLOP/s in registers, %.1f load-fed\n", isa_name(), sizeof(T) == 4 ? "float" : "double",
              peak.register_gflops, peak.load_fed_gflops);
  for (const bool rows_adjacent : {true, false})
    for (const int packs : {1, 2, 3, 4, 5, 6, 8}) measure<T>(64, 64, packs, rows_adjacent, peak.load_fed_gflops);
  for (const int rows : {1, 2, 8, 33}) measure<T>(rows, 64, 2, true, peak.load_fed_gflops);
  dimwise::aligned_vector<T> in(64 * 64), out(64 * 64);
  const double seconds = best_seconds([&] {
    transpose(in.data(), 64, 64, 64, out.data(), 64);
    asm volatile("" : : "r"(out.data()) : "memory");
  });
  std::printf("  transpose 64 x 64: %.3f ns an element\n", seconds * 1e9 / 4096);
}

}  // namespace

int main() {
  measure_all<float>();
  measure_all<double>();
}
