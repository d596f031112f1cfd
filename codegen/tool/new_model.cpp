// codegen/tool/new_model.cpp: see new_model.hpp.
#include "codegen/tool/new_model.hpp"

#include <cctype>
#include <cmath>
#include <cstdio>
#include <set>
#include <vector>

#include "dimwise/core/error.hpp"
#include "dimwise/core/random.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/io/csv.hpp"
#include "dimwise_templates.hpp"

namespace dimwise::tool {
namespace {

bool is_name(const std::string& name) {
  static const std::set<std::string> taken = {"main", "model",  "drift", "noise", "density", "run", "auto", "class",
                                              "int",  "double", "float", "new",   "delete",  "for", "if",   "this"};
  if (name.empty() || taken.count(name) || std::isdigit((unsigned char)name[0])) return false;
  for (char c : name)
    if (!std::isalnum((unsigned char)c) && c != '_') return false;
  return true;
}

// Particles of dx = 4 (c(t) - x) dt + 0.5 dW around a centre c(t) on the circle of radius 1.5, in 15 x 20 small steps.
std::vector<double> particles() {
  constexpr int count = 300, times = 15, between = 20;
  const random_stream random(1, "new model");
  const double h = 1.0 / (times - 1) / between;
  std::vector<double> rows, x(2 * count);
  for (int s = 0; s < 2 * count; s++) x[std::size_t(s)] = (s % 2 == 0 ? 1.5 : 0) + 0.3 * random.normal(0, std::uint64_t(s));
  for (int k = 0; k < times; k++) {
    for (int s = 0; s < count; s++)
      rows.insert(rows.end(), {double(k) / (times - 1), x[std::size_t(2 * s)], x[std::size_t(2 * s + 1)]});
    for (int b = 0; b < between; b++) {
      const double angle = 6.283185307179586 * (double(k) / (times - 1) + h * b);
      for (int s = 0; s < 2 * count; s++) {
        double& v = x[std::size_t(s)];
        const double centre = 1.5 * (s % 2 == 0 ? std::cos(angle) : std::sin(angle));
        v += 4 * (centre - v) * h + 0.5 * std::sqrt(h) * random.normal(std::uint64_t(1 + k * between + b), std::uint64_t(s));
      }
    }
  }
  return rows;
}

}  // namespace

void new_model(const std::string& name) {
  if (!is_name(name))
    throw error("'" + name + "' cannot be the name of a C++ function; use letters, digits and _, e.g. my_model.");
  const std::string source = name + ".cpp", data = name + ".csv";
  for (const std::string& file : {source, data})
    if (file_exists(file)) throw error(file + " exists already; choose another name or remove it.");
  std::string text = templates::model_cpp;
  for (std::size_t at = 0; (at = text.find("NAME", at)) != std::string::npos; at += name.size()) text.replace(at, 4, name);
  write_csv(data, {"t", "x_0", "x_1"}, particles());
  write_file_atomically(source, text);
  std::printf(
      "%s: a model to start from\n%s: data made for it\n\nnext:\n  dimwise train %s --data %s\n  dimwise report %s --parameters "
      "%s.safetensors --data %s\n",
      source.c_str(), data.c_str(), source.c_str(), data.c_str(), source.c_str(), name.c_str(), data.c_str());
}

}  // namespace dimwise::tool
