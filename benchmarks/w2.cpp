// benchmarks/w2.cpp: workload W2, the transformer kernel in double precision and its parameter gradient: tau 9 -> 32 -> 32 -> 1.
// Order: -DDIMWISE_K=1, 2 or 4 (default 2). Unit: a row.
#include <dimwise/run.hpp>

#ifndef DIMWISE_K
#define DIMWISE_K 2
#endif

namespace {
using namespace dimwise;

constexpr auto tau = network<"tau">(mlp{32, 32}, outputs{1});

template <int k>
constexpr void w2(model& m) {
  auto x = m.state<"x", 1>();
  auto features = m.input<"features", 8>();
  auto f = tau(x, features);
  m.output<"f">(f);
  m.output<"D1">(D<1>(f));
  if constexpr (k >= 2) m.output<"D2">(D<2>(f));
  if constexpr (k >= 4) m.output<"D3">(D<3>(f));
  if constexpr (k >= 4) m.output<"D4">(D<4>(f));
  if constexpr (k == 2) m.minimize<"loss">(0.5 * sq(sum(f + D<1>(f) + D<2>(f))), m.samples<"points">());
}
}  // namespace

int main(int argc, char** argv) { return run<w2<DIMWISE_K>>(argc, argv, "w2"); }
