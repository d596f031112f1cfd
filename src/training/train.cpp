// training/train.cpp: the training loop, its checkpoints and its reports.
#include <dimwise/training/train.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <utility>

#include <dimwise/core/error.hpp>
#include <dimwise/io/atomic_file.hpp>
#include <dimwise/io/parameter_file.hpp>
#include <dimwise/training/checkpoint.hpp>
#include <dimwise/training/initialise.hpp>
#include <dimwise/training/levenberg_marquardt.hpp>
#include <dimwise/training/limited_memory_bfgs.hpp>
#include <dimwise/training/objectives.hpp>
#include <dimwise/training/optimiser.hpp>

#include "train_settings.hpp"

namespace dimwise {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

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
      if (kept.settings != settings_) throw error(start + setting_differences(kept.settings, settings_));
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
  bool interrupted() const { return options_.interrupt && options_.interrupt->load(); }
  bool must_pause() { return interrupted() || (options_.pause_after && ++steps_done_ >= options_.pause_after); }

  // Levenberg-Marquardt and L-BFGS take many steps on the same samples. What they know of these is not kept: a checkpoint is the
  // state where samples are drawn anew (parameters and, of Levenberg-Marquardt, the damping), and an interrupt goes back there.
  template <class Solver>
  bool run_on_drawn_samples(Solver&& solver) {
    const stage_entry& stage = stages_[std::size_t(state_.stage)];
    const double stage_start = seconds();
    if (!std::exchange(resumed_, false)) enter_stage(gradient_.size());
    if (solver.unknowns() == 0)
      throw error("stage '" + std::string(stage.name.view()) + "' moves no parameter: all that its objectives reach are frozen");
    objective_runner<double> judge(model_, sets_, state_.stage, 1, options_.validation_samples, options_.seed, options_.weights,
                                   options_.constants, workers_);
    constexpr bool damped = requires { solver.damping; };
    if constexpr (damped)
      if (state_.first[0] > 0) solver.damping = state_.first[0];
    const auto figure = [&] {
      if constexpr (damped) return solver.damping;
      else return solver.length();
    };
    const std::uint64_t last = last_step(state_.stage);
    begin_reports(stage, last);
    bool pause = false;
    while (state_.step < last && !pause) {
      solver.draw(state_.step, state_.parameters.data());
      const std::uint64_t until = std::min(last, state_.step + std::uint64_t(stage.redraw));
      const checkpoint drawn = state_;
      const auto finite_or_stop = [&](double loss) {
        if (!std::isfinite(loss))
          throw error("training stopped in stage '" + std::string(stage.name.view()) + "': the loss is not finite at step " +
                      std::to_string(state_.step + 1) +
                      "; look at the residual's domain (a logarithm, a root, a division) on the sample set");
      };
      finite_or_stop(solver.loss(state_.parameters.data()));
      const auto after = [&](double loss) {
        finite_or_stop(loss);
        state_.step++;
        note_loss(loss, solver.losses(), judge.objectives());
        show(figure());
        if (state_.step % std::uint64_t(options_.validate_every) == 0 || state_.step == last) validate_now(figure(), judge);
        pause = must_pause() || pause;
        return !interrupted();
      };
      solver.advance(state_.parameters.data(), until - state_.step, after);
      if (interrupted() && state_.step < until) {
        state_ = drawn;
      } else if (state_.step < until) {  // a minimum: what is left of these steps has nothing to do
        state_.step = until;
        note_loss(solver.loss(state_.parameters.data()), solver.losses(), judge.objectives());
        validate_now(figure(), judge);
      }
      if constexpr (damped)
        if (state_.step == until) state_.first[0] = solver.damping;
      if (state_.step == last) break;
      if (!options_.checkpoint.empty() && (pause || now() - last_checkpoint_ >= options_.checkpoint_seconds)) write_checkpoint();
    }
    if (state_.step < last) return false;
    end_stage(stage_start);
    return !pause;
  }
  template <class Solver>
  Solver solver_of(const stage_entry& stage) {
    return Solver(model_, sets_, state_.stage, std::size_t(stage.batch), stage.candidates, options_.seed, options_.weights,
                  options_.constants, workers_);
  }

  // Returns false when the run is to pause.
  bool run_stage() {
    const stage_entry& stage = stages_[std::size_t(state_.stage)];
    if (stage.how == method::levenberg_marquardt) return run_on_drawn_samples(solver_of<levenberg_marquardt>(stage));
    if (stage.how == method::lbfgs) return run_on_drawn_samples(solver_of<limited_memory_bfgs>(stage));
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
    clear_all(gradient_.data(), gradient_.size(), workers_);
    const double loss = runner.gradient(state_.step, state_.parameters.data(), gradient_.data());
    const double norm = optimiser.norm(gradient_.data(), &workers_);
    if (!std::isfinite(loss) || !std::isfinite(norm)) {
      std::string text = "training stopped in stage '" + std::string(stage.name.view()) +
                         "': " + runner.explain(state_.step, state_.parameters.data(), before_.data()) + ".";
      if (!options_.checkpoint.empty() && file_exists(options_.checkpoint))
        text += " The last good checkpoint is kept in '" + options_.checkpoint + "'.";
      throw error(text + " A smaller rate, a smaller clip or double precision may help.");
    }
    const double rate = scheduled_rate(stage, state_.step);
    optimiser.step(state_.parameters.data(), gradient_.data(), stage.clip > 0 && norm > stage.clip ? stage.clip / norm : 1.0,
                   rate, stage.decay, &workers_);
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

  // rate: of the latest step; of Levenberg-Marquardt, its damping; of L-BFGS, the length of its step in units of the proposed
  // one.
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
    fill_report(losses_.rows().empty() ? 0 : losses_.rows().back().rate);
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
