// tests/support/table_text.cpp: a recording as text, for failures of property tests.
#include <sstream>

#include "table_builder.hpp"

namespace dimwise::testing {
namespace {

const char* const op_names[] = {
    "literal",       "constant",  "time",         "along",     "input",      "input_per_dim", "state",   "index",
    "indicator",     "parameter", "add",          "sub",       "mul",        "div",           "pow",     "choose",
    "erf",           "erfc",      "normal_cdf",   "expm1",     "log1p",      "tan",           "asin",    "acos",
    "atan",          "sinh",      "cosh",         "cbrt",      "relu",       "abs",           "exp",     "log",
    "tanh",          "softplus",  "sigmoid",      "sin",       "cos",        "sqrt",          "sq",      "power",
    "exp_relative",  "logsumexp", "sum_features", "concat",    "slice",      "linear",        "unstack", "masked_input",
    "masked_hidden", "readout",   "sum",          "component", "sum_others", "shift",         "D",       "dt",
    "frozen",        "held",      "detach"};
static_assert(std::size(op_names) == std::size_t(op::detach) + 1);

}  // namespace

std::string to_text(const table& t) {
  std::ostringstream s;
  s.precision(17);
  s << "d = " << t.d << ", " << t.parameters << " parameters\n";
  for (int i = 0; i < t.node_count; i++) {
    const node& n = t.nodes[i];
    s << "  %" << i << " = " << op_names[int(n.o)] << "(";
    if (n.a >= 0) s << "%" << n.a;
    if (n.b >= 0) s << ", %" << n.b;
    s << ")";
    if (n.o == op::literal || n.o == op::power) s << " value " << n.value;
    if (n.n) s << " n " << n.n;
    if (n.o == op::shift)
      s << " by " << n.offset.rows << ", " << n.offset.columns << " on rows of " << n.offset.width
        << (n.offset.periodic ? " periodic" : "");
    for (int w : {n.weight, n.weight2, n.bias})
      if (w >= 0) s << " " << t.tensors[w].name.view();
    s << "  : " << (n.k.l == level::point ? "point" : n.k.l == level::dim ? "dim" : "units") << "[" << n.k.width << "]";
    s << " depends " << int(n.k.d) << (n.k.dimwise ? "" : " dense") << "\n";
  }
  for (int i = 0; i < t.output_count; i++) s << "output " << t.outputs[i].name.view() << " = %" << t.outputs[i].node << "\n";
  for (int i = 0; i < t.objective_count; i++)
    s << "objective " << t.objectives[i].name.view() << " = %" << t.objectives[i].node << "\n";
  return s.str();
}

}  // namespace dimwise::testing
