// codegen/runner/graph.cpp: see graph.hpp.
#include "codegen/runner/graph.hpp"

#include <cstdio>
#include <filesystem>

#include "codegen/draw/dot.hpp"
#include "codegen/draw/passes.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/report.hpp"

namespace dimwise {
namespace {

std::vector<draw::named_root> candidates(const table& t) {
  std::vector<draw::named_root> all;
  const auto add = [&](std::string name, int node) {
    if (node >= 0) all.push_back({std::move(name), node});
  };
  for (int i = 0; i < t.objective_count; i++) add(std::string(t.objectives[i].name.view()), t.objectives[i].node);
  for (int i = 0; i < t.equation_count; i++) {
    const equation_entry& e = t.equations[i];
    const std::string name(e.name.view());
    add(name + ".relative", e.relative);
    add(name + ".residual", e.residual);
    add(name + ".lhs", e.lhs);
    add(name + ".rhs", e.rhs);
  }
  for (int i = 0; i < t.output_count; i++) add(std::string(t.outputs[i].name.view()), t.outputs[i].node);
  for (int i = 0; i < t.sde_count; i++) {
    add(std::string(t.sdes[i].name.view()) + ".drift", t.sdes[i].drift);
    add(std::string(t.sdes[i].name.view()) + ".noise", t.sdes[i].noise);
  }
  return all;
}

std::vector<draw::named_root> chosen(const table& t, const std::string& of) {
  const std::vector<draw::named_root> all = candidates(t);
  std::string names;
  for (const draw::named_root& r : all) {
    if (r.name == of) return {r};
    names += (names.empty() ? "" : ", ") + r.name;
  }
  if (!of.empty()) throw error("--graph-of: this model has no value '" + of + "'. It has: " + names + ".");
  if (all.empty()) throw error("this model computes nothing that could be drawn.");
  if (t.objective_count > 0 || t.equation_count > 0) return {all[0]};
  return all;
}

}  // namespace

void write_graphs(const compiled_model& m, const std::string& folder, const std::string& of) {
  const std::vector<draw::named_root> roots = chosen(m.recording, of);
  std::filesystem::create_directories(folder);
  std::string what;
  for (const draw::named_root& r : roots) what += (what.empty() ? "" : ", ") + r.name;
  report_page page(m.name + ": the passes of the compiler");
  page.paragraph("The kernel of " + what + " and of its gradient, after each pass. Another value: info --graph " + folder +
                 " --graph-of NAME.");
  bool drawn = true;
  for (const draw::picture& p : draw::pictures_of_passes(m.recording, roots)) {
    const std::string name = folder + "/" + p.file;
    if (!p.dot.empty()) {
      write_file_atomically(name + ".dot", p.dot);
      drawn = drawn && draw::render(name);
    } else {
      write_file_atomically(name + ".svg", p.svg);
    }
    if (drawn) page.heading(p.title).figure(name + ".svg", p.text + " (" + p.file + ".svg)", true);
  }
  if (!drawn)
    throw error(
        "the program 'dot' that draws the pictures was not found: install Graphviz (Debian package graphviz) and try again. The "
        "graphs are written in " +
        folder + " as .dot files.");
  page.write(folder + "/index.html");
  std::printf("pictures: %s/index.html\n", folder.c_str());
}

}  // namespace dimwise
