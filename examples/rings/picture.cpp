// examples/rings/picture.cpp: see picture.hpp.
#include "examples/rings/picture.hpp"

#include <algorithm>
#include <cmath>

#include <dimwise/report.hpp>

namespace rings_example {
namespace {

constexpr std::size_t bins = 120;
const char* const look =
    "set palette defined (0 '#000004', 1 '#3b0f70', 2 '#8c2981', 3 '#de4968', 4 '#fe9f6d', 5 '#fcfdbf')\nunset key\nunset "
    "colorbox\nunset xtics\nunset ytics\n"
    "set size ratio -1\nset border lc '#888888'\nset autoscale fix\n";

/// Numbers of cells, as densities.
std::vector<double> histogram(const crowd& c, std::size_t frame, double reach) {
  std::vector<double> h(bins * bins, 0.0);
  const double width = 2 * reach / double(bins);
  for (std::size_t s = 0; s < c.samples; s++) {
    const float* x = c.points.data() + (frame * c.samples + s) * 2;
    const double a = (double(x[0]) + reach) / width, b = (double(x[1]) + reach) / width;
    if (a >= 0 && b >= 0 && a < double(bins) && b < double(bins))
      h[std::size_t(b) * bins + std::size_t(a)] += 1 / (double(c.samples) * width * width);
  }
  return h;
}
/// Rows (x_1, x_2, value) for `with image`; a value above which 0.2 % of the cells lie is the brightest colour.
std::string image(const std::string& name, const std::vector<double>& values, std::size_t grid, double reach) {
  const std::vector<double> at = grid_points(reach, grid);
  std::vector<double> rows, sorted = values;
  for (std::size_t i = 0; i < values.size(); i++) rows.insert(rows.end(), {at[2 * i], at[2 * i + 1], values[i]});
  const auto top = sorted.end() - std::ptrdiff_t(1 + sorted.size() / 500);
  std::nth_element(sorted.begin(), top, sorted.end());
  return dimwise::data_block(name, rows, 3, grid) + "set cbrange [0:" + std::to_string(std::max(1e-9, *top)) + "]\nplot $" +
         name + " using 1:2:3 with image\n";
}
std::string percent(double fraction) { return dimwise::short_number(std::round(100 * fraction)) + " %"; }

}  // namespace

std::vector<double> grid_points(double reach, std::size_t grid) {
  std::vector<double> at;
  const double width = 2 * reach / double(grid);
  for (std::size_t j = 0; j < grid; j++)
    for (std::size_t i = 0; i < grid; i++)
      at.insert(at.end(), {(double(i) + 0.5) * width - reach, (double(j) + 0.5) * width - reach});
  return at;
}

void draw_frames(const std::string& title, const crowd& c, double reach, const std::vector<double>& log_prob, std::size_t grid,
                 const std::string& png) {
  const std::size_t frames = c.fractions.size();
  std::string script = std::string(look) +
                       "set lmargin 0.5\nset rmargin 0.5\nset tmargin 2\nset bmargin 0.5\nset multiplot layout 1," +
                       std::to_string(frames + 2) + "\n";
  for (std::size_t f = 0; f < frames; f++)
    script += "set title '" + (f == 0 ? title + ", " : std::string()) + percent(c.fractions[f]) + "'\n" +
              image("f" + std::to_string(f), histogram(c, f, reach), bins, reach);
  std::vector<double> learned(grid * grid), truth(grid * grid);
  for (std::size_t i = 0; i < grid * grid; i++)
    learned[i] = std::exp(log_prob[i]), truth[i] = std::exp(log_prob[grid * grid + i]);
  script += "set title 'learned p'\n" + image("learned", learned, grid, reach) + "set title 'true p'\n" +
            image("truth", truth, grid, reach) + "unset multiplot\n";
  dimwise::plot(script, png, int(220 * (frames + 2)), 250);
}

void draw_animation(const std::string& title, const crowd& c, double reach, const std::string& gif) {
  std::string script = std::string(look) + "set lmargin 0.5\nset rmargin 0.5\nset tmargin 2\nset bmargin 0.5\n";
  for (std::size_t f = 0; f < c.fractions.size(); f++)
    script += "set title '" + title + ", " + percent(c.fractions[f]) + "'\n" +
              image("f" + std::to_string(f), histogram(c, f, reach), bins, reach);
  dimwise::plot(script, gif, 400, 430);
}

}  // namespace rings_example
