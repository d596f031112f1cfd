// training/train.cpp: the training loop, its checkpoints and its reports.
#include <dimwise/training/train.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include <dimwise/core/error.hpp>
#include <dimwise/io/atomic_file.hpp>
#include <dimwise/io/parameter_file.hpp>
#include <dimwise/training/checkpoint.hpp>
#include <dimwise/training/initialise.hpp>
#include <dimwise/training/levenberg_marquardt.hpp>
#include <dimwise/training/objectives.hpp>
#include <dimwise/training/optimiser.hpp>

namespace dimwise {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

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

// Everything that changes the digits of a run, by name.
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
    if (s.how == method::levenberg_marquardt) {
      numbers["method"] = "Levenberg-Marquardt";
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

std::string differences(const std::string& before, const std::string& after) {
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
    require(s.candidates >= 1 && s.candidates <= 1000, start + "the number of candidates for a sample must lie in 1..1000");
    require(s.decay >= 0 && s.decay * s.rate < 1, start + "the decay must not be negative, and decay times rate below 1");
  }
}

template <class T>
class trainer {
 public:
  trainer(const compiled_model& model, const train_options& options, const data_sets& sets, progress& reports)
      : model_(model),
        recording_(model.recording),
        options_(options),
        sets_(sets),
        reports_(reports),
        stages_(options.stages.empty() ? stages_of(model.recording) : options.stages),
        workers_(options.threads),
        losses_(model.recording, options.history),
        start_time_(now()) {
    if (stages_.size() != stages_of(recording_).size())
      throw error(std::to_string(stages_.size()) + " stages are given, and the model has " +
                  std::to_string(stages_of(recording_).size()));
    require_sensible(options_, stages_, recording_);
    require_computable(model_, sets_);
    settings_ = settings_of(options_, stages_, recording_, sizeof(T) == 4 ? "float" : "double");
    state_.model = model_.name;
    state_.seed = options_.seed;
    state_.settings = settings_;
    state_.data = sets_.fingerprint();
    state_.transform = sets_.transform().text();
    gradient_.resize(std::size_t(recording_.parameters));
    before_.resize(gradient_.size());
  }

  train_result run() {
    begin();
    bool paused = false;
    while (std::size_t(state_.stage) < stages_.size() && !paused) paused = !run_stage();
    return finish(paused);
  }

 private:
  std::uint64_t last_step(int stage) const {
    const auto s = std::size_t(stage);
    const int steps = stages_[s].steps;
    const bool stopped = s < options_.stop_after.size() && options_.stop_after[s] >= 0;
    return std::uint64_t(stopped ? std::min(steps, options_.stop_after[s]) : steps);
  }

  void begin() {
    if (!options_.checkpoint.empty()) remove_leftovers(options_.checkpoint);
    if (options_.resume && !options_.checkpoint.empty() && file_exists(options_.checkpoint)) {
      checkpoint kept = load_checkpoint(options_.checkpoint, recording_);
      const std::string start = "cannot resume from '" + options_.checkpoint + "': ";
      if (kept.model != model_.name)
        throw error(start + "it is of the model '" + kept.model + "', and this is '" + model_.name + "'");
      if (kept.settings != settings_) throw error(start + differences(kept.settings, settings_));
      if (kept.data != state_.data || kept.transform != state_.transform)
        throw error(start + "the data is not the data that the run was started with");
      state_ = std::move(kept);
      losses_.resume(state_.stage, state_.step);
      if (std::size_t(state_.stage) < stages_.size())
        reports_.note("resuming from '" + options_.checkpoint + "' at step " + std::to_string(state_.step) + " of stage " +
                      std::to_string(state_.stage + 1));
      resumed_ = true;
    } else {
      if (!options_.checkpoint.empty() && file_exists(options_.checkpoint) && !options_.resume)
        reports_.note("starting anew: the checkpoint in '" + options_.checkpoint + "' will be replaced");
      state_.parameters = options_.start.empty() ? initial_parameters(recording_, options_.seed) : options_.start;
      require_valid_parameters(recording_, state_.parameters.data(), "the parameters to start from cannot be used: ");
      state_.stage = options_.first_stage;
      losses_.begin();
    }
    earlier_seconds_ = state_.seconds;
    steps_before_ = total_steps(std::min(state_.stage, int(stages_.size()))) + state_.step;
    last_checkpoint_ = now();
  }

  double seconds() const { return earlier_seconds_ + now() - start_time_; }

  // Puts the run at step 0 of its stage.
  void enter_stage(std::size_t parameters) {
    state_.step = 0;
    state_.optimiser_steps = 0;
    state_.best_loss = std::numeric_limits<double>::infinity();
    state_.best_step = 0;
    state_.validation = not_a_number;
    state_.loss_sum = 0;
    state_.loss_count = 0;
    state_.objective_sums.assign(std::size_t(recording_.objective_count), 0.0);
    state_.best = state_.parameters;
    state_.first.assign(parameters, 0.0);
    state_.second.assign(parameters, 0.0);
  }

  void begin_reports(const stage_entry& stage, std::uint64_t last) {
    report_.stage = std::string(stage.name.view());
    report_.stage_number = state_.stage;
    report_.stages = int(stages_.size());
    report_.steps = last;
  }
  bool must_pause() {
    return (options_.interrupt && options_.interrupt->load()) || (options_.pause_after && ++steps_done_ >= options_.pause_after);
  }

  // A stage of Levenberg-Marquardt: its state is the parameters and the damping, so it stops and is saved where samples are drawn anew.
  bool run_least_squares() {
    const stage_entry& stage = stages_[std::size_t(state_.stage)];
    const double stage_start = seconds();
    if (!std::exchange(resumed_, false)) enter_stage(gradient_.size());
    levenberg_marquardt solver(model_, sets_, state_.stage, std::size_t(stage.batch), stage.candidates, options_.seed, options_.weights,
                               options_.constants, workers_);
    if (solver.unknowns() == 0)
      throw error("stage '" + std::string(stage.name.view()) + "' moves no parameter: all that its objectives reach are frozen");
    objective_runner<double> judge(model_, sets_, state_.stage, 1, options_.validation_samples, options_.seed, options_.weights,
                                   options_.constants, workers_);
    if (state_.first[0] > 0) solver.damping = state_.first[0];
    const std::uint64_t last = last_step(state_.stage);
    begin_reports(stage, last);
    bool pause = false;
    while (state_.step < last && !pause) {
      solver.draw(state_.step, state_.parameters.data());
      const std::uint64_t until = std::min(last, state_.step + std::uint64_t(stage.redraw));
      while (state_.step < until) {
        const double loss = solver.step(state_.parameters.data());
        if (!std::isfinite(loss))
          throw error("training stopped in stage '" + std::string(stage.name.view()) + "': the sum of squares is not finite at step " +
                      std::to_string(state_.step + 1) + "; look at the residual's domain (a logarithm, a root, a division) on the sample set");
        state_.step++;
        note_loss(loss, solver.losses(), judge.objectives());
        show(solver.damping);
        if (state_.step % std::uint64_t(options_.validate_every) == 0 || state_.step == last) validate_now(solver.damping, judge);
        pause = must_pause() || pause;
      }
      state_.first[0] = solver.damping;
      if (state_.step == last) break;
      if (!options_.checkpoint.empty() && (pause || now() - last_checkpoint_ >= options_.checkpoint_seconds)) write_checkpoint();
    }
    if (state_.step < last) return false;
    end_stage(stage_start);
    return !pause;
  }

  // Returns false when the run is to pause.
  bool run_stage() {
    const stage_entry& stage = stages_[std::size_t(state_.stage)];
    if (stage.how == method::levenberg_marquardt) return run_least_squares();
    const double stage_start = seconds();
    if (!std::exchange(resumed_, false)) enter_stage(gradient_.size());
    objective_runner<T> runner(model_, sets_, state_.stage, std::size_t(stage.batch), options_.validation_samples, options_.seed,
                               options_.weights, options_.constants, workers_);
    if (runner.objectives().empty())
      throw error("stage '" + std::string(stage.name.view()) + "' has no objective; give one its number " +
                  std::to_string(state_.stage));
    std::vector<int> nodes;
    for (const int o : runner.objectives()) nodes.push_back(recording_.objectives[o].node);
    adam optimiser(gradient_.size(), movable_entries(recording_, reached_tensors(recording_, nodes)));
    if (optimiser.movable().empty())
      throw error("stage '" + std::string(stage.name.view()) + "' moves no parameter: all that its objectives reach are frozen");
    optimiser.first.swap(state_.first);
    optimiser.second.swap(state_.second);
    optimiser.steps = state_.optimiser_steps;

    const std::uint64_t last = last_step(state_.stage);
    begin_reports(stage, last);
    bool pause = false;
    while (state_.step < last && !pause) {
      one_step(stage, runner, optimiser);
      if (state_.step % std::uint64_t(options_.validate_every) == 0 || state_.step == last)
        validate_now(scheduled_rate(stage, state_.step - 1), runner);
      pause = must_pause();
      if (state_.step == last) break;
      if (pause || (!options_.checkpoint.empty() && now() - last_checkpoint_ >= options_.checkpoint_seconds)) save(optimiser);
    }
    if (state_.step < last) return false;
    end_stage(stage_start);
    return !pause;
  }

  void one_step(const stage_entry& stage, objective_runner<T>& runner, adam& optimiser) {
    gradient_.swap(before_);
    std::fill(gradient_.begin(), gradient_.end(), 0.0);
    const double loss = runner.gradient(state_.step, state_.parameters.data(), gradient_.data());
    const double norm = optimiser.norm(gradient_.data());
    if (!std::isfinite(loss) || !std::isfinite(norm)) {
      std::string text = "training stopped in stage '" + std::string(stage.name.view()) +
                         "': " + runner.explain(state_.step, state_.parameters.data(), before_.data()) + ".";
      if (!options_.checkpoint.empty() && file_exists(options_.checkpoint))
        text += " The last good checkpoint is kept in '" + options_.checkpoint + "'.";
      throw error(text + " A smaller rate, a smaller clip or double precision may help.");
    }
    const double rate = scheduled_rate(stage, state_.step);
    optimiser.step(state_.parameters.data(), gradient_.data(), stage.clip > 0 && norm > stage.clip ? stage.clip / norm : 1.0,
                   rate, stage.decay);
    state_.step++;
    note_loss(loss, runner.losses(), runner.objectives());
    show(rate);
  }
  void note_loss(double loss, const std::vector<double>& losses, const std::vector<int>& objectives) {
    state_.loss_sum += loss;
    state_.loss_count++;
    for (const int o : objectives) state_.objective_sums[std::size_t(o)] += losses[std::size_t(o)];
    shown_sum_ += loss;
    shown_count_++;
  }
  void show(double rate) {
    const double t = now();
    if (t - last_report_ < 0.1) return;
    last_report_ = t;
    fill_report(rate);
    reports_.report(report_);
  }

  void fill_report(double rate) {
    report_.step = state_.step;
    if (shown_count_) report_.loss = shown_sum_ / double(shown_count_);
    shown_sum_ = 0;
    shown_count_ = 0;
    report_.validation = state_.validation;
    report_.rate = rate;
    report_.seconds = seconds();
    const double done = double(std::max<std::uint64_t>(1, total_steps(state_.stage) + state_.step - steps_before_));
    const std::uint64_t all = total_steps(int(stages_.size()));
    report_.seconds_left = (now() - start_time_) / done * double(all - total_steps(state_.stage) - state_.step);
  }

  std::uint64_t total_steps(int stages) const {
    std::uint64_t steps = 0;
    for (int s = options_.first_stage; s < stages; s++) steps += last_step(s);
    return steps;
  }

  // rate: of the latest step; of Levenberg-Marquardt, its damping.
  template <class Runner>
  void validate_now(double rate, Runner& runner) {
    state_.validation = runner.validation(state_.parameters.data());
    const double score = options_.select ? options_.select(state_.stage, state_.step, state_.parameters) : state_.validation;
    if (score < state_.best_loss) {
      state_.best_loss = score;
      state_.best_step = state_.step;
      state_.best = state_.parameters;
    }
    history_row row;
    row.stage = state_.stage;
    row.step = state_.step;
    row.rate = rate;
    row.loss = state_.loss_sum / double(std::max<std::uint64_t>(1, state_.loss_count));
    row.validation = state_.validation;
    row.objectives.assign(state_.objective_sums.size(), not_a_number);
    for (const int o : runner.objectives())
      row.objectives[std::size_t(o)] =
          state_.objective_sums[std::size_t(o)] / double(std::max<std::uint64_t>(1, state_.loss_count));
    row.seconds = seconds();
    losses_.add(row);
    state_.loss_sum = 0;
    state_.loss_count = 0;
    std::fill(state_.objective_sums.begin(), state_.objective_sums.end(), 0.0);
  }

  void save(adam& optimiser) {
    if (options_.checkpoint.empty()) return;
    state_.optimiser_steps = optimiser.steps;
    // Lent for the time of writing: no copy.
    state_.first.swap(optimiser.first);
    state_.second.swap(optimiser.second);
    write_checkpoint();
    state_.first.swap(optimiser.first);
    state_.second.swap(optimiser.second);
  }
  void write_checkpoint() {
    state_.seconds = seconds();
    save_checkpoint(options_.checkpoint, recording_, state_);
    last_checkpoint_ = now();
  }

  void end_stage(double stage_start) {
    if (options_.keep_best && std::isfinite(state_.best_loss)) state_.parameters = state_.best;
    fill_report(scheduled_rate(stages_[std::size_t(state_.stage)], state_.step));
    if (!losses_.rows().empty()) report_.loss = losses_.rows().back().loss;
    report_.seconds_left = 0;
    reports_.stage_end(report_);
    state_.done.push_back({state_.step, state_.best_step, state_.best_loss, seconds() - stage_start});
    state_.stage++;
    enter_stage(gradient_.size());
    state_.seconds = seconds();
    if (!options_.checkpoint.empty()) save_checkpoint(options_.checkpoint, recording_, state_);
    last_checkpoint_ = now();
    // The next stage starts from exactly what the checkpoint holds.
    resumed_ = true;
  }

  train_result finish(bool paused) {
    train_result result;
    result.interrupted = paused;
    const bool in_stage = std::size_t(state_.stage) < stages_.size();
    result.parameters = in_stage && options_.keep_best && std::isfinite(state_.best_loss) ? state_.best : state_.parameters;
    for (std::size_t i = 0; i < state_.done.size(); i++) {
      const stage_record& r = state_.done[i];
      const auto& stage = stages_[std::size_t(options_.first_stage) + i];
      result.stages.push_back({std::string(stage.name.view()), r.steps, r.best_step, r.best_loss, r.seconds});
    }
    result.history = losses_.rows();
    result.transform = sets_.transform();
    result.seconds = seconds();
    result.metadata = {{"model", model_.name},
                       {"seed", std::to_string(options_.seed)},
                       {"precision", sizeof(T) == 4 ? "float" : "double"},
                       {"transform", state_.transform},
                       {"settings", settings_}};
    if (!result.stages.empty()) {
      char loss[32];
      std::snprintf(loss, sizeof loss, "%.9g", result.stages.back().best_loss);
      result.metadata["loss"] = loss;
    }
    return result;
  }

  const compiled_model& model_;
  const table& recording_;
  const train_options& options_;
  const data_sets& sets_;
  progress& reports_;
  std::vector<stage_entry> stages_;
  team workers_;
  history losses_;
  std::string settings_;
  checkpoint state_;
  std::vector<double> gradient_, before_;
  progress_step report_;
  bool resumed_ = false;
  double start_time_, earlier_seconds_ = 0, last_checkpoint_ = 0, last_report_ = 0, shown_sum_ = 0;
  std::uint64_t shown_count_ = 0, steps_done_ = 0;
  std::uint64_t steps_before_ = 0;  // this call
};

}  // namespace

std::vector<stage_entry> stages_of(const table& recording) {
  if (recording.stage_count > 0) return {recording.stages, recording.stages + recording.stage_count};
  return {stage_entry{}};
}

template <class T>
train_result train(const compiled_model& model, const train_options& options, const data_sets& sets, progress& reports) {
  return trainer<T>(model, options, sets, reports).run();
}

template <class T>
validation_loss validate(const compiled_model& model, const train_options& options, const data_sets& sets, int stage,
                         const std::vector<double>& parameters) {
  require_computable(model, sets);
  if (parameters.size() != std::size_t(model.recording.parameters))
    throw error(std::to_string(parameters.size()) + " parameters are given, and the model has " +
                std::to_string(model.recording.parameters));
  team workers(options.threads);
  objective_runner<T> runner(model, sets, stage, 1, options.validation_samples, options.seed, options.weights, options.constants,
                             workers);
  validation_loss loss;
  loss.total = runner.validation(parameters.data());
  loss.objectives = runner.losses();
  return loss;
}

template train_result train<float>(const compiled_model&, const train_options&, const data_sets&, progress&);
template train_result train<double>(const compiled_model&, const train_options&, const data_sets&, progress&);
template validation_loss validate<float>(const compiled_model&, const train_options&, const data_sets&, int,
                                         const std::vector<double>&);
template validation_loss validate<double>(const compiled_model&, const train_options&, const data_sets&, int,
                                          const std::vector<double>&);

}  // namespace dimwise
