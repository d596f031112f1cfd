// tests/package/consumer/spring.cpp: a small model of a project that uses an installed dimwise.
#include <dimwise/run.hpp>

namespace {
constexpr void spring(dimwise::model& m) {
  auto x = m.state<"x", 2>();
  auto stiffness = m.constant<"stiffness">(2);
  m.output<"force">(-stiffness * x);
}
}  // namespace

int main(int argc, char** argv) { return dimwise::run<spring>(argc, argv); }
