// tests/unit/examples/vae_posterior.cpp: gradients of a flow within torch, and densities of all posteriors against their
// Jacobians.
#include "support/torch_and_catch.hpp"

#include "dimwise/core/error.hpp"
#include "dimwise/kernel.hpp"
#include "dimwise/oracle/sample.hpp"
#include "examples/vae/draws.hpp"
#include "examples/vae/flow_field.hpp"
#include "examples/vae/posterior.hpp"

using namespace dimwise;
using torch::Tensor;

namespace {

constexpr int d = 3, samples = 5;
constexpr auto drift = hollow_net<"drift">(masked_mlp{7}, features{3}, mlp{6});
constexpr void field(model& m) {
  auto x = m.state<"x", d>();
  m.flow<"flow">(2.0 * drift(x, m.input_per_dim<"each", 2>(), concat(m.time<"t">(), m.input<"context", 2>())));
}

Tensor waves(torch::IntArrayRef shape, double frequency) {
  std::int64_t n = 1;
  for (const auto s : shape) n *= s;
  return (torch::arange(n, torch::kDouble) * frequency).sin().reshape(shape);
}

/// A flow_solver's loss sum sin(i) z_i + cos(s) change_s + change_s^2, of what moves: state, parameters, inputs in the order of
/// the recording.
struct task {
  compiled_model model = compile<field>("flow");
  vae::flow_solver<double> solver{model.recording, model.in_double.odes[0], [] {
                                    explicit_options<double> o;
                                    o.method = scheme::rk4, o.fixed_steps = 5;
                                    return o;
                                  }()};
  std::vector<Tensor> leaves() const {
    const std::vector<double> p = draw_parameters(model.recording, 3);
    std::vector<Tensor> all{waves({samples, d}, 1.3), torch::tensor(at::ArrayRef<double>(p), torch::kDouble)};
    for (int i = 0; i < model.recording.input_count; i++)
      all.push_back(model.recording.inputs[i].l == level::dim ? waves({samples, d, 2}, 0.9) : waves({samples, 2}, 0.7));
    return all;
  }
  Tensor loss(const std::vector<Tensor>& a) {
    const auto end = solver(a[0], a[1], {a.begin() + 2, a.end()});
    return (end.z * waves({samples, d}, 2.1)).sum() +
           (end.log_density * waves({samples}, 0.4).cos() + end.log_density.square()).sum();
  }
};

TEST_CASE("torch's gradient of a flow is that of finite differences", "[examples]") {
  task t;
  std::vector<Tensor> leaves = t.leaves();
  for (Tensor& l : leaves) l.requires_grad_();
  const auto gradients = torch::autograd::grad({t.loss(leaves)}, leaves);
  torch::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < leaves.size(); i++) {
    const Tensor direction = waves(leaves[i].sizes(), 3.7);
    double side[2];
    for (const int k : {0, 1}) {
      std::vector<Tensor> moved = leaves;
      moved[i] = leaves[i] + (k ? 1e-5 : -1e-5) * direction * (i == 1 ? leaves[i].ne(0) : torch::ones_like(leaves[i]).ne(0));
      side[k] = t.loss(moved).item<double>();
    }
    const Tensor allowed = i == 1 ? direction * leaves[i].ne(0) : direction;
    const double found = (gradients[i] * allowed).sum().item<double>(), wanted = (side[1] - side[0]) / 2e-5;
    INFO("leaf " << i << ": " << found << " against " << wanted);
    CHECK(std::abs(found - wanted) < 1e-7 * (1 + std::abs(wanted)));
  }
}

TEST_CASE("what needs no gradient changes nothing of the others, and one output may be unused", "[examples]") {
  task t;
  std::vector<Tensor> all = t.leaves(), some = t.leaves();
  for (Tensor& l : all) l.requires_grad_();
  some[2].requires_grad_();
  const auto end = [&](const std::vector<Tensor>& a) { return t.solver(a[0], a[1], {a.begin() + 2, a.end()}).log_density.sum(); };
  CHECK(torch::equal(torch::autograd::grad({end(all)}, {all[2]})[0], torch::autograd::grad({end(some)}, {some[2]})[0]));
  CHECK_THROWS_AS(t.solver(all[0].slice(1, 0, 2), all[1], {all[2], all[3]}), error);
  CHECK_THROWS_AS(t.solver(all[0], all[1], {all[2]}), error);
  CHECK_THROWS_AS(t.solver(all[0], all[1], {all[2], all[3].slice(0, 0, 2)}), error);
}

/// log |det dz/dz0| of each sample, by a backward pass for each coordinate.
Tensor log_determinant(vae::posterior& p, const Tensor& start, const std::vector<Tensor>& of_image, Tensor& change) {
  const Tensor z0 = start.clone().requires_grad_();
  const auto end = p.move(z0, of_image, Tensor());
  change = end.log_density.detach();
  std::vector<Tensor> rows;
  for (int i = 0; i < vae::latent; i++) rows.push_back(torch::autograd::grad({end.z.select(1, i).sum()}, {z0}, {}, true)[0]);
  return std::get<1>(torch::slogdet(torch::stack(rows, 1).to(torch::kDouble)));
}

TEST_CASE("the change of log density of every posterior is minus the log determinant of its Jacobian", "[examples]") {
  vae::settings s;
  s.hidden = 20, s.planar_flows = 3, s.iaf_flows = 3, s.iaf_hidden = 80, s.sylvester_flows = 3;
  for (const std::string& row : s.rows) {
    torch::manual_seed(5);
    const auto p = vae::make_posterior(row, s, 5);
    p->set_steps(24);
    const bool solves = p->solves();  // by kernels in single precision
    const auto element = solves ? torch::kFloat : torch::kDouble;
    p->to(element);
    const Tensor features = 3 * vae::normal_draws(1, "features", 0, 2, s.hidden).to(element),
                 z0 = vae::normal_draws(1, "start", 0, 2, vae::latent).to(element);
    std::vector<Tensor> constants;
    for (const Tensor& t : p->amortise(features)) constants.push_back(t.detach());
    Tensor change;
    const Tensor exact = log_determinant(*p, z0, constants, change);
    INFO(row << ": " << change << " against " << exact);
    CHECK((change + exact).abs().max().item<double>() < (solves ? 5e-3 : 1e-5));
    if (row != "vae") CHECK(change.abs().max().item<double>() > 0.1);
  }
  CHECK_THROWS_AS(vae::make_posterior("other", s, 1), error);
}

TEST_CASE("the stochastic trace moves samples alike and is right on average", "[examples]") {
  torch::NoGradGuard no_gradient;
  vae::settings s;
  s.hidden = 20;
  torch::manual_seed(5);
  const auto p = vae::make_posterior("stochastic", s, 5);
  CHECK(p->uses_probe());
  constexpr int n = 4800;
  const Tensor z0 = vae::normal_draws(1, "start", 0, 1, vae::latent).expand({n, vae::latent}).contiguous();
  std::vector<Tensor> of_image;
  for (const Tensor& t : p->amortise(6 * vae::normal_draws(1, "features", 0, 1, s.hidden)))
    of_image.push_back(t.expand({n, t.size(1)}).contiguous());
  const auto random = p->move(z0, of_image, vae::sign_draws(1, "probe", 0, n, vae::latent)),
             exact = p->move(z0, of_image, Tensor());
  CHECK((random.z - exact.z).abs().max().item<double>() < 1e-4);
  const double deviation = random.log_density.std().item<double>();
  INFO(random.log_density.mean().item<double>()
       << " against " << exact.log_density[0].item<double>() << ", deviation " << deviation);
  CHECK(deviation > 0.05);
  CHECK(std::abs(random.log_density.mean().item<double>() - exact.log_density[0].item<double>()) <
        4 * deviation / std::sqrt(double(n)));
}

}  // namespace
