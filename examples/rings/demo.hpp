// examples/rings/demo.hpp: the command `demo` of the rings program.
#pragma once
#include <dimwise/runner.hpp>

namespace rings_example {

/// `demo`: fits a flow to each density, compares its likelihood with the true one, draws frames and an animation, and writes a
/// page. Ends with 1 where a gap is above the bar.
void add_demo(dimwise::runner& program);

}  // namespace rings_example
