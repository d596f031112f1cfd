// tests/package/two_units_baseline.cpp: a third model of the same name, for the least instruction set: its kernels come from the
// headers alone (see two_units_main.cpp).
#include <dimwise/kernel.hpp>

namespace {
constexpr void same_name(dimwise::model& m) {
  auto x = m.state<"x", 2>();
  m.output<"y">(x * 5 + 1);
}
}  // namespace

dimwise::compiled_model baseline_model() { return dimwise::compile<same_name>("third"); }
