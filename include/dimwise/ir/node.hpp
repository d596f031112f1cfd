// ir/node.hpp: one entry of the recorded table.
#pragma once
#include <bit>
#include <cstdint>

#include "grid_offset.hpp"
#include "kind.hpp"

namespace dimwise {

/// Operations of the recorded table. S: samples, d: dimensions, W: width. Values: point [W], dim [d][W], units [H].
enum class op : std::uint8_t {
  // leaves
  literal,        ///< point, width 1: `value`
  constant,       ///< point, width 1: run-time constant number `n`, the same for all samples
  time,           ///< point, width 1
  along,          ///< point, width 1: 0, with derivative 1 by time: the way along the direction of a Jacobian-vector product
  input,          ///< point, width W: input number `n`, per sample
  input_per_dim,  ///< dim, width W: input number `n`, per sample and dimension
  state,          ///< dim, width 1
  index,          ///< dim, width 1: component i is i, from 0
  indicator,      ///< dim, width 1: component `n` is 1, the others are 0
  parameter,      ///< point [W] or dim [d][W]: tensor `weight`
  // pointwise, two operands; width 1 and point level are repeated
  add,
  sub,
  mul,
  div,
  pow,     ///< a^b; a > 0
  choose,  ///< b: features of two values, W of the first, then W of the second: the first where a > 0 (n = 1: a >= 0), else the
           ///< second
  // pointwise, one operand
  erf,
  erfc,
  normal_cdf,  ///< standard normal distribution function
  expm1,
  log1p,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  cbrt,
  relu,  ///< a where a > 0, else 0
  abs,   ///< a where a >= 0, else -a
  exp,
  log,
  tanh,
  softplus,
  sigmoid,
  sin,
  cos,
  sqrt,
  sq,
  power,         ///< a^value, value real; a > 0 unless value is an integer
  exp_relative,  ///< exp(a - (value of a, frozen)): value 1, derivatives those of exp(a) divided by exp(a)
  // across features
  logsumexp,     ///< over features: width 1
  sum_features,  ///< over features: width 1
  concat,        ///< features of a, then of b
  slice,         ///< features n .. n + width - 1
  linear,   ///< weight [out][in] (point or dim) or [d][out][in] (dim, one for each dimension); bias [out] or [d][out], or none
            ///< (-1)
  unstack,  ///< point [d * W] -> dim [W]: dimension i gets features i W .. i W + W - 1
  // conditioners
  masked_input,   ///< a: dim [w] of own or nothing; b: point context [c] or -1; weight [H][d w + c], bias [H] -> units; n = 0
                  ///< left, 1 right
  masked_hidden,  ///< a: units; weight [H'][H], bias [H'] -> units; n as its operand
  readout,        ///< a: units of one stream, b: of the other or -1; weight [d][W][H_a], weight2 [d][W][H_b] or -1, each masked
                  ///< as its stream; bias [d][W] -> dim [W]
  // across dimensions
  sum,         ///< dim [W] -> point [W]; n = 1: in the first layer of a plain network, which makes it dense unless d = 1
  component,   ///< dim [W] -> point [W]: dimension n
  sum_others,  ///< dim -> dim: component i adds up those before i (n = -1), after i (n = 1), or both (n = 0)
  shift,       ///< dim -> dim: the component at `offset` from i, or 0
  // calculus
  D,       ///< n-th derivative of component i by coordinate i; `value` is the number of the state, the others are held below
  dt,      ///< n-th derivative by time
  frozen,  ///< the same value; no gradient to parameters
  held,    ///< the same value, constant along x and t as the bits of `n` say (held_flag); gradients to parameters pass
  detach   ///< the same value; not differentiated by x or t, and no gradient to parameters
};

/// Bits of the number of a held value.
enum held_flag : int {
  held_along_x = 1,             ///< constant along x
  held_along_t = 2,             ///< constant along t
  holds_nothing_of_x = 4,       ///< besides: known not to depend on the state (a derivative at a point that does not)
  held_for_each_dimension = 8,  ///< a point-level value repeated for each dimension
  held_for_D = 32,              ///< a state below D by another one: a way along a direction still moves it
  held_product = 16             ///< a Jacobian-vector product: depends on all coordinates, its own series is not known
};

struct node {
  op o = op::literal;
  kind k{};
  int a = -1, b = -1;                        ///< operands: indices of earlier nodes
  int n = 0;                                 ///< see op
  int weight = -1, weight2 = -1, bias = -1;  ///< indices of tensors
  double value = 0;
  grid_offset offset{};  ///< of shift
  constexpr bool operator==(const node& y) const {
    return o == y.o && a == y.a && b == y.b && n == y.n && weight == y.weight && weight2 == y.weight2 && bias == y.bias &&
           offset == y.offset && k == y.k && std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(y.value);
  }
};

}  // namespace dimwise
