// tests/unit/io/safetensors.cpp: round trips, the format's rules, and broken files.
#include "catch.hpp"

#include <cmath>

#include <dimwise/io/atomic_file.hpp>
#include <dimwise/io/safetensors.hpp>

#include "support/folder.hpp"

using namespace dimwise;
using namespace dimwise_tests;

namespace {

std::string file(const std::string& head, const std::string& data) {
  std::string text;
  for (int i = 0; i < 8; i++) text += char(head.size() >> (8 * i) & 0xff);
  return text + head + data;
}

safetensors sample() {
  safetensors s;
  s.arrays = {{"net.0.weight", {2, 3}, {1, 2, 3, 4, 5, 1.0 / 3}}, {"scale", {}, {0.1}}, {"none", {0}, {}}};
  s.metadata = {{"model", "a \"quoted\" name"}, {"seed", "3"}};
  return s;
}

}  // namespace

TEST_CASE("names, shapes, values and metadata come back") {
  const folder f;
  write_safetensors(f / "a.safetensors", sample());
  const auto read = read_safetensors(f / "a.safetensors");
  REQUIRE(read.arrays.size() == 3);
  CHECK(read.metadata == sample().metadata);
  for (std::size_t i = 0; i < 3; i++) {
    CHECK(read.arrays[i].name == sample().arrays[i].name);
    CHECK(read.arrays[i].shape == sample().arrays[i].shape);
    CHECK(read.arrays[i].values == sample().arrays[i].values);
  }
  CHECK(read.find("scale")->values[0] == 0.1);
  CHECK(read.find("nothing") == nullptr);
  write_safetensors(f / "b.safetensors", sample(), precision::f32);
  CHECK(read_safetensors(f / "b.safetensors").find("scale")->values[0] == double(0.1f));
}

TEST_CASE("the header is padded so that data is aligned, and offsets follow each other") {
  const folder f;
  write_safetensors(f / "a.safetensors", sample());
  const std::string raw = read_file(f / "a.safetensors");
  const auto length = std::size_t(static_cast<unsigned char>(raw[0])) + 256 * std::size_t(static_cast<unsigned char>(raw[1]));
  CHECK(length % 8 == 0);
  CHECK(raw.size() == 8 + length + 7 * 8);
  CHECK(contains(raw, "\"data_offsets\":[0,48]"));
}

TEST_CASE("half precision formats are widened") {
  const folder f;
  const std::string head =
      R"({"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[6,8]}})";
  const auto read = read_safetensors(f.write("h", file(head, std::string("\x00\x3e\x01\x00\x00\xc0\xc0\x3f", 8))));
  CHECK(read.find("h")->values == std::vector<double>{1.5, std::ldexp(1.0, -24), -2});
  CHECK(read.find("b")->values == std::vector<double>{1.5});
}

TEST_CASE("broken files are refused with a sentence that names them") {
  const folder f;
  const auto says = [&](const std::string& content) {
    const std::string path = f.write("bad.safetensors", content);
    const std::string text = refusal([&] { read_safetensors(path); });
    CHECK(contains(text, path));
    return text;
  };
  const std::string eight(8, '\0'), good = R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})";
  CHECK(says(file(good, eight) + "x").find("belongs to no tensor") != std::string::npos);
  CHECK(contains(says("abc"), "not a safetensors file"));
  CHECK(contains(says(std::string("\xff\xff\xff\x7f\0\0\0\0{}", 10)), "cut off"));
  CHECK(contains(says(file("{]", "")), "header"));
  CHECK(contains(says(file("[1]", "")), "header"));
  CHECK(contains(says(file(good, "")), "larger than the file"));
  CHECK(contains(says(file(R"({"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}})", eight)), "'a'"));
  CHECK(contains(says(file(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", eight)), "length of its shape"));
  CHECK(contains(says(file(R"({"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", eight)), "I64"));
  CHECK(contains(says(file(R"({"a":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}})", eight)), "whole numbers"));
  CHECK(contains(
      says(file(R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})",
                eight)),
      "overlaps"));
  CHECK(contains(says(file(R"({"a":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,8]}})", eight)), "larger"));
}

TEST_CASE("two tensors of one name are not written") {
  const folder f;
  safetensors s;
  s.arrays = {{"a", {1}, {1}}, {"a", {1}, {2}}};
  CHECK(contains(refusal([&] { write_safetensors(f / "a", s); }), "two tensors are called 'a'"));
  CHECK(f.files() == 0);
}
