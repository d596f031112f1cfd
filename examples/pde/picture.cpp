// examples/pde/picture.cpp: see picture.hpp.
#include "examples/pde/picture.hpp"

#include <algorithm>
#include <cmath>

#include <dimwise/report.hpp>

namespace pde_example {
namespace {

const char* const palette = "set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 '#fde725')\n";
const char* const colours[] = {"'#440154'", "'#31688e'", "'#35b779'", "'#e08214'"};

/// Rows (t, x, value) for `with image`: every second place of fine grids.
std::vector<double> points(const reference_solution& r, const std::vector<double>& values, std::size_t every) {
  std::vector<double> out;
  for (std::size_t n = 0; n < r.t.size(); n++)
    for (std::size_t j = 0; j < r.x.size(); j += every) out.insert(out.end(), {r.t[n], r.x[j], values[n * r.x.size() + j]});
  return out;
}

/// log10 |a - b|, not below 1e-12, and a range of colours that shows four powers of ten below the largest.
std::vector<double> log_error(const std::vector<double>& a, const std::vector<double>& b, double& top) {
  std::vector<double> out(a.size());
  for (std::size_t i = 0; i < a.size(); i++) out[i] = std::log10(std::max(1e-12, std::abs(a[i] - b[i])));
  top = std::ceil(*std::max_element(out.begin(), out.end()));
  return out;
}

std::string range(double low, double high) { return "[" + dimwise::short_number(low) + ":" + dimwise::short_number(high) + "]"; }

}  // namespace

void draw_field(const std::string& title, const std::string& what, const reference_solution& r, const std::vector<double>& u,
                const std::string& png) {
  double top = 0;
  const std::vector<double> error = log_error(u, r.u, top);
  const std::size_t columns = r.x.size(), times = r.t.size(), every = columns > 200 ? 2 : 1, rows = (columns + every - 1) / every;
  std::vector<std::size_t> shown;
  for (std::size_t part = 0; part < 4; part++)
    if (const std::size_t n = (times - 1) * part / 3; shown.empty() || n > shown.back()) shown.push_back(n);
  std::vector<double> slices;
  for (std::size_t j = 0; j < columns; j++) {
    slices.push_back(r.x[j]);
    for (const std::size_t n : shown)
      slices.insert(slices.end(), {u[n * columns + j], r.u[n * columns + j], error[n * columns + j]});
  }
  std::string script = dimwise::data_block("s", slices, 1 + 3 * shown.size());
  script += times > 1 ? "set multiplot layout 1,3\n" : "set multiplot layout 1,2\n";
  if (times > 1) {
    script += dimwise::data_block("u", points(r, u, every), 3, rows) + dimwise::data_block("e", points(r, error, every), 3, rows);
    script += std::string(palette) + "set xlabel 't'\nset ylabel 'x'\nunset key\nset autoscale fix\n";
    script += "set title '" + title + ": " + what + "(x, t)'\nplot $u using 1:2:3 with image\n";
    script +=
        "set title 'log10 |error|'\nset cbrange " + range(top - 4, top) + "\nplot $e using 1:2:3 with image\nset autoscale cb\n";
  }
  script += "set title '" + (times > 1 ? std::string() : title + ": ") +
            "learned (lines), reference (points)'\nset xlabel 'x'\nset ylabel '" + what +
            "'\nset grid lc '#dddddd'\nset autoscale xfix\n";
  script += times > 1 ? "set key below horizontal reverse Left samplen 1.5\n" : "unset key\n";
  const std::string sparse = std::to_string(std::max<std::size_t>(1, columns / 32));
  for (std::size_t k = 0; k < shown.size(); k++) {
    const std::string at = "$s using 1:" + std::to_string(2 + 3 * k), beside = "$s using 1:" + std::to_string(3 + 3 * k);
    script += std::string(k ? ", " : "plot ") + at + " with lines lw 2 lc rgb " + colours[k] +
              " title 't = " + dimwise::short_number(r.t[shown[k]]) + "', " + beside + " every " + sparse +
              " with points pt 7 ps 0.6 lc rgb " + colours[k] + " notitle";
  }
  if (times == 1)
    script += "\nset title 'log10 |error|'\nset ylabel ''\nplot $s using 1:4 with lines lw 2 lc rgb " + std::string(colours[1]);
  dimwise::plot(script + "\nunset multiplot\n", png, times > 1 ? 1560 : 1000, 440);
}

void draw_scatter(const std::string& title, const std::vector<double>& exact, const std::vector<double>& learned,
                  const std::string& png) {
  double top = 0;
  const std::vector<double> error = log_error(learned, exact, top);
  std::vector<double> all;
  for (std::size_t i = 0; i < exact.size(); i++) all.insert(all.end(), {exact[i], learned[i], error[i]});
  const auto [low, high] = std::minmax_element(exact.begin(), exact.end());
  dimwise::plot(
      dimwise::data_block("p", all, 3) + palette +
          "set multiplot layout 1,2\nunset key\nset grid lc '#dddddd'\nset xlabel 'exact'\nset ylabel 'learned'\nset title '" +
          title + "'\nplot " + range(*low, *high) +
          " x with lines lc rgb '#bbbbbb', $p using 1:2 with points pt 7 ps 0.3 lc rgb " + colours[1] +
          "\nset title 'log10 |error|'\nset ylabel ''\nplot $p using 1:3 with points pt 7 ps 0.3 lc rgb " + colours[1] +
          "\nunset multiplot\n",
      png, 1000, 440);
}

}  // namespace pde_example
