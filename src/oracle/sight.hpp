// src/oracle/sight.hpp: what the class of a value promises not to follow.
#pragma once
#include "../../include/dimwise/analysis/dependence.hpp"

namespace dimwise::detail {

/// Whether component i of a dim-level value may depend on x_j.
constexpr bool may_see(kind k, int i, int j) { return (bits(k.d) & (j < i ? 1 : j == i ? 2 : 4)) != 0; }
/// A dim-level value that sees other coordinates, but not all: before, after, hollow, and those with the own coordinate.
constexpr bool partly_blind(kind k) { return k.l == level::dim && sees_others(k) && (bits(k.d) & 7) != 7; }

}  // namespace dimwise::detail
