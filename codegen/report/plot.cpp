// codegen/report/plot.cpp: see report.hpp (data_block, plot).
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <unistd.h>

#include "codegen/print/formula.hpp"
#include "codegen/support/process.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/report.hpp"

namespace dimwise {
namespace fs = std::filesystem;

std::string data_block(const std::string& name, const std::vector<double>& values, std::size_t columns, std::size_t block) {
  std::string text = "$" + name + " << EOD\n";
  char buffer[32];
  for (std::size_t i = 0; i < values.size(); i++) {
    if (std::isfinite(values[i])) std::snprintf(buffer, sizeof buffer, "%.9g", values[i]);
    else std::snprintf(buffer, sizeof buffer, "NaN");
    const bool last = i % columns + 1 == columns;
    text += buffer;
    text += last ? '\n' : ' ';
    if (last && block && (i + 1) / columns % block == 0) text += '\n';
  }
  return text + "EOD\n";
}

void plot(const std::string& script, const std::string& png, int width, int height) {
  const fs::path target(png);
  if (target.has_parent_path()) fs::create_directories(target.parent_path());
  const bool moving = target.extension() == ".gif";
  const std::string unique = png + "." + std::to_string(getpid());
  const std::string picture = unique + (moving ? ".gif" : ".png"), commands = unique + ".gnuplot";
  const std::string terminal =
      moving ? "gif animate delay 8 loop 0 optimize noenhanced font 'sans,11'" : "pngcairo noenhanced font 'sans,11'";
  write_file_atomically(commands, "set terminal " + terminal + " size " + std::to_string(width) + "," + std::to_string(height) +
                                      "\nset output '" + picture + "'\n" + script + "\nunset output\n");
  const tool::process_result ran = tool::run_captured({"gnuplot", commands});
  std::error_code ignored;
  fs::remove(commands, ignored);
  if (ran.code != 0 || !fs::exists(picture)) {
    fs::remove(picture, ignored);
    if (ran.code == 127) throw error("gnuplot, which draws the pictures, was not found; install the package gnuplot-nox.");
    throw error("gnuplot could not draw " + png + ": " + ran.output);
  }
  fs::rename(picture, png);
}

}  // namespace dimwise
