// examples/vae/images.hpp: static binarised MNIST and Omniglot from the files of a folder.
#pragma once
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace vae {

constexpr int pixels = 784;

/// Images of one kind of use; grey values 0 .. 255, 0 and 255 where they are binary already.
struct image_set {
  std::vector<std::uint8_t> grey;  ///< [images][784]
  bool binary = true;
  std::size_t size() const { return grey.size() / pixels; }
};

struct image_data {
  std::string name;
  image_set train, validation, test;
};

/// "mnist": train.npy, valid.npy, test.npy, each [images][98] bytes of packed bits, the first pixel the most significant.
/// "omniglot": omniglot28.npy [images][28][28] bytes and split.npy, a permutation: the first 3/4 train (the last 1,345 of these
/// validate), the rest tests. Throws dimwise::error naming the file.
image_data read_images(const std::string& name, const std::string& folder);

/// [rows][784] of 0 and 1. Grey images are drawn afresh: pixels are on with probability grey / 255, by (seed, step, image).
torch::Tensor binary_batch(const image_set& set, const std::vector<std::uint32_t>& rows, std::uint64_t seed, std::uint64_t step);

/// The mean of each pixel, [784].
torch::Tensor pixel_means(const image_set& set);

}  // namespace vae
