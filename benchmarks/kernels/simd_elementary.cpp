// benchmarks/kernels/simd_elementary.cpp: time of each elementary function, in nanoseconds for one register and one element.
#include <cstdio>
#include <dimwise/core/aligned.hpp>
#include <dimwise/simd/elementary.hpp>
#include <dimwise/simd/timing.hpp>

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
  measure<T>("exp", -3, 3, [](const P& x) { return exp(x); });
  measure<T>("log", 0.01, 9, [](const P& x) { return log(x); });
  measure<T>("tanh", -3, 3, [](const P& x) { return tanh(x); });
  measure<T>("tanh and slope", -3, 3, [](const P& x) {
    P slope;
    const P y = tanh_with_slope(x, slope);
    return y + slope;
  });
  measure<T>("sigmoid", -3, 3, [](const P& x) { return sigmoid(x); });
  measure<T>("sigmoid and slope", -3, 3, [](const P& x) {
    P slope;
    const P y = sigmoid_with_slope(x, slope);
    return y + slope;
  });
  measure<T>("softplus", -3, 3, [](const P& x) { return softplus(x); });
  measure<T>("sin", -9, 9, [](const P& x) { return sin(x); });
  measure<T>("cos", -9, 9, [](const P& x) { return cos(x); });
  measure<T>("sin and cos", -9, 9, [](const P& x) {
    P s, c;
    sincos(x, s, c);
    return s + c;
  });
  measure<T>("sqrt", 0.01, 9, [](const P& x) { return sqrt(x); });
  measure<T>("reciprocal", 0.01, 9, [](const P& x) { return reciprocal(x); });
  measure<T>("tan", -9, 9, [](const P& x) { return tan(x); });
  measure<T>("atan", -9, 9, [](const P& x) { return atan(x); });
  measure<T>("asin", -1, 1, [](const P& x) { return asin(x); });
  measure<T>("sinh", -3, 3, [](const P& x) { return sinh(x); });
  measure<T>("expm1", -3, 3, [](const P& x) { return expm1(x); });
  measure<T>("log1p", -0.9, 9, [](const P& x) { return log1p(x); });
  measure<T>("cbrt", -9, 9, [](const P& x) { return cbrt(x); });
  measure<T>("erf", -3, 3, [](const P& x) { return erf(x); });
  measure<T>("erfc", -3, 6, [](const P& x) { return erfc(x); });
  measure<T>("normal_cdf", -6, 3, [](const P& x) { return normal_cdf(x); });
  measure<T>("power 2.5", 0.01, 9, [](const P& x) { return power(x, 2.5); });
  measure<T>("power 1.3", 0.01, 9, [](const P& x) { return power(x, 1.3); });
}

}  // namespace

int main() {
  std::printf("%s\n", isa_name());
  measure_all<float>();
  measure_all<double>();
}
