// examples/weather/demo.hpp: the commands of the weather program beside those that every model has.
#pragma once
#include <dimwise/runner.hpp>

namespace weather_example {

/// Adds `demo`: fits the climate and the baselines, trains, forecasts the year that was held out, scores everything, draws the
/// panels and writes the report page. Exit status 1 where a bar is missed.
void add_commands(dimwise::runner& program);

}  // namespace weather_example
