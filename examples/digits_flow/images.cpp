// examples/digits_flow/images.cpp: see images.hpp.
#include "examples/digits_flow/images.hpp"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include <dimwise/core/error.hpp>
#include <dimwise/core/random.hpp>

namespace digits_flow {

image_set read_idx_images(const std::string& path, std::size_t most) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), &gzclose);
  if (!file) throw dimwise::error("cannot read '" + path + "'");
  const auto read = [&](unsigned char* to, std::size_t bytes) {
    for (std::size_t done = 0; done < bytes;) {
      const int n = gzread(file.get(), to + done, unsigned(std::min<std::size_t>(bytes - done, 1u << 20)));
      if (n <= 0) throw dimwise::error("'" + path + "' is cut off or is no gzip file");
      done += std::size_t(n);
    }
  };
  unsigned char head[16];
  read(head, sizeof head);
  const auto number = [&](int at) {
    return std::size_t(head[at]) << 24 | std::size_t(head[at + 1]) << 16 | std::size_t(head[at + 2]) << 8 |
           std::size_t(head[at + 3]);
  };
  if (number(0) != 0x803)
    throw dimwise::error("'" + path + "' is no idx file of images: it must start with 0, 0, 8, 3 (bytes, three axes)");
  image_set set;
  set.images = most ? std::min(most, number(4)) : number(4);
  set.height = number(8), set.width = number(12);
  if (set.size() == 0 || set.size() > 65536 || set.images > 1000000)
    throw dimwise::error("'" + path + "' has images of " + std::to_string(set.height) + " x " + std::to_string(set.width) +
                         " pixels, which cannot be");
  std::vector<unsigned char> bytes(set.images * set.size());
  read(bytes.data(), bytes.size());
  set.pixels.resize(bytes.size());
  for (std::size_t e = 0; e < bytes.size(); e++) set.pixels[e] = float(bytes[e]) / 256;
  return set;
}

image_set made_up_images(std::size_t images, std::uint64_t seed) {
  image_set set;
  set.images = images;
  set.pixels.resize(images * set.size());
  const dimwise::random_stream r(seed, "made-up images");
  constexpr double pi = 3.14159265358979323846;
  for (std::size_t s = 0; s < images; s++) {
    double u[6];
    r.uniforms(s, 0, 6, u);
    const double shape = u[0] < 0.5 ? 1 : 2;  // an oval, or a figure of eight
    for (std::size_t p = 0; p < set.size(); p++) {
      const double x = double(p % set.width) - 13.5, y = double(p / set.width) - 13.5;
      double nearest = 1e9;
      for (int k = 0; k < 40; k++) {
        const double a = 2 * pi * k / 40, c = std::cos(0.8 * (u[1] - 0.5)), d = std::sin(0.8 * (u[1] - 0.5));
        const double px = (4 + 3 * u[2]) * std::sin(shape * a), py = (6 + 3 * u[3]) * std::cos(a);
        nearest =
            std::min(nearest, std::hypot(x - (c * px - d * py) - 2 * (u[4] - 0.5), y - (d * px + c * py) - 2 * (u[5] - 0.5)));
      }
      set.pixels[s * set.size() + p] = float(std::floor(255 * std::exp(-nearest * nearest / 3)) / 256);
    }
  }
  return set;
}

void dequantise(image_set& set, std::uint64_t seed) {
  const dimwise::random_stream r(seed, "dequantise");
  std::vector<double> u(set.size());
  for (std::size_t s = 0; s < set.images; s++) {
    r.uniforms(s, 0, u.size(), u.data());
    for (std::size_t p = 0; p < u.size(); p++) set.pixels[s * set.size() + p] += float(u[p] / 256);
  }
}

}  // namespace digits_flow
