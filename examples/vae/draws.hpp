// examples/vae/draws.hpp: tensors of random numbers that are functions of (seed, name, step): no generator has a state to be
// kept.
#pragma once
#include <torch/torch.h>

#include <vector>

#include <dimwise/core/random.hpp>

namespace vae {

/// Standard normal [rows][columns].
inline torch::Tensor normal_draws(std::uint64_t seed, const char* name, std::uint64_t step, std::int64_t rows,
                                  std::int64_t columns) {
  std::vector<double> v(std::size_t(rows * columns));
  dimwise::stream(seed, name).normals(step, 0, v.size(), v.data());
  return torch::from_blob(v.data(), {rows, columns}, torch::kDouble).to(torch::kFloat);
}

/// -1 or 1 with equal probability.
inline torch::Tensor sign_draws(std::uint64_t seed, const char* name, std::uint64_t step, std::int64_t rows,
                                std::int64_t columns) {
  std::vector<double> v(std::size_t(rows * columns));
  dimwise::stream(seed, name).uniforms(step, 0, v.size(), v.data());
  return torch::from_blob(v.data(), {rows, columns}, torch::kDouble).lt(0.5).to(torch::kFloat) * 2 - 1;
}

}  // namespace vae
