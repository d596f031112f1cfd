// examples/vae/settings.hpp: the one configuration file of all rows.
#pragma once
#include <string>
#include <vector>

namespace vae {

struct settings {
  std::vector<std::string> data{"mnist", "omniglot"};
  std::vector<std::string> rows{"vae", "planar", "iaf", "sylvester", "stochastic", "hollow"};
  std::vector<int> seeds{1};
  int epochs = 5;  ///< may be raised later: training goes on
  int batch = 96;
  double rate = 1e-3;           ///< of Adam
  double warm_up_epochs = 2;    ///< over which the weight of the divergence rises to 1
  double average = 0.998;       ///< decay of the running mean of the parameters, which is what is evaluated
  int hidden = 300;             ///< units of the two gated layers of encoder and decoder
  int validation_images = 500;  ///< for the curve in the history
  int planar_flows = 16;
  int iaf_flows = 4, iaf_hidden = 320;
  int sylvester_flows = 4, sylvester_reflections = 8;
  int flow_steps = 4;               ///< RK4 steps of a solve in training
  int flow_evaluation_steps = 8;    ///< and at evaluation
  int images = 500, samples = 500;  ///< of the evaluation: test images, importance samples of each
  double checkpoint_seconds = 60;

  /// What changes the digits of training, as JSON: a run can only go on with the same.
  std::string of_training() const;
  /// What changes the digits of the evaluation.
  std::string of_evaluation() const;
};

/// Throws dimwise::error naming the file and the entry that is unknown, of the wrong type or out of range.
settings read_settings(const std::string& path);

}  // namespace vae
