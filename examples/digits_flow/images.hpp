// examples/digits_flow/images.hpp: images as rows of numbers in [0, 1]: from the files of MNIST, or made up.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace digits_flow {

struct image_set {
  std::size_t images = 0, height = 28, width = 28;
  std::vector<float> pixels;  ///< [images][height * width]
  std::size_t size() const { return height * width; }
};

/// An idx file of bytes with three axes (http://yann.lecun.com/exdb/mnist), compressed by gzip or not; at most `most` images (0:
/// all). Throws `dimwise::error` naming the file and what is wrong with it.
image_set read_idx_images(const std::string& path, std::size_t most = 0);
/// Images of 28 x 28 with a thick closed stroke through random points: for tests, where no data set is at hand.
image_set made_up_images(std::size_t images, std::uint64_t seed);
/// Adds uniform noise of one grey level, so that the density of the pixels exists.
void dequantise(image_set& set, std::uint64_t seed);

}  // namespace digits_flow
