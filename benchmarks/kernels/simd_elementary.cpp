// benchmarks/kernels/simd_elementary.cpp: time of each elementary function, in nanoseconds for one register and one element.
#include <cstdio>
#include <dimwise/core/aligned.hpp>
#include <dimwise/simd/elementary.hpp>
#include <dimwise/simd/timing.hpp>

namespace simd = dimwise::simd;
using namespace dimwise::simd;

namespace {

constexpr int count = 2048;  // in and out fit into the first-level cache

template <class T, class F>
[[gnu::noinline]] void apply(const T* in, T* out, F f) {
  for (int i = 0; i < count; i += lanes<T>) store(out + i, f(load(in + i)));
}

template <class T, class F>
void measure(const char* name, double low, double high, F f) {
  dimwise::aligned_vector<T> in(count), out(count);
  for (int i = 0; i < count; ++i)
    in[static_cast<std::size_t>(i)] = static_cast<T>(low + (high - low) * ((i * 997) % count + 0.5) / count);
  const double seconds = best_seconds([&] {
    apply(in.data(), out.data(), f);
    asm volatile("" : : "r"(out.data()) : "memory");
  });
  std::printf("%-7s %-16s %8.2f ns/register %8.3f ns/element\n", sizeof(T) == 4 ? "float" : "double", name,
              seconds * 1e9 * lanes<T> / count, seconds * 1e9 / count);
}

template <class T>
void measure_all() {
  using P = pack<T>;
  measure<T>("copy", -3, 3, [](const P& x) { return x; });
  measure<T>("exp", -3, 3, [](const P& x) { return simd::exp(x); });
  measure<T>("log", 0.01, 9, [](const P& x) { return simd::log(x); });
  measure<T>("tanh", -3, 3, [](const P& x) { return simd::tanh(x); });
  measure<T>("tanh and slope", -3, 3, [](const P& x) {
    P slope;
    const P y = simd::tanh_with_slope(x, slope);
    return y + slope;
  });
  measure<T>("sigmoid", -3, 3, [](const P& x) { return simd::sigmoid(x); });
  measure<T>("sigmoid and slope", -3, 3, [](const P& x) {
    P slope;
    const P y = simd::sigmoid_with_slope(x, slope);
    return y + slope;
  });
  measure<T>("softplus", -3, 3, [](const P& x) { return simd::softplus(x); });
  measure<T>("sin", -9, 9, [](const P& x) { return simd::sin(x); });
  measure<T>("cos", -9, 9, [](const P& x) { return simd::cos(x); });
  measure<T>("sin and cos", -9, 9, [](const P& x) {
    P s, c;
    simd::sincos(x, s, c);
    return s + c;
  });
  measure<T>("sqrt", 0.01, 9, [](const P& x) { return simd::sqrt(x); });
  measure<T>("reciprocal", 0.01, 9, [](const P& x) { return simd::reciprocal(x); });
  measure<T>("tan", -9, 9, [](const P& x) { return simd::tan(x); });
  measure<T>("atan", -9, 9, [](const P& x) { return simd::atan(x); });
  measure<T>("asin", -1, 1, [](const P& x) { return simd::asin(x); });
  measure<T>("sinh", -3, 3, [](const P& x) { return simd::sinh(x); });
  measure<T>("expm1", -3, 3, [](const P& x) { return simd::expm1(x); });
  measure<T>("log1p", -0.9, 9, [](const P& x) { return simd::log1p(x); });
  measure<T>("cbrt", -9, 9, [](const P& x) { return simd::cbrt(x); });
  measure<T>("erf", -3, 3, [](const P& x) { return simd::erf(x); });
  measure<T>("erfc", -3, 6, [](const P& x) { return simd::erfc(x); });
  measure<T>("normal_cdf", -6, 3, [](const P& x) { return simd::normal_cdf(x); });
  measure<T>("power 2.5", 0.01, 9, [](const P& x) { return simd::power(x, 2.5); });
  measure<T>("power 1.3", 0.01, 9, [](const P& x) { return simd::power(x, 1.3); });
}

}  // namespace

int main() {
  std::printf("%s\n", isa_name());
  measure_all<float>();
  measure_all<double>();
}
