// codegen/tool/content_hash.cpp: see content_hash.hpp.
#include "codegen/tool/content_hash.hpp"

#include <cstring>
#include <fstream>
#include <iterator>

namespace dimwise::tool {
namespace {

// The 64-bit finaliser of MurmurHash3 (Appleby, public domain): every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 33)) * 0xff51afd7ed558ccdu;
  z = (z ^ (z >> 33)) * 0xc4ceb9fe1a85ec53u;
  return z ^ (z >> 33);
}

}  // namespace

content_hash& content_hash::add(std::string_view text) {
  auto step = [this](std::uint64_t word) {
    low_ = mix(low_ ^ word);
    high_ = mix(high_ + 0x9e3779b97f4a7c15u * word + low_);
  };
  step(text.size());
  for (std::size_t i = 0; i < text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, std::min<std::size_t>(8, text.size() - i));
    step(word);
  }
  return *this;
}

content_hash& content_hash::add_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return add("absent");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return add("present").add(text);
}

std::string content_hash::hex() const {
  std::string text;
  for (std::uint64_t word : {low_, high_})
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(word >> shift) & 15];
  return text;
}

}  // namespace dimwise::tool
