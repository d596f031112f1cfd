// training/train_settings.cpp: see train_settings.hpp.
#include "train_settings.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <nlohmann/json.hpp>

#include <dimwise/core/error.hpp>

namespace dimwise {
namespace {

std::uint64_t hash_of(const std::vector<double>& values) {
  std::uint64_t hash = values.size();
  for (const double v : values) {
    std::uint64_t word = 0;
    std::memcpy(&word, &v, sizeof word);
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return hash;
}

}  // namespace

std::string settings_of(const train_options& o, const std::vector<stage_entry>& stages, const table& recording,
                        const char* precision) {
  nlohmann::ordered_json j;
  j["precision"] = precision;
  j["seed"] = o.seed;
  j["parameters"] = recording.parameters;
  j["first stage"] = o.first_stage;
  j["validation every"] = o.validate_every;
  j["validation samples"] = o.validation_samples;
  j["keep best"] = o.keep_best;
  j["selected by a function"] = bool(o.select);
  j["start"] = hash_of(o.start);
  for (std::size_t i = 0; i < stages.size(); i++) {
    const stage_entry& s = stages[i];
    nlohmann::ordered_json numbers;
    numbers["steps"] = s.steps;
    numbers["batch"] = s.batch;
    numbers["rate"] = s.rate;
    numbers["warm-up"] = s.warm_up;
    numbers["final rate"] = s.final_rate;
    numbers["clip"] = s.clip;
    numbers["decay"] = s.decay;
    if (s.how != method::adam) {
      numbers["method"] = s.how == method::lbfgs ? "L-BFGS" : "Levenberg-Marquardt";
      numbers["redraw"] = s.redraw;
      numbers["candidates"] = s.candidates;
    }
    numbers["stop after"] = i < o.stop_after.size() ? o.stop_after[i] : -1;
    j["stage " + std::to_string(i)] = numbers;
  }
  for (const auto& [name, value] : o.weights) j["weight of " + name] = value;
  for (const auto& [name, value] : o.constants) j["constant " + name] = value;
  return j.dump();
}

std::string setting_differences(const std::string& before, const std::string& after) {
  const auto a = nlohmann::json::parse(before).flatten(), b = nlohmann::json::parse(after).flatten();
  std::string text;
  const auto add = [&](std::string key, const std::string& was, const std::string& is) {
    key.erase(0, 1);
    std::replace(key.begin(), key.end(), '/', ' ');
    text += (text.empty() ? "" : "; ") + key + " was " + was + " and is " + is;
  };
  for (const auto& [key, value] : a.items())
    if (!b.contains(key)) add(key, value.dump(), "not given");
    else if (b[key] != value) add(key, value.dump(), b[key].dump());
  for (const auto& [key, value] : b.items())
    if (!a.contains(key)) add(key, "not given", value.dump());
  return text;
}

void require_sensible(const train_options& o, const std::vector<stage_entry>& stages, const table& recording) {
  const auto require = [](bool good, const std::string& sentence) {
    if (!good) throw error(sentence);
  };
  require(recording.objective_count > 0, "the model has no objective: there is nothing to train");
  require(o.first_stage >= 0 && std::size_t(o.first_stage) < stages.size(),
          "the first stage " + std::to_string(o.first_stage) + " does not exist; the model has " + std::to_string(stages.size()));
  require(o.first_stage == 0 || !o.start.empty(), "stages are skipped: give the parameters to start from");
  require(o.start.empty() || o.start.size() == std::size_t(recording.parameters),
          std::to_string(o.start.size()) + " starting parameters are given, and the model has " +
              std::to_string(recording.parameters));
  require(o.validate_every > 0, "validation must be computed every 1 or more steps");
  require(o.validation_samples > 0, "validation needs at least one sample");
  require(o.stop_after.size() <= stages.size(), "stop_after has more entries than the model has stages");
  for (const stage_entry& s : stages) {
    const std::string start = "stage '" + std::string(s.name.view()) + "': ";
    require(s.steps > 0, start + "the number of steps must be positive");
    require(s.batch > 0, start + "the number of samples in a batch must be positive");
    require(s.rate > 0 && std::isfinite(s.rate), start + "the learning rate must be positive and finite");
    require(s.warm_up >= 0, start + "the number of warm-up steps must not be negative");
    require(s.final_rate >= 0 && s.final_rate <= 1, start + "the final rate is a fraction of the rate, from 0 to 1");
    require(s.clip >= 0, start + "the largest norm of the gradient must not be negative; 0 is none");
    require(s.redraw > 0, start + "samples must be drawn anew every 1 or more steps");
    require(
        s.how != method::lbfgs || s.redraw > 1,
        start +
            "L-BFGS compares gradients of the same samples: draw them anew every 2 or more steps, or train the stage by Adam");
    require(s.candidates >= 1 && s.candidates <= 1000, start + "the number of candidates for a sample must lie in 1..1000");
    require(s.decay >= 0 && s.decay * s.rate < 1, start + "the decay must not be negative, and decay times rate below 1");
  }
}

}  // namespace dimwise
