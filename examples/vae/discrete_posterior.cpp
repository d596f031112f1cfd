// examples/vae/discrete_posterior.cpp: no flow, planar, inverse autoregressive and Sylvester flows in torch.
#include <cmath>

#include <dimwise/core/error.hpp>

#include "examples/vae/flow_field.hpp"
#include "examples/vae/posterior.hpp"

namespace vae {
namespace {
using torch::Tensor;
namespace F = torch::nn::functional;

class no_flow : public posterior {
 public:
  moved move(const Tensor& z, const std::vector<Tensor>&, const Tensor&) override {
    return {z, torch::zeros({z.size(0)}, z.options())};
  }
};

/// z + u tanh(w'z + b) with u, w, b of the image (Rezende & Mohamed, 2015); u is moved so that w'u > -1.
class planar : public posterior {
 public:
  planar(int flows, int hidden)
      : flows_(flows), layer_(register_module("layer", torch::nn::Linear(hidden, flows * (2 * latent + 1)))) {}
  std::vector<Tensor> amortise(const Tensor& features) const override {
    return {torch::nn::Linear(layer_)->forward(features).reshape({features.size(0), flows_, 2 * latent + 1})};
  }
  moved move(const Tensor& start, const std::vector<Tensor>& of_image, const Tensor&) override {
    Tensor z = start, density = torch::zeros({z.size(0)}, z.options());
    for (int k = 0; k < flows_; k++) {
      const Tensor all = of_image[0].select(1, k), w = all.slice(1, 0, latent), b = all.select(1, 2 * latent);
      Tensor u = all.slice(1, latent, 2 * latent);
      const Tensor wu = (w * u).sum(1);
      u = u + ((F::softplus(wu) - 1 - wu) / w.square().sum(1).clamp_min(1e-6)).unsqueeze(1) * w;
      const Tensor h = ((w * z).sum(1) + b).tanh();
      density = density - (1 + (1 - h.square()) * (w * u).sum(1)).abs().clamp_min(1e-12).log();
      z = z + u * h.unsqueeze(1);
    }
    return {z, density};
  }

 private:
  int flows_;
  torch::nn::Linear layer_;
};

/// A masked network (Germain et al., 2015) with two outputs for each coordinate, and the image's context in its hidden layer.
class masked_network : public torch::nn::Module {
 public:
  masked_network(int hidden, bool reversed)
      : first_(register_module("first", torch::nn::Linear(latent, hidden))),
        second_(register_module("second", torch::nn::Linear(hidden, hidden))),
        last_(register_module("last", torch::nn::Linear(hidden, 2 * latent))) {
    Tensor in = torch::arange(1, latent + 1);
    if (reversed) in = in.flip(0);
    const Tensor units = torch::arange(hidden).remainder(latent - 1) + 1;
    const auto sees = [](const Tensor& after, const Tensor& before, bool strictly) {
      return (strictly ? after.unsqueeze(1) > before.unsqueeze(0) : after.unsqueeze(1) >= before.unsqueeze(0)).to(torch::kFloat);
    };
    first_mask_ = register_buffer("first_mask", sees(units, in, false));
    second_mask_ = register_buffer("second_mask", sees(units, units, false));
    last_mask_ = register_buffer("last_mask", sees(torch::cat({in, in}), units, true));
  }
  std::vector<Tensor> forward(const Tensor& z, const Tensor& context) {
    const Tensor h = F::elu(F::linear(z, first_->weight * first_mask_, first_->bias) + context);
    return F::linear(F::elu(F::linear(h, second_->weight * second_mask_, second_->bias)), last_->weight * last_mask_, last_->bias)
        .chunk(2, 1);
  }

 private:
  torch::nn::Linear first_, second_, last_;
  Tensor first_mask_, second_mask_, last_mask_;
};

/// z_i g_i + m_i (1 - g_i), g and m of the coordinates before, the order reversed from step to step (Kingma et al., 2016).
class inverse_autoregressive : public posterior {
 public:
  inverse_autoregressive(int flows, int width, int hidden)
      : flows_(flows), width_(width), context_(register_module("context", torch::nn::Linear(hidden, flows * width))) {
    for (int k = 0; k < flows; k++)
      steps_.push_back(register_module("step" + std::to_string(k), std::make_shared<masked_network>(width, k % 2 == 1)));
  }
  std::vector<Tensor> amortise(const Tensor& features) const override {
    return {torch::nn::Linear(context_)->forward(features).reshape({features.size(0), flows_, width_})};
  }
  moved move(const Tensor& start, const std::vector<Tensor>& of_image, const Tensor&) override {
    Tensor z = start, density = torch::zeros({z.size(0)}, z.options());
    for (int k = 0; k < flows_; k++) {
      const auto out = steps_[std::size_t(k)]->forward(z, of_image[0].select(1, k));
      const Tensor s = out[1] + 1.5;  // starts near the identity
      const Tensor gate = s.sigmoid();
      z = gate * z + (1 - gate) * out[0];
      density = density - F::logsigmoid(s).sum(1);
    }
    return {z, density};
  }

 private:
  int flows_, width_;
  torch::nn::Linear context_;
  std::vector<std::shared_ptr<masked_network>> steps_;
};

/// z + Q R tanh(S Q'z + b): R, S upper triangular, Q a product of Householder reflections, all of the image (van den Berg et al.,
/// 2018).
class sylvester : public posterior {
 public:
  sylvester(int flows, int reflections, int hidden)
      : flows_(flows),
        reflections_(reflections),
        triangles_(register_module("triangles", torch::nn::Linear(hidden, flows * latent * latent))),
        vectors_(register_module("vectors", torch::nn::Linear(hidden, flows * (reflections + 3) * latent))),
        upper_(register_buffer("upper", torch::ones({latent, latent}).triu(1))) {}
  std::vector<Tensor> amortise(const Tensor& features) const override {
    const std::int64_t n = features.size(0);
    return {torch::nn::Linear(triangles_)->forward(features).reshape({n, flows_, latent, latent}),
            torch::nn::Linear(vectors_)->forward(features).reshape({n, flows_, reflections_ + 3, latent})};
  }
  moved move(const Tensor& start, const std::vector<Tensor>& of_image, const Tensor&) override {
    Tensor z = start, density = torch::zeros({z.size(0)}, z.options());
    for (int k = 0; k < flows_; k++) {
      const Tensor full = of_image[0].select(1, k), rows = of_image[1].select(1, k);
      const Tensor v = F::normalize(rows.slice(1, 0, reflections_), F::NormalizeFuncOptions().dim(2).eps(1e-6));
      const Tensor diagonal1 = rows.select(1, reflections_).tanh(), diagonal2 = rows.select(1, reflections_ + 1).tanh(),
                   b = rows.select(1, reflections_ + 2);
      const auto reflect = [&](Tensor y, int i) {
        const Tensor w = v.select(1, i);
        return y - 2 * (w * y).sum(1, true) * w;
      };
      Tensor y = z;
      for (int i = 0; i < reflections_; i++) y = reflect(y, i);
      const Tensor in = torch::bmm(full.transpose(1, 2) * upper_, y.unsqueeze(2)).squeeze(2) + diagonal2 * y + b;
      const Tensor h = in.tanh();
      Tensor move = torch::bmm(full * upper_, h.unsqueeze(2)).squeeze(2) + diagonal1 * h;
      for (int i = reflections_; i-- > 0;) move = reflect(move, i);
      z = z + move;
      density = density - (1 + (1 - h.square()) * diagonal1 * diagonal2).clamp_min(1e-12).log().sum(1);
    }
    return {z, density};
  }

 private:
  int flows_, reflections_;
  torch::nn::Linear triangles_, vectors_;
  Tensor upper_;
};

}  // namespace

std::vector<Tensor> posterior::amortise(const Tensor&) const { return {}; }

std::shared_ptr<posterior> make_posterior(const std::string& row, const settings& s, std::uint64_t seed) {
  if (row == "vae") return std::make_shared<no_flow>();
  if (row == "planar") return std::make_shared<planar>(s.planar_flows, s.hidden);
  if (row == "iaf") return std::make_shared<inverse_autoregressive>(s.iaf_flows, s.iaf_hidden, s.hidden);
  if (row == "sylvester") return std::make_shared<sylvester>(s.sylvester_flows, s.sylvester_reflections, s.hidden);
  if (row == "stochastic" || row == "hollow") return make_continuous_posterior(row, s, seed);
  throw dimwise::error("there is no row '" + row + "'; there are vae, planar, iaf, sylvester, stochastic, hollow");
}

std::string title_of_row(const std::string& row) {
  if (row == "vae") return "VAE";
  if (row == "planar") return "planar";
  if (row == "iaf") return "IAF";
  if (row == "sylvester") return "Sylvester (Householder)";
  if (row == "stochastic") return "flow, stochastic trace";
  if (row == "hollow") return "Hollow-CNF, exact trace";
  return row;
}

}  // namespace vae
