// codegen/runner/bench.cpp: the command `bench`: how fast the kernels are, and what share of the machine's peak that is.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "codegen/runner/bench_beside.hpp"
#include "codegen/runner/bench_inputs.hpp"
#include "codegen/runner/bench_solves.hpp"
#include "codegen/runner/commands.hpp"
#include "codegen/runner/json_file.hpp"
#include "codegen/runner/needed_orders.hpp"
#include "codegen/runner/timing.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/kernel/product_arithmetic.hpp"
#include "dimwise/training/optimiser.hpp"
#include "dimwise/training/parallel.hpp"
#include "dimwise/training/trained_entries.hpp"

namespace dimwise::commands {
namespace {

struct options {
  std::string workload, precision = "float", value_variant = "value", unit = "sample", json_file, beside;
  std::vector<std::string> variants;
  int threads = 1, samples = 1024, k = -1;
  double seconds = 1;
  std::uint64_t seed = 1;
};

struct figure {
  std::string variant;
  int k = 0;
  double seconds_per_sample = 0, matrix_flop = 0;
  double call_bytes = 0, workspace_bytes = 0;  ///< arrays of the caller that a call reads and writes; memory of one thread
  product_arithmetic products = product_arithmetic::fused;
};

bool wanted(const options& o, const std::string& variant) {
  return o.variants.empty() || std::find(o.variants.begin(), o.variants.end(), variant) != o.variants.end();
}

// What a variant's name ends in that belongs to one of several objectives.
template <class T>
std::string ending_of(const compiled_model& m, std::size_t objective) {
  return m.kernels<T>().objectives.size() > 1 ? " " + std::string(m.recording.objectives[objective].name.view()) : "";
}

// All that can be timed.
template <class T>
std::vector<std::string> variants_of(const compiled_model& m, const options& o) {
  const auto& kernels = m.kernels<T>();
  std::vector<std::string> all;
  if (kernels.outputs) all.push_back(o.value_variant);
  for (std::size_t i = 0; i < kernels.objectives.size(); i++)
    if (kernels.objectives[i]->has_gradient())
      for (const char* what : {"gradient", "adam_step"}) all.push_back(what + ending_of<T>(m, i));
  for (int i = 0; i < m.recording.ode_count; i++)
    for (const char* what : {"solve ", "solve_gradient "}) all.push_back(what + std::string(m.recording.odes[i].name.view()));
  return all;
}

template <class T>
void require_known_variants(const compiled_model& m, const options& o) {
  const std::vector<std::string> all = variants_of<T>(m, o);
  if (all.empty())
    throw error("the model '" + m.name + "' has nothing to time: no value, no objective, no differential equation.");
  std::string names;
  for (const std::string& name : all) names += (names.empty() ? "" : ", ") + name;
  for (const std::string& asked : o.variants)
    if (std::find(all.begin(), all.end(), asked) == all.end())
      throw error("--variant '" + asked + "' is unknown; the model has " + names + ".");
}

template <class T>
std::vector<figure> measure(const compiled_model& m, const options& o) {
  const table& t = m.recording;
  const std::size_t samples = std::size_t(o.samples);
  const model_arrays<T> arrays = random_arrays<T>(t, samples, o.seed);
  arguments<T> in = arrays.view();
  std::vector<double> parameters = bench_parameters(t, o.seed);
  aligned_vector<T> p(parameters.begin(), parameters.end());
  team workers(o.threads);
  parallel_memory<T> memory;
  std::vector<figure> figures;

  auto orders_of = [&](const kernel_interface<T>& kernel) {
    std::vector<int> roots;
    for (const auto& out : kernel.outputs()) roots.push_back(out.node);
    int most = 0;
    for (const auto& order : needed_orders(t, roots)) most = std::max(most, order.x);
    return most;
  };
  auto result_arrays = [&](const kernel_interface<T>& kernel) {
    std::vector<aligned_vector<T>> out;
    for (const auto& info : kernel.outputs())
      out.emplace_back(samples * std::size_t(info.width) * std::size_t(info.l == level::dim ? t.d : 1));
    return out;
  };

  const auto call_bytes = [&](const kernel_interface<T>& kernel, bool gradient) {
    double per_sample = double(arrays.state.size() + arrays.time.size()) / double(samples);
    for (const auto& i : arrays.inputs) per_sample += double(i.size()) / double(samples);
    for (const auto& info : kernel.outputs())
      per_sample += double(info.width) * (info.l == level::dim ? t.d : 1) + (gradient ? 1 : 0);
    return per_sample * double(samples * sizeof(T)) + double(p.size()) * double(sizeof(T) + (gradient ? 2 * sizeof(double) : 0));
  };

  const auto& kernels = m.kernels<T>();
  if (kernels.outputs && wanted(o, o.value_variant)) {
    const auto& kernel = *kernels.outputs;
    auto results = result_arrays(kernel);
    std::vector<T*> out;
    for (auto& r : results) out.push_back(r.data());
    figure f{o.value_variant,
             orders_of(kernel),
             0,
             kernel.cost().value_matrix_flop,
             call_bytes(kernel, false),
             double(kernel.evaluate_workspace() * sizeof(T)),
             kernel.arithmetic()};
    aligned_vector<T> prepared(kernel.prepared_size());
    kernel.prepare(p.data(), prepared.data());
    if (!prepared.empty()) in.prepared = prepared.data();
    if (o.threads == 1) {
      aligned_vector<T> workspace(kernel.evaluate_workspace());
      f.seconds_per_sample = best_per_sample(
          samples, kernel.block(), 8 * kernel.block(), o.seconds,
          [&](std::size_t b, std::size_t e) { kernel.evaluate(p.data(), in, b, e, out.data(), workspace.data()); });
    } else {
      f.seconds_per_sample =
          best_call(o.seconds, [&] { evaluate_all(kernel, p.data(), in, out.data(), workers, memory); }) / double(samples);
    }
    figures.push_back(f);
    in.prepared = nullptr;
  }
  for (std::size_t i = 0; i < kernels.objectives.size(); i++) {
    const auto& kernel = *kernels.objectives[i];
    if (!kernel.has_gradient()) continue;
    const std::string ending = ending_of<T>(m, i);
    if (!wanted(o, "gradient" + ending) && !wanted(o, "adam_step" + ending)) continue;
    auto results = result_arrays(kernel);
    std::vector<T*> out;
    for (auto& r : results) out.push_back(r.data());
    const aligned_vector<T> cotangent(samples, T(1) / T(samples));
    const T* cotangents[] = {cotangent.data()};
    std::vector<double> gradient(parameters.size());
    figure f{"gradient" + ending,
             orders_of(kernel),
             0,
             kernel.cost().gradient_matrix_flop,
             call_bytes(kernel, true),
             double(kernel.gradient_workspace() * sizeof(T)),
             {}};
    if (o.threads == 1) {
      aligned_vector<T> workspace(kernel.gradient_workspace());
      const std::size_t part = (samples + gradient_parts(samples, kernel.block(), parameters.size()) - 1) /
                               gradient_parts(samples, kernel.block(), parameters.size());
      f.seconds_per_sample = best_per_sample(samples, kernel.block(), part, o.seconds, [&](std::size_t b, std::size_t e) {
        kernel.gradient(p.data(), in, b, e, cotangents, out.data(), gradient.data(), workspace.data());
      });
    } else {
      f.seconds_per_sample =
          best_call(
              o.seconds,
              [&] { gradient_all(kernel, p.data(), p.size(), in, cotangents, out.data(), gradient.data(), workers, memory); }) /
          double(samples);
    }
    if (wanted(o, f.variant)) figures.push_back(f);
    if (!wanted(o, "adam_step" + ending)) continue;
    // What a step does besides the gradient: clear it, its norm, the update, the parameters in the kernel's precision.
    adam optimiser(parameters.size(), movable_entries(t, reached_tensors(t, {t.objectives[i].node})));
    std::vector<double> moved = parameters;
    const double update = best_call(std::min(o.seconds, 0.3), [&] {
      const double norm = optimiser.norm(gradient.data(), &workers);
      optimiser.step(moved.data(), gradient.data(), norm > 1 ? 1 / norm : 1, 1e-6, 0, &workers);
      round_all(moved.data(), p.data(), p.size(), workers);
      clear_all(gradient.data(), gradient.size(), workers);
    });
    f.variant = "adam_step" + ending;
    f.seconds_per_sample += update / double(samples);
    figures.push_back(f);
  }
  for (const solve_figure& s :
       measure_solves<T>(m, p.data(), in, o.threads, o.seconds, [&](const std::string& variant) { return wanted(o, variant); }))
    figures.push_back({s.variant, 0, s.seconds_per_sample, s.matrix_flop, 0, 0, {}});
  return figures;
}

template <class T>
void bench_precision(const runner& program, const options& o, json& list) {
  const compiled_model& m = program.model();
  const bool single = sizeof(T) == 4;
  const auto measure_peaks = single ? program.peaks().in_float : program.peaks().in_double;
  core_peaks peaks = measure_peaks ? measure_peaks() : core_peaks{};
  const std::vector<figure> figures = measure<T>(m, o);
  // Taken before and after: on a shared machine one of the two may be disturbed.
  if (measure_peaks) {
    const core_peaks again = measure_peaks();
    peaks = {std::max(peaks.registers, again.registers), std::max(peaks.load_fed, again.load_fed)};
  }
  const double peak = peaks.registers, fed = peaks.load_fed;
  const double units = o.unit == "(sample, dimension)" ? double(m.recording.d) : o.unit == "call" ? 1 / double(o.samples) : 1;
  std::printf("%s, %s, %d sample%s a call, %d thread%s, peak %.1f GFLOP/s a core in registers, %.1f fed from the cache\n",
              o.workload.c_str(), single ? "float" : "double", o.samples, o.samples == 1 ? "" : "s", o.threads,
              o.threads == 1 ? "" : "s", peak, fed);
  const std::string time = "ns per " + o.unit;
  const int width = std::max<int>(14, int(time.size()));
  std::printf("  %-26s %*s  %8s  %7s  %11s  %8s  %12s\n", "", width, time.c_str(), "GFLOP/s", "of peak", "of load-fed",
              "MB moved", "workspace MB");
  const auto percent = [](double part, int columns) {
    if (std::isfinite(part)) std::printf("  %*.1f %%", columns - 2, 100 * part);
    else std::printf("  %*s", columns, "-");
  };
  const auto megabytes = [](double bytes, int columns) {
    if (bytes > 0) std::printf("  %*.3g", columns, bytes * 1e-6);
    else std::printf("  %*s", columns, "-");
  };
  for (const figure& f : figures) {
    const double rate = f.matrix_flop / f.seconds_per_sample * 1e-9;  // GFLOP/s of matrix products
    const double share = peak > 0 ? rate / (peak * o.threads) : NAN, fed_share = fed > 0 ? rate / (fed * o.threads) : NAN;
    const double ns = f.seconds_per_sample * 1e9 / units;
    std::printf("  %-26s %*.1f  %8.1f", f.variant.c_str(), width, ns, rate);
    percent(share, 7);
    percent(fed_share, 11);
    megabytes(f.call_bytes, 8);
    megabytes(f.workspace_bytes, 12);
    if (f.products != product_arithmetic::fused) std::printf("  products: %s", name_of(f.products));
    std::printf("\n");
    list.push_back({{"workload", o.workload},
                    {"variant", f.variant},
                    {"d", m.recording.d},
                    {"k", o.k >= 0 ? o.k : f.k},
                    {"precision", single ? "float" : "double"},
                    {"threads", o.threads},
                    {"samples", o.samples},
                    {"ns", ns},
                    {"unit", o.unit},
                    {"share", finite_or_null(share)},
                    {"peak_gflops", finite_or_null(peak > 0 ? peak : NAN)},
                    {"load_fed_gflops", finite_or_null(fed > 0 ? fed : NAN)},
                    {"load_fed_share", finite_or_null(fed_share)},
                    {"bytes_moved", finite_or_null(f.call_bytes > 0 ? f.call_bytes : NAN)},
                    {"workspace_bytes", finite_or_null(f.workspace_bytes > 0 ? f.workspace_bytes : NAN)},
                    {"isa", m.isa},
                    {"products", name_of(f.products)},
                    {"compiler", m.compiler}});
  }
}

}  // namespace

setup bench(const runner& program) {
  return [&program](command_line& line) {
    auto o = std::make_shared<options>();
    line.option("--precision", o->precision, "float, double or both");
    line.option("--threads", o->threads, "threads");
    line.option("--samples", o->samples, "samples of a call");
    line.option("--seconds", o->seconds, "spent on each figure");
    line.option("--seed", o->seed, "of the random inputs and parameters");
    line.option("--variant", o->variants, "only this one; may be repeated");
    line.option("--workload", o->workload, "name in the output; default: the model's");
    line.option("--value-variant", o->value_variant, "name in the output of evaluating all values");
    line.option("--unit", o->unit, "sample, row (the same), '(sample, dimension)', or call (of all samples)");
    line.option("--k", o->k, "k in the output; default: the highest derivative that is computed");
    line.option("--json", o->json_file, "write the figures to this file");
    line.option("--beside", o->beside,
                "write inputs, parameters and results of --variant to this folder; then answer each line of the input, seconds "
                "to spend, with the least seconds of a whole call");
    return [o, &program] {
      if (o->workload.empty()) o->workload = program.model().name;
      if (o->samples < 1) throw error("--samples must be at least 1.");
      if (o->threads < 1) throw error("--threads must be at least 1.");
      if (!(o->seconds > 0)) throw error("--seconds must be positive.");
      if (o->unit != "sample" && o->unit != "row" && o->unit != "(sample, dimension)" && o->unit != "call")
        throw error("--unit '" + o->unit + "' is unknown; it is sample, row, '(sample, dimension)' or call.");
      const chosen_precisions chosen = precisions_of(o->precision);
      if (chosen.in_float) require_known_variants<float>(program.model(), *o);
      else require_known_variants<double>(program.model(), *o);
      if (!o->beside.empty()) {
        const std::string variant = o->variants.empty() || o->variants[0] == o->value_variant ? "" : o->variants[0];
        const auto serve = is_float(o->precision) ? bench_beside<float> : bench_beside<double>;
        return serve(program.model(), {o->beside, variant, std::size_t(o->samples), o->threads, o->seed});
      }
      json list = json::array();
      if (chosen.in_float) bench_precision<float>(program, *o, list);
      if (chosen.in_double) bench_precision<double>(program, *o, list);
      write_json(o->json_file, list);
      return 0;
    };
  };
}

}  // namespace dimwise::commands
