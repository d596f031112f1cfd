// solvers/stacked_system.hpp: a batch as one system of equations: f, D<1>f, whole Jacobians and products of all samples at once.
#pragma once
#include <cmath>
#include <functional>
#include <vector>

#include <dimwise/core/aligned.hpp>
#include <dimwise/core/team.hpp>
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
      evaluate(problem.kernels->whole(), t, y, to, problem.prepared ? problem.prepared : of_few(problem.kernels->whole(), whole_));
      for (std::size_t s = 0; s < samples; s++)
        for (std::size_t j = 0; j < q; j++) out[samples * d + s * q + j] = rates_[j * samples + s];
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
    const kernel_interface<double>& kernel = problem.kernels->whole();
    const arguments<double> in = at(t, y);
    const double* cotangents[1 + most_carried] = {v};
    double* none[1 + most_carried] = {};
    ranges(kernel, [&](std::size_t begin, std::size_t end, double* workspace) {
      kernel.vector_jacobian(problem.parameters, in, begin, end, cotangents, none, {out, nullptr, nullptr}, nullptr, workspace);
    });
  }
  /// Row i of the Jacobians of all samples, for each i: rows(i, [samples][d]).
  template <class F>
  void jacobian(double t, const double* y, F&& rows) {
    counters.jacobian++;
    aligned_vector<double> unit(samples * d), row(samples * d);
    for (std::size_t i = 0; i < d; i++) {
      std::fill(unit.begin(), unit.end(), 0.0);
      for (std::size_t s = 0; s < samples; s++) unit[s * d + i] = 1;
      transposed_product(t, y, unit.data(), row.data());
      rows(i, row.data());
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
  few_samples whole_, with_diagonal_;

  /// Prepares at the second call: once would not be worth it.
  const double* of_few(const kernel_interface<double>& kernel, few_samples& f) {
    if (f.uses < 2 && ++f.uses == 2) f.parameters.prepare(kernel, problem.parameters, samples % kernel.block() != 0);
    return f.parameters.data();
  }

  arguments<double> at(double t, const double* y) {
    std::fill(time_.begin(), time_.end(), t);
    return {samples, y, time_.data(), problem.inputs, constants_.data()};
  }
  template <class F>
  void ranges(const kernel_interface<double>& kernel, F&& f) {
    const std::size_t block = kernel.block(), blocks = (samples + block - 1) / block;
    const std::size_t tasks = std::min(blocks, std::size_t(workers_.threads())), part = (blocks + tasks - 1) / tasks * block;
    const auto task = [&](std::size_t n, int thread) {
      const std::size_t begin = n * part, end = std::min(samples, begin + part);
      if (begin < end) f(begin, end, workspaces_[std::size_t(thread)].data());
    };
    workers_.run(tasks, std::cref(task));
  }
  void evaluate(const kernel_interface<double>& kernel, double t, const double* y, double* const* to, const double* prepared) {
    arguments<double> in = at(t, y);
    in.prepared = prepared;
    ranges(kernel, [&](std::size_t begin, std::size_t end, double* workspace) { kernel.evaluate(problem.parameters, in, begin, end, to, workspace); });
  }
};

}  // namespace dimwise::detail
