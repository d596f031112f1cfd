// calculus/program.hpp: recording + roots -> jet program, forward or forward and reverse; the same function at compile time and
// at run time.
#pragma once
#include "reverse.hpp"

namespace dimwise {

/// Builds the program that evaluates the roots (and the gradient of their sum weighted by cotangents, by what `reverse` names),
/// then calls done(expansion).
template <class Done>
constexpr auto build_program(const table& t, const int* roots, int root_count, differentiated_by reverse, Done&& done) {
  expansion e(t, roots, root_count, reverse);
  list<series> outputs;
  for (int j = 0; j < root_count; j++) {
    series s = e.values[roots[j]];
    jet_node x;
    x.o = jet_op::store;
    x.n = j;
    x.width = e.width(s);
    x.per_dim = e.is_dim(s);
    x.stored = 0;
    s.high = s.high == s.low ? s.high : -1;
    s.mask &= value_only;
    x.in[0] = s;
    x.inputs = 1;
    e.put(x);
    outputs.push_back(s);
  }
  if (reverse.any()) reverse_pass(e).run(outputs.data, root_count);
  return done(e);
}

}  // namespace dimwise
