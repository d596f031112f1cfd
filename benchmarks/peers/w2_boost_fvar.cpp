// benchmarks/peers/w2_boost_fvar.cpp: workload W2 with Boost.Math's autodiff: fvar<double, k> holds all orders.
#include <boost/math/differentiation/autodiff.hpp>
#include <boost/version.hpp>

#include "w2_peer.hpp"

int main(int argc, char** argv) {
  return w2::serve_orders(argc, argv, "Boost " BOOST_LIB_VERSION,
                          []<int K>(const w2::job& j, double x, const double* features, double* out) {
                            const auto y = w2::evaluate(j, boost::math::differentiation::make_fvar<double, K>(x), features);
                            for (int n = 0; n <= K; n++) out[n] = y.derivative(std::size_t(n));
                          });
}
