// tests/package/two_units_main.cpp: headers in several units of one program, with models of the same name, do not meet, also
// where each unit is compiled for an instruction set of its own.
#include <cstdio>
#include <string>

#include <dimwise/kernel/compiled_model.hpp>

dimwise::compiled_model first_model();
dimwise::compiled_model second_model();
#ifdef SECOND_ISA
dimwise::compiled_model baseline_model();
#endif

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
  const dimwise::compiled_model first = first_model(), second = second_model();
  const double a = value(first), b = value(second);
  std::printf("%g (%s) %g (%s)\n", a, first.isa.c_str(), b, second.isa.c_str());
  bool good = a == 12 && b == 19;
#ifdef SECOND_ISA
  const dimwise::compiled_model third = baseline_model();
  const double c = value(third);
  std::printf("%g (%s)\n", c, third.isa.c_str());
  good = good && c == 31 && second.isa == SECOND_ISA && third.isa == "sse2";
#endif
  return good ? 0 : 1;
}
