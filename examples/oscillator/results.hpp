// examples/oscillator/results.hpp: what the demo has measured, for its page and its figures.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <dimwise/kernel/compiled_model.hpp>
#include <dimwise/oracle/check_record.hpp>

#include "examples/oscillator/score.hpp"

namespace oscillator_example {

/// One trained drift, with learned or given noise.
struct motion_run {
  std::vector<double> parameters;
  double seconds = 0;          ///< of training
  std::vector<double> ratios;  ///< energy distance in units of the floor, at the scored times
  motion_summary summary;
};

/// One seed: another data set and other first parameters.
struct seed_run {
  std::uint64_t seed = 0;
  std::vector<std::vector<double>> snapshots;  ///< [20][2000 * 2]
  double density_seconds = 0;
  std::vector<double> gaps;  ///< density_gaps
  motion_run learned, given;
};

/// A figure and what it is held to.
struct bar {
  std::string what;
  double value = 0, bound = 0;
  bool met() const { return value <= bound; }
};

struct results {
  const dimwise::compiled_model* learned_model = nullptr;
  const dimwise::compiled_model* given_model = nullptr;
  int threads = 1, pairs = 0;
  std::vector<double> floor;  ///< energy distance between two true crowds at the scored times
  std::vector<seed_run> seeds;
  std::vector<double> median_gaps, median_learned, median_given;  ///< over seeds, at each time
  std::vector<bar> bars;
  std::vector<dimwise::check_record> learned_checks, given_checks;  ///< of the kernels of both models; empty: not asked for
  double seconds = 0;
};

double mean_of(const std::vector<double>& values);
double largest_of(const std::vector<double>& values);

/// Draws the panels and writes folder/index.html.
void write_page(const results& r, const std::string& folder);
/// All figures as JSON.
void write_figures(const results& r, const std::string& file);

}  // namespace oscillator_example
