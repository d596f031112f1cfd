// benchmarks/peers/w2_ceres.cpp: workload W2 with Ceres's Jet, nested k times (its operators take numbers at up to two levels).
#include <ceres/jet.h>
#include <ceres/version.h>

#include "nested.hpp"
#include "w2_peer.hpp"

namespace {
template <class Inner>
struct ceres_number {
  using type = ceres::Jet<Inner, 1>;
  static type with_slope(const Inner& x, const Inner& slope) {
    type y(x);
    y.v[0] = slope;
    return y;
  }
  static const Inner& value(const type& y) { return y.a; }
  static const Inner& slope(const type& y) { return y.v[0]; }
};
}  // namespace

int main(int argc, char** argv) {
  return w2::serve_orders<2>(argc, argv, "Ceres " CERES_VERSION_STRING,
                             []<int K>(const w2::job& j, double x, const double* features, double* out) {
                               using number = nested_number<ceres_number, K>;
                               const typename number::type y = w2::evaluate(j, number::seed(x), features);
                               for (int n = 0; n <= K; n++) out[n] = number::order(y, n);
                             });
}
