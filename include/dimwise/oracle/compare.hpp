// oracle/compare.hpp: outputs and gradients of any kernel against exact values of its recording.
#pragma once
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "../kernel/compiled_model.hpp"
#include "check_record.hpp"
#include "oracle.hpp"

namespace dimwise {

/// Exact values of a recording at some samples, computed when first asked for and kept.
class reference_values {
 public:
  reference_values(const table& recording, std::vector<double> parameters, std::vector<sample_inputs> samples);

  struct numbers {
    std::vector<wide_number> exact;    ///< all numbers of the node
    std::vector<wide_number> largest;  ///< their largest terms
  };
  const numbers& of(int node, int sample);
  /// Derivatives of all numbers of a node by one parameter, by central differences in 50-digit arithmetic (100 digits where the
  /// node differentiates more than three times). Zero where that is all that the digits leave.
  const std::vector<fifty_digits>& gradient(int node, int sample, int parameter);
  /// The relative form of an equation against residual / p: the largest difference relative to the largest term, and its sample.
  std::pair<double, int> relative_form_error(int equation);

  const table& recording() const { return recording_; }
  const std::vector<double>& parameters() const { return parameters_; }
  const std::vector<sample_inputs>& samples() const { return samples_; }

 private:
  table recording_;
  std::vector<double> parameters_;
  std::vector<sample_inputs> samples_;
  std::vector<int> orders_;  ///< total order of differentiation of each node
  std::vector<oracle> oracles_;
  std::vector<std::unique_ptr<basic_oracle<fifty_digits>>> for_gradients_;
  std::map<std::pair<int, int>, numbers> known_;
  std::map<std::tuple<int, int, int>, std::vector<fifty_digits>> gradients_;
};

/// Samples in the arrays that kernels read.
template <class T>
struct kernel_arguments {
  kernel_arguments(const table& recording, const std::vector<sample_inputs>& samples);
  const arguments<T>& view() const { return view_; }

 private:
  std::vector<T> state_, time_, constants_;
  std::vector<std::vector<T>> inputs_;
  std::vector<const T*> input_pointers_;
  arguments<T> view_;
};

/// All outputs of a kernel at all samples: [output][samples][...].
template <class T>
std::vector<std::vector<T>> evaluate(const kernel_interface<T>& kernel, const reference_values& at);

/// One record for each output, named by `label(output index)` (name, quantity); order is that of a D node.
struct output_label {
  std::string name, quantity;
};
template <class T>
std::vector<check_record> compare_outputs(const kernel_interface<T>& kernel, reference_values& exact,
                                          const std::vector<output_label>& labels, const check_bounds& bounds = {});

/// What is compared of a gradient.
struct gradient_sampling {
  std::uint64_t seed = 1;
  int entries = 50;  ///< of each tensor, drawn at random; all if there are fewer
  int samples = 2;   ///< each entry is compared at one of the first this many samples, in turns
};
/// Gradients of one output: a record for each tensor that reaches it. Cotangents: 1 for a scalar, else drawn from the seed.
/// Masked entries, tensors that are not trained and tensors that do not reach the output must have exactly zero; a record says so
/// where they do not.
template <class T>
std::vector<check_record> compare_gradient(const kernel_interface<T>& kernel, std::size_t output, reference_values& exact,
                                           const output_label& label, const gradient_sampling& which = {},
                                           const check_bounds& bounds = {});

extern template struct kernel_arguments<double>;
extern template struct kernel_arguments<float>;

}  // namespace dimwise
