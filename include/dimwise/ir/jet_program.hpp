// ir/jet_program.hpp: a recording expanded into operations on truncated Taylor series (jets): the form that is differentiated
// backward, scheduled and executed.
#pragma once
#include "orders.hpp"
#include "table.hpp"

namespace dimwise {

/// Operations on jets. A: the cotangent that reaches a value. S: samples of a block.
enum class jet_op : std::uint8_t {
  // leaves
  load_state,
  load_time,
  load_input,
  load_input_per_dim,
  literal,
  constant,
  parameter,
  load_cotangent,  ///< cotangent of output `n`
  index,           ///< i in dimension i
  indicator,       ///< 1 in dimension n, 0 in the others
  along,           ///< 0, and 1 at order 1 of time
  // pointwise
  add,
  sub,
  mul,
  scale,             ///< value * a
  offset,            ///< a + value
  unary,             ///< f(a)
  correlate,         ///< value * sum_s a_s b_(s-j): the cotangent of b' in a' = b' * b; only s in `limit`
  unary_vjp,         ///< cotangent a of f(b) = c: sum_s a_s [f'(b)]_(s-j); only s in `limit`
  derivative,        ///< coefficient (j, l) is rising(j, n) rising(l, n2) a_(j+n, l+n2)
  derivative_vjp,    ///< its transpose
  subtract_maximum,  ///< a - (largest value over features of b), the maximum not differentiated
  add_maximum,       ///< a + the same
  alias,             ///< the same numbers, no gradient through it
  choose,            ///< features of b, the first half where a > 0 (n = 1: a >= 0), else the second
  choose_vjp,        ///< cotangent b to the half that the sign of a chooses, 0 to the other
  // features
  concat,
  slice,
  slice_vjp,  ///< features n .. of a wider value; n2: features i * (width of a) .. in dimension i
  sum_features,
  repeat_features,
  // matrices
  linear,
  linear_vjp,
  masked_input,
  masked_input_vjp,
  masked_hidden,
  masked_hidden_vjp,
  readout,
  readout_vjp,  ///< n = 0 left, 1 right stream; adds over dimensions
  // across dimensions
  sum_dims,
  unstack,
  component,    ///< of dimension n; per_dim: what a has in dimension n, 0 in the others
  sum_others,   ///< of the dimensions before (n = -1), after (n = 1), or all but the own (n = 0); b: where a is computed by
                ///< groups, the same value in an earlier loop
  shift,        ///< of the dimension at `offset`
  unstack_vjp,  ///< collects the dimensions
  // roots
  parameter_gradient,  ///< of a parameter leaf
  weight_gradient,     ///< a: cotangent, b: operand; columns n .. of tensor `weight`; value 0 left, 1 right for masked inputs
  bias_gradient,
  store_cotangent,  ///< a: cotangent of the state (n = 0), the time (1) or input n - 2, added to the caller's array
  store             ///< output `n`
};

/// What a reverse pass differentiates by.
struct differentiated_by {
  bool parameters = false, state = false, time = false, inputs = false;
  constexpr bool operator==(const differentiated_by&) const = default;
  constexpr bool any() const { return parameters || state || time || inputs; }
};
constexpr differentiated_by by_nothing{};
constexpr differentiated_by by_parameters{true};
constexpr differentiated_by by_everything{true, true, true, true};

/// Elementary functions.
enum class function : std::uint8_t {
  exp,
  log,
  tanh,
  softplus,
  sigmoid,
  sin,
  cos,
  sqrt,
  reciprocal,
  power,
  exp_relative,
  erf,
  erfc,
  expm1,
  log1p,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  cbrt,
  normal_cdf,
  relu,
  abs,
  exp_given,  ///< exp whose value is the power of two more operands
  none        ///< of an operation that is not elementary
};
constexpr int function_count = int(function::none);

/// The elementary function that an operation of the table applies to its operand.
constexpr function function_of(op o) {
  switch (o) {
    case op::exp: return function::exp;
    case op::log: return function::log;
    case op::tanh: return function::tanh;
    case op::softplus: return function::softplus;
    case op::sigmoid: return function::sigmoid;
    case op::sin: return function::sin;
    case op::cos: return function::cos;
    case op::sqrt: return function::sqrt;
    case op::power: return function::power;
    case op::exp_relative: return function::exp_relative;
    case op::erf: return function::erf;
    case op::erfc: return function::erfc;
    case op::expm1: return function::expm1;
    case op::log1p: return function::log1p;
    case op::tan: return function::tan;
    case op::asin: return function::asin;
    case op::acos: return function::acos;
    case op::atan: return function::atan;
    case op::sinh: return function::sinh;
    case op::cosh: return function::cosh;
    case op::cbrt: return function::cbrt;
    case op::normal_cdf: return function::normal_cdf;
    case op::relu: return function::relu;
    case op::abs: return function::abs;
    default: return function::none;
  }
}

/// An operand as a series: `low` holds the coefficients (0, m), `high` those with k >= 1. The same node for a dim-level value;
/// two nodes (or high = -1) where a point-level value is used along a coordinate. Only coefficients in `mask` are seen.
struct series {
  int low = -1, high = -1;
  orders mask = ~orders{};
  constexpr bool operator==(const series&) const = default;
  constexpr bool none() const { return low < 0 && high < 0; }
};

struct jet_node {
  jet_op o = jet_op::literal;
  function f = function::exp;
  bool per_dim = false;    ///< computed for each dimension
  bool reduces = false;    ///< computed inside the loop over dimensions, adds up to a point-level value
  bool gathers = false;    ///< in the loop over dimensions, but reads its operand in all of them: it begins when that is complete
  bool by_groups = false;  ///< computed for a group of dimensions before the rest of the loop is, for a sum over other dimensions
  bool slope = false;      ///< one more slot behind the coefficients: f'(a) at order 0, kept for the reverse pass
  bool differentiable = false;  ///< reaches a trained parameter, or follows an input
  bool follows_input = false;   ///< reaches a leaf of the state, time or inputs by which the reverse pass differentiates
  int width = 1;
  orders stored = 1;         ///< coefficients of its buffer
  orders limit = ~orders{};  ///< see correlate
  series in[4];
  int inputs = 0;
  int partner = -1;  ///< of a node that holds only coefficients with k >= 1: the node with the others
  int n = 0, n2 = 0;
  double value = 0;
  grid_offset offset{};
  int weight = -1, weight2 = -1, bias = -1;  ///< tensors

  /// Whether its result has a value of its own for each dimension.
  constexpr bool is_dim() const { return per_dim && !reduces; }
};

/// A list of nodes in topological order.
struct jet_program_view {
  const jet_node* nodes = nullptr;
  int count = 0;
};

/// Coefficients that can be read from a series; the others are structurally zero.
constexpr orders available(const jet_node* nodes, const series& s) {
  return s.mask & ((s.low < 0 ? 0 : nodes[s.low].stored & time_column) | (s.high < 0 ? 0 : nodes[s.high].stored & ~time_column));
}

/// Whether the cotangent of f reads its operand (else it reads the result).
constexpr bool vjp_reads_operand(function f) {
  switch (f) {
    case function::exp:
    case function::exp_relative:
    case function::exp_given:
    case function::tanh:
    case function::sigmoid:
    case function::tan:
    case function::reciprocal: return false;
    default: return true;
  }
}
/// Whether it reads the slope that the forward step kept.
constexpr bool vjp_reads_slope(function f) { return f == function::tanh || f == function::sigmoid; }

/// The coefficients of operand j that a step reads.
constexpr orders operand_orders(const jet_node* nodes, const jet_node& x, int j) {
  const orders s = available(nodes, x.in[j]);
  switch (x.o) {
    case jet_op::mul:
    case jet_op::unary: return s & lower_closure(x.stored);
    case jet_op::correlate: return j == 0 ? s : s & lower_closure(available(nodes, x.in[0]));
    case jet_op::unary_vjp:
      if (j == 0) return s;
      return (j == 1) == vjp_reads_operand(x.f) ? s & lower_closure(available(nodes, x.in[0])) : 0;
    default: return s;
  }
}

}  // namespace dimwise
