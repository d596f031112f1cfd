// codegen/tool/peer_digits.cpp: see peer_digits.hpp.
#include "codegen/tool/peer_digits.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/io/npy.hpp"
#include "dimwise/io/safetensors.hpp"

namespace dimwise::tool {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> result_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".npy") files.push_back(fs::relative(entry.path(), folder));
  std::sort(files.begin(), files.end());
  return files;
}

std::size_t count_of(const std::vector<std::size_t>& shape) {
  std::size_t n = 1;
  for (std::size_t s : shape) n *= s;
  return n;
}

double root_mean_square(const std::vector<double>& values) {
  double sum = 0;
  for (double v : values) sum += v * v;
  return std::sqrt(sum / double(std::max<std::size_t>(values.size(), 1)));
}

}  // namespace

digits compare_digits(const fs::path& folder, const std::string& name, bool in_double) {
  const fs::path ours = folder / "dimwise", theirs = folder / name;
  const double within = in_double ? 1e-9 : 2e-4, step_within = 1e-2;
  digits found;
  std::string where;
  const safetensors start = read_safetensors((folder / "in" / "parameters.safetensors").string());
  for (const fs::path& file : result_files(ours)) {
    if (!fs::exists(theirs / file)) return {std::numeric_limits<double>::infinity(), false, "NO RESULT " + file.string()};
    npy_array<double> a = read_npy<double>((ours / file).string());
    const npy_array<double> b = read_npy<double>((theirs / file).string());
    if (count_of(a.shape) != count_of(b.shape))
      return {std::numeric_limits<double>::infinity(), false, "ANOTHER SHAPE of " + file.string()};
    std::vector<double> apart(a.values.size());
    for (std::size_t i = 0; i < apart.size(); i++) apart[i] = std::abs(a.values[i] - b.values[i]);
    const bool step = file.begin()->string() == "parameters";
    if (step)
      if (const named_array* from = start.find(file.stem().string()))
        for (std::size_t i = 0; i < apart.size(); i++) a.values[i] -= from->values[i];
    const double size = root_mean_square(a.values);
    double worst = 0;
    if (step) worst = root_mean_square(apart);
    else
      for (double e : apart) worst = std::isnan(e) ? std::numeric_limits<double>::infinity() : std::max(worst, e);
    worst = worst == 0 ? 0 : worst / size;
    if (!(worst <= (step ? step_within : within))) found.same = false;
    if (worst > found.worst || where.empty()) {
      found.worst = worst;
      where = file.string();
    }
  }
  if (where.empty()) return {std::numeric_limits<double>::infinity(), false, "NO RESULTS TO COMPARE"};
  char text[64];
  std::snprintf(text, sizeof text, "%.1e", found.worst);
  found.words = found.same ? "digits " + std::string(text) : "OTHER DIGITS: " + std::string(text) + " in " + where;
  return found;
}

bool identical_results(const fs::path& folder, const std::string& name) {
  const std::vector<fs::path> files = result_files(folder / "dimwise");
  return !files.empty() && std::all_of(files.begin(), files.end(), [&](const fs::path& file) {
    return fs::exists(folder / name / file) &&
           read_file((folder / "dimwise" / file).string()) == read_file((folder / name / file).string());
  });
}

}  // namespace dimwise::tool
