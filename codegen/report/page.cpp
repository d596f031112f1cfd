// codegen/report/page.cpp: see report.hpp (report_page).
#include <cstdio>

#include "codegen/print/from_table.hpp"
#include "codegen/support/escaped.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/report.hpp"

namespace dimwise {
namespace {

constexpr const char* style = R"(
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 66rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; border-bottom: 1px solid #ddd; }
figure { margin: 1.2rem 0; } figure img { max-width: 100%; border: 1px solid #e5e5e5; }
figure.scrolled { overflow: auto; max-height: 90vh; } figure.scrolled img { max-width: none; }
figcaption, caption { color: #555; font-size: 0.92rem; text-align: left; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid #e5e5e5; padding: 0.25rem 0.8rem 0.25rem 0; text-align: left; font-size: 0.92rem; }
pre { background: #f6f6f6; padding: 0.8rem; overflow-x: auto; font-size: 0.85rem; }
math { font-size: 1.1rem; } .equation { margin: 0.6rem 0; overflow-x: auto; } .label { color: #555; font-size: 0.92rem; }
)";

std::string base64(const std::string& bytes) {
  static constexpr char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned word = 0;
    for (std::size_t k = 0; k < 3; k++) word = word << 8 | (i + k < bytes.size() ? (unsigned char)(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; k++) out += k <= bytes.size() - i ? letter[word >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string math(const std::string& label, const std::string& inside) {
  return "<div class='equation'><div class='label'>" + escaped(label) + "</div><math display='block'>" + inside +
         "</math></div>\n";
}

/// The source of formulas, to copy.
std::string latex_source(const std::string& text) {
  return "<details><summary>LaTeX</summary><pre>" + escaped(text) + "</pre></details>\n";
}

}  // namespace

report_page::report_page(std::string title) : title_(std::move(title)) {}

report_page& report_page::heading(const std::string& text) {
  body_ += "<h2>" + escaped(text) + "</h2>\n";
  return *this;
}

report_page& report_page::paragraph(const std::string& text) {
  body_ += "<p>" + escaped(text) + "</p>\n";
  return *this;
}

report_page& report_page::figure(const std::string& file, const std::string& caption, bool own_size) {
  const bool svg = file.size() > 4 && file.compare(file.size() - 4, 4, ".svg") == 0;
  body_ += std::string(own_size ? "<figure class='scrolled'>" : "<figure>") + "<img alt=\"" + escaped(caption) +
           "\" src=\"data:image/" + (svg ? "svg+xml" : "png") + ";base64," + base64(read_file(file)) + "\"><figcaption>" +
           escaped(caption) + "</figcaption></figure>\n";
  return *this;
}

report_page& report_page::rows(const std::string& caption, const std::vector<std::string>& columns,
                               const std::vector<std::vector<std::string>>& rows) {
  std::string text = "<table><caption>" + escaped(caption) + "</caption><tr>";
  for (const auto& name : columns) text += "<th>" + escaped(name) + "</th>";
  text += "</tr>\n";
  for (const auto& row : rows) {
    if (row.size() != columns.size())
      throw error("a row of the table '" + caption + "' has " + std::to_string(row.size()) + " entries for " +
                  std::to_string(columns.size()) + " columns.");
    text += "<tr>";
    for (const auto& cell : row) text += "<td>" + escaped(cell) + "</td>";
    text += "</tr>\n";
  }
  body_ += text + "</table>\n";
  return *this;
}

report_page& report_page::equations(const table& t) {
  std::vector<int> roots;
  for (int i = 0; i < t.equation_count; i++) roots.insert(roots.end(), {t.equations[i].lhs, t.equations[i].rhs});
  for (int i = 0; i < t.sde_count; i++) roots.insert(roots.end(), {t.sdes[i].drift, t.sdes[i].noise});
  for (int i = 0; i < t.ode_count; i++) roots.push_back(t.odes[i].field);
  for (int i = 0; i < t.objective_count; i++) roots.push_back(t.objectives[i].node);
  const print::formulas all = print::from_table(t, roots);
  const std::string state(t.state_name.view()), time(t.time_name.view());
  auto spell = [&](const print::formula& f) { return print::as_mathml(f, state, time); };
  std::size_t next = 0;
  for (int i = 0; i < t.equation_count; i++, next += 2)
    body_ += math(std::string(t.equations[i].name.view()), spell(all.roots[next]) + "<mo>=</mo>" + spell(all.roots[next + 1]));
  print::formula step;
  step.what = print::part::symbol;
  step.text = state.empty() ? "x" : state;
  step.indexed = true;
  for (int i = 0; i < t.sde_count; i++, next += 2)
    body_ += math("stochastic differential equation " + std::string(t.sdes[i].name.view()),
                  "<mi>d</mi>" + spell(step) + "<mo>=</mo>" + spell(all.roots[next]) + "<mi>d</mi><mi>" +
                      escaped(time.empty() ? "t" : time) + "</mi><mo>+</mo>" + spell(all.roots[next + 1]) +
                      "<mi>d</mi><msub><mi>W</mi><mi>i</mi></msub>");
  for (int i = 0; i < t.ode_count; i++, next++)
    body_ += math("ordinary differential equation " + std::string(t.odes[i].name.view()),
                  "<mi>d</mi>" + spell(step) + "<mo>/</mo><mi>d</mi><mi>" + escaped(time.empty() ? "t" : time) +
                      "</mi><mo>=</mo>" + spell(all.roots[next]));
  for (int i = 0; i < t.objective_count; i++, next++)
    body_ +=
        math(t.objectives[i].integral >= 0
                 ? "minimised: (integral " + std::string(t.integrals[t.objectives[i].integral].name.view()) + " - " +
                       print::digits(t.objectives[i].target) + ")^2, weight " + print::digits(t.objectives[i].weight) + ", of"
                 : "minimised: mean over " +
                       (t.objectives[i].set >= 0 ? std::string(t.sets[t.objectives[i].set].name.view()) : "samples") + " of (" +
                       std::string(t.objectives[i].name.view()) + ", weight " + print::digits(t.objectives[i].weight) + ")",
             spell(all.roots[next]));
  for (std::size_t i = 0; i < all.definitions.size(); i++) {
    print::formula name;
    name.what = print::part::symbol;
    name.text = all.definitions[i].first;
    name.indexed = all.indexed[i];
    body_ += math(i == 0 ? "where" : "", spell(name) + "<mo>=</mo>" + spell(all.definitions[i].second));
  }
  return *this;
}

report_page& report_page::expanded_equations(const table& t) {
  const std::string state(t.state_name.view()), time(t.time_name.view());
  const auto spell = [&](const print::formula& f) { return print::as_mathml(f, state, time); };
  const auto latex = [&](const print::formula& f) { return print::as_latex(f, state, time); };
  for (int i = 0; i < t.equation_count; i++) {
    const print::expanded_equation e = print::expanded_sides(t, t.equations[i]);
    const std::string name(t.equations[i].name.view());
    std::string source = latex(e.lhs) + " = " + latex(e.rhs) + "\n";
    body_ += math(name + ", derivatives written out", spell(e.lhs) + "<mo>=</mo>" + spell(e.rhs));
    if (e.divided) {
      body_ += math("divided by " + print::as_text(e.divisor) + ", as it is computed",
                    spell(e.divided_lhs) + "<mo>=</mo>" + spell(e.divided_rhs));
      source += latex(e.divided_lhs) + " = " + latex(e.divided_rhs) + "\n";
    }
    for (std::size_t k = 0; k < e.definitions.size(); k++) {
      print::formula symbol;
      symbol.what = print::part::symbol;
      symbol.text = e.definitions[k].first;
      symbol.indexed = e.indexed[k];
      body_ += math(k == 0 ? "where" : "", spell(symbol) + "<mo>=</mo>" + spell(e.definitions[k].second));
      source += latex(symbol) + " = " + latex(e.definitions[k].second) + "\n";
    }
    body_ += latex_source(source);
  }
  return *this;
}

report_page& report_page::listing(const std::string& text) {
  body_ += "<pre>" + escaped(text) + "</pre>\n";
  return *this;
}

std::string report_page::html() const {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escaped(title_) + "</title><style>" +
         style + "</style></head>\n<body><h1>" + escaped(title_) + "</h1>\n" + body_ + "</body></html>\n";
}

void report_page::write(const std::string& path) const { write_file_atomically(path, html()); }

std::string short_number(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", value);
  return buffer;
}

}  // namespace dimwise
