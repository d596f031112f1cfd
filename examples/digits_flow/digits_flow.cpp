// examples/digits_flow/digits_flow.cpp: a flow on the principal components of digits, with the exact trace and with Hutchinson's
// estimate.
#include <dimwise/run.hpp>

#include "examples/digits_flow/demo.hpp"

#ifndef DIMWISE_D
#define DIMWISE_D 64
#endif

using namespace dimwise;

namespace {

constexpr auto field = hollow_net<"field">(masked_mlp{128}, features{16}, mlp{32, 32}, last_layer_scale{0.1});

template <int d>
constexpr void digits(model& m) {
  auto f = field(m.state<"x", d>(), m.index() / (d - 1.0),
                 m.time<"t">());  // the transformer is shared: the index tells it which component
  m.flow<"exact">(f);
  m.flow<"hutchinson", trace::hutchinson>(f);
}

}  // namespace

int main(int argc, char** argv) {
  runner program(compile<digits<DIMWISE_D>>("digits_flow"), peaks_here());
  digits_flow::add_demo(program);
  return program.run(argc, argv);
}
