// codegen/tool/roofline.cpp: see roofline.hpp.
#include "codegen/tool/roofline.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "codegen/runner/timing.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/report.hpp"

namespace dimwise::tool {
namespace {

// The number of units that one call has.
double units_of_call(const json& row) {
  const std::string unit = row["unit"];
  const double samples = row["samples"];
  return unit == "call" ? 1 : unit == "(sample, dimension)" ? samples * row["d"].get<double>() : samples;
}

double largest(const json& rows, const std::string& precision, const char* member) {
  double most = 0;
  for (const auto& row : rows)
    if (row["precision"] == precision && row.contains(member) && row[member].is_number())
      most = std::max(most, row[member].get<double>() * row["threads"].get<double>());
  return most;
}

}  // namespace

std::vector<roofline_point> roofline_points(const json& rows) {
  std::vector<roofline_point> points;
  for (const auto& row : rows) {
    if (row.contains("peer") || !row.contains("bytes_moved") || !row["bytes_moved"].is_number() || !row["share"].is_number())
      continue;
    const double gflops = row["share"].get<double>() * row["peak_gflops"].get<double>() * row["threads"].get<double>();
    const double operations = gflops * row["ns"].get<double>() * units_of_call(row);
    points.push_back({row["workload"], row["precision"], operations / row["bytes_moved"].get<double>(), gflops});
  }
  return points;
}

double copy_rate() {
  constexpr std::size_t bytes = std::size_t(128) << 20;
  std::vector<char> from(bytes, 1), to(bytes, 2);
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 5; i++) {
    from[std::size_t(i)] = char(i);  // each copy is of something new
    least = std::min(least, seconds_of([&] { std::memcpy(to.data(), from.data(), bytes); }));
  }
  if (to[4] != 4) throw error("memory that was copied is not what it was copied from.");
  return 2 * double(bytes) / least;
}

void draw_roofline(const json& rows, double bytes_a_second, const std::string& png) {
  const std::vector<roofline_point> points = roofline_points(rows);
  if (points.empty())
    throw error("there is no figure to draw below the roofs: none has both a share of the peak and bytes moved.");
  double first = points[0].intensity, last = first, top = 0, bottom = points[0].gflops;
  for (const roofline_point& p : points) {
    first = std::min(first, p.intensity), last = std::max(last, p.intensity), bottom = std::min(bottom, p.gflops);
    top = std::max(top, largest(rows, p.precision, "peak_gflops"));
  }
  const double slope = bytes_a_second * 1e-9;  // GFLOP/s for an operation a byte
  first = std::min(first, 0.3 * top / slope);
  std::string script =
      "set logscale xy\nset ytics (10, 20, 50, 100, 150, 200, 250, 300, 400, 600, 1000, 2000, 5000)\nset key outside right\nset "
      "grid\nset xrange [" +
      short_number(0.5 * first) + ":" + short_number(2 * last) + "]\nset yrange [" +
      short_number(0.7 * std::min(bottom, top / 3)) + ":" + short_number(1.3 * top) +
      "]\nset xlabel 'operations of matrix products for each byte of the arrays of a call'\nset ylabel 'GFLOP/s'\n";
  std::string lines, marks;
  int colour = 0, mark = 4;
  for (const std::string precision : {"float", "double"}) {
    const bool drawn = std::any_of(points.begin(), points.end(), [&](const auto& p) { return p.precision == precision; });
    if (!drawn) continue;
    const std::string name = precision == "float" ? "single" : "double", dash = precision == "float" ? "1" : "2";
    const auto roof = [&](const std::string& height, const std::string& title, const std::string& width) {
      lines += (lines.empty() ? "plot " : ", ") +
               ("(x * " + short_number(slope) + " < " + height + " ? x * " + short_number(slope) + " : " + height) +
               ") with lines lw " + width + " dt " + dash + " lc '#404040' title '" + title + ", " + name + "'";
    };
    const double peak = largest(rows, precision, "peak_gflops"), fed = largest(rows, precision, "load_fed_gflops");
    roof(short_number(peak), "in registers", "2");
    if (fed > 0) roof(short_number(fed), "fed from the cache", "1");
  }
  std::vector<std::string> names;
  for (const roofline_point& p : points)
    if (std::find(names.begin(), names.end(), p.workload) == names.end()) names.push_back(p.workload);
  const char* colours[] = {"#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b", "#e377c2", "#17becf"};
  for (const std::string& name : names) {
    std::vector<double> values;
    for (const roofline_point& p : points)
      if (p.workload == name) values.insert(values.end(), {p.intensity, p.gflops});
    const std::string block = "points" + std::to_string(colour);
    script += data_block(block, values, 2);
    marks += ", $" + block + " with points ps 1.4 pt " + std::to_string(mark + colour % 8) + " lc '" + colours[colour % 8] +
             "' title '" + name + "'";
    colour++;
  }
  plot(script + "set samples 400\n" + lines + marks + "\n", png, 1000, 560);
}

}  // namespace dimwise::tool
