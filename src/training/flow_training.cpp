// training/flow_training.cpp: batches, Adam, validation and checkpoints of a flow.
#include <dimwise/training/flow_training.hpp>

#include <chrono>
#include <cmath>

#include <nlohmann/json.hpp>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>
#include <dimwise/io/atomic_file.hpp>
#include <dimwise/io/parameter_file.hpp>
#include <dimwise/training/checkpoint.hpp>
#include <dimwise/training/initialise.hpp>
#include <dimwise/training/optimiser.hpp>

#include "data_hash.hpp"

namespace dimwise {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

template <class T>
class flow_trainer {
 public:
  flow_trainer(normalizing_flow<T>& f, const flow_data<T>& data, const flow_data<T>& validation, const flow_training& options,
               progress& reports)
      : flow_(f),
        data_(data),
        validation_(validation),
        options_(options),
        reports_(reports),
        losses_(f.recording(), options.history),
        order_("flow rows"),
        optimiser_(f.parameters(), movable_entries(f.recording(), reached(f))) {
    const table& t = flow_.recording();
    const std::size_t d = flow_.dims();
    if (options.steps < 0 || options.batch < 1 || options.validate_every < 1)
      throw error("a flow is trained with steps >= 0, batch >= 1 and validate_every >= 1");
    if (data.rows == 0 && !data.draw)
      throw error("there is nothing to train the flow on: give rows, or a function that draws samples");
    if (data.rows > 0 && !data.state) throw error("the rows to train the flow on have no numbers: `state` is null");
    if (optimiser_.movable().empty()) throw error("training the flow moves no parameter: all that its fields reach are frozen");
    batch_ = data.rows ? std::min(std::size_t(options.batch), data.rows) : std::size_t(options.batch);
    state_.resize(batch_ * d);
    for (const auto& [name, values] : data.inputs) {
      std::size_t width = 0;
      for (int i = 0; i < t.input_count; i++)
        if (t.inputs[i].name.view() == name) width = std::size_t(t.inputs[i].width) * (t.inputs[i].l == level::dim ? d : 1);
      widths_.push_back(width);
      inputs_.emplace_back(batch_ * width);
    }
    for (std::size_t i = 0; i < inputs_.size(); i++) bound_.emplace_back(data.inputs[i].first, inputs_[i].data());
    schedule_.steps = options.steps, schedule_.rate = options.rate, schedule_.final_rate = options.final_rate,
    schedule_.warm_up = options.warm_up;
  }

  flow_training_result run() {
    begin();
    gradient_.resize(kept_.parameters.size());
    single_.resize(kept_.parameters.size());
    bool pause = false;
    std::uint64_t done = 0;
    while (kept_.step < std::uint64_t(options_.steps) && !pause) {
      step();
      if (kept_.step % std::uint64_t(options_.validate_every) == 0 || kept_.step == std::uint64_t(options_.steps)) validate();
      pause = (options_.interrupt && options_.interrupt->load()) || (options_.pause_after && ++done >= options_.pause_after);
      if (kept_.step < std::uint64_t(options_.steps) && (pause || now() - saved_ >= options_.checkpoint_seconds)) save();
    }
    flow_training_result r;
    r.interrupted = kept_.step < std::uint64_t(options_.steps);
    if (!r.interrupted) save();
    const bool best = options_.keep_best && validation_.rows > 0 && std::isfinite(kept_.best_loss);
    r.parameters = best ? kept_.best : kept_.parameters;
    r.history = losses_.rows();
    r.best_loss = kept_.best_loss, r.best_step = kept_.best_step, r.steps = kept_.step;
    r.mean_evaluations = evaluations_, r.seconds = seconds();
    report_.step = kept_.step, report_.seconds_left = 0, report_.seconds = seconds();
    reports_.stage_end(report_);
    return r;
  }

 private:
  static std::vector<bool> reached(const normalizing_flow<T>& f) {
    const table& t = f.recording();
    std::vector<int> nodes;
    for (int i = 0; i < t.ode_count; i++) {
      nodes.push_back(t.odes[i].field);
      for (int j = 0; j < t.odes[i].carried_count; j++) nodes.push_back(t.odes[i].carried[j].node);
    }
    return reached_tensors(t, nodes);
  }
  double seconds() const { return earlier_ + now() - start_; }
  std::string settings() const {
    nlohmann::ordered_json j;
    j["precision"] = sizeof(T) == 4 ? "float" : "double";
    j["steps"] = options_.steps, j["batch"] = batch_, j["rate"] = options_.rate, j["final rate"] = options_.final_rate,
    j["warm-up"] = options_.warm_up;
    j["clip"] = options_.clip, j["decay"] = options_.decay, j["seed"] = options_.seed,
    j["validation every"] = options_.validate_every;
    j["drawn"] = data_.rows == 0, j["validation rows"] = validation_.rows;
    for (const flow_penalty& p : options_.penalties) j["penalty of " + p.carried] = p.weight;
    const flow_options<T>& o = flow_.options();
    j["scheme"] = coefficients(o.solver.method).name, j["solver steps"] = o.solver.fixed_steps, j["rtol"] = o.solver.rtol,
    j["atol"] = o.solver.atol;
    j["t0"] = o.t0, j["t1"] = o.t1, j["probes"] = o.probes, j["noise"] = int(o.noise), j["probe seed"] = o.seed;
    return j.dump();
  }

  std::uint64_t fingerprint() const {
    std::uint64_t hash = detail::mix(1, data_.state, data_.rows * flow_.dims());
    for (std::size_t i = 0; i < widths_.size(); i++) hash = detail::mix(hash, data_.inputs[i].second, data_.rows * widths_[i]);
    return hash;
  }

  void begin() {
    const table& t = flow_.recording();
    const std::string of = settings();
    const std::uint64_t data = fingerprint();
    start_ = saved_ = now();
    if (!options_.checkpoint.empty()) remove_leftovers(options_.checkpoint);
    if (options_.resume && !options_.checkpoint.empty() && file_exists(options_.checkpoint)) {
      kept_ = load_checkpoint(options_.checkpoint, t);
      const std::string why = "cannot resume from '" + options_.checkpoint + "': ";
      if (kept_.settings != of)
        throw error(why + "the run was started with other settings (" + kept_.settings + "), and these are " + of);
      if (kept_.data != data) throw error(why + "the data is not the data that the run was started with");
      optimiser_.first.swap(kept_.first), optimiser_.second.swap(kept_.second);
      optimiser_.steps = kept_.optimiser_steps;
      losses_.resume(0, kept_.step);
      reports_.note("resuming from '" + options_.checkpoint + "' at step " + std::to_string(kept_.step));
    } else {
      kept_.parameters = options_.start.empty() ? initial_parameters(t, options_.seed) : options_.start;
      if (kept_.parameters.size() != flow_.parameters())
        throw error("the flow is to start from " + std::to_string(kept_.parameters.size()) + " parameters, but its model has " +
                    std::to_string(flow_.parameters()));
      require_valid_parameters(t, kept_.parameters.data(), "the parameters to start from cannot be used: ");
      kept_.best = kept_.parameters;
      kept_.model = "flow", kept_.seed = options_.seed, kept_.settings = of, kept_.data = data;
      kept_.best_loss = std::numeric_limits<double>::infinity(), kept_.validation = std::nan("");
      kept_.objective_sums.assign(std::size_t(t.objective_count), 0.0);
      losses_.begin();
    }
    earlier_ = kept_.seconds;
    first_step_ = kept_.step;
    report_.stage = "flow";
    report_.steps = std::uint64_t(options_.steps);
  }

  void draw() {
    const std::size_t d = flow_.dims();
    if (data_.rows == 0) return data_.draw(kept_.step, batch_, state_.data());
    const random_stream rows(options_.seed, order_);
    for (std::size_t s = 0; s < batch_; s++) {
      const std::uint64_t n = kept_.step * batch_ + s, epoch = n / data_.rows;
      if (permutation_.size() != data_.rows || epoch != epoch_)
        permutation_ = rows.permutation(epoch, data_.rows), epoch_ = epoch;
      const std::size_t row = permutation_[std::size_t(n % data_.rows)];
      std::copy_n(data_.state + row * d, d, state_.begin() + std::ptrdiff_t(s * d));
      for (std::size_t i = 0; i < inputs_.size(); i++)
        std::copy_n(data_.inputs[i].second + row * widths_[i], widths_[i], inputs_[i].begin() + std::ptrdiff_t(s * widths_[i]));
    }
  }
  void step() {
    draw();
    std::copy(kept_.parameters.begin(), kept_.parameters.end(), single_.begin());
    std::fill(gradient_.begin(), gradient_.end(), 0.0);
    const flow_loss r = flow_.likelihood_gradient(single_.data(), batch_, state_.data(), bound_, {gradient_.data(), nullptr, {}},
                                                  options_.penalties, draw_number());
    const double norm = optimiser_.norm(gradient_.data());
    if (!r.ok() || !std::isfinite(norm)) {
      std::string text = "training the flow stopped at step " + std::to_string(kept_.step + 1) + ": " +
                         (r.ok() ? "the gradient is not finite" : r.text) + ".";
      if (!options_.checkpoint.empty() && file_exists(options_.checkpoint))
        text += " The last good checkpoint is kept in '" + options_.checkpoint + "'.";
      throw error(text + " More solver steps, a smaller rate or a penalty on the energy of the field may help.");
    }
    const double rate = scheduled_rate(schedule_, kept_.step);
    optimiser_.step(kept_.parameters.data(), gradient_.data(),
                    options_.clip > 0 && norm > options_.clip ? options_.clip / norm : 1.0, rate, options_.decay);
    kept_.step++;
    kept_.loss_sum += r.loss, kept_.loss_count++;
    shown_sum_ += r.loss, shown_count_++;
    if (now() - shown_ < 0.1) return;
    shown_ = now();
    report(rate);
    reports_.report(report_);
  }
  std::uint64_t draw_number() const { return 1 + kept_.step; }
  void report(double rate) {
    report_.step = kept_.step;
    if (shown_count_) report_.loss = shown_sum_ / double(shown_count_);
    shown_sum_ = 0, shown_count_ = 0;
    report_.validation = kept_.validation, report_.rate = rate, report_.seconds = seconds();
    report_.seconds_left = (now() - start_) / double(std::max<std::uint64_t>(1, kept_.step - first_step_)) *
                           double(std::uint64_t(options_.steps) - kept_.step);
  }

  void validate() {
    if (validation_.rows > 0) {
      const std::vector<T> p(kept_.parameters.begin(), kept_.parameters.end());
      const flow_result<T> r = flow_.log_prob(p.data(), validation_.rows, validation_.state, validation_.inputs);
      double sum = 0;
      for (const double l : r.log_prob) sum -= l;
      kept_.validation = r.ok() ? sum / double(validation_.rows) : std::numeric_limits<double>::infinity();
      evaluations_ = r.mean_evaluations;
      if (kept_.validation < kept_.best_loss)
        kept_.best_loss = kept_.validation, kept_.best_step = kept_.step, kept_.best = kept_.parameters;
    }
    history_row row;
    row.step = kept_.step;
    row.rate = scheduled_rate(schedule_, kept_.step - 1);
    row.loss = kept_.loss_sum / double(std::max<std::uint64_t>(1, kept_.loss_count));
    row.validation = kept_.validation;
    row.objectives.assign(kept_.objective_sums.size(), std::nan(""));
    row.seconds = seconds();
    losses_.add(row);
    kept_.loss_sum = 0, kept_.loss_count = 0;
    report(row.rate);
    if (options_.watch) options_.watch(kept_.step, kept_.parameters, seconds());
  }
  void save() {
    if (options_.checkpoint.empty()) return;
    kept_.optimiser_steps = optimiser_.steps;
    kept_.seconds = seconds();
    kept_.first.swap(optimiser_.first), kept_.second.swap(optimiser_.second);  // lent: no copy
    save_checkpoint(options_.checkpoint, flow_.recording(), kept_);
    kept_.first.swap(optimiser_.first), kept_.second.swap(optimiser_.second);
    saved_ = now();
  }

  normalizing_flow<T>& flow_;
  const flow_data<T>&data_, &validation_;
  const flow_training& options_;
  progress& reports_;
  history losses_;
  std::string order_;
  adam optimiser_;
  stage_entry schedule_;
  checkpoint kept_;
  std::size_t batch_ = 0;
  std::vector<T> state_, single_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<T>> inputs_;
  flow_inputs<T> bound_;
  std::vector<std::uint32_t> permutation_;
  std::vector<double> gradient_;
  progress_step report_;
  std::uint64_t epoch_ = 0, first_step_ = 0, shown_count_ = 0;
  double start_ = 0, earlier_ = 0, saved_ = 0, shown_ = 0, shown_sum_ = 0, evaluations_ = 0;
};

}  // namespace

template <class T>
flow_training_result train_flow(normalizing_flow<T>& flow, const flow_data<T>& data, const flow_data<T>& validation,
                                const flow_training& options, progress& reports) {
  return flow_trainer<T>(flow, data, validation, options, reports).run();
}
template flow_training_result train_flow<float>(normalizing_flow<float>&, const flow_data<float>&, const flow_data<float>&,
                                                const flow_training&, progress&);
template flow_training_result train_flow<double>(normalizing_flow<double>&, const flow_data<double>&, const flow_data<double>&,
                                                 const flow_training&, progress&);

}  // namespace dimwise
