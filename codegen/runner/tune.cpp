// codegen/runner/tune.cpp: the command `tune`: measures the register tiles of the model's products and remembers the fastest.
#include <cstdio>
#include <memory>
#include <string>

#include "codegen/runner/arguments.hpp"
#include "codegen/runner/commands.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/kernel/tile_choices.hpp"

namespace dimwise::commands {
namespace {

template <class T>
void measure(const model_kernels<T>& kernels, std::vector<tile_measurement>& found) {
  const auto each = [&](const auto& kernel) {
    if (kernel) kernel->tune(found);
  };
  each(kernels.outputs);
  for (const auto* list : {&kernels.objectives, &kernels.integrals, &kernels.sdes, &kernels.mixtures})
    for (const auto& kernel : *list) each(kernel);
  for (const ode_kernels<T>& ode : kernels.odes) {
    each(ode.field);
    each(ode.carried);
    each(ode.diagonal);
  }
}

const char* words_for(char what) {
  switch (what) {
    case 'f': return "product, function";
    case 't': return "transposed product";
    case 'u': return "transposed product, function";
    case 'g': return "gradient of weights";
    default: return "product";
  }
}

}  // namespace

setup tune(const runner& program) {
  return [&program](command_line& line) {
    auto precision = std::make_shared<std::string>("both");
    line.option("--precision", *precision, "float, double or both");
    return [precision, &program] {
      const compiled_model& m = program.model();
      const std::string path = tile_file(m.isa);
      if (path.empty())
        throw error(
            "there is no place to remember tiles in: DIMWISE_TILES is empty or 'off', or neither XDG_CACHE_HOME nor HOME names a "
            "folder.");
      require_writable(path);
      std::vector<tile_measurement> found;
      const chosen_precisions chosen = precisions_of(*precision);
      if (chosen.in_float) measure(m.in_float, found);
      if (chosen.in_double) measure(m.in_double, found);
      if (found.empty()) throw error("the model has no matrix product whose tile could be chosen.");
      tile_choices choices = read_tile_file(m.isa);
      std::size_t faster = 0;
      for (const tile_measurement& f : found) {
        choices.set(f.product, f.best);
        if (!(f.best_ns < f.usual_ns)) continue;
        faster++;
        std::printf("%-6s %-28s %4d x %4d x %2d vectors: tile %2d x %d, %.1f %% less time than the usual one\n",
                    f.product.bytes == 4 ? "float" : "double", words_for(f.product.what), f.product.rows, f.product.depth,
                    f.product.packs, f.best.rows, f.best.packs, 100 * (1 - f.best_ns / f.usual_ns));
      }
      write_file_atomically(path, choices.text());
      std::printf(
          "%zu products measured, %zu of them faster with another tile\nremembered in %s; every program that is started "
          "from now on uses them\n",
          found.size(), faster, path.c_str());
      return 0;
    };
  };
}

}  // namespace dimwise::commands
