// examples/digits_flow/demo.hpp: the command `demo` of the digits_flow program.
#pragma once
#include <dimwise/runner.hpp>

namespace digits_flow {

/// `demo`: trains the same field with both ways to find the trace, compares likelihoods against epochs and seconds and
/// evaluations of f in adaptive solves, and writes a page with pictures.
void add_demo(dimwise::runner& program);

}  // namespace digits_flow
