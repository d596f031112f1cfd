// benchmarks/w3b.cpp: workload W3b, the operator sweep over d with exclusive pooling: the cost of a dimension does not depend on
// d. Dimensions: -DDIMWISE_D (default 8), order: -DDIMWISE_K=0..4 (default 2). Unit: a sample and dimension.
#include <dimwise/run.hpp>

#ifndef DIMWISE_D
#define DIMWISE_D 8
#endif
#ifndef DIMWISE_K
#define DIMWISE_K 2
#endif

namespace {
using namespace dimwise;

constexpr auto net = hollow_net<"net">(exclusive_pool{64, 64}, features{32}, mlp{64, 64});

template <int d, int k>
constexpr void w3b(model& m) {
  auto x = m.state<"x", d>();
  auto f = net(x);
  m.output<"f">(f);
  if constexpr (k >= 1) m.output<"D1">(D<1>(f));
  if constexpr (k >= 2) m.output<"D2">(D<2>(f));
  if constexpr (k >= 3) m.output<"D3">(D<3>(f));
  if constexpr (k >= 4) m.output<"D4">(D<4>(f));
}
}  // namespace

int main(int argc, char** argv) { return run<w3b<DIMWISE_D, DIMWISE_K>>(argc, argv, "w3b"); }
