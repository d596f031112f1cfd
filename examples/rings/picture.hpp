// examples/rings/picture.hpp: frames of a flow and its animation.
#pragma once
#include <string>
#include <vector>

namespace rings_example {

/// Points of a moving crowd at several fractions of the way: [fraction][samples][2].
struct crowd {
  std::vector<double> fractions;
  std::size_t samples = 0;
  std::vector<float> points;
};

/// A row of pictures: histograms of the crowd at each fraction, then the learned and the true density on a grid from
/// log_prob[learned, true][grid][grid], rows of equal x_2.
void draw_frames(const std::string& title, const crowd& c, double reach, const std::vector<double>& log_prob, std::size_t grid,
                 const std::string& png);
/// One histogram after the other.
void draw_animation(const std::string& title, const crowd& c, double reach, const std::string& gif);
/// The centres of the cells of a grid over [-reach, reach]^2: [grid * grid][2].
std::vector<double> grid_points(double reach, std::size_t grid);

}  // namespace rings_example
