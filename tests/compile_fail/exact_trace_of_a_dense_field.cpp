// tests/compile_fail/exact_trace_of_a_dense_field.cpp: a flow of a network that mixes all coordinates, with its exact trace.
#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>
using namespace dimwise;

constexpr auto mixing = network<"mixing">(mlp{16});

namespace {
constexpr void program(model& m) {
  auto x = m.state<"x", 4>();
#ifdef TWIN
  m.flow<"flow", trace::hutchinson>(mixing(x, m.time<"t">()));
#else
  m.flow<"flow">(mixing(x, m.time<"t">()));  // expect: f is dense, so that the exact trace of its Jacobian needs a pass per dimension
#endif
}
}  // namespace
[[maybe_unused]] constexpr table recorded = recording<program>::view;
