// kernel/compiled_model.hpp: the one type-erased interface between a user's compiled kernels and everything that is compiled once
// (runner, training, simulation, C ABI). It knows tables and pointers, no templates over models.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "../ir/table.hpp"

namespace dimwise {

struct tile_measurement;
enum class product_arithmetic : int;

/// What a kernel reads at one call. All arrays are row-major; unused ones may be null.
template <class T>
struct arguments {
  std::size_t samples = 0;
  const T* state = nullptr;          ///< [samples][d]
  const T* time = nullptr;           ///< [samples]
  const T* const* inputs = nullptr;  ///< [input][samples][width], or [input][samples][d][width] for an input_per_dim
  const T* constants = nullptr;      ///< [constant]
  const T* prepared = nullptr;       ///< what `kernel_interface::prepare` wrote for these parameters; null: not prepared
  /// 0: state, 1: time, 2 ..: inputs.
  const T* of_leaf(int leaf) const { return leaf == 0 ? state : leaf == 1 ? time : inputs[leaf - 2]; }
};

/// Where a kernel writes the gradient by its inputs; null: not wanted. Shapes as in `arguments`.
template <class T>
struct input_cotangents {
  T* state = nullptr;          ///< [samples][d]
  T* time = nullptr;           ///< [samples]
  T* const* inputs = nullptr;  ///< [input], each as the input or null
  /// 0: state, 1: time, 2 ..: inputs.
  T* of_leaf(int leaf) const { return leaf == 0 ? state : leaf == 1 ? time : inputs ? inputs[leaf - 2] : nullptr; }
};

/// One value that a kernel computes.
struct output_info {
  std::string name;        ///< "fokker_planck.residual", "fokker_planck.lhs", "objective.density", ...
  int node = -1;           ///< in the recording
  level l = level::point;  ///< point: [samples][width]; dim: [samples][d][width]
  int width = 1;
};

/// Figures of one kernel, for `info` and `bench`. Matrix work counts multiply-add as 2, masked blocks not.
struct kernel_cost {
  double value_matrix_flop = 0;     ///< per sample, forward
  double gradient_matrix_flop = 0;  ///< per sample, forward and reverse
  double value_other_flop = 0;      ///< elementwise, rough
  std::size_t code_steps = 0;       ///< steps of the plan
};

/// A compiled kernel: const, re-entrant, no allocation in a call.
template <class T>
class kernel_interface {
 public:
  virtual ~kernel_interface() = default;
  virtual const std::vector<output_info>& outputs() const = 0;
  virtual kernel_cost cost() const = 0;
  virtual bool has_gradient() const = 0;
  /// Samples that are computed together; ranges given to the calls below start at a multiple of it.
  virtual std::size_t block() const = 0;
  /// Samples of a vector: ranges given to `evaluate` and `gradient` may start at any multiple of it.
  virtual std::size_t vector() const { return block(); }
  /// Elements of T that one thread needs for `evaluate` / `gradient`.
  virtual std::size_t evaluate_workspace() const = 0;
  virtual std::size_t gradient_workspace() const = 0;
  /// How matrix products of values are computed; those of gradients are always fused multiply-adds.
  virtual product_arithmetic arithmetic() const { return product_arithmetic(0); }
  /// Elements of T that `prepare` writes; 0: there is nothing to prepare.
  virtual std::size_t prepared_size() const { return 0; }
  /// Writes the parameters in the order in which `evaluate` reads them for fewer samples than a vector holds. Worth its time
  /// (about half a cycle for each parameter) where several such calls have the same parameters; `arguments::prepared` then names
  /// the result. The digits are the same.
  virtual void prepare(const T* parameters, T* prepared) const { (void)parameters, (void)prepared; }
  /// Computes samples [begin, end). out[j] (null: skipped) points at the whole array of output j.
  virtual void evaluate(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, T* const* out,
                        T* workspace) const = 0;
  /// Measures the register tiles of this kernel's matrix products on this machine; products in `found` are not measured again.
  /// Takes about 0.05 s for each product, and one core that nothing else disturbs.
  virtual void tune(std::vector<tile_measurement>& found) const { (void)found; }
  /// For samples [begin, end): adds sum_s sum_j <cotangent_j, d output_j / d parameters> to `gradient` (double, length of the
  /// parameter vector; masked and frozen entries get exactly 0) and writes the outputs. cotangents[j] null: zero.
  virtual void gradient(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end,
                        const T* const* cotangents, T* const* out, double* gradient, T* workspace) const = 0;
  /// Whether `gradient` of samples [begin, end) may be called with a null gradient: what it would add stays in the workspace, and
  /// `flush_gradient` (with a count of 1) adds it.
  virtual bool leaves_gradient(std::size_t begin, std::size_t end) const { return (void)begin, (void)end, false; }
  /// Whether `vector_jacobian` may be called.
  virtual bool has_vector_jacobian() const { return false; }
  virtual std::size_t vector_jacobian_workspace() const { return 0; }
  /// The product of cotangents with the Jacobians by inputs and parameters, for samples [begin, end): writes
  /// sum_j <cotangent_j, d output_j / d input of sample s> to `by` (a value under `frozen` counts here, one under `detach` does
  /// not), adds to `gradient` as the function of that name, and writes the outputs. gradient null: left out, at no cost. pending
  /// not null: gradients may stay in the workspace, so that a long parameter vector is not added up at each of many small calls.
  /// It starts at 0 and is handed on with the same workspace, which nothing else may use, until `flush_gradient` adds what is
  /// left.
  virtual void vector_jacobian(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end,
                               const T* const* cotangents, T* const* out, const input_cotangents<T>& by, double* gradient,
                               T* workspace, int* pending = nullptr) const {
    (void)parameters, (void)in, (void)begin, (void)end, (void)cotangents, (void)out, (void)by, (void)gradient, (void)workspace,
        (void)pending;
  }
  virtual void flush_gradient(double* gradient, T* workspace, int* pending) const {
    (void)gradient, (void)workspace, (void)pending;
  }
  /// Whether `jacobian` may be called.
  virtual bool has_jacobian() const { return false; }
  virtual std::size_t jacobian_workspace() const { return 0; }
  /// The rows of the gradient before they are added up: jacobian[columns[p] * stride + s - begin] is the derivative of
  /// sum_j <cotangent_j, output_j> of sample s by parameter p, for samples [begin, end); parameters with a negative column are
  /// left out. Writes the outputs. Costs a gradient and one pass over the rows.
  virtual void jacobian(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end,
                        const T* const* cotangents, T* const* out, const int* columns, T* jacobian, std::size_t stride,
                        T* workspace) const {
    (void)parameters, (void)in, (void)begin, (void)end, (void)cotangents, (void)out, (void)columns, (void)jacobian, (void)stride,
        (void)workspace;
  }
};

/// The kernels of one ODE. Those without a field are null; solvers share them.
template <class T>
struct ode_kernels {
  std::shared_ptr<kernel_interface<T>> field;    ///< output: field; with vector-Jacobian products where nothing is carried
  std::shared_ptr<kernel_interface<T>> carried;  ///< outputs: field and the rates of the carried quantities, with vector-Jacobian
                                                 ///< products; null where there are none
  std::shared_ptr<kernel_interface<T>> diagonal;  ///< outputs: field and its D<1>; null where the field is dense, and in float
  /// The field with all that is carried.
  const kernel_interface<T>& whole() const { return carried ? *carried : *field; }
};

/// The kernels of one model in one precision.
template <class T>
struct model_kernels {
  std::unique_ptr<kernel_interface<T>> outputs;  ///< all outputs and equation sides; null where there are none
  std::vector<std::unique_ptr<kernel_interface<T>>>
      objectives;  ///< one for each objective, a single point-level output, with gradient
  std::vector<std::unique_ptr<kernel_interface<T>>>
      residuals;  ///< one for each objective: what a least-squares one squares (and its sample weight), with Jacobian; null for
                  ///< others and in float
  std::vector<std::unique_ptr<kernel_interface<T>>> integrals;  ///< one for each integral: its integrand
  std::vector<std::unique_ptr<kernel_interface<T>>> sdes;       ///< outputs: drift, noise, noise derivative
  std::vector<ode_kernels<T>> odes;
  std::vector<std::unique_ptr<kernel_interface<T>>> mixtures;  ///< outputs: log weights, mean, log deviation, log density
};

/// A model as its binary sees it.
struct compiled_model {
  std::string name;
  std::string isa;  ///< instruction set of the kernels, e.g. "avx512"
  std::string compiler;
  table recording;  ///< refers to static data of the binary
  model_kernels<double> in_double;
  model_kernels<float> in_float;
  template <class T>
  const model_kernels<T>& kernels() const {
    if constexpr (sizeof(T) == 4) return in_float;
    else return in_double;
  }
};

}  // namespace dimwise
