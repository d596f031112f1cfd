// training/integrals.cpp: see integrals.hpp.
#include <dimwise/training/integrals.hpp>

#include <algorithm>
#include <cmath>

#include <dimwise/core/error.hpp>
#include <dimwise/training/objectives.hpp>
#include <dimwise/training/sampler.hpp>
#include <dimwise/training/trained_entries.hpp>

namespace dimwise {
namespace {

constexpr std::size_t shifts = 16, chunk = 8192;

// Mean and sum of squared distances from it, of numbers that come one after the other (Welford, 1962).
struct running_mean {
  double count = 0, mean = 0, squares = 0;
  void add(double v) {
    count++;
    const double before = v - mean;
    mean += before / count;
    squares += before * (v - mean);
  }
  double error() const { return count > 1 ? std::sqrt(squares / (count - 1) / count) : std::numeric_limits<double>::infinity(); }
};

}  // namespace

template <class T>
integral_value integrate(const compiled_model& model, int index, const std::vector<double>& parameters,
                         const std::map<std::string, double>& constants, std::size_t samples, std::uint64_t seed, team& workers) {
  const table& t = model.recording;
  const integral_entry& e = t.integrals[index];
  const sample_set& set = t.sets[e.set];
  const std::string name = "the integral '" + std::string(e.name.view()) + "'";
  if (samples < 2) throw error(name + " needs 2 or more samples");
  for (const op input : {op::input, op::input_per_dim})
    if (reads(t, e.node, input))
      throw error(name + " reads an input, and the points of the set '" + std::string(set.name.view()) + "' carry none");
  const auto& kernels = model.template kernels<T>().integrals;
  if (std::size_t(index) >= kernels.size() || !kernels[std::size_t(index)])
    throw error("the model '" + model.name + "' has no kernel of this precision for " + name + "; build it with one");
  const bool shifted = set.source == sample_source::sobol;
  const std::size_t all = fixed_points(t, set);
  const std::size_t most = all ? all : shifted ? std::max<std::size_t>(1, samples / shifts) : std::min(samples, chunk);
  data_sets sets(t);
  sampler<T> draws(model, sets, seed, most);
  sample_batch<T> batch;
  batch.reserve(t, most);
  const aligned_vector<T> p(parameters.begin(), parameters.end());
  aligned_vector<T> c, values(most);
  for (const double v : constants_of(t, constants)) c.push_back(T(v));
  parallel_memory<T> memory;
  running_mean mean;
  integral_value result;
  for (std::size_t step = 0; result.points < (all ? all : shifted ? most * shifts : samples); step++) {
    const std::size_t n = all || shifted ? most : std::min(most, samples - result.points);
    draws.draw(e.set, 0, step, n, p.data(), c.data(), workers, batch);
    T* out[1] = {values.data()};
    evaluate_all(*kernels[std::size_t(index)], p.data(), batch.view(c.data()), out, workers, memory);
    double sum = 0;
    for (std::size_t i = 0; i < n; i++) {
      sum += batch.share(i) * double(values[i]);
      if (!all && !shifted) mean.add(double(values[i]));
    }
    if (all || shifted) mean.add(sum);
    result.points += n;
  }
  const double volume = volume_of(t, set);
  result.value = volume * mean.mean;
  if (!all) result.standard_error = volume * mean.error();
  return result;
}

template integral_value integrate<float>(const compiled_model&, int, const std::vector<double>&,
                                         const std::map<std::string, double>&, std::size_t, std::uint64_t, team&);
template integral_value integrate<double>(const compiled_model&, int, const std::vector<double>&,
                                          const std::map<std::string, double>&, std::size_t, std::uint64_t, team&);

}  // namespace dimwise
