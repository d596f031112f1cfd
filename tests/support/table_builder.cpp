// tests/support/table_builder.cpp: the nodes of hand-made recordings with their shapes, dependence and differentiability.
#include "table_builder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "dimwise/analysis/node_facts.hpp"
#include "dimwise/analysis/node_kind.hpp"

namespace dimwise::testing {
namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "table_builder: " << what << "\n";
  std::abort();
}

}  // namespace

table_builder::table_builder(const table& t)
    : d(t.d),
      nodes(t.nodes, t.nodes + t.node_count),
      tensors(t.tensors, t.tensors + t.tensor_count),
      inputs(t.inputs, t.inputs + t.input_count),
      constants(t.constants, t.constants + t.constant_count),
      equations(t.equations, t.equations + t.equation_count),
      outputs(t.outputs, t.outputs + t.output_count),
      sets(t.sets, t.sets + t.set_count),
      objectives(t.objectives, t.objectives + t.objective_count),
      parameters(t.parameters) {}

table table_builder::view() const {
  table t;
  t.nodes = nodes.data(), t.node_count = int(nodes.size());
  t.tensors = tensors.data(), t.tensor_count = int(tensors.size());
  t.inputs = inputs.data(), t.input_count = int(inputs.size());
  t.constants = constants.data(), t.constant_count = int(constants.size());
  t.equations = equations.data(), t.equation_count = int(equations.size());
  t.outputs = outputs.data(), t.output_count = int(outputs.size());
  t.sets = sets.data(), t.set_count = int(sets.size());
  t.objectives = objectives.data(), t.objective_count = int(objectives.size());
  t.state_name = std::string_view("x"), t.time_name = std::string_view("t");
  t.d = d, t.parameters = parameters;
  return t;
}

int table_builder::add(node n) {
  n.k = kind_of_node(n, nodes.data(), tensors.data());
  for (std::size_t i = 0; i < nodes.size(); i++)
    if (nodes[i] == n) return int(i);
  nodes.push_back(n);
  return int(nodes.size()) - 1;
}

int table_builder::add_tensor(const std::string& name, std::vector<int> shape, double scale, mask m, int coordinate_width) {
  tensor w;
  w.name = short_name(name);
  w.rank = int(shape.size());
  for (std::size_t i = 0; i < shape.size(); i++) w.shape[i] = shape[i];
  for (std::size_t i = 0; i < tensors.size(); i++)
    if (tensors[i].name == w.name) {
      require(tensors[i].rank == w.rank && std::equal(w.shape, w.shape + 3, tensors[i].shape), "one name has one shape");
      return int(i);
    }
  w.offset = parameters;
  w.scale = scale;
  w.masked = m;
  w.dims = d;
  w.coordinate_width = coordinate_width;
  parameters += w.size();
  tensors.push_back(w);
  return int(tensors.size()) - 1;
}

int table_builder::literal(double value) {
  node n;
  n.value = value;
  return add(n);
}
int table_builder::constant(const std::string& name, double value) {
  constants.push_back({short_name(name), value});
  node n;
  n.o = op::constant, n.n = int(constants.size()) - 1;
  return add(n);
}
int table_builder::time() {
  node n;
  n.o = op::time;
  return add(n);
}
int table_builder::along() {
  node n;
  n.o = op::along;
  return add(n);
}
int table_builder::input(const std::string& name, int width) {
  inputs.push_back({short_name(name), level::point, width});
  node n;
  n.o = op::input, n.n = int(inputs.size()) - 1, n.k.width = width;
  return add(n);
}
int table_builder::input_per_dim(const std::string& name, int width) {
  inputs.push_back({short_name(name), level::dim, width});
  node n;
  n.o = op::input_per_dim, n.n = int(inputs.size()) - 1, n.k.width = width, n.k.l = level::dim;
  return add(n);
}
int table_builder::state() {
  node n;
  n.o = op::state;
  n.k.l = level::dim;
  n.k.d = d == 1 ? depends::single_coordinate : depends::own;
  return add(n);
}
int table_builder::parameter(const std::string& name, level l, int width, double scale) {
  node n;
  n.o = op::parameter;
  n.weight = add_tensor(name, l == level::dim ? std::vector<int>{d, width} : std::vector<int>{width}, scale);
  n.k.l = l, n.k.width = width;
  return add(n);
}

int table_builder::apply(op o, int a, int b, double value) {
  node n;
  n.o = o, n.a = a, n.b = b, n.value = value;
  const kind x = nodes[std::size_t(a)].k, y = b >= 0 ? nodes[std::size_t(b)].k : kind{};
  require(x.width == y.width || x.width == 1 || y.width == 1, "widths of a pointwise operation must be equal or 1");
  require(x.l == level::units || y.l != level::units, "units meet other levels only in readouts");
  return add(n);
}

int table_builder::concat(int a, int b) {
  node n;
  n.o = op::concat, n.a = a, n.b = b;
  return add(n);
}
int table_builder::choose(int condition, int first, int second, bool or_equal) {
  require(nodes[std::size_t(first)].k.width == nodes[std::size_t(second)].k.width, "branches have equal widths");
  node n;
  n.o = op::choose, n.a = condition, n.b = concat(first, second), n.n = or_equal;
  return add(n);
}
int table_builder::slice(int a, int first, int width) {
  node n;
  n.o = op::slice, n.a = a, n.n = first;
  require(first + width <= nodes[std::size_t(a)].k.width, "a slice ends within its operand");
  n.k.width = width;
  return add(n);
}
int table_builder::sum_features(int a) {
  node n;
  n.o = op::sum_features, n.a = a;
  return add(n);
}
int table_builder::logsumexp(int a) {
  node n;
  n.o = op::logsumexp, n.a = a;
  return add(n);
}

int table_builder::linear(const std::string& name, int a, int out, bool per_dimension, bool with_bias) {
  node n;
  n.o = op::linear, n.a = a;
  const int in = nodes[std::size_t(a)].k.width;
  const double scale = 1 / std::sqrt(double(in));
  n.weight = add_tensor(name + ".weight", per_dimension ? std::vector<int>{d, out, in} : std::vector<int>{out, in}, scale);
  if (with_bias) n.bias = add_tensor(name + ".bias", per_dimension ? std::vector<int>{d, out} : std::vector<int>{out}, 0.3);
  n.k.width = out;
  return add(n);
}
int table_builder::unstack(int a) {
  node n;
  n.o = op::unstack, n.a = a;
  n.k.width = nodes[std::size_t(a)].k.width / d;
  require(nodes[std::size_t(a)].k.l == level::point && n.k.width * d == nodes[std::size_t(a)].k.width,
          "unstack needs a point-level value of d W features");
  return add(n);
}
int table_builder::masked_input(const std::string& name, int a, int context, int hidden, bool right) {
  node n;
  const kind x = nodes[std::size_t(a)].k;
  require(x.l == level::dim && unmixed(x), "a conditioner reads values of their own coordinate");
  const int columns = d * x.width + (context >= 0 ? nodes[std::size_t(context)].k.width : 0);
  n.o = op::masked_input, n.a = a, n.b = context, n.n = right;
  n.weight = add_tensor(name + ".weight", {hidden, columns}, 1 / std::sqrt(double(columns)),
                        right ? mask::input_right : mask::input_left, x.width);
  n.bias = add_tensor(name + ".bias", {hidden}, 0.3);
  n.k.width = hidden;
  return add(n);
}
int table_builder::masked_hidden(const std::string& name, int a, int hidden) {
  node n;
  n.o = op::masked_hidden, n.a = a, n.n = in_right_stream(a);
  const int before = nodes[std::size_t(a)].k.width;
  n.weight = add_tensor(name + ".weight", {hidden, before}, 1 / std::sqrt(double(before)), mask::hidden);
  n.bias = add_tensor(name + ".bias", {hidden}, 0.3);
  n.k.width = hidden;
  return add(n);
}
bool table_builder::in_right_stream(int units) const {
  while (nodes[std::size_t(units)].o != op::masked_input) units = nodes[std::size_t(units)].a;
  return nodes[std::size_t(units)].n == 1;
}
int table_builder::readout(const std::string& name, int left, int right, int width) {
  node n;
  const int h = nodes[std::size_t(left)].k.width, other = right < 0 ? 0 : nodes[std::size_t(right)].k.width;
  const double scale = 1 / std::sqrt(double(h + other));
  const auto weight = [&](int units, int count) {
    const bool after = in_right_stream(units);
    return add_tensor(name + (after ? ".right.weight" : ".left.weight"), {d, width, count}, scale,
                      after ? mask::readout_right : mask::readout_left);
  };
  n.o = op::readout, n.a = left, n.b = right;
  n.weight = weight(left, h);
  if (right >= 0) n.weight2 = weight(right, other);
  n.bias = add_tensor(name + ".bias", {d, width}, 0.3);
  n.k.width = width;
  return add(n);
}

int table_builder::sum(int a, bool mixing) {
  node n;
  n.o = op::sum, n.a = a, n.n = mixing;
  require(nodes[std::size_t(a)].k.l == level::dim, "sum adds over dimensions");
  require(nodes[std::size_t(a)].k.d != depends::scaled_own, "point-level factors stand before a sum");
  return add(n);
}
int table_builder::index() {
  node n;
  n.o = op::index;
  n.k.l = level::dim;
  return add(n);
}
int table_builder::indicator(int j) {
  node n;
  n.o = op::indicator, n.n = j;
  n.k.l = level::dim;
  require(0 <= j && j < d, "an indicator is of one of the dimensions");
  return add(n);
}
int table_builder::component(int j, int a) {
  node n;
  n.o = op::component, n.a = a, n.n = j;
  require(nodes[std::size_t(a)].k.l == level::dim && 0 <= j && j < d, "a component is of one of the dimensions");
  require(nodes[std::size_t(a)].k.d != depends::scaled_own, "point-level factors stand before a component");
  return add(n);
}
int table_builder::components(const std::vector<int>& each) {
  require(int(each.size()) == d, "components are one for each dimension");
  int all = each[0];
  for (std::size_t i = 1; i < each.size(); i++) all = concat(all, each[i]);
  return unstack(all);
}
int table_builder::sum_others(int side, int a) {
  node n;
  n.o = op::sum_others, n.a = a, n.n = side;
  require(others_operand(nodes[std::size_t(a)].k, side), "a sum of others must not see its own coordinate");
  return add(n);
}
int table_builder::shift(int a, grid_offset by) {
  node n;
  n.o = op::shift, n.a = a, n.offset = by;
  require(d % by.width == 0 && others_operand(nodes[std::size_t(a)].k, by.side()), "a shift must not see its own coordinate");
  require(!by.periodic || by.source(0, d) != 0, "a periodic shift by the whole length is no shift");
  return add(n);
}
int table_builder::held(int a, int flags) {
  node n;
  n.o = op::held, n.a = a, n.n = flags;
  return add(n);
}
int table_builder::D(int order, int a) {
  node n;
  n.o = op::D, n.a = a, n.n = order;
  require(has_series(a), "D needs an operand with a series of its own");
  return add(n);
}
bool table_builder::has_series(int a) const {
  std::vector<unsigned> facts;
  for (int i = 0; i <= a; i++) {
    const node& x = nodes[std::size_t(i)];
    facts.push_back(
        facts_of_node(x, nodes.data(), x.a < 0 ? 0u : facts[std::size_t(x.a)], x.b < 0 ? 0u : facts[std::size_t(x.b)]));
  }
  return (facts.back() & has_own_series) != 0;
}
int table_builder::dt(int order, int a) {
  node n;
  n.o = op::dt, n.a = a, n.n = order;
  return add(n);
}

int table_builder::mlp(const std::string& name, int a, const std::vector<int>& widths, bool per_dimension) {
  for (std::size_t i = 0; i < widths.size(); i++) {
    a = linear(name + "." + std::to_string(i), a, widths[i], per_dimension);
    if (i + 1 < widths.size()) a = apply(op::tanh, a);
  }
  return a;
}

int table_builder::conditioner(const std::string& name, int a, int context, const std::vector<int>& hidden, int features,
                               streams which) {
  std::vector<int> read;
  for (int right = 0; right < 2; right++) {
    if (which == (right ? streams::left : streams::right)) continue;
    const std::string prefix = name + (right ? ".right." : ".left.");
    int h = -1;
    for (std::size_t i = 0; i < hidden.size(); i++) {
      const std::string layer = prefix + std::to_string(i);
      h = apply(op::tanh, i == 0 ? masked_input(layer, a, context, hidden[i], right) : masked_hidden(layer, h, hidden[i]));
    }
    read.push_back(h);
  }
  return apply(op::tanh, readout(name + ".readout", read[0], read.size() > 1 ? read[1] : -1, features));
}

int table_builder::gaussian_mixture(const std::string& name, int components, int time_node) {
  const auto linear_in_time = [&](const std::string& what, double scale) {
    const int at_0 = parameter(name + "." + what, level::dim, components, scale);
    if (time_node < 0) return at_0;
    return apply(op::add, at_0, apply(op::mul, parameter(name + "." + what + ".slope", level::dim, components, 0.1), time_node));
  };
  const int mean = linear_in_time("mean", 1), log_deviation = linear_in_time("log_deviation", 0.1);
  const int logits = parameter(name + ".weights", level::point, components, 1);
  const int log_weights = apply(op::sub, logits, logsumexp(logits));
  const int z = apply(op::mul, apply(op::sub, state(), mean), apply(op::exp, scaled(-1, log_deviation)));
  const int terms =
      apply(op::sub, scaled(-0.5, apply(op::sq, z)), apply(op::add, log_deviation, literal(0.91893853320467274178)));
  return logsumexp(apply(op::add, log_weights, sum(terms)));
}

void table_builder::objective(const std::string& name, int node, double weight) {
  if (sets.empty()) {
    sample_set s;
    s.name = std::string_view("points");
    s.source = sample_source::box;
    sets.push_back(s);
  }
  objective_entry e;
  e.name = short_name(name);
  e.node = node;
  e.set = 0;
  e.weight = weight;
  objectives.push_back(e);
}

void table_builder::equation(const std::string& name, int lhs, int rhs, int relative) {
  equation_entry e;
  e.name = short_name(name);
  e.lhs = lhs, e.rhs = rhs;
  e.residual = apply(op::sub, lhs, rhs);
  e.relative = relative;
  equations.push_back(e);
}

}  // namespace dimwise::testing
