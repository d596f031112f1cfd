// tests/support/fake_model.hpp: kernels written as functions of one sample, and a small recording that all of training can run
// on.
#pragma once
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <dimwise/kernel/compiled_model.hpp>

namespace dimwise_tests {

using namespace dimwise;

/// A kernel given by a function of one sample: (parameters, arguments, sample, outputs of this sample), and its transposed
/// derivative: (parameters, arguments, sample, cotangents of this sample, gradient to add to).
template <class T>
class function_kernel : public kernel_interface<T> {
 public:
  using value_function = std::function<void(const T*, const arguments<T>&, std::size_t, T* const*)>;
  using reverse_function = std::function<void(const T*, const arguments<T>&, std::size_t, const T* const*, double*)>;

  function_kernel(int d, std::vector<output_info> outputs, value_function value, reverse_function reverse = {},
                  std::size_t block = 8)
      : d_(d), block_(block), outputs_(std::move(outputs)), value_(std::move(value)), reverse_(std::move(reverse)) {}

  const std::vector<output_info>& outputs() const override { return outputs_; }
  kernel_cost cost() const override { return {}; }
  bool has_gradient() const override { return bool(reverse_); }
  std::size_t block() const override { return block_; }
  std::size_t evaluate_workspace() const override { return 64; }
  std::size_t gradient_workspace() const override { return 64; }
  void evaluate(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, T* const* out,
                T* workspace) const override {
    T* here[8] = {};
    for (std::size_t s = begin; s < end; s++) {
      T unused[64];
      for (std::size_t j = 0; j < outputs_.size(); j++) here[j] = out && out[j] ? out[j] + s * length(j) : unused;
      value_(parameters, in, s, here);
    }
    workspace[0] = 0;
  }
  void gradient(const T* parameters, const arguments<T>& in, std::size_t begin, std::size_t end, const T* const* cotangents,
                T* const* out, double* gradient, T* workspace) const override {
    evaluate(parameters, in, begin, end, out, workspace);
    const T* here[8] = {};
    for (std::size_t s = begin; s < end; s++) {
      for (std::size_t j = 0; j < outputs_.size(); j++) here[j] = cotangents[j] ? cotangents[j] + s * length(j) : nullptr;
      reverse_(parameters, in, s, here, gradient);
    }
  }

 private:
  std::size_t length(std::size_t j) const { return std::size_t(outputs_[j].width * (outputs_[j].l == level::dim ? d_ : 1)); }
  int d_;
  std::size_t block_;
  std::vector<output_info> outputs_;
  value_function value_;
  reverse_function reverse_;
};

inline tensor make_tensor(const char* name, std::vector<int> shape, int offset, double scale = 0,
                          initial init = initial::normal) {
  tensor t;
  t.name = std::string_view(name);
  t.rank = int(shape.size());
  for (std::size_t i = 0; i < shape.size(); i++) t.shape[i] = shape[i];
  t.offset = offset;
  t.scale = scale;
  t.init = init;
  return t;
}

inline node make_node(op o, level l, depends d, int a = -1, int b = -1, int n = 0, int weight = -1) {
  node v;
  v.o = o;
  v.k.l = l;
  v.k.d = d;
  v.a = a;
  v.b = b;
  v.n = n;
  v.weight = weight;
  return v;
}

/// A model in two coordinates with every kind of sample set:
/// stage 0: "fit" on "days": 1/2 |x - mean|^2;
/// stage 1: "step" on "pairs": 1/2 |next - weight x|^2 / step, weight masked to its first column (and decaying);
///          "near" on "around" (days, jittered by 0.5): 1/2 (bias - x_0)^2;
///          "inside" on "grid" (box [-1, 2]): 1/2 (bias2 - x_1)^2;
///          "pulled" on "drawn" (from the mixture N(mean, 0.01) in both components): 1/2 (centre - x_0)^2.
/// "kept" is reached and not trained. The run-time constant "shift" is added to bias2's target.
class fake_model {
 public:
  enum { mean, weight, bias, bias2, centre, kept, tensor_count };
  enum : int { parameters = 2 + 4 + 1 + 1 + 1 + 2 };
  tensor tensors[tensor_count];
  std::vector<node> nodes;
  input_slot inputs[3];
  constant_slot constants[1];
  sample_set sets[5];
  mixture_entry mixtures[1];
  objective_entry objectives[5];
  stage_entry stages[2];
  compiled_model model;

  fake_model() {
    tensors[mean] = make_tensor("mean", {2}, 0, 1.0);
    tensors[weight] = make_tensor("net.weight", {2, 2}, 2, 0.5);
    tensors[weight].masked = mask::input_left;
    tensors[weight].dims = 2;
    tensors[bias] = make_tensor("net.bias", {1}, 6, 0.25, initial::constant);
    tensors[bias2] = make_tensor("bias2", {1}, 7);
    tensors[centre] = make_tensor("centre", {1}, 8);
    tensors[kept] = make_tensor("kept", {2}, 9, 3.0, initial::constant);
    tensors[kept].trained = false;

    const auto point = level::point;
    const auto dim = level::dim;
    nodes = {
        make_node(op::state, dim, depends::own),                                       // 0
        make_node(op::parameter, dim, depends::nothing, -1, -1, 0, mean),              // 1
        make_node(op::sub, dim, depends::own, 0, 1),                                   // 2
        make_node(op::sum, point, depends::own, 2),                                    // 3 "fit"
        make_node(op::input_per_dim, dim, depends::nothing, -1, -1, 0),                // 4 next
        make_node(op::masked_input, level::units, depends::before, 0, -1, 0, weight),  // 5
        make_node(op::mul, dim, depends::before, 4, 5),                                // 6
        make_node(op::input, point, depends::nothing, -1, -1, 1),                      // 7 step
        make_node(op::mul, dim, depends::before, 6, 7),                                // 8
        make_node(op::sum, point, depends::everything, 8),                             // 9 "step"
        make_node(op::parameter, point, depends::nothing, -1, -1, 0, bias),            // 10
        make_node(op::parameter, point, depends::nothing, -1, -1, 0, kept),            // 11
        make_node(op::add, point, depends::nothing, 10, 11),                           // 12 "near"
        make_node(op::parameter, point, depends::nothing, -1, -1, 0, bias2),           // 13 "inside"
        make_node(op::frozen, dim, depends::nothing, 1),                               // 14
        make_node(op::parameter, point, depends::nothing, -1, -1, 0, centre),          // 15
        make_node(op::mul, point, depends::nothing, 14, 15),                           // 16 "pulled"
        make_node(op::input, point, depends::nothing, -1, -1, 2),                      // 17 an input that nothing reads
    };
    inputs[0] = {std::string_view("next"), level::dim, 1};
    inputs[1] = {std::string_view("step"), level::point, 1};
    inputs[2] = {std::string_view("wind"), level::point, 1};
    constants[0] = {std::string_view("shift"), 0};
    sets[0].name = std::string_view("days");
    sets[1].name = std::string_view("pairs");
    sets[1].source = sample_source::transitions;
    sets[2].name = std::string_view("around");
    sets[2].source = sample_source::jittered;
    sets[2].of = 0;
    sets[2].spread = 0.5;
    sets[3].name = std::string_view("grid");
    sets[3].source = sample_source::box;
    sets[3].lower = -1;
    sets[3].upper = 2;
    sets[3].t0 = 5;
    sets[3].t1 = 7;
    sets[4].name = std::string_view("drawn");
    sets[4].source = sample_source::density;
    sets[4].mixture = 0;
    mixtures[0].name = std::string_view("density");
    objectives[0] = {std::string_view("fit"), 3, 0, 1, 0};
    objectives[1] = {std::string_view("step"), 9, 1, 1, 1};
    objectives[2] = {std::string_view("near"), 12, 2, 2, 1};
    objectives[3] = {std::string_view("inside"), 13, 3, 1, 1};
    objectives[4] = {std::string_view("pulled"), 16, 4, 1, 1};
    for (int i = 0; i < 2; i++) {
      stages[i].name = std::string_view(i ? "second" : "first");
      stages[i].steps = 300;
      stages[i].batch = 32;
      stages[i].rate = 0.05;
      stages[i].warm_up = 20;
    }
    model.name = "fake";
    table& r = model.recording;
    r.nodes = nodes.data();
    r.node_count = int(nodes.size());
    r.tensors = tensors;
    r.tensor_count = tensor_count;
    r.inputs = inputs;
    r.input_count = 3;
    r.constants = constants;
    r.constant_count = 1;
    r.sets = sets;
    r.set_count = 5;
    r.mixtures = mixtures;
    r.mixture_count = 1;
    r.objectives = objectives;
    r.objective_count = 5;
    r.stages = stages;
    r.stage_count = 2;
    r.state_name = std::string_view("x");
    r.time_name = std::string_view("t");
    r.d = 2;
    r.parameters = parameters;
    fill(model.in_double);
    fill(model.in_float);
  }
  fake_model(const fake_model&) = delete;

 private:
  template <class T>
  void fill(model_kernels<T>& kernels) {
    using A = const arguments<T>&;
    using C = const T* const*;
    const std::vector<output_info> scalar{{"loss", 0, level::point, 1}};
    const auto add = [&](auto value, auto reverse) {
      kernels.objectives.push_back(std::make_unique<function_kernel<T>>(2, scalar, value, reverse));
    };
    const auto square = [](T a) { return T(0.5) * a * a; };
    add([=](const T* p, A in, std::size_t s,
            T* const* out) { out[0][0] = square(in.state[2 * s] - p[0]) + square(in.state[2 * s + 1] - p[1]); },
        [](const T* p, A in, std::size_t s, C c, double* g) {
          for (std::size_t i = 0; i < 2; i++) g[i] += double(c[0][0] * (p[i] - in.state[2 * s + i]));
        });
    add(
        [=](const T* p, A in, std::size_t s, T* const* out) {
          const T h = in.inputs[1][s], x = in.state[2 * s];
          out[0][0] = (square(in.inputs[0][2 * s] - p[2] * x) + square(in.inputs[0][2 * s + 1] - p[4] * x)) / h;
        },
        [](const T* p, A in, std::size_t s, C c, double* g) {
          const T h = in.inputs[1][s], x = in.state[2 * s];
          g[2] += double(c[0][0] * (p[2] * x - in.inputs[0][2 * s]) * x / h);
          g[4] += double(c[0][0] * (p[4] * x - in.inputs[0][2 * s + 1]) * x / h);
        });
    add([=](const T* p, A in, std::size_t s, T* const* out) { out[0][0] = square(p[6] - in.state[2 * s]); },
        [](const T* p, A in, std::size_t s, C c, double* g) { g[6] += double(c[0][0] * (p[6] - in.state[2 * s])); });
    add([=](const T* p, A in, std::size_t s, T* const* out) { out[0][0] = square(p[7] - in.state[2 * s + 1] - in.constants[0]); },
        [](const T* p, A in, std::size_t s, C c, double* g) {
          g[7] += double(c[0][0] * (p[7] - in.state[2 * s + 1] - in.constants[0]));
        });
    add([=](const T* p, A in, std::size_t s, T* const* out) { out[0][0] = square(p[8] - in.state[2 * s]); },
        [](const T* p, A in, std::size_t s, C c, double* g) { g[8] += double(c[0][0] * (p[8] - in.state[2 * s])); });
    kernels.mixtures.push_back(std::make_unique<function_kernel<T>>(2,
                                                                    std::vector<output_info>{{"log_weights", 0, level::point, 2},
                                                                                             {"mean", 0, level::dim, 2},
                                                                                             {"log_deviation", 0, level::dim, 2},
                                                                                             {"log_density", 0, level::point, 1}},
                                                                    [](const T* p, A, std::size_t, T* const* out) {
                                                                      out[0][0] = T(std::log(0.25));
                                                                      out[0][1] = T(std::log(0.75));
                                                                      for (std::size_t i = 0; i < 2; i++)
                                                                        for (std::size_t k = 0; k < 2; k++) {
                                                                          out[1][2 * i + k] = p[i];
                                                                          out[2][2 * i + k] = T(std::log(0.1));
                                                                        }
                                                                      out[3][0] = 0;
                                                                    }));
  }
};

}  // namespace dimwise_tests
