// io/safetensors.cpp: a length, a JSON header, and the data.
#include <dimwise/io/safetensors.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include <nlohmann/json.hpp>

#include <dimwise/core/error.hpp>
#include <dimwise/io/atomic_file.hpp>

namespace dimwise {
namespace {

using json = nlohmann::ordered_json;

struct element_type {
  const char* name;
  std::size_t size;
};
constexpr element_type element_types[] = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}};

float from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t(bits) << 16); }

float from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const float sign = bits >> 15 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction ? std::nanf("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(float(fraction), -24);
  return sign * std::ldexp(float(1024 + fraction), exponent - 25);
}

template <class T>
T at(const char* bytes, std::size_t i) {
  T value;
  std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
  return value;
}

void widen(const std::string& type, const char* bytes, std::vector<double>& out) {
  for (std::size_t i = 0; i < out.size(); i++) {
    if (type == "F64") out[i] = at<double>(bytes, i);
    else if (type == "F32") out[i] = double(at<float>(bytes, i));
    else if (type == "F16") out[i] = double(from_half(at<std::uint16_t>(bytes, i)));
    else out[i] = double(from_bfloat(at<std::uint16_t>(bytes, i)));
  }
}

// Reads one entry of the header; json's own exceptions are turned into sentences by the caller.
named_array read_array(const std::string& name, const json& entry, std::string_view data) {
  named_array array{name, {}, {}};
  const std::string type = entry.at("dtype").get<std::string>();
  std::size_t size = 0;
  for (const auto& t : element_types)
    if (type == t.name) size = t.size;
  if (size == 0) throw error("tensor '" + name + "' has the element type " + type + "; only F64, F32, F16 and BF16 are read");
  std::size_t count = 1;
  for (const auto& n : entry.at("shape")) {
    if (!n.is_number_unsigned()) throw error("tensor '" + name + "' has a shape that is not whole numbers");
    array.shape.push_back(n.get<std::size_t>());
    if (array.shape.back() != 0 && count > data.size() / array.shape.back())
      throw error("tensor '" + name + "' is larger than the file");
    count *= array.shape.back();
  }
  const auto& offsets = entry.at("data_offsets");
  const std::size_t begin = offsets.at(0).get<std::size_t>(), end = offsets.at(1).get<std::size_t>();
  if (begin > end || end > data.size()) throw error("the data of tensor '" + name + "' is cut off");
  if (end - begin != count * size) throw error("the data of tensor '" + name + "' does not have the length of its shape");
  array.values.resize(count);
  widen(type, data.data() + begin, array.values);
  return array;
}

}  // namespace

const named_array* safetensors::find(const std::string& name) const {
  for (const auto& a : arrays)
    if (a.name == name) return &a;
  return nullptr;
}

safetensors read_safetensors(const std::string& path) {
  const std::string bytes = read_file(path);
  const std::string start = "cannot read '" + path + "': ";
  if (bytes.size() < 8) throw error(start + "it is not a safetensors file");
  const auto length = at<std::uint64_t>(bytes.data(), 0);
  if (length > bytes.size() - 8) throw error(start + "its header is cut off, or it is not a safetensors file");
  safetensors content;
  try {
    const json head = json::parse(bytes.begin() + 8, bytes.begin() + 8 + std::ptrdiff_t(length));
    const std::string_view data = std::string_view(bytes).substr(8 + length);
    std::map<std::size_t, std::size_t> taken;  // begin -> end
    for (const auto& [name, entry] : head.items()) {
      if (name == "__metadata__") {
        for (const auto& [key, value] : entry.items()) content.metadata[key] = value.get<std::string>();
        continue;
      }
      content.arrays.push_back(read_array(name, entry, data));
      const std::size_t begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
      if (begin < end && !taken.emplace(begin, end).second) throw error("the data of tensor '" + name + "' overlaps another's");
    }
    std::size_t last = 0;
    for (const auto& [begin, end] : taken) {
      if (begin != last) throw error(begin < last ? "the data of two tensors overlaps" : "it has data that belongs to no tensor");
      last = end;
    }
    if (last != data.size()) throw error("it has data that belongs to no tensor");
  } catch (const json::exception&) {
    throw error(start + "its header is not that of a safetensors file");
  } catch (const error& e) {
    throw error(start + e.what());
  }
  return content;
}

void write_safetensors(const std::string& path, const safetensors& content, precision stored) {
  const std::size_t size = stored == precision::f64 ? 8 : 4;
  json head = json::object();
  if (!content.metadata.empty()) head["__metadata__"] = content.metadata;
  std::size_t offset = 0;
  for (const auto& a : content.arrays) {
    const std::size_t end = offset + a.values.size() * size;
    if (head.contains(a.name)) throw error("cannot write '" + path + "': two tensors are called '" + a.name + "'");
    head[a.name] = {{"dtype", stored == precision::f64 ? "F64" : "F32"}, {"shape", a.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = head.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  const std::uint64_t length = text.size();
  std::vector<std::vector<float>> rounded;
  std::vector<std::pair<const void*, std::size_t>> pieces{{&length, 8}, {text.data(), text.size()}};
  for (const auto& a : content.arrays) {
    if (stored == precision::f64) {
      pieces.push_back({a.values.data(), a.values.size() * 8});
    } else {
      rounded.emplace_back(a.values.begin(), a.values.end());
      pieces.push_back({rounded.back().data(), rounded.back().size() * 4});
    }
  }
  write_file_atomically(path, pieces);
}

}  // namespace dimwise
