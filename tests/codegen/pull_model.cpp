// tests/codegen/pull_model.cpp: see pull_model.hpp.
#include "codegen/pull_model.hpp"

#include <array>

namespace dimwise::test {
namespace {

constexpr kind point{level::point, depends::nothing, true, 1, because::it_is_not_dense};
constexpr kind of_dims{level::dim, depends::nothing, true, 1, because::it_is_not_dense};
constexpr kind of_own{level::dim, depends::own, true, 1, because::it_is_not_dense};
constexpr kind scaled{level::point, depends::scaled_own, true, 1, because::it_is_not_dense};

enum index : int {
  x,
  t,
  centre,
  strength,
  away,
  drift,
  zero,
  deviation,
  half,
  noise,
  slope,
  square,
  distance,
  sum_x,
  difference,
  minus_half,
  exponent,
  minus_log,
  log_density,
  node_count
};

constexpr node make(op o, kind k, int a = -1, int b = -1, int n = 0, int weight = -1, double value = 0) {
  node r;
  r.o = o;
  r.k = k;
  r.a = a;
  r.b = b;
  r.n = n;
  r.weight = weight;
  r.value = value;
  return r;
}

constexpr std::array<node, node_count> nodes = {
    make(op::state, of_own),
    make(op::time, point),
    make(op::parameter, of_dims, -1, -1, 0, 0),
    make(op::constant, point),
    make(op::sub, of_own, centre, x),
    make(op::mul, of_own, strength, away),
    make(op::literal, point),
    make(op::sub, of_own, x, x),
    make(op::literal, point, -1, -1, 0, -1, 0.5),
    make(op::add, of_own, half, deviation),
    make(op::D, of_own, noise, -1, 1),
    make(op::sq, of_own, away),
    make(op::sum, scaled, square),
    make(op::sum, scaled, x),
    make(op::sub, scaled, sum_x, t),
    make(op::literal, point, -1, -1, 0, -1, -0.5),
    make(op::mul, scaled, minus_half, distance),
    make(op::literal, point, -1, -1, 0, -1, -1.8378770664093453),
    make(op::add, scaled, exponent, minus_log),
};

constexpr tensor make_tensor() {
  tensor w;
  w.name = short_name("centre");
  w.shape[0] = 2;
  w.init = initial::constant;
  w.meaning = short_name("where the pull leads to, [d]");
  return w;
}
constexpr tensor tensors[] = {make_tensor()};
constexpr input_slot inputs[] = {{short_name("u"), level::point, 1}};
constexpr constant_slot constants[] = {{short_name("strength"), 1}};
constexpr equation_entry equations[] = {{short_name("balance"), sum_x, t, difference, -1, 1}};
constexpr output_entry outputs[] = {{short_name("pull"), drift}};
constexpr sde_entry sdes[] = {{short_name("motion"), drift, noise, slope}};
constexpr sample_set sets[] = {{short_name("points"), sample_source::file, -1, -1, 0, -1, 1, 0, 1},
                               {short_name("space"), sample_source::box, -1, -1, 0, -1, 1, 0, 1}};
constexpr integral_entry integrals[] = {{short_name("spread"), distance, 1}};
constexpr mixture_entry mixtures[] = {{short_name("cloud"), zero, centre, deviation, log_density}};
constexpr objective_entry objectives[] = {{short_name("distance"), distance, 0, 1, 0}};
constexpr stage_entry stages[] = {{short_name("fit"), 400, 32, 0.05, 20, 0.01, 0, 0}};

template <class T>
class pull_kernel final : public kernel_interface<T> {
 public:
  pull_kernel(std::vector<output_info> values, bool gradient) : outputs_(std::move(values)), gradient_(gradient) {}
  const std::vector<output_info>& outputs() const override { return outputs_; }
  kernel_cost cost() const override { return {100, 300, 10, 5}; }
  bool has_gradient() const override { return gradient_; }
  std::size_t block() const override { return 16; }
  std::size_t evaluate_workspace() const override { return 1; }
  std::size_t gradient_workspace() const override { return 1; }
  void evaluate(const T* p, const arguments<T>& in, std::size_t begin, std::size_t end, T* const* out, T*) const override {
    for (std::size_t s = begin; s < end; s++)
      for (std::size_t j = 0; j < outputs_.size(); j++) {
        if (!out[j]) continue;
        const std::size_t per = outputs_[j].l == level::dim ? 2 : 1;
        for (std::size_t i = 0; i < per; i++) out[j][s * per + i] = value(outputs_[j].node, p, in, s, i);
      }
  }
  void gradient(const T* p, const arguments<T>& in, std::size_t begin, std::size_t end, const T* const* cotangents, T* const* out,
                double* g, T* workspace) const override {
    evaluate(p, in, begin, end, out, workspace);
    for (std::size_t s = begin; s < end; s++)
      for (std::size_t i = 0; i < 2; i++) g[i] += double(cotangents[0][s]) * 2 * double(p[i] - in.state[s * 2 + i]);
  }

 private:
  T value(int n, const T* p, const arguments<T>& in, std::size_t s, std::size_t i) const {
    auto off = [&](std::size_t k) { return in.state[s * 2 + k] - p[k]; };
    switch (n) {
      case drift: return -in.constants[0] * off(i);
      case noise: return T(0.5);
      case centre: return p[i];
      case distance: return off(0) * off(0) + off(1) * off(1);
      case sum_x: return in.state[s * 2] + in.state[s * 2 + 1];
      case t: return in.time[s];
      case difference: return in.state[s * 2] + in.state[s * 2 + 1] - in.time[s];
      case log_density: return T(-0.5) * (off(0) * off(0) + off(1) * off(1)) - T(1.8378770664093453);
      default: return 0;  // slope, zero, deviation
    }
  }
  std::vector<output_info> outputs_;
  bool gradient_;
};

template <class T>
model_kernels<T> kernels() {
  model_kernels<T> k;
  using info = std::vector<output_info>;
  auto make_kernel = [](info values, bool gradient = false) {
    return std::make_unique<pull_kernel<T>>(std::move(values), gradient);
  };
  k.outputs = make_kernel(info{{"pull", drift, level::dim, 1},
                               {"balance.lhs", sum_x, level::point, 1},
                               {"balance.rhs", t, level::point, 1},
                               {"balance.residual", difference, level::point, 1}});
  k.objectives.push_back(make_kernel(info{{"objective.distance", distance, level::point, 1}}, true));
  k.integrals.push_back(make_kernel(info{{"integral.spread", distance, level::point, 1}}));
  k.sdes.push_back(make_kernel(
      info{{"drift", drift, level::dim, 1}, {"noise", noise, level::dim, 1}, {"noise_derivative", slope, level::dim, 1}}));
  k.mixtures.push_back(make_kernel(info{{"log_weights", zero, level::point, 1},
                                        {"mean", centre, level::dim, 1},
                                        {"log_deviation", deviation, level::dim, 1},
                                        {"log_density", log_density, level::point, 1}}));
  return k;
}

}  // namespace

compiled_model pull_model() {
  compiled_model m;
  m.name = "pull";
  m.isa = "none";
  m.compiler = "by hand";
  table& r = m.recording;
  r.nodes = nodes.data();
  r.node_count = node_count;
  r.tensors = tensors, r.tensor_count = 1;
  r.inputs = inputs, r.input_count = 1;
  r.constants = constants, r.constant_count = 1;
  r.equations = equations, r.equation_count = 1;
  r.outputs = outputs, r.output_count = 1;
  r.sdes = sdes, r.sde_count = 1;
  r.sets = sets, r.set_count = 2;
  r.integrals = integrals, r.integral_count = 1;
  r.mixtures = mixtures, r.mixture_count = 1;
  r.objectives = objectives, r.objective_count = 1;
  r.stages = stages, r.stage_count = 1;
  r.state_name = short_name("x");
  r.time_name = short_name("t");
  r.d = 2;
  r.parameters = 2;
  m.in_double = kernels<double>();
  m.in_float = kernels<float>();
  return m;
}

}  // namespace dimwise::test
