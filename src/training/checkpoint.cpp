// training/checkpoint.cpp: a run's state to and from a safetensors file.
#include <dimwise/training/checkpoint.hpp>

#include <bit>
#include <cmath>

#include <nlohmann/json.hpp>

#include <dimwise/core/error.hpp>
#include <dimwise/io/parameter_file.hpp>

namespace dimwise {
namespace {

// JSON has no infinity, and digits must not depend on a printer: doubles are kept as their bits.
std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }
double from_bits(const nlohmann::json& j) { return std::bit_cast<double>(j.get<std::uint64_t>()); }

}  // namespace

void save_checkpoint(const std::string& path, const table& recording, const checkpoint& state) {
  safetensors file;
  nlohmann::ordered_json run;
  run["stage"] = state.stage;
  run["step"] = state.step;
  run["optimiser_steps"] = state.optimiser_steps;
  run["best_loss"] = bits(state.best_loss);
  run["best_step"] = state.best_step;
  run["validation"] = bits(state.validation);
  run["loss_sum"] = bits(state.loss_sum);
  run["loss_count"] = state.loss_count;
  run["objective_sums"] = nlohmann::ordered_json::array();  // a flow has no objectives
  for (const double v : state.objective_sums) run["objective_sums"].push_back(bits(v));
  run["seconds"] = state.seconds;
  run["stages"] = nlohmann::ordered_json::array();
  for (const auto& s : state.done)
    run["stages"].push_back(
        {{"steps", s.steps}, {"best_step", s.best_step}, {"best_loss", bits(s.best_loss)}, {"seconds", s.seconds}});
  file.metadata = {{"checkpoint", "1"},
                   {"model", state.model},
                   {"seed", std::to_string(state.seed)},
                   {"settings", state.settings},
                   {"data", std::to_string(state.data)},
                   {"transform", state.transform},
                   {"run", run.dump()}};
  append_parameters(file, "", recording, state.parameters.data());
  if (std::isfinite(state.best_loss)) append_parameters(file, "best.", recording, state.best.data());
  append_parameters(file, "optimiser.first.", recording, state.first.data());
  append_parameters(file, "optimiser.second.", recording, state.second.data());
  write_safetensors(path, file);
}

checkpoint load_checkpoint(const std::string& path, const table& recording) {
  const safetensors file = read_safetensors(path);
  if (!file.metadata.count("checkpoint"))
    throw error("cannot resume from '" + path + "': it is not a checkpoint of a training run");
  checkpoint state;
  try {
    const auto& m = file.metadata;
    state.model = m.at("model");
    state.seed = std::stoull(m.at("seed"));
    state.settings = m.at("settings");
    state.data = std::stoull(m.at("data"));
    state.transform = m.at("transform");
    const auto run = nlohmann::json::parse(m.at("run"));
    state.stage = run.at("stage");
    state.step = run.at("step");
    state.optimiser_steps = run.at("optimiser_steps");
    state.best_loss = from_bits(run.at("best_loss"));
    state.best_step = run.at("best_step");
    state.validation = from_bits(run.at("validation"));
    state.loss_sum = from_bits(run.at("loss_sum"));
    state.loss_count = run.at("loss_count");
    for (const auto& v : run.at("objective_sums")) state.objective_sums.push_back(from_bits(v));
    state.seconds = run.at("seconds");
    for (const auto& s : run.at("stages"))
      state.done.push_back({s.at("steps"), s.at("best_step"), from_bits(s.at("best_loss")), s.at("seconds")});
  } catch (const std::exception&) {
    throw error("cannot resume from '" + path + "': its metadata is broken; start again without --resume");
  }
  state.parameters = collect_parameters(file, "", recording, path);
  state.first = collect_parameters(file, "optimiser.first.", recording, path);
  state.second = collect_parameters(file, "optimiser.second.", recording, path);
  state.best = std::isfinite(state.best_loss) ? collect_parameters(file, "best.", recording, path) : state.parameters;
  require_valid_parameters(recording, state.parameters.data(), "cannot resume from '" + path + "': ");
  return state;
}

}  // namespace dimwise
