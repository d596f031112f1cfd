// tests/unit/io/npy.cpp: round trips, foreign types and orders, and broken files.
#include "catch.hpp"

#include <cmath>
#include <limits>

#include <dimwise/io/atomic_file.hpp>
#include <dimwise/io/npy.hpp>

#include "support/folder.hpp"

using namespace dimwise;
using namespace dimwise_tests;

namespace {

std::string file(int version, const std::string& dictionary, const std::string& data) {
  std::string head = dictionary + "\n", text = std::string("\x93NUMPY") + char(version) + '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); i++) text += char(head.size() >> (8 * i) & 0xff);
  return text + head + data;
}

template <class S>
std::string bytes_of(std::initializer_list<S> values) {
  std::string out;
  for (const S& v : values) out.append(reinterpret_cast<const char*>(&v), sizeof v);
  return out;
}

template <class T>
void round_trip(const folder& f) {
  const std::vector<T> values{1, 2, 3, 4, 5, 6};
  write_npy<T>(f / "a.npy", {2, 3}, values.data());
  const auto read = read_npy<double>(f / "a.npy");
  CHECK(read.shape == std::vector<std::size_t>{2, 3});
  CHECK(read.values == std::vector<double>(values.begin(), values.end()));
  const std::string raw = read_file(f / "a.npy");
  CHECK((raw.size() - values.size() * sizeof(T)) % 64 == 0);
}

}  // namespace

TEST_CASE("arrays come back as they were written") {
  const folder f;
  round_trip<double>(f);
  round_trip<float>(f);
  round_trip<std::int32_t>(f);
  round_trip<std::int64_t>(f);
  const double one = 0.1;
  write_npy<double>(f / "scalar.npy", {}, &one);
  CHECK(read_npy<double>(f / "scalar.npy").shape.empty());
  CHECK(read_npy<double>(f / "scalar.npy").values == std::vector<double>{0.1});
  write_npy<double>(f / "line.npy", {1}, &one);
  CHECK(contains(read_file(f / "line.npy"), "'shape': (1,), }"));
  write_npy<double>(f / "empty.npy", {0, 3}, nullptr);
  CHECK(read_npy<float>(f / "empty.npy").values.empty());
}

TEST_CASE("versions, types, byte orders and column-major files are read") {
  const folder f;
  const auto values = [&](const std::string& content) { return read_npy<double>(f.write("x.npy", content)).values; };
  const std::vector<double> expected{1, -2};
  CHECK(values(file(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", bytes_of<float>({1, -2}))) == expected);
  CHECK(values(file(2, "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", bytes_of<std::int16_t>({1, -2}))) ==
        expected);
  CHECK(values(file(3, "{\"descr\": \"|i1\", 'shape': (2L,), 'fortran_order': False}", bytes_of<std::int8_t>({1, -2}))) ==
        expected);
  CHECK(values(file(1, "{'descr': '>i4', 'fortran_order': False, 'shape': (2,)}", std::string("\0\0\0\1\xff\xff\xff\xfe", 8))) ==
        expected);
  CHECK(values(file(1, "{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", std::string("\1\0", 2))) ==
        std::vector<double>{1, 0});
  CHECK(values(file(1, "{'descr': '<u8', 'fortran_order': False, 'shape': (1,)}", bytes_of<std::uint64_t>({7}))) ==
        std::vector<double>{7});
  CHECK(values(file(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3)}", bytes_of<double>({1, 4, 2, 5, 3, 6}))) ==
        std::vector<double>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("broken files are refused with a sentence that names them") {
  const folder f;
  const auto says = [&](const std::string& content) {
    const std::string path = f.write("bad.npy", content);
    const std::string text = refusal([&] { read_npy<double>(path); });
    CHECK(contains(text, path));
    return text;
  };
  CHECK(contains(says("a,b\n1,2\n"), "not a .npy file"));
  CHECK(contains(says(file(4, "{}", "")), "version 4"));
  CHECK(contains(says(std::string("\x93NUMPY\1\0\xff\x7f{", 11)), "cut off"));
  CHECK(contains(says(file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", bytes_of<double>({1, 2}))), "cut off"));
  CHECK(
      contains(says(file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", bytes_of<double>({1, 2}))), "more bytes"));
  CHECK(contains(says(file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967297)}", "")), "cut off"));
  CHECK(contains(says(file(1, "{'descr': '<c16', 'fortran_order': False, 'shape': (1,)}", std::string(16, ' '))), "<c16"));
  CHECK(contains(says(file(1, "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", "")), "named fields"));
  CHECK(contains(says(file(1, "{'descr': '<f8', 'shape': (1,)}", "")), "lacks"));
  CHECK(contains(says(file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "")), "shape"));
  CHECK(contains(says(file(1, "{'descr': '<f8", "")), "quote"));
  const std::string half =
      f.write("half.npy", file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", bytes_of<double>({0.5})));
  CHECK(contains(refusal([&] { read_npy<std::int64_t>(half); }), "not whole"));
  const std::string large =
      f.write("large.npy", file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", bytes_of<double>({1e300})));
  CHECK(contains(refusal([&] { read_npy<float>(large); }), "single precision"));
}

TEST_CASE("a value that is not finite is found with its index") {
  npy_array<double> a{{2, 3}, {0, 1, 2, 3, std::nan(""), 5}};
  CHECK(contains(refusal([&] { require_finite(a, "x.npy"); }), "'x.npy' has a value that is not finite at index (1, 1)"));
  a.values[4] = 0;
  CHECK(refusal([&] { require_finite(a, "x.npy"); }).empty());
}
