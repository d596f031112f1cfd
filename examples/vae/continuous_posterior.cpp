// examples/vae/continuous_posterior.cpp: flows of dimwise as posteriors, their parameters and inputs in torch.
#include <dimwise/core/error.hpp>
#include <dimwise/training/initialise.hpp>

#include "examples/vae/flow_field.hpp"
#include "examples/vae/posterior.hpp"

namespace vae {
namespace {
using namespace dimwise;
using torch::Tensor;

bool is_noise(const input_slot& s) { return s.name.view() == "trace_noise"; }
int entries(const table& t, const input_slot& s) { return s.width * (s.l == level::dim ? t.d : 1); }

/// The inputs but the noise of a stochastic trace come from the encoder's features through one linear layer.
class continuous : public posterior {
 public:
  continuous(const flow_field& field, const flow_field* exact, const settings& s, std::uint64_t seed)
      : solver_(*field.recording, *field.kernels, how(s.flow_steps)) {
    const table& t = *field.recording;
    const std::vector<double> start = initial_parameters(t, seed);
    parameters_ = register_parameter("field", torch::tensor(at::ArrayRef<double>(start), torch::kDouble).to(torch::kFloat));
    if (exact) exact_ = std::make_unique<flow_solver<float>>(*exact->recording, *exact->kernels, how(s.flow_steps));
    int width = 0;
    for (int i = 0; i < t.input_count; i++) width += is_noise(t.inputs[i]) ? 0 : entries(t, t.inputs[i]);
    layer_ = register_module("inputs", torch::nn::Linear(s.hidden, width));
    // the field starts small: the flow near the identity
    torch::NoGradGuard no_gradient;
    int at = 0;
    for (int i = 0; i < t.input_count; i++) {
      if (is_noise(t.inputs[i])) continue;
      const int n = entries(t, t.inputs[i]);
      if (named(t, i) == "u") layer_->weight.slice(0, at, at + n).mul_(0.1), layer_->bias.slice(0, at, at + n).mul_(0.1);
      at += n;
    }
  }
  std::vector<Tensor> amortise(const Tensor& features) const override { return {torch::nn::Linear(layer_)->forward(features)}; }
  moved move(const Tensor& z, const std::vector<Tensor>& of_image, const Tensor& probe) override {
    flow_solver<float>& solver = exact_ && !probe.defined() ? *exact_ : solver_;
    const table& t = solver.recording();
    std::vector<Tensor> inputs;
    // the layer's outputs are dealt out in the order of the first recording, which `require_same_order` checks to be that of the
    // other one
    int at = 0;
    for (int i = 0; i < t.input_count; i++) {
      if (is_noise(t.inputs[i])) {
        inputs.push_back(probe);
        continue;
      }
      const int n = entries(t, t.inputs[i]);
      inputs.push_back(of_image[0].slice(1, at, at + n));
      at += n;
    }
    return solver(z, parameters_, inputs);
  }
  bool uses_probe() const override { return exact_ != nullptr; }
  bool solves() const override { return true; }
  void set_steps(int steps) override {
    solver_.options().fixed_steps = std::size_t(steps);
    if (exact_) exact_->options().fixed_steps = std::size_t(steps);
  }

 private:
  static std::string named(const table& t, int i) { return std::string(t.inputs[i].name.view()); }
  static explicit_options<float> how(int steps) {
    explicit_options<float> o;
    o.method = scheme::rk4;
    o.fixed_steps = std::size_t(steps);
    return o;
  }

  flow_solver<float> solver_;
  std::unique_ptr<flow_solver<float>> exact_;
  Tensor parameters_;
  torch::nn::Linear layer_{nullptr};
};

/// Two recordings read the same parameter vector and, but for the noise, the same inputs in the same order.
void require_same_order(const table& a, const table& b) {
  bool same = a.parameters == b.parameters && a.tensor_count == b.tensor_count;
  for (int i = 0; same && i < a.tensor_count; i++)
    same = a.tensors[i].name.view() == b.tensors[i].name.view() && a.tensors[i].offset == b.tensors[i].offset;
  std::vector<std::string> inputs[2];
  for (int i = 0; i < a.input_count; i++)
    if (!is_noise(a.inputs[i])) inputs[0].emplace_back(a.inputs[i].name.view());
  for (int i = 0; i < b.input_count; i++) inputs[1].emplace_back(b.inputs[i].name.view());
  if (!same || inputs[0] != inputs[1])
    throw error("the two recordings of the plain network's flow differ in parameters or inputs");
}

}  // namespace

std::shared_ptr<posterior> make_continuous_posterior(const std::string& row, const settings& s, std::uint64_t seed) {
  if (row == "hollow") return std::make_shared<continuous>(hollow_exact(), nullptr, s, seed);
  const flow_field exact = plain_exact();
  require_same_order(*plain_hutchinson().recording, *exact.recording);
  return std::make_shared<continuous>(plain_hutchinson(), &exact, s, seed);
}

}  // namespace vae
