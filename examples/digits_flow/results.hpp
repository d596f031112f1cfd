// examples/digits_flow/results.hpp: what a run of digits_flow found, and its page.
#pragma once
#include <string>
#include <vector>

#include <dimwise/kernel/compiled_model.hpp>

namespace digits_flow {

constexpr std::size_t shown = 96;  ///< images in pictures

/// One training run, scored by the exact trace with adaptive steps.
struct curve {
  std::string name;
  std::vector<double> epochs, seconds, loss, evaluations;
  std::vector<float> samples, images;  ///< [shown][components], [shown][pixels]
};
struct results {
  const dimwise::compiled_model* model = nullptr;
  std::size_t images = 0, scored = 0, height = 0, width = 0, batch = 0, solver_steps = 0;
  double explained = 0, gaussian = 0;
  std::vector<curve> curves;
  std::vector<float> restored;  ///< test images from their components
};

/// Pictures and index.html in the folder `out`.
void write_page(const results& r, const std::string& out);
void write_figures(const results& r, const std::string& path);

}  // namespace digits_flow
