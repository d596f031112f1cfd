// solvers/stacked_system.hpp: a batch as one system of equations: f, D<1>f, whole Jacobians and products of all samples at once.
#pragma once
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include <dimwise/core/aligned.hpp>
#include <dimwise/core/team.hpp>
#include <dimwise/kernel/jacobian_product.hpp>
#include <dimwise/solvers/ode.hpp>

#include "prepared_parameters.hpp"

namespace dimwise::detail {

/// States are [samples][d], then the carried quantities [samples][carried].
class stacked_system {
 public:
  const ode_problem<double>& problem;
  std::size_t samples, d, q;
  solve_counters counters;
  aligned_vector<double> diagonal;  ///< [samples][d], of the last evaluation that asked for it

  stacked_system(const ode_problem<double>& p, std::size_t count, team& threads)
      : problem(p), samples(count), d(p.dims()), q(p.carried()), workers_(threads) {
    const auto& r = *p.recording;
    for (int j = 0; j < r.constant_count; j++) constants_.push_back(p.constants ? p.constants[j] : r.constants[j].value);
    time_.resize(samples);
    diagonal.assign(samples * d, 0.0);
    const kernel_interface<double>& kernel = p.kernels->whole();
    std::size_t size = std::max(kernel.evaluate_workspace(), kernel.vector_jacobian_workspace());
    if (p.kernels->diagonal) size = std::max(size, p.kernels->diagonal->evaluate_workspace());
    workspaces_.resize(std::size_t(threads.threads()));
    for (auto& w : workspaces_) w.resize(size);
    rates_.resize(samples * q);
  }
  std::size_t size() const { return samples * (d + q); }
  /// The parameters as the kernel of f and what is carried reads them for few samples; null: there is nothing to prepare.
  const double* prepared() {
    if (!problem.prepared && whole_.uses < 2) whole_.uses = 1, of_few(problem.kernels->whole(), whole_);
    return problem.prepared ? problem.prepared : whole_.parameters.data();
  }

  /// f at (t, y), and its diagonal if wished; false where something is not finite.
  bool field(double t, const double* y, double* out, bool with_diagonal) {
    counters.field++;
    if (with_diagonal && q == 0) {
      counters.diagonal++;
      double* to[] = {out, diagonal.data()};
      evaluate(*problem.kernels->diagonal, t, y, to, of_few(*problem.kernels->diagonal, with_diagonal_));
    } else {
      double* to[1 + most_carried] = {out};
      for (std::size_t j = 0; j < q; j++) to[1 + j] = rates_.data() + j * samples;
      evaluate(problem.kernels->whole(), t, y, to,
               problem.prepared ? problem.prepared : of_few(problem.kernels->whole(), whole_));
      scatter_rates(out);
      if (with_diagonal) diagonal_alone(t, y);
    }
    for (std::size_t e = 0; e < size(); e++)
      if (!std::isfinite(out[e])) return false;
    return true;
  }
  /// D<1>f at (t, y).
  void diagonal_alone(double t, const double* y) {
    counters.diagonal++;
    double* to[] = {nullptr, diagonal.data()};
    evaluate(*problem.kernels->diagonal, t, y, to, of_few(*problem.kernels->diagonal, with_diagonal_));
  }
  /// out = J' v of the d coordinates of all samples.
  void transposed_product(double t, const double* y, const double* v, double* out) {
    counters.products++;
    pull_back(problem.kernels->whole(), at(t, y), v, out);
  }
  /// Whether `product` can be called: where the field holds no derivative by time and no product of its own. Makes its kernel at
  /// the first call.
  bool has_product() {
    if (!asked_) make_product();
    return product_ != nullptr;
  }
  /// out = J v of all coordinates; rows of carried quantities whose derivative is not known are zero.
  void product(double t, const double* y, const double* v, double* out) {
    counters.products++;
    arguments<double> in = at(t, y);
    slots_.back() = v;
    in.inputs = slots_.data();
    in.prepared = of_few(product_->kernel(), of_product_);
    double* to[1 + most_carried] = {out};
    for (std::size_t j = 0; j < product_of_.size(); j++) to[1 + j] = rates_.data() + product_of_[j] * samples;
    std::fill(rates_.begin(), rates_.end(), 0.0);
    ranges(product_->kernel(), samples, [&](std::size_t begin, std::size_t end, double* workspace) {
      product_->kernel().evaluate(problem.parameters, in, begin, end, to, workspace);
    });
    scatter_rates(out);
  }
  /// Row i of the Jacobians of all samples, for each i: rows(i, [samples][d]). Few samples: several rows in one call, as samples
  /// of it, so that no lane is idle.
  template <class F>
  void jacobian(double t, const double* y, F&& rows) {
    counters.jacobian++;
    const kernel_interface<double>& kernel = problem.kernels->whole();
    const std::size_t states = samples * d,
                      together = std::clamp<std::size_t>(kernel.block() / std::max<std::size_t>(1, samples), 1, d);
    const auto repeated = [&](const double* from, std::size_t size) {
      aligned_vector<double> to(together * size);
      for (std::size_t r = 0; r < together; r++) std::copy_n(from, size, to.data() + r * size);
      return to;
    };
    const arguments<double> one = at(t, y);
    const aligned_vector<double> state = repeated(y, states), time = repeated(one.time, samples);
    std::vector<aligned_vector<double>> inputs;
    std::vector<const double*> slots;
    for (int k = 0; k < problem.recording->input_count; k++) {
      const input_slot& slot = problem.recording->inputs[k];
      const double* given = problem.inputs[k];
      if (given) inputs.push_back(repeated(given, samples * std::size_t(slot.width) * (slot.l == level::dim ? d : 1)));
      slots.push_back(given ? inputs.back().data() : nullptr);
    }
    aligned_vector<double> unit(together * states), row(together * states);
    for (std::size_t first = 0; first < d; first += together) {
      const std::size_t count = std::min(together, d - first);
      std::fill(unit.begin(), unit.end(), 0.0);
      for (std::size_t r = 0; r < count; r++)
        for (std::size_t s = 0; s < samples; s++) unit[r * states + s * d + first + r] = 1;
      counters.products += count;
      pull_back(kernel, {count * samples, state.data(), time.data(), slots.data(), constants_.data()}, unit.data(), row.data());
      for (std::size_t r = 0; r < count; r++) rows(first + r, row.data() + r * states);
    }
  }

 private:
  team& workers_;
  aligned_vector<double> time_, constants_, rates_;
  std::vector<aligned_vector<double>> workspaces_;
  struct few_samples {
    prepared_parameters<double> parameters;
    int uses = 0;
  };
  few_samples whole_, with_diagonal_, of_product_;

  /// Prepares at the second call: once would not be worth it.
  const double* of_few(const kernel_interface<double>& kernel, few_samples& f) {
    if (f.uses < 2 && ++f.uses == 2) f.parameters.prepare(kernel, problem.parameters, samples % kernel.block() != 0);
    return f.parameters.data();
  }
  bool asked_ = false;
  std::unique_ptr<jacobian_product> product_;
  std::vector<std::size_t> product_of_;  ///< carried quantities with a product
  std::vector<const double*> slots_;     ///< inputs of the product

  void make_product() {
    asked_ = true;
    const table& r = *problem.recording;
    const auto& outputs = problem.kernels->whole().outputs();
    if (!has_jacobian_product(r, outputs[0].node)) return;
    std::vector<int> of = {outputs[0].node};
    for (std::size_t j = 0; j < q; j++)
      if (has_jacobian_product(r, outputs[1 + j].node)) of.push_back(outputs[1 + j].node), product_of_.push_back(j);
    product_ = std::make_unique<jacobian_product>(r, of);
    if (problem.inputs) slots_.assign(problem.inputs, problem.inputs + r.input_count);
    slots_.resize(std::size_t(r.input_count) + 1);
    for (auto& w : workspaces_) w.resize(std::max(w.size(), product_->kernel().evaluate_workspace()));
  }
  void scatter_rates(double* out) const {
    for (std::size_t s = 0; s < samples; s++)
      for (std::size_t j = 0; j < q; j++) out[samples * d + s * q + j] = rates_[j * samples + s];
  }
  arguments<double> at(double t, const double* y) {
    std::fill(time_.begin(), time_.end(), t);
    return {samples, y, time_.data(), problem.inputs, constants_.data()};
  }
  void pull_back(const kernel_interface<double>& kernel, const arguments<double>& in, const double* v, double* out) {
    const double* cotangents[1 + most_carried] = {v};
    double* none[1 + most_carried] = {};
    ranges(kernel, in.samples, [&](std::size_t begin, std::size_t end, double* workspace) {
      kernel.vector_jacobian(problem.parameters, in, begin, end, cotangents, none, {out, nullptr, nullptr}, nullptr, workspace);
    });
  }
  template <class F>
  void ranges(const kernel_interface<double>& kernel, F&& f) {
    ranges(kernel, samples, f);
  }
  template <class F>
  void ranges(const kernel_interface<double>& kernel, std::size_t count, F&& f) {
    const std::size_t block = kernel.block(), blocks = (count + block - 1) / block;
    const std::size_t tasks = std::min(blocks, std::size_t(workers_.threads())), part = (blocks + tasks - 1) / tasks * block;
    const auto task = [&](std::size_t n, int thread) {
      const std::size_t begin = n * part, end = std::min(count, begin + part);
      if (begin < end) f(begin, end, workspaces_[std::size_t(thread)].data());
    };
    workers_.run(tasks, std::cref(task));
  }
  void evaluate(const kernel_interface<double>& kernel, double t, const double* y, double* const* to, const double* prepared) {
    arguments<double> in = at(t, y);
    in.prepared = prepared;
    ranges(kernel, [&](std::size_t begin, std::size_t end, double* workspace) {
      kernel.evaluate(problem.parameters, in, begin, end, to, workspace);
    });
  }
};

}  // namespace dimwise::detail
