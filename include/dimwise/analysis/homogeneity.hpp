// analysis/homogeneity.hpp: the degree of a value in one factor, for the relative form of an equation.
#pragma once
#include "../ir/node.hpp"

namespace dimwise {

/// Marks a value that is not homogeneous in the factor.
constexpr int no_degree = -1000;

/// Degree of node x in a factor p of point level, from the degrees of its operands: v is of degree n if scaling p's own value by
/// c scales v by c^n, derivatives of p scaled alike. `zero_a`, `zero_b`: the operand is the literal 0, which has every degree.
constexpr int degree_of_node(const node& x, int degree_a, int degree_b, bool zero_a, bool zero_b) {
  const bool none = degree_a == no_degree || degree_b == no_degree;
  switch (x.o) {
    case op::add:
    case op::sub:
    case op::concat:
      if (zero_a) return degree_b;
      if (zero_b) return degree_a;
      return degree_a == degree_b ? degree_a : no_degree;
    case op::mul: return none ? no_degree : degree_a + degree_b;
    case op::div: return none ? no_degree : degree_a - degree_b;
    case op::sq: return none ? no_degree : 2 * degree_a;
    case op::power: {
      if (none) return no_degree;
      const double scaled = x.value * degree_a;
      return scaled == double(int(scaled)) ? int(scaled) : no_degree;
    }
    case op::sqrt: return none || degree_a % 2 ? no_degree : degree_a / 2;
    case op::cbrt: return none || degree_a % 3 ? no_degree : degree_a / 3;
    // linear operators, and functions that a positive factor passes: the factor's own value is one number for all dimensions
    case op::relu:
    case op::abs:
    case op::sum:
    case op::component:
    case op::sum_others:
    case op::shift:
    case op::sum_features:
    case op::slice:
    case op::D:
    case op::dt:
    case op::frozen:
    case op::held:
    case op::detach: return degree_a;
    default: return degree_a == 0 && degree_b == 0 ? 0 : no_degree;
  }
}

}  // namespace dimwise
