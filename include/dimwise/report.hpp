// report.hpp: self-contained HTML pages and gnuplot panels for what a model has learned.
#pragma once
#include <string>
#include <vector>

#include "ir/table.hpp"

namespace dimwise {

/// A page whose pictures are inside it, so that the one file can be sent around.
class report_page {
 public:
  explicit report_page(std::string title);
  /// Text is plain; what HTML would read as markup is escaped.
  report_page& heading(const std::string& text);
  report_page& paragraph(const std::string& text);
  /// Embeds a .png or .svg file. Throws `error` if it cannot be read. Wider ones are made to fit, or (`own_size`) scrolled.
  report_page& figure(const std::string& file, const std::string& caption, bool own_size = false);
  /// Throws `error` if a row has another length than `columns`.
  report_page& rows(const std::string& caption, const std::vector<std::string>& columns,
                    const std::vector<std::vector<std::string>>& rows);
  /// The equations, objectives and stochastic differential equations of a recording as formulas.
  report_page& equations(const table& recording);
  /// The equations with their derivatives written out by the rules of calculus, also divided by the density that they are
  /// relative to, as formulas and as LaTeX to copy.
  report_page& expanded_equations(const table& recording);
  /// Text in a fixed-width font, for commands and listings.
  report_page& listing(const std::string& text);
  std::string html() const;
  /// Writes the page atomically.
  void write(const std::string& path) const;

 private:
  std::string title_, body_;
};

/// A gnuplot data block called $name: one line for each row of row-major values[rows][columns]; a blank line after each `block`
/// rows (0: none), as `splot` and `with image` want. Numbers that are not finite are written as NaN, which gnuplot leaves out.
std::string data_block(const std::string& name, const std::vector<double>& values, std::size_t columns, std::size_t block = 0);

/// Runs a gnuplot script that draws one picture into `png` (terminal, size and output are set before it; the folder is made).
/// A name that ends in .gif makes an animation: each plot is a frame of it. Throws `error` with gnuplot's own message; then there
/// is no half-written picture.
void plot(const std::string& script, const std::string& png, int width = 1200, int height = 800);

/// Digits for people: 4 significant ones.
std::string short_number(double value);

}  // namespace dimwise
