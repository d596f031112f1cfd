// examples/stiff/figure.hpp: a network that becomes stiff while it is trained, and what solvers need on the way.
#pragma once

namespace stiff {

/// Trains for so many steps and prints a row of evaluations at each of a few of them; `csv` (may be null) gets the same rows. 1 where the bars at the
/// end are missed, else 0.
int figure(int iterations, const char* csv);

}  // namespace stiff
