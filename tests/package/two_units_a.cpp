// tests/package/two_units_a.cpp: one of the files with a model of the same name in a program (see two_units_main.cpp).
#include <dimwise/kernel.hpp>

namespace {
constexpr void same_name(dimwise::model& m) {
  auto x = m.state<"x", 2>();
  m.output<"y">(x * 2);
}
}  // namespace

dimwise::compiled_model first_model() { return dimwise::compile<same_name>("first"); }
