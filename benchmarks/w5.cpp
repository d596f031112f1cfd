// benchmarks/w5.cpp: workload W5, a training step of a continuous normalizing flow: its log density without a trace, with the
// exact one, with one probe of Hutchinson's, and with the full Jacobian. Dimensions: -DDIMWISE_D (default 8). Unit: a sample.
#include <dimwise/run.hpp>

#ifndef DIMWISE_D
#define DIMWISE_D 8
#endif

namespace {
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{128, 128}, features{32}, mlp{64, 64});

template <int d>
constexpr void w5(model& m) {
  auto f = drift(m.state<"x", d>(), m.time<"t">());
  m.flow<"none", trace::none>(f);
  m.flow<"exact">(f);
  m.flow<"hutchinson", trace::hutchinson>(f);
  m.flow<"full", trace::full>(f);
}
}  // namespace

int main(int argc, char** argv) { return run<w5<DIMWISE_D>>(argc, argv, "w5"); }
