// examples/oscillator/demo.hpp: the commands of the oscillator program beside those that every model has.
#pragma once
#include <dimwise/runner.hpp>

namespace oscillator_example {

/// Adds `demo`: makes the snapshots, trains with learned and with given noise, simulates, compares with the true process, draws
/// the panels and writes the report page. Exit status 1 where a bar is missed.
void add_commands(dimwise::runner& program, dimwise::compiled_model given_noise);

}  // namespace oscillator_example
