// codegen/print/expanded.hpp: derivatives of sums, products, quotients, powers and exponentials by the rules of calculus, down to
// derivatives of networks and other values that have no rule here.
#pragma once
#include <optional>
#include <vector>

#include "dimwise/ir/table.hpp"

namespace dimwise::print {

/// The k-th derivative by the own coordinate and the m-th by time of a value of a recording, to a power.
struct derivative_factor {
  int node = -1;
  int k = 0, m = 0;
  double power = 1;
  bool operator==(const derivative_factor&) const = default;
};
/// coefficient times factors.
struct derivative_term {
  double coefficient = 1;
  std::vector<derivative_factor> factors;
};

/// What a D or dt node is a sum of. exp(l) is kept as a factor, so that its derivatives are those of l times it; the factor exp(l
/// - frozen l) of a relative form is 1 and left out. Nothing where the terms would be more than `most`; no terms where it is
/// zero.
std::optional<std::vector<derivative_term>> derivative_terms(const table& recording, int node, std::size_t most = 40);

}  // namespace dimwise::print
