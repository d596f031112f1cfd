// benchmarks/w1.cpp: workload W1, the transformer kernel: tau 32 -> 64 -> 64 -> 64 -> 1, values and derivatives up to order k.
// Order: -DDIMWISE_K=0..4 (default 2); width of the hidden layers: -DDIMWISE_WIDTH (default 64). Unit: a row.
#include <dimwise/run.hpp>

#ifndef DIMWISE_K
#define DIMWISE_K 2
#endif
#ifndef DIMWISE_WIDTH
#define DIMWISE_WIDTH 64
#endif

namespace {
using namespace dimwise;

constexpr auto tau = network<"tau">(mlp{DIMWISE_WIDTH, DIMWISE_WIDTH, DIMWISE_WIDTH}, outputs{1});

template <int k>
constexpr void w1(model& m) {
  auto x = m.state<"x", 1>();
  auto features = m.input<"features", 31>();
  auto f = tau(x, features);
  m.output<"f">(f);
  if constexpr (k >= 1) m.output<"D1">(D<1>(f));
  if constexpr (k >= 2) m.output<"D2">(D<2>(f));
  if constexpr (k >= 3) m.output<"D3">(D<3>(f));
  if constexpr (k >= 4) m.output<"D4">(D<4>(f));
}
}  // namespace

int main(int argc, char** argv) { return run<w1<DIMWISE_K>>(argc, argv, "w1"); }
