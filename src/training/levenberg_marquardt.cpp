// training/levenberg_marquardt.cpp: draws, Jacobians in chunks, damped steps.
#include <dimwise/training/levenberg_marquardt.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include <dimwise/core/error.hpp>
#include <dimwise/training/objectives.hpp>

namespace dimwise {
namespace {

constexpr std::size_t chunk = 512;  // rows whose Jacobian is held at once
constexpr double infinite = std::numeric_limits<double>::infinity();

bool is_rows(const sample_set& s) { return s.source == sample_source::file || s.source == sample_source::transitions; }

// The most points that are drawn at once.
std::size_t pool_size(const table& recording, std::size_t batch, double candidates) {
  std::size_t n = batch;
  for (int i = 0; i < recording.set_count; i++) n = std::max(n, std::size_t(recording.sets[i].draws));
  return std::size_t(double(n) * std::max(1.0, candidates)) + 1;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

std::size_t width_of(const table& recording, int slot) {
  const input_slot& s = recording.inputs[slot];
  return std::size_t(s.l == level::dim ? recording.d * s.width : s.width);
}

}  // namespace

levenberg_marquardt::levenberg_marquardt(const compiled_model& model, const data_sets& sets, int stage, std::size_t batch, double candidates,
                                         std::uint64_t seed, const std::map<std::string, double>& weights,
                                         const std::map<std::string, double>& constants, team& workers)
    : model_(model),
      sets_(sets),
      stage_(stage),
      candidates_(candidates),
      workers_(workers),
      sampler_(model, sets, seed, pool_size(model.recording, batch, candidates)) {
  const table& t = model.recording;
  std::vector<int> nodes;
  std::size_t most = 0;
  for (int n = 0; n < t.objective_count; n++) {
    const objective_entry& o = t.objectives[n];
    if (o.stage != stage) continue;
    const std::string name = "the objective '" + std::string(o.name.view()) + "'";
    if (o.residual < 0)
      throw error(name + " is not a sum of squares, and its stage is trained by Levenberg-Marquardt: write m.least_squares<\"" +
                  std::string(o.name.view()) + "\">(residual, samples), or train the stage by Adam");
    const auto& kernels = model.in_double.residuals;
    if (std::size_t(n) >= kernels.size() || !kernels[std::size_t(n)])
      throw error("the model '" + model.name + "' has no double-precision kernel for " + name + "; build it with one");
    slot s;
    s.objective = n;
    s.set = o.set;
    const auto given = weights.find(std::string(o.name.view()));
    s.weight = given == weights.end() ? o.weight : given->second;
    s.kernel = kernels[std::size_t(n)].get();
    s.components = std::size_t(t.nodes[o.residual].k.width) * std::size_t(t.nodes[o.residual].k.l == level::dim ? t.d : 1);
    if (o.sample_weight >= 0) {
      const node& w = t.nodes[o.sample_weight];
      s.factors = std::size_t(w.k.width) * std::size_t(w.k.l == level::dim ? t.d : 1);
      if (s.factors != 1 && s.factors != s.components)
        throw error(name + " has a sample weight of " + std::to_string(s.factors) + " numbers and a residual of " + std::to_string(s.components) +
                    "; give it one number a sample");
    }
    s.samples = draws_of(t, o.set, batch);
    if (is_rows(t.sets[o.set])) s.samples = std::min(s.samples, sets.at(o.set).training.size());
    s.batch.reserve(t, s.samples);
    s.residuals.resize(s.samples * s.components);
    s.scale.resize(s.samples * s.factors);
    most = std::max(most, s.components * std::size_t(std::max(1.0, candidates) * double(s.samples) + 1));
    slots_.push_back(std::move(s));
    nodes.push_back(o.node);
    choices_.push_back(stream(seed, "choice of " + std::string(o.name.view())));
  }
  columns_.assign(std::size_t(t.parameters), -1);
  for (const entry_range& r : movable_entries(t, reached_tensors(t, nodes)))
    for (std::size_t e = r.begin; e < r.end; e++) {
      columns_[e] = int(unknowns_++);
      entries_.push_back(e);
    }
  if (unknowns_ <= largest_dense) dense_.emplace(unknowns_);
  gradient_.resize(unknowns_);
  trial_.resize(std::size_t(t.parameters));
  rows_.resize(chunk * unknowns_);
  values_.resize(most);
  for (const double c : constants_of(t, constants)) constants_.push_back(c);
  losses_.assign(std::size_t(t.objective_count), std::numeric_limits<double>::quiet_NaN());
  pool_.reserve(t, pool_size(t, batch, candidates));
}

void levenberg_marquardt::draw(std::uint64_t step, const double* parameters) {
  for (slot& s : slots_) {
    if (candidates_ > 1 && !is_rows(model_.recording.sets[s.set])) choose(s, step, parameters);
    else sampler_.draw(s.set, stage_, step, s.samples, parameters, constants_.data(), workers_, s.batch);
    if (s.factors == 0) continue;
    double* out[2] = {nullptr, s.scale.data()};
    evaluate_all(*s.kernel, parameters, s.batch.view(constants_.data()), out, workers_, memory_);
  }
  damping = std::min(damping, 1.0);  // of another draw, where steps may have failed
}

// Without replacement, by the smallest of exponential times with rates 1 + |r| / mean |r| (Efraimidis and Spirakis, 2006).
void levenberg_marquardt::choose(slot& s, std::uint64_t step, const double* parameters) {
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
  std::sort(times.begin(), times.begin() + std::ptrdiff_t(s.samples), [](const auto& a, const auto& b) { return a.second < b.second; });
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

double levenberg_marquardt::loss(const double* parameters) {
  double total = 0;
  for (slot& s : slots_) {
    double* out[2] = {s.residuals.data(), nullptr};
    evaluate_all(*s.kernel, parameters, s.batch.view(constants_.data()), out, workers_, memory_);
    double sum = 0;
    for (std::size_t i = 0; i < s.samples; i++)
      for (std::size_t c = 0; c < s.components; c++) {
        const double r = s.factor(i, c) * s.residuals[i * s.components + c];
        sum += r * r;
      }
    losses_[std::size_t(s.objective)] = sum / double(s.samples);
    total += s.weight * sum / double(s.samples);
  }
  return std::isfinite(total) ? total : infinite;
}

// Calls use(slot, residuals, rows) with the Jacobian of `rows` rows in rows_, one component of the residual after the other.
template <class Use>
void levenberg_marquardt::each_chunk(const double* parameters, Use&& use) {
  std::vector<double> residuals(chunk);
  for (slot& s : slots_) {
    const arguments<double> in = s.batch.view(constants_.data());
    const std::size_t block = s.kernel->block();
    auto& spaces = memory_.workspaces;
    if (spaces.size() < std::size_t(workers_.threads())) spaces.resize(std::size_t(workers_.threads()));
    for (auto& w : spaces)
      if (w.size() < s.kernel->jacobian_workspace()) w.resize(s.kernel->jacobian_workspace());
    for (std::size_t c = 0; c < s.components; c++) {
      cotangents_.assign(s.samples * s.components, 0.0);
      for (std::size_t i = 0; i < s.samples; i++) cotangents_[i * s.components + c] = s.factor(i, c);
      const double* cotangents[2] = {cotangents_.data(), nullptr};
      double* out[2] = {s.residuals.data(), nullptr};
      for (std::size_t begin = 0; begin < s.samples; begin += chunk) {
        const std::size_t n = std::min(chunk, s.samples - begin);
        std::fill(rows_.begin(), rows_.end(), 0.0);
        const auto task = [&](std::size_t number, int thread) {
          const std::size_t first = begin + number * block;
          s.kernel->jacobian(parameters, in, first, std::min(first + block, begin + n), cotangents, out, columns_.data(),
                             rows_.data() + (first - begin), chunk, spaces[std::size_t(thread)].data());
        };
        workers_.run((n + block - 1) / block, std::cref(task));
        for (std::size_t i = 0; i < n; i++) residuals[i] = s.factor(begin + i, c) * s.residuals[(begin + i) * s.components + c];
        use(s, residuals.data(), n);
      }
    }
  }
}

// out = J'J v + damping v.
void levenberg_marquardt::apply(const double* parameters, const std::vector<double>& v, std::vector<double>& out) {
  for (std::size_t c = 0; c < unknowns_; c++) out[c] = damping * v[c];
  std::vector<double> y(chunk);
  each_chunk(parameters, [&](const slot& s, const double*, std::size_t n) {
    std::fill(y.begin(), y.end(), 0.0);
    for (std::size_t c = 0; c < unknowns_; c++)
      for (std::size_t i = 0; i < n; i++) y[i] += rows_[c * chunk + i] * v[c];
    const double weight = s.weight / double(s.samples);
    for (std::size_t c = 0; c < unknowns_; c++) out[c] += weight * std::inner_product(y.begin(), y.begin() + std::ptrdiff_t(n), rows_.begin() + std::ptrdiff_t(c * chunk), 0.0);
  });
}

// Conjugate gradients on the damped normal equations, to a relative residual of 1e-3 or 200 iterations (an inexact Newton step).
bool levenberg_marquardt::solve(const double* parameters) {
  if (dense_) return dense_->solve(damping, direction_);
  direction_.assign(unknowns_, 0.0);
  std::vector<double> residual(unknowns_), p, image(unknowns_);
  for (std::size_t c = 0; c < unknowns_; c++) residual[c] = -gradient_[c];
  p = residual;
  const double first = dot(residual, residual);
  double size = first;
  for (int k = 0; k < 200 && size > 1e-6 * first; k++) {
    apply(parameters, p, image);
    const double curvature = dot(p, image);
    if (!(curvature > 0)) break;
    const double length = size / curvature;
    for (std::size_t c = 0; c < unknowns_; c++) {
      direction_[c] += length * p[c];
      residual[c] -= length * image[c];
    }
    const double next = dot(residual, residual);
    for (std::size_t c = 0; c < unknowns_; c++) p[c] = residual[c] + next / size * p[c];
    size = next;
  }
  return std::isfinite(size);
}

double levenberg_marquardt::step(double* parameters) {
  if (dense_) dense_->clear();
  else std::fill(gradient_.begin(), gradient_.end(), 0.0);
  double before = 0;
  each_chunk(parameters, [&](const slot& s, const double* residuals, std::size_t n) {
    const double weight = s.weight / double(s.samples);
    for (std::size_t i = 0; i < n; i++) before += weight * residuals[i] * residuals[i];
    if (dense_) {
      dense_->add(rows_.data(), chunk, residuals, n, weight, workers_);
    } else {
      for (std::size_t c = 0; c < unknowns_; c++)
        gradient_[c] += weight * std::inner_product(residuals, residuals + n, rows_.begin() + std::ptrdiff_t(c * chunk), 0.0);
    }
  });
  if (dense_) gradient_ = dense_->gradient();
  for (int trial = 0; trial < 20; trial++) {
    if (solve(parameters)) {
      std::copy_n(parameters, trial_.size(), trial_.begin());
      for (std::size_t c = 0; c < unknowns_; c++) trial_[entries_[c]] += direction_[c];
      const double after = loss(trial_.data());
      const double predicted = damping * dot(direction_, direction_) - dot(gradient_, direction_);
      const double gain = (before - after) / predicted;
      if (after < before && predicted > 0) {
        std::copy(trial_.begin(), trial_.end(), parameters);
        damping *= gain > 0.75 ? 0.2 : gain > 0.25 ? 0.5 : 1.5;
        damping = std::max(damping, 1e-15);
        return after;
      }
    }
    damping *= 4;
  }
  return loss(parameters);
}

}  // namespace dimwise
