// training/drawn_objectives.cpp: draws by residual, losses and gradients on what was drawn.
#include <dimwise/training/drawn_objectives.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <dimwise/core/error.hpp>
#include <dimwise/training/objectives.hpp>

namespace dimwise {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

// The most points that are drawn at once.
std::size_t pool_size(const table& recording, std::size_t batch, double candidates) {
  std::size_t most = 0;
  for (int i = 0; i < recording.set_count; i++) {
    const std::size_t n = draws_of(recording, i, batch);
    most = std::max(most, is_fixed(recording.sets[i].source) ? n : std::size_t(double(n) * std::max(1.0, candidates)) + 1);
  }
  return most;
}

std::size_t width_of(const table& recording, int slot) {
  const input_slot& s = recording.inputs[slot];
  return std::size_t(s.l == level::dim ? recording.d * s.width : s.width);
}

std::size_t numbers_of(const table& t, int node) {
  return std::size_t(t.nodes[node].k.width) * std::size_t(t.nodes[node].k.l == level::dim ? t.d : 1);
}

}  // namespace

drawn_objectives::drawn_objectives(const compiled_model& model, const data_sets& sets, int stage, std::size_t batch,
                                   double candidates, std::uint64_t seed, const std::map<std::string, double>& weights,
                                   const std::map<std::string, double>& constants, team& workers)
    : model_(model),
      sets_(sets),
      stage_(stage),
      candidates_(candidates),
      workers_(workers),
      sampler_(model, sets, seed, pool_size(model.recording, batch, candidates)) {
  const table& t = model.recording;
  std::vector<int> nodes;
  std::size_t most = 0, samples = 0;
  for (int n = 0; n < t.objective_count; n++) {
    const objective_entry& o = t.objectives[n];
    if (o.stage != stage) continue;
    add_slot(n, batch, weights);
    const slot& s = slots_.back();
    most = std::max(most, s.components * std::size_t(std::max(1.0, candidates) * double(s.samples) + 1));
    samples = std::max(samples, s.samples * s.components);
    nodes.push_back(o.node);
    choices_.push_back(stream(seed, "choice of " + std::string(o.name.view())));
  }
  columns_.assign(std::size_t(t.parameters), -1);
  for (const entry_range& r : movable_entries(t, reached_tensors(t, nodes)))
    for (std::size_t e = r.begin; e < r.end; e++) {
      columns_[e] = int(entries_.size());
      entries_.push_back(e);
    }
  values_.resize(most);
  cotangents_.resize(samples);
  whole_.resize(std::size_t(t.parameters));
  constraint_.resize(whole_.size());
  for (const double c : constants_of(t, constants)) constants_.push_back(c);
  losses_.assign(std::size_t(t.objective_count), std::numeric_limits<double>::quiet_NaN());
  pool_.reserve(t, pool_size(t, batch, candidates));
}

void drawn_objectives::add_slot(int objective, std::size_t batch, const std::map<std::string, double>& weights) {
  const table& t = model_.recording;
  const objective_entry& o = t.objectives[objective];
  const std::string name = "the objective '" + std::string(o.name.view()) + "'";
  const auto kernel_of = [&](const auto& kernels) {
    if (std::size_t(objective) >= kernels.size() || !kernels[std::size_t(objective)])
      throw error("the model '" + model_.name + "' has no double-precision kernel for " + name + "; build it with one");
    return kernels[std::size_t(objective)].get();
  };
  slot s;
  s.objective = objective;
  s.set = o.set;
  s.squares = o.residual >= 0;
  const auto given = weights.find(std::string(o.name.view()));
  s.weight = given == weights.end() ? o.weight : given->second;
  s.total = kernel_of(model_.in_double.objectives);
  s.kernel = s.squares ? kernel_of(model_.in_double.residuals) : s.total;
  if (o.integral >= 0) s.volume = volume_of(t, t.sets[o.set]), s.target = o.target;
  s.components = s.squares ? numbers_of(t, o.residual) : 1;
  if (o.sample_weight >= 0) {
    s.factors = numbers_of(t, o.sample_weight);
    if (s.factors != 1 && s.factors != s.components)
      throw error(name + " has a sample weight of " + std::to_string(s.factors) + " numbers and a residual of " +
                  std::to_string(s.components) + "; give it one number a sample");
  }
  s.samples = draws_of(t, o.set, batch);
  if (is_rows(t.sets[o.set].source)) s.samples = std::min(s.samples, sets_.at(o.set).training.size());
  s.batch.reserve(t, s.samples);
  s.residuals.resize(s.samples * s.components);
  s.scale.resize(s.samples * s.factors);
  slots_.push_back(std::move(s));
}

void drawn_objectives::draw(std::uint64_t step, const double* parameters) {
  for (slot& s : slots_) {
    const sample_source from = model_.recording.sets[s.set].source;
    if (candidates_ > 1 && !is_rows(from) && !is_fixed(from) && !s.constraint()) choose(s, step, parameters);
    else sampler_.draw(s.set, stage_, step, s.samples, parameters, constants_.data(), workers_, s.batch);
    s.roots.clear();
    for (const double share : s.batch.shares) s.roots.push_back(std::sqrt(share * double(s.samples)));
    if (s.factors == 0) continue;
    double* out[2] = {nullptr, s.scale.data()};
    evaluate_all(*s.kernel, parameters, s.batch.view(constants_.data()), out, workers_, memory_);
  }
}

// Without replacement, by the smallest of exponential times with rates 1 + |r| / mean |r| (Efraimidis and Spirakis, 2006).
void drawn_objectives::choose(slot& s, std::uint64_t step, const double* parameters) {
  const table& t = model_.recording;
  const std::size_t count = std::size_t(candidates_ * double(s.samples)), d = std::size_t(t.d);
  sampler_.draw(s.set, stage_, step, count, parameters, constants_.data(), workers_, pool_);
  weights_.resize(std::max<std::size_t>(1, count * s.factors));
  double* out[2] = {values_.data(), weights_.data()};
  evaluate_all(*s.kernel, parameters, pool_.view(constants_.data()), out, workers_, memory_);
  std::vector<double> size(count), uniform(count);
  double mean = 0;
  for (std::size_t i = 0; i < count; i++) {
    double sum = 0;
    for (std::size_t c = 0; c < s.components; c++) {
      const double r = values_[i * s.components + c] * (s.factors ? weights_[i * s.factors + (s.factors == 1 ? 0 : c)] : 1);
      sum += r * r;
    }
    size[i] = std::isfinite(sum) ? std::sqrt(sum) : 0;
    mean += size[i] / double(count);
  }
  const std::size_t number = std::size_t(&s - slots_.data());
  choices_[number].uniforms((std::uint64_t(stage_) << 48) + step, 0, count, uniform.data());
  std::vector<std::pair<double, std::size_t>> times(count);
  for (std::size_t i = 0; i < count; i++) times[i] = {-std::log(1 - uniform[i]) / (mean > 0 ? 1 + size[i] / mean : 1), i};
  std::nth_element(times.begin(), times.begin() + std::ptrdiff_t(s.samples) - 1, times.end());
  std::sort(times.begin(), times.begin() + std::ptrdiff_t(s.samples),
            [](const auto& a, const auto& b) { return a.second < b.second; });
  s.batch.samples = s.samples;
  for (std::size_t j = 0; j < s.samples; j++) {
    const std::size_t i = times[j].second;
    std::copy_n(pool_.state.begin() + std::ptrdiff_t(i * d), d, s.batch.state.begin() + std::ptrdiff_t(j * d));
    s.batch.time[j] = pool_.time[i];
    for (std::size_t k = 0; k < pool_.inputs.size(); k++) {
      const std::size_t w = width_of(t, int(k));
      std::copy_n(pool_.inputs[k].begin() + std::ptrdiff_t(i * w), w, s.batch.inputs[k].begin() + std::ptrdiff_t(j * w));
    }
  }
}

// Keeps the mean loss of an objective; returns its share of the total.
double drawn_objectives::note(slot& s, double loss) {
  losses_[std::size_t(s.objective)] = loss;
  return s.weight * loss;
}

double drawn_objectives::loss(const double* parameters) {
  double total = 0;
  for (slot& s : slots_) {
    double* out[2] = {s.residuals.data(), nullptr};
    evaluate_all(*s.kernel, parameters, s.batch.view(constants_.data()), out, workers_, memory_);
    double sum = 0;
    for (std::size_t i = 0; i < s.samples; i++)
      for (std::size_t c = 0; c < s.components; c++) {
        const double r = s.residuals[i * s.components + c], f = s.factor(i, c);
        sum += f * f * (s.squares ? r * r : r);
      }
    const double mean = sum / double(s.samples), distance = s.volume * mean - s.target;
    total += note(s, s.constraint() ? distance * distance : mean);
  }
  return std::isfinite(total) ? total : infinite;
}

// Adds weight times the gradient of a slot's loss to whole_; returns the loss.
double drawn_objectives::gradient_of(slot& s, const double* parameters) {
  const arguments<double> in = s.batch.view(constants_.data());
  const double share = s.weight / double(s.samples);
  double* out[2] = {s.residuals.data(), nullptr};
  const double* cotangents[2] = {cotangents_.data(), nullptr};
  double sum = 0;
  if (s.factors == 0) {  // the loss of a sample is one value of the model
    for (std::size_t i = 0; i < s.samples; i++) cotangents_[i] = share * s.factor(i, 0) * s.factor(i, 0);
    gradient_all(*s.total, parameters, whole_.size(), in, cotangents, out, whole_.data(), workers_, memory_);
    for (std::size_t i = 0; i < s.samples; i++) sum += s.factor(i, 0) * s.factor(i, 0) * s.residuals[i];
    return sum / double(s.samples);
  }
  // The factors are those of the draw, not those of these parameters.
  evaluate_all(*s.kernel, parameters, in, out, workers_, memory_);
  for (std::size_t i = 0; i < s.samples; i++)
    for (std::size_t c = 0; c < s.components; c++) {
      const std::size_t at = i * s.components + c;
      const double r = s.factor(i, c) * s.residuals[at];
      sum += r * r;
      cotangents_[at] = 2 * share * s.factor(i, c) * r;
    }
  gradient_all(*s.kernel, parameters, whole_.size(), in, cotangents, out, whole_.data(), workers_, memory_);
  return sum / double(s.samples);
}

double drawn_objectives::constraint_gradient(slot& s, const double* parameters, double* gradient) {
  const double* cotangents[1] = {cotangents_.data()};
  double* out[1] = {s.residuals.data()};
  for (std::size_t i = 0; i < s.samples; i++) cotangents_[i] = s.volume * s.batch.share(i);
  std::fill(constraint_.begin(), constraint_.end(), 0.0);
  gradient_all(*s.total, parameters, constraint_.size(), s.batch.view(constants_.data()), cotangents, out, constraint_.data(),
               workers_, memory_);
  double integral = 0;
  for (std::size_t i = 0; i < s.samples; i++) integral += cotangents_[i] * s.residuals[i];
  for (std::size_t c = 0; c < entries_.size(); c++) gradient[c] = constraint_[entries_[c]];
  return integral - s.target;
}

double drawn_objectives::gradient(const double* parameters, double* gradient) {
  double total = 0;
  std::fill(whole_.begin(), whole_.end(), 0.0);
  for (slot& s : slots_)
    if (!s.constraint()) total += note(s, gradient_of(s, parameters));
  for (std::size_t c = 0; c < entries_.size(); c++) gradient[c] = whole_[entries_[c]];
  for (slot& s : slots_) {
    if (!s.constraint()) continue;
    own_.resize(entries_.size());
    const double distance = constraint_gradient(s, parameters, own_.data());
    for (std::size_t c = 0; c < entries_.size(); c++) gradient[c] += 2 * s.weight * distance * own_[c];
    total += note(s, distance * distance);
  }
  return std::isfinite(total) ? total : infinite;
}

}  // namespace dimwise
