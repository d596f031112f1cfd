// examples/vae/synthetic.cpp: see synthetic.hpp.
#include "examples/vae/synthetic.hpp"

#include <dimwise/core/random.hpp>
#include <dimwise/io/npy.hpp>

namespace vae {

image_set bars(std::size_t images, bool binary, std::uint64_t seed) {
  image_set s;
  s.binary = binary;
  s.grey.assign(images * pixels, 0);
  const dimwise::random_stream draws = dimwise::stream(seed, "bars");
  for (std::size_t n = 0; n < images; n++) {
    const bool upright = draws.uniform(n, 0) < 0.5;
    for (std::uint64_t bar = 1; bar <= 3; bar++) {
      const std::size_t at = draws.below(28, n, bar);
      const std::uint8_t grey = binary || draws.uniform(n, 3 + bar) < 0.5 ? 255 : 120;
      for (std::size_t p = 0; p < 28; p++) s.grey[n * pixels + (upright ? p * 28 + at : at * 28 + p)] = grey;
    }
  }
  return s;
}

void write_synthetic(const std::string& folder, std::size_t images) {
  const auto packed = [&](const char* name, std::size_t count, std::uint64_t seed) {
    const image_set s = bars(count, true, seed);
    std::vector<std::int32_t> bytes(count * pixels / 8, 0);
    for (std::size_t i = 0; i < s.grey.size(); i++)
      if (s.grey[i]) bytes[i / 8] |= 1 << (7 - i % 8);
    dimwise::write_npy<std::int32_t>(folder + "/mnist/" + name + ".npy", {count, pixels / 8}, bytes.data());
  };
  packed("train", images, 1), packed("valid", images / 2, 2), packed("test", images / 2, 3);
  const std::size_t all = images * 8 / 3;  // of the first 3/4, a quarter validates
  const image_set s = bars(all, false, 4);
  const std::vector<std::int32_t> grey(s.grey.begin(), s.grey.end());
  dimwise::write_npy<std::int32_t>(folder + "/omniglot/omniglot28.npy", {all, 28, 28}, grey.data());
  std::vector<std::int32_t> split;
  for (const std::uint32_t i : dimwise::stream(5, "split").permutation(0, all)) split.push_back(std::int32_t(i));
  dimwise::write_npy<std::int32_t>(folder + "/omniglot/split.npy", {all}, split.data());
}

}  // namespace vae
