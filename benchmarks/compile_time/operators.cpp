// benchmarks/compile_time/operators.cpp: a model of OPERATORS operators with shared operands, recorded; with -DKERNEL also
// compiled into a kernel with its gradient. OPERATORS 0: the header alone.
#ifdef KERNEL
#include <dimwise/kernel.hpp>
#else
#include <dimwise/language.hpp>
#endif
#include <dimwise/language/recording.hpp>

#if OPERATORS > 0
namespace {
using namespace dimwise;

/// One operation of each class: products and sums of x, of a table of parameters, of the time, with numbers.
constexpr void operators(model& m) {
  auto x = m.state<"x", 4>();
  auto t = m.time<"t">();
  auto w = m.parameter_per_dim<"w">(normal{1.0});
  value y = x;
  for (int i = 0; i < OPERATORS / 4; i++) {
    y = y * (0.1 * i + 0.5);
    y = y + (i % 3 ? value(w) : value(t));
    y = y * x;
    y = i % 5 ? tanh(y) : y - x;
  }
  m.output<"y">(y);
}
static_assert(recording<operators>::view.node_count > OPERATORS);
}  // namespace
#ifdef KERNEL
auto compiled() { return kernel<operators, double, true>(); }
#endif
#endif
