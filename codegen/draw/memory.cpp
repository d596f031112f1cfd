// codegen/draw/memory.cpp: the chart of a memory plan; see programs.hpp.
#include <algorithm>
#include <cstdio>

#include "codegen/draw/dot.hpp"
#include "codegen/draw/programs.hpp"
#include "codegen/support/escaped.hpp"

namespace dimwise::draw {
namespace {

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", v);
  return text;
}
/// A round step that makes about six of the range.
double round_step(double range) {
  double step = 1;
  while (step * 6 < range) step *= 2;
  while (step * 12 > range && step > 1.0 / 16) step /= 2;
  return step;
}

}  // namespace

std::string memory_svg(const std::vector<placed_buffer>& buffers, const std::vector<time_mark>& marks, double total,
                       const std::string& title, const std::string& text) {
  constexpr double left = 80, top = 92, width = 1180, height = 560, letter = 5.6;
  int steps = 1;
  for (const placed_buffer& b : buffers) steps = std::max(steps, b.last + 1);
  const double across = width / steps, up = total > 0 ? height / total : 1;
  const auto x = [&](double step) { return left + step * across; };
  const auto y = [&](double address) { return top + height - address * up; };
  std::string s =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1300 740\" width=\"1300\" height=\"740\" font-family=\"Helvetica, "
      "Arial, sans-serif\">\n"
      "<rect width=\"1300\" height=\"740\" fill=\"white\"/>\n";
  const auto words = [&](double at_x, double at_y, double size, const std::string& what, const std::string& more = "") {
    s += "<text x=\"" + number(at_x) + "\" y=\"" + number(at_y) + "\" font-size=\"" + number(size) + "\"" + more + ">" +
         escaped(what) + "</text>\n";
  };
  words(16, 30, 20, title, " font-weight=\"bold\"");
  words(16, 52, 12, text);
  for (const auto& [fill, label, at] : {std::tuple{"#bfdbfe", "values", 16.0}, {"#fecdd3", "cotangents", 100.0}}) {
    s += "<rect x=\"" + number(at) + "\" y=\"62\" width=\"16\" height=\"12\" fill=\"" + fill + "\" stroke=\"#64748b\"/>\n";
    words(at + 22, 72, 11, label);
  }
  for (double a = 0, step = round_step(total); a <= total; a += step) {
    s += "<line x1=\"" + number(left) + "\" x2=\"" + number(left + width) + "\" y1=\"" + number(y(a)) + "\" y2=\"" +
         number(y(a)) + "\" stroke=\"#e2e8f0\"/>\n";
    words(left - 8, y(a) + 4, 11, number(a) + " KiB", " text-anchor=\"end\"");
  }
  for (const placed_buffer& b : buffers) {
    const double w = (b.last - b.first + 1) * across, h = b.size * up;
    s += "<rect x=\"" + number(x(b.first)) + "\" y=\"" + number(y(b.offset + b.size)) + "\" width=\"" + number(w) +
         "\" height=\"" + number(h) + "\" fill=\"" + (b.late ? "#fecdd3" : "#bfdbfe") +
         "\" stroke=\"#64748b\" stroke-width=\"0.6\"><title>" + escaped(b.name) + ": " + number(b.size) + " KiB, steps " +
         std::to_string(b.first) + " to " + std::to_string(b.last) + "</title></rect>\n";
    const std::size_t fits = std::size_t(std::max(0.0, (w - 6) / letter));
    if (h >= 12 && fits >= 6)
      words(x(b.first) + 3, y(b.offset + b.size / 2) + 4, 10,
            b.name.size() <= fits ? b.name : b.name.substr(0, fits - 1) + "\u2026");
  }
  double clear = 0;
  int row = 0;
  for (const time_mark& m : marks) {
    s += "<line x1=\"" + number(x(m.at)) + "\" x2=\"" + number(x(m.at)) + "\" y1=\"" + number(top) + "\" y2=\"" +
         number(top + height + 8) + "\" stroke=\"#2563eb\" stroke-dasharray=\"3,3\"/>\n";
    row = x(m.at) < clear ? row + 1 : 0;
    words(x(m.at) + 2, top + height + 20 + 14 * (row % 3), 10, m.words, " fill=\"#2563eb\"");
    clear = std::max(row ? clear : 0, x(m.at) + 8 + letter * double(m.words.size()));
  }
  words(left + width, top + height + 64, 11, std::to_string(steps) + " steps", " text-anchor=\"end\"");
  return s + "</svg>\n";
}

}  // namespace dimwise::draw
