// tests/package/two_units_main.cpp: headers in two units of one program, with models of the same name, do not meet.
#include <cstdio>

#include <dimwise/kernel/compiled_model.hpp>

dimwise::compiled_model first_model();
dimwise::compiled_model second_model();

static double value(const dimwise::compiled_model& m) {
  const double x[] = {5, 6};
  dimwise::arguments<double> in;
  in.samples = 1;
  in.state = x;
  double y[2] = {};
  double* out[] = {y};
  std::vector<double> workspace(m.in_double.outputs->evaluate_workspace() + 8);
  m.in_double.outputs->evaluate(nullptr, in, 0, 1, out, workspace.data());
  return y[1];
}

int main() {
  const double a = value(first_model()), b = value(second_model());
  std::printf("%g %g\n", a, b);
  return a == 12 && b == 19 ? 0 : 1;
}
