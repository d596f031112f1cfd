// tests/support/table_builder.hpp: recordings put together at run time, node by node, for tests that need no model function.
#pragma once
#include <string>
#include <vector>

#include "dimwise/ir/table.hpp"

namespace dimwise::testing {

/// Owns the arrays of a table. Each function adds a node and gives its index; shapes must fit (they are asserted).
struct table_builder {
  int d = 1;
  std::vector<node> nodes;
  std::vector<tensor> tensors;
  std::vector<input_slot> inputs;
  std::vector<constant_slot> constants;
  std::vector<equation_entry> equations;
  std::vector<output_entry> outputs;
  std::vector<sample_set> sets;
  std::vector<objective_entry> objectives;
  int parameters = 0;

  explicit table_builder(int dimensions) : d(dimensions) {}
  /// A copy of a recording.
  explicit table_builder(const table& recording);

  /// Views the arrays; valid until the builder changes.
  table view() const;

  int literal(double value);
  int constant(const std::string& name, double value);
  int time();
  int along();
  int input(const std::string& name, int width);
  int input_per_dim(const std::string& name, int width);
  int state();
  int parameter(const std::string& name, level l, int width, double scale = 1);

  /// Pointwise with one or two operands.
  int apply(op o, int a, int b = -1, double value = 0);
  int power(int a, double exponent) { return apply(op::power, a, -1, exponent); }
  int scaled(double factor, int a) { return apply(op::mul, literal(factor), a); }
  int concat(int a, int b);
  int choose(int condition, int first, int second, bool or_equal);
  int slice(int a, int first, int width);
  int sum_features(int a);
  int logsumexp(int a);
  int linear(const std::string& name, int a, int out, bool per_dimension = false, bool with_bias = true);
  int unstack(int a);
  int masked_input(const std::string& name, int a, int context, int hidden, bool right);
  int masked_hidden(const std::string& name, int a, int hidden);
  /// right = -1: of one stream, either.
  int readout(const std::string& name, int left, int right, int width);
  int index();
  int indicator(int j);
  /// mixing: as in the first layer of a plain network.
  int sum(int a, bool mixing = false);
  int component(int j, int a);
  int components(const std::vector<int>& each);
  int sum_others(int side, int a);
  int shift(int a, grid_offset by);
  /// flags: held_flag.
  int held(int a, int flags);
  /// a: dimension-wise differentiable, or dense with a series of its own.
  int D(int order, int a);
  bool has_series(int a) const;
  int dt(int order, int a);

  /// Several dense layers with tanh between them, and a linear last one.
  int mlp(const std::string& name, int a, const std::vector<int>& widths, bool per_dimension = false);
  /// tanh of the readout of masked streams with tanh: of both, or of one of them.
  enum class streams { both, left, right };
  int conditioner(const std::string& name, int a, int context, const std::vector<int>& hidden, int features,
                  streams which = streams::both);
  /// Whether hidden units belong to a right stream.
  bool in_right_stream(int units) const;
  /// log density of a diagonal mixture with means and log deviations linear in time; `time_node` may be -1.
  int gaussian_mixture(const std::string& name, int components, int time_node);

  void output(const std::string& name, int node) { outputs.push_back({short_name(name), node}); }
  void objective(const std::string& name, int node, double weight = 1);
  /// relative: the node of the relative form, or -1.
  void equation(const std::string& name, int lhs, int rhs, int relative = -1);

  int add(node n);
  int add_tensor(const std::string& name, std::vector<int> shape, double scale, mask m = mask::none, int coordinate_width = 1);
};

/// One line a node, then outputs and objectives.
std::string to_text(const table& recording);

}  // namespace dimwise::testing
