// training/levenberg_marquardt.cpp: Jacobians in chunks, damped steps.
#include <dimwise/training/levenberg_marquardt.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include <dimwise/core/error.hpp>

namespace dimwise {
namespace {

constexpr std::size_t chunk = 512;  // rows whose Jacobian is held at once

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

levenberg_marquardt::levenberg_marquardt(const compiled_model& model, const data_sets& sets, int stage, std::size_t batch,
                                         double candidates, std::uint64_t seed, const std::map<std::string, double>& weights,
                                         const std::map<std::string, double>& constants, team& workers)
    : objectives_(model, sets, stage, batch, candidates, seed, weights, constants, workers) {
  for (const slot& s : objectives_.slots()) {
    const std::string name(model.recording.objectives[s.objective].name.view());
    if (!s.squares && !s.constraint())
      throw error("the objective '" + name +
                  "' is not a sum of squares, and its stage is trained by Levenberg-Marquardt: write m.least_squares<\"" + name +
                  "\">(residual, samples), or train the stage by Adam or L-BFGS");
  }
  const std::size_t n = unknowns();
  if (n <= largest_dense) dense_.emplace(n);
  gradient_.resize(n);
  trial_.resize(std::size_t(model.recording.parameters));
  rows_.resize(chunk * n);
}

void levenberg_marquardt::draw(std::uint64_t step, const double* parameters) {
  objectives_.draw(step, parameters);
  damping = std::min(damping, 1.0);  // of another draw, where steps may have failed
}

// Calls use(residuals, rows, weight) with the Jacobian of `rows` rows in rows_, one component of the residual after the other.
template <class Use>
void levenberg_marquardt::each_chunk(const double* parameters, Use&& use) {
  std::vector<double> residuals(chunk);
  team& workers = objectives_.workers();
  for (slot& s : objectives_.slots()) {
    if (s.constraint()) {  // one row: the integral's gradient
      row_.resize(unknowns());
      const double distance = objectives_.constraint_gradient(s, parameters, row_.data());
      for (std::size_t c = 0; c < unknowns(); c++) rows_[c * chunk] = row_[c];
      use(&distance, 1, s.weight);
      continue;
    }
    const arguments<double> in = s.batch.view(objectives_.constants());
    const std::size_t block = s.kernel->block();
    auto& spaces = objectives_.memory().workspaces;
    if (spaces.size() < std::size_t(workers.threads())) spaces.resize(std::size_t(workers.threads()));
    for (auto& w : spaces)
      if (w.size() < s.kernel->jacobian_workspace()) w.resize(s.kernel->jacobian_workspace());
    std::fill(rows_.begin(), rows_.end(), 0.0);  // the kernel clears and writes the columns that it reaches
    for (std::size_t c = 0; c < s.components; c++) {
      cotangents_.assign(s.samples * s.components, 0.0);
      for (std::size_t i = 0; i < s.samples; i++) cotangents_[i * s.components + c] = s.factor(i, c);
      const double* cotangents[2] = {cotangents_.data(), nullptr};
      double* out[2] = {s.residuals.data(), nullptr};
      for (std::size_t begin = 0; begin < s.samples; begin += chunk) {
        const std::size_t n = std::min(chunk, s.samples - begin);
        const auto task = [&](std::size_t number, int thread) {
          const std::size_t first = begin + number * block;
          s.kernel->jacobian(parameters, in, first, std::min(first + block, begin + n), cotangents, out,
                             objectives_.columns().data(), rows_.data() + (first - begin), chunk,
                             spaces[std::size_t(thread)].data());
        };
        workers.run((n + block - 1) / block, std::cref(task));
        for (std::size_t i = 0; i < n; i++) residuals[i] = s.factor(begin + i, c) * s.residuals[(begin + i) * s.components + c];
        use(residuals.data(), n, s.weight / double(s.samples));
      }
    }
  }
}

// out = J'J v + damping v.
void levenberg_marquardt::apply(const double* parameters, const std::vector<double>& v, std::vector<double>& out) {
  for (std::size_t c = 0; c < unknowns(); c++) out[c] = damping * v[c];
  std::vector<double> y(chunk);
  each_chunk(parameters, [&](const double*, std::size_t n, double weight) {
    std::fill(y.begin(), y.end(), 0.0);
    for (std::size_t c = 0; c < unknowns(); c++)
      for (std::size_t i = 0; i < n; i++) y[i] += rows_[c * chunk + i] * v[c];
    for (std::size_t c = 0; c < unknowns(); c++)
      out[c] +=
          weight * std::inner_product(y.begin(), y.begin() + std::ptrdiff_t(n), rows_.begin() + std::ptrdiff_t(c * chunk), 0.0);
  });
}

// Conjugate gradients on the damped normal equations, to a relative residual of 1e-3 or 200 iterations (an inexact Newton step).
bool levenberg_marquardt::solve(const double* parameters) {
  if (dense_) return dense_->solve(damping, direction_, objectives_.workers());
  direction_.assign(unknowns(), 0.0);
  std::vector<double> residual(unknowns()), p, image(unknowns());
  for (std::size_t c = 0; c < unknowns(); c++) residual[c] = -gradient_[c];
  p = residual;
  const double first = dot(residual, residual);
  double size = first;
  for (int k = 0; k < 200 && size > 1e-6 * first; k++) {
    apply(parameters, p, image);
    const double curvature = dot(p, image);
    if (!(curvature > 0)) break;
    const double length = size / curvature;
    for (std::size_t c = 0; c < unknowns(); c++) {
      direction_[c] += length * p[c];
      residual[c] -= length * image[c];
    }
    const double next = dot(residual, residual);
    for (std::size_t c = 0; c < unknowns(); c++) p[c] = residual[c] + next / size * p[c];
    size = next;
  }
  return std::isfinite(size);
}

std::uint64_t levenberg_marquardt::advance(double* parameters, std::uint64_t steps, const std::function<bool(double)>& after) {
  for (std::uint64_t done = 0; done < steps; done++)
    if (!after(step(parameters))) return done + 1;
  return steps;
}

double levenberg_marquardt::step(double* parameters) {
  if (dense_) dense_->clear();
  else std::fill(gradient_.begin(), gradient_.end(), 0.0);
  double before = 0;
  each_chunk(parameters, [&](const double* residuals, std::size_t n, double weight) {
    for (std::size_t i = 0; i < n; i++) before += weight * residuals[i] * residuals[i];
    if (dense_) {
      dense_->add(rows_.data(), chunk, residuals, n, weight, objectives_.workers());
    } else {
      for (std::size_t c = 0; c < unknowns(); c++)
        gradient_[c] += weight * std::inner_product(residuals, residuals + n, rows_.begin() + std::ptrdiff_t(c * chunk), 0.0);
    }
  });
  if (dense_) gradient_ = dense_->gradient();
  const std::vector<std::size_t>& entries = objectives_.entries();
  for (int trial = 0; trial < 20; trial++) {
    if (solve(parameters)) {
      std::copy_n(parameters, trial_.size(), trial_.begin());
      for (std::size_t c = 0; c < unknowns(); c++) trial_[entries[c]] += direction_[c];
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
