// tests/compile_fail/missing_input.cpp: a call of a model by name that leaves an input out.
#include <dimwise/kernel/evaluator.hpp>
#include <dimwise/language.hpp>
using namespace dimwise;

namespace {
constexpr void decay(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  m.output<"y">(x * exp(-t));
}
[[maybe_unused]] double first(const evaluator<decay>& values, const std::vector<double>& x, const std::vector<double>& t) {
#ifdef TWIN
  return values({}, "x"_in = x, "t"_in = t).of("y")[0];
#else
  return values({}, "x"_in = x).of("y")[0] + t[0];  // expect: an input of the model has no argument
#endif
}
}  // namespace
