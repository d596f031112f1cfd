// examples/vae/synthetic.hpp: made-up images, to try the commands without data.
#pragma once
#include <cstdint>
#include <string>

#include "examples/vae/images.hpp"

namespace vae {

/// Bright bars, three of 28 a picture, in one direction or the other; grey ones (120 or 255) unless `binary`.
image_set bars(std::size_t images, bool binary, std::uint64_t seed);
/// The same in the files of both data sets, FOLDER/mnist and FOLDER/omniglot: as many images to train on, half as many for
/// validation and for test.
void write_synthetic(const std::string& folder, std::size_t images);

}  // namespace vae
