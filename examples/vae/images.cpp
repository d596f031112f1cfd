// examples/vae/images.cpp: see images.hpp.
#include "examples/vae/images.hpp"

#include <torch/torch.h>

#include <algorithm>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>
#include <dimwise/io/atomic_file.hpp>
#include <dimwise/io/npy.hpp>

namespace vae {
namespace {
using dimwise::error;

image_set unpacked(const std::string& path) {
  const auto a = dimwise::read_npy<std::int64_t>(path);
  constexpr std::size_t bytes = pixels / 8;
  if (a.shape.size() != 2 || a.shape[1] != bytes)
    throw error(path + " has the shape " + dimwise::shape_text(a.shape) + "; (images, 98) packed bits are needed");
  image_set s;
  s.grey.reserve(a.values.size() * 8);
  for (const std::int64_t byte : a.values)
    for (int bit = 7; bit >= 0; bit--) s.grey.push_back((byte >> bit) & 1 ? 255 : 0);
  return s;
}

image_data omniglot(const std::string& folder) {
  const std::string path = folder + "/omniglot28.npy", split_path = folder + "/split.npy";
  if (!dimwise::file_exists(path))
    throw error(path + " is missing; where there is a omniglot28.npy.gz, unpack it with gunzip -k, or into another folder");
  const auto a = dimwise::read_npy<std::int64_t>(path);
  const auto split = dimwise::read_npy<std::int64_t>(split_path);
  if (a.shape.size() != 3 || a.shape[1] * a.shape[2] != pixels)
    throw error(path + " has the shape " + dimwise::shape_text(a.shape) + "; (images, 28, 28) is needed");
  const std::size_t count = split.values.size(), train = count * 3 / 4, held_out = std::min<std::size_t>(1345, train / 4);
  image_data d;
  for (image_set* s : {&d.train, &d.validation, &d.test}) s->binary = false;
  for (std::size_t i = 0; i < count; i++) {
    const std::int64_t row = split.values[i];
    if (row < 0 || std::size_t(row) >= a.shape[0])
      throw error(split_path + ": entry " + std::to_string(i) + " is no image of " + path);
    image_set& to = i < train - held_out ? d.train : i < train ? d.validation : d.test;
    for (std::size_t p = 0; p < pixels; p++) to.grey.push_back(std::uint8_t(a.values[std::size_t(row) * pixels + p]));
  }
  return d;
}

}  // namespace

image_data read_images(const std::string& name, const std::string& folder) {
  image_data d;
  if (name == "mnist") {
    d.train = unpacked(folder + "/train.npy");
    d.validation = unpacked(folder + "/valid.npy");
    d.test = unpacked(folder + "/test.npy");
  } else if (name == "omniglot") {
    d = omniglot(folder);
  } else {
    throw error("there is no data set '" + name + "'; there are mnist and omniglot");
  }
  d.name = name;
  for (const image_set* s : {&d.train, &d.validation, &d.test})
    if (s->size() == 0) throw error("a part of the data set '" + name + "' in " + folder + " has no images");
  return d;
}

torch::Tensor binary_batch(const image_set& set, const std::vector<std::uint32_t>& rows, std::uint64_t seed, std::uint64_t step) {
  torch::Tensor x = torch::empty({std::int64_t(rows.size()), pixels});
  float* to = x.data_ptr<float>();
  const dimwise::random_stream draws = dimwise::stream(seed, "binarisation");
  std::vector<double> uniform(pixels);
  for (const std::uint32_t row : rows) {
    const std::uint8_t* grey = set.grey.data() + std::size_t(row) * pixels;
    if (set.binary) {
      for (int p = 0; p < pixels; p++) *to++ = grey[p] ? 1.0f : 0.0f;
      continue;
    }
    draws.uniforms(step, std::uint64_t(row) * pixels, pixels, uniform.data());
    for (int p = 0; p < pixels; p++) *to++ = uniform[std::size_t(p)] * 255 < grey[p] ? 1.0f : 0.0f;
  }
  return x;
}

torch::Tensor pixel_means(const image_set& set) {
  std::vector<double> sum(pixels, 0.0);
  for (std::size_t i = 0; i < set.grey.size(); i++) sum[i % pixels] += set.grey[i] / 255.0;
  for (double& s : sum) s /= double(set.size());
  return torch::tensor(at::ArrayRef<double>(sum), torch::kDouble).to(torch::kFloat);
}

}  // namespace vae
