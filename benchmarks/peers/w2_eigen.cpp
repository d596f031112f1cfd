// benchmarks/peers/w2_eigen.cpp: workload W2 with Eigen's AutoDiffScalar, nested k times (its operators take numbers at up to two
// levels).
#include <Eigen/Core>
#include <unsupported/Eigen/AutoDiff>

#include "nested.hpp"
#include "w2_peer.hpp"

namespace {
template <class Inner>
struct eigen_number {
  using type = Eigen::AutoDiffScalar<Eigen::Matrix<Inner, 1, 1>>;
  static type with_slope(const Inner& x, const Inner& slope) { return type(x, Eigen::Matrix<Inner, 1, 1>::Constant(slope)); }
  static const Inner& value(const type& y) { return y.value(); }
  static const Inner& slope(const type& y) { return y.derivatives()[0]; }
};

// Eigen's own tanh divides by the square of cosh; an expert writes the rule that needs nothing but the value.
template <class Inner>
auto tanh_of(const Eigen::AutoDiffScalar<Eigen::Matrix<Inner, 1, 1>>& z) {
  Inner t;
  if constexpr (std::is_same_v<Inner, double>) t = std::tanh(z.value());
  else t = tanh_of(z.value());
  const Inner slope = (Inner(1) - t * t) * z.derivatives()[0];
  return eigen_number<Inner>::with_slope(t, slope);
}
}  // namespace
namespace Eigen {
template <class Inner>
AutoDiffScalar<Matrix<Inner, 1, 1>> tanh(const AutoDiffScalar<Matrix<Inner, 1, 1>>& z) {
  return tanh_of(z);
}
}  // namespace Eigen

int main(int argc, char** argv) {
  return w2::serve_orders<2>(argc, argv, "Eigen 3", []<int K>(const w2::job& j, double x, const double* features, double* out) {
    using number = nested_number<eigen_number, K>;
    const typename number::type y = w2::evaluate(j, number::seed(x), features);
    for (int n = 0; n <= K; n++) out[n] = number::order(y, n);
  });
}
