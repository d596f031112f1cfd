// tests/package/consumer/headers.cpp: a kernel from the headers alone, without the runtime library.
#include <cstdio>
#include <dimwise/kernel.hpp>

namespace {
constexpr void twice(dimwise::model& m) {
  auto x = m.state<"x", 2>();
  m.output<"y">(x * 2);
}
}  // namespace

int main() {
  const auto kernel = dimwise::kernel<twice, double>();
  const double x[] = {3, 4};
  dimwise::arguments<double> in;
  in.samples = 1;
  in.state = x;
  double y[2] = {}, *out[] = {y};
  std::vector<double> workspace(kernel->evaluate_workspace());
  kernel->evaluate(nullptr, in, 0, 1, out, workspace.data());
  std::printf("%g %g\n", y[0], y[1]);
  return y[0] == 6 && y[1] == 8 ? 0 : 1;
}
