// tests/unit/examples/digits_images.cpp: image files, and principal components of their rows.
#include "examples/digits_flow/images.hpp"

#include <zlib.h>

#include <cmath>
#include <cstdio>

#include "catch.hpp"
#include "dimwise/core/error.hpp"
#include "dimwise/core/random.hpp"
#include "examples/digits_flow/principal_components.hpp"

using namespace digits_flow;

namespace {
void write(const char* path, std::vector<unsigned char> bytes) {
  gzFile file = gzopen(path, "wb");
  gzwrite(file, bytes.data(), unsigned(bytes.size()));
  gzclose(file);
}
std::string message(const char* path) {
  try {
    read_idx_images(path);
  } catch (const dimwise::error& e) {
    return e.what();
  }
  return "";
}
}  // namespace

TEST_CASE("idx files of images, compressed") {
  const char* path = "digits_images.gz";
  std::vector<unsigned char> bytes = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 128, 255, 1, 2, 3};
  write(path, bytes);
  const image_set all = read_idx_images(path), two = read_idx_images(path, 2);
  CHECK(all.images == 3);
  CHECK((all.height == 2 && all.width == 1));
  CHECK(all.pixels == std::vector<float>{0, 0.5f, 255 / 256.f, 1 / 256.f, 2 / 256.f, 3 / 256.f});
  CHECK(two.pixels.size() == 4);
  bytes.pop_back();
  write(path, bytes);
  CHECK(message(path).find("is cut off") != std::string::npos);
  bytes[3] = 1;
  write(path, bytes);
  CHECK(message(path).find("is no idx file of images") != std::string::npos);
  std::remove(path);
  CHECK(message(path).find("cannot read") == 0);
}

TEST_CASE("made-up images and grey levels") {
  image_set a = made_up_images(20, 1);
  CHECK(a.pixels == made_up_images(20, 1).pixels);
  CHECK(a.pixels != made_up_images(20, 2).pixels);
  const image_set before = a;
  dequantise(a, 4);
  double sum = 0;
  for (std::size_t e = 0; e < a.pixels.size(); e++) {
    REQUIRE(a.pixels[e] >= before.pixels[e]);
    REQUIRE(a.pixels[e] < before.pixels[e] + 1 / 255.f);
    sum += 256 * (a.pixels[e] - before.pixels[e]);
  }
  CHECK(std::abs(sum / double(a.pixels.size()) - 0.5) < 0.01);
}

TEST_CASE("principal components have variance one and give rows back") {
  constexpr std::size_t rows = 3000, width = 12, rank = 3;
  std::vector<double> z(rows * rank);
  dimwise::random_stream(1, "pca").normals(0, 0, z.size(), z.data());
  std::vector<float> x(rows * width);
  for (std::size_t s = 0; s < rows; s++)
    for (std::size_t i = 0; i < width; i++)
      x[s * width + i] = float(double(i) + 3 * z[rank * s] * std::sin(double(i)) + z[rank * s + 1] * std::cos(2.0 * double(i)) +
                               0.2 * z[rank * s + 2] * double(i % 2));
  const principal_components pca(x.data(), rows, width, rank);
  CHECK(std::abs(pca.explained() - 1) < 1e-6);
  const auto c = pca.components(x.data(), rows);
  for (std::size_t i = 0; i < rank; i++)
    for (std::size_t j = 0; j <= i; j++) {
      double mean = 0, product = 0;
      for (std::size_t s = 0; s < rows; s++)
        mean += c[s * rank + i] / double(rows), product += double(c[s * rank + i]) * double(c[s * rank + j]) / double(rows);
      CHECK(std::abs(mean) < 1e-4);
      CHECK(std::abs(product - (i == j)) < 1e-4);
    }
  const auto back = pca.restored(c.data(), rows);
  double worst = 0;
  for (std::size_t e = 0; e < x.size(); e++) worst = std::max(worst, double(std::abs(back[e] - x[e])));
  CHECK(worst < 1e-3);
  CHECK_THROWS_AS(principal_components(x.data(), rows, width, 5), dimwise::error);  // no variance is left
  CHECK_THROWS_AS(principal_components(x.data(), 2, width, 2), dimwise::error);
}
