// codegen/runner/panels.hpp: the pictures of `report` that every model of a density or a stochastic differential equation has.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dimwise/io/parameter_file.hpp"
#include "dimwise/kernel/compiled_model.hpp"
#include "dimwise/training/data_rows.hpp"
#include "dimwise/training/transform.hpp"

namespace dimwise {

/// What is drawn, in the units of the training data.
struct panel_request {
  const compiled_model& model;
  const parameter_set& parameters;
  fitted_transform transform;
  std::vector<double> constants;
  double t0 = 0, t1 = 1;
  std::uint64_t seed = 0;
  const data_rows* data = nullptr;  ///< drawn over the density; may be null
};

/// Mean training and validation loss over the steps of a `.losses.csv` file.
void draw_losses(const std::string& losses_csv, const std::string& png);

/// The density of mixture 0: over (time, coordinate) for d = 1, over the first two coordinates at four times otherwise (exact for
/// d = 2, drawn from samples for more).
void draw_density(const panel_request& what, const std::string& png);

/// Paths of the first stochastic differential equation from draws of the mixture (or rows of the data at the first time), the
/// middle 50 % and 90 % of 1,000 of them, for up to three coordinates. `dt`: step.
void draw_paths(const panel_request& what, double dt, const std::string& png);

}  // namespace dimwise
