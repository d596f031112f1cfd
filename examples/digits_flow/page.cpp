// examples/digits_flow/page.cpp: pictures and the page of a run, see results.hpp.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include <dimwise/io/atomic_file.hpp>
#include <dimwise/report.hpp>

#include "examples/digits_flow/results.hpp"

namespace digits_flow {
namespace {

const char* const colours[] = {"'#31688e'", "'#e08214'"};

/// Curves of all runs over one of their columns.
std::string lines(const results& r, const std::vector<double> curve::*x, const std::vector<double> curve::*y,
                  const std::string& block) {
  std::string blocks, plot;
  for (std::size_t c = 0; c < r.curves.size(); c++) {
    std::vector<double> rows;
    for (std::size_t i = 0; i < r.curves[c].loss.size(); i++) rows.insert(rows.end(), {(r.curves[c].*x)[i], (r.curves[c].*y)[i]});
    const std::string name = block + std::to_string(c);
    blocks += dimwise::data_block(name, rows, 2);
    plot += (c ? ", " : "plot ") + ("$" + name) + " using 1:2 with linespoints lw 2 pt 7 ps 0.4 lc rgb " + colours[c % 2] +
            " title '" + r.curves[c].name + "'";
  }
  return blocks + plot + "\n";
}

void draw_curves(const results& r, const std::string& png) {
  const std::vector<double>& last = r.curves[0].loss;
  const std::string shown_range = "set yrange [" + std::to_string(std::floor(*std::min_element(last.begin(), last.end()) - 1)) +
                                  ":" + std::to_string(std::ceil(r.gaussian)) + "]\n";
  dimwise::plot(
      "set multiplot layout 1,3\nset grid lc '#dddddd'\nset key top right\n" + shown_range +
          "set ylabel 'negative log-likelihood of test images, nats'\nset xlabel 'epochs'\n" +
          lines(r, &curve::epochs, &curve::loss, "a") + "set ylabel ''\nset xlabel 'seconds of training'\n" +
          lines(r, &curve::seconds, &curve::loss, "b") +
          "set autoscale y\nset key bottom right\nset ylabel 'evaluations of f, adaptive solve'\nset xlabel 'epochs'\n" +
          lines(r, &curve::epochs, &curve::evaluations, "c") + "unset multiplot\n",
      png, 1500, 420);
}

/// Images side by side, 16 in a row.
void draw_images(const std::vector<float>& pixels, std::size_t height, std::size_t width, const std::string& title,
                 const std::string& png) {
  constexpr std::size_t columns = 16;
  const std::size_t images = pixels.size() / (height * width), rows = (images + columns - 1) / columns;
  std::vector<double> all;
  for (std::size_t y = 0; y < rows * height; y++)
    for (std::size_t x = 0; x < columns * width; x++) {
      const std::size_t image = y / height * columns + x / width;
      const double v = image < images ? double(pixels[image * height * width + y % height * width + x % width]) : 0;
      all.insert(all.end(), {double(x), -double(y), std::clamp(v, 0.0, 1.0)});
    }
  dimwise::plot(
      dimwise::data_block("p", all, 3, columns * width) +
          "set palette gray\nset cbrange [0:1]\nunset colorbox\nunset key\nunset tics\nset border 0\nset size ratio -1\n" +
          "set autoscale fix\nset lmargin 0\nset rmargin 0\nset bmargin 0\nset tmargin 2\nset title '" + title +
          "'\nplot $p using 1:2:3 with image\n",
      png, 900, int(900 * rows / columns) + 40);
}

std::string fixed(double v, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, v);
  return text;
}

}  // namespace

void write_page(const results& r, const std::string& out) {
  const int d = r.model->recording.d;
  draw_curves(r, out + "/curves.png");
  draw_images(r.restored, r.height, r.width, "test images, from " + std::to_string(d) + " components", out + "/data.png");
  for (const curve& c : r.curves)
    draw_images(c.images, r.height, r.width, "samples of the flow trained with trace: " + c.name,
                out + "/samples-" + c.name + ".png");
  dimwise::report_page page("A flow on the principal components of digits");
  page.paragraph(std::to_string(r.images) + " images, " + std::to_string(d) + " principal components with variance 1 each (" +
                 fixed(100 * r.explained, 1) +
                 " % of the variance of the pixels). The same field, batches and first parameters are trained twice: with the "
                 "exact trace, and with one direction of Hutchinson's estimate "
                 "for each image and step. Both are scored by the exact trace on " +
                 std::to_string(r.scored) + " test images, with adaptive steps (Dopri5, 1e-4). Batches of " +
                 std::to_string(r.batch) + ", " + std::to_string(r.solver_steps) + " steps of RK4.");
  page.equations(r.model->recording);
  std::vector<std::vector<std::string>> rows;
  rows.push_back({"a Gaussian", fixed(r.gaussian, 3), "", "", ""});
  for (const curve& c : r.curves) {
    std::size_t at = 0;  // when this run was as good as the worse one ends
    double worst = -1e300;
    for (const curve& o : r.curves) worst = std::max(worst, o.loss.back());
    while (at + 1 < c.loss.size() && c.loss[at] > worst) at++;
    rows.push_back(
        {c.name, fixed(c.loss.back(), 3), fixed(c.evaluations.back(), 0), fixed(c.seconds.back(), 0), fixed(c.seconds[at], 0)});
  }
  page.rows("at the end",
            {"trace in training", "negative log-likelihood, nats", "evaluations of f a solve", "seconds",
             "seconds until the worse end is reached"},
            rows);
  page.figure(out + "/curves.png", "likelihood against epochs and against time; evaluations of f a solve");
  page.figure(out + "/data.png", "what the components hold of test images");
  for (const curve& c : r.curves) page.figure(out + "/samples-" + c.name + ".png", "samples, trace in training: " + c.name);
  page.write(out + "/index.html");
}

void write_figures(const results& r, const std::string& path) {
  nlohmann::ordered_json all;
  all["images"] = r.images, all["gaussian"] = r.gaussian, all["explained"] = r.explained;
  for (const curve& c : r.curves)
    all["curves"].push_back(
        {{"trace", c.name}, {"epochs", c.epochs}, {"seconds", c.seconds}, {"loss", c.loss}, {"evaluations", c.evaluations}});
  dimwise::write_file_atomically(path, all.dump(2));
}

}  // namespace digits_flow
