// examples/oscillator/panels.hpp: the pictures of the oscillator's page.
#pragma once
#include <string>

#include "examples/oscillator/results.hpp"

namespace oscillator_example {

/// Data, learned density and crowds of the learned equation in the plane of position and velocity, at six snapshot times. All
/// pictures throw `error` if gnuplot cannot draw.
void draw_crowds(const results& r, const std::string& png);
/// Single paths of the true process, with learned and with given noise: position over time, above the learned density of the
/// position.
void draw_paths(const results& r, const std::string& png);
/// Energy distances in units of the floor, and gaps of the density, over time, with their bars: a .png, and a .svg of the
/// same name beside it.
void draw_scores(const results& r, const std::string& png);

}  // namespace oscillator_example
