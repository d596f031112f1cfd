// io/npy.cpp: the header of a .npy file and the conversion of its numbers.
#include <dimwise/io/npy.hpp>

#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include <dimwise/core/error.hpp>
#include <dimwise/io/atomic_file.hpp>

namespace dimwise {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are written as they lie in memory");

struct header {
  char order = '<', kind = 'f';
  std::size_t size = 8;
  bool column_major = false;
  std::vector<std::size_t> shape;
  std::size_t data = 0;  // offset
};

// Reads the Python dictionary of the header; whatever is not understood is an error of the file.
class header_reader {
 public:
  header_reader(const std::string& path, std::string_view text) : path_(path), text_(text) {}

  header read() {
    header h;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        type(h);
        descr = true;
      } else if (key == "fortran_order") {
        h.column_major = word() == "True";
        order = true;
      } else if (key == "shape") {
        tuple(h);
        shape = true;
      } else {
        fail("its header has the unknown key '" + key + "'");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!descr || !order || !shape) fail("its header lacks one of descr, fortran_order and shape");
    return h;
  }

  [[noreturn]] void fail(const std::string& what) const { throw error("cannot read '" + path_ + "': " + what); }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) at_++;
  }
  bool accept(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    at_++;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("its header is broken: '") + c + "' is missing");
  }
  std::string quoted() {
    skip();
    const char quote = at_ < text_.size() ? text_[at_] : ' ';
    if (quote != '\'' && quote != '"') fail("its header is broken: a quoted word is missing");
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != quote) at_++;
    if (at_ == text_.size()) fail("its header is broken: a quote is not closed");
    return std::string(text_.substr(begin, at_++ - begin));
  }
  std::string word() {
    skip();
    const std::size_t begin = at_;
    while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_]))) at_++;
    return std::string(text_.substr(begin, at_ - begin));
  }
  void type(header& h) {
    skip();
    if (at_ < text_.size() && text_[at_] == '[') fail("it has named fields; give an array of plain numbers");
    const std::string t = quoted();
    const bool digits = t.size() >= 3 && t.find_first_not_of("0123456789", 2) == std::string::npos && t.size() <= 4;
    if (!digits) fail("its element type '" + t + "' is not a number");
    h.order = t[0];
    h.kind = t[1];
    h.size = std::stoul(t.substr(2));
    const bool known = (h.kind == 'f' && (h.size == 4 || h.size == 8)) || (h.kind == 'b' && h.size == 1) ||
                       ((h.kind == 'i' || h.kind == 'u') && (h.size == 1 || h.size == 2 || h.size == 4 || h.size == 8));
    if (!known) fail("its element type '" + t + "' is not one of float32, float64, integer and bool; convert it with astype");
  }
  void tuple(header& h) {
    expect('(');
    while (!accept(')')) {
      skip();
      const std::size_t begin = at_;
      while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) at_++;
      if (begin == at_ || at_ - begin > 18) fail("its header has a shape that is not whole numbers");
      h.shape.push_back(std::stoul(std::string(text_.substr(begin, at_ - begin))));
      accept('L');
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  const std::string& path_;
  std::string_view text_;
  std::size_t at_ = 0;
};

std::uint32_t little(const char* bytes, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; i++) value |= std::uint32_t(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

header read_header(const std::string& path, const std::string& bytes) {
  header_reader nothing(path, {});
  if (bytes.size() < 10 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) nothing.fail("it is not a .npy file");
  const int version = bytes[6];
  if (version < 1 || version > 3) nothing.fail("its format version " + std::to_string(version) + " is not 1, 2 or 3");
  const std::size_t length_bytes = version == 1 ? 2 : 4, begin = 8 + length_bytes;
  if (bytes.size() < begin) nothing.fail("its header is cut off");
  const std::size_t length = little(bytes.data() + 8, length_bytes);
  if (bytes.size() - begin < length) nothing.fail("its header is cut off");
  header h = header_reader(path, std::string_view(bytes).substr(begin, length)).read();
  h.data = begin + length;
  return h;
}

template <class Stored>
Stored load(const char* bytes, bool swap) {
  char ordered[sizeof(Stored)];
  for (std::size_t i = 0; i < sizeof(Stored); i++) ordered[i] = bytes[swap ? sizeof(Stored) - 1 - i : i];
  Stored value;
  std::memcpy(&value, ordered, sizeof(Stored));
  return value;
}

template <class T, class Stored>
T convert(Stored value, const header_reader& reader) {
  if constexpr (std::is_integral_v<T> && std::is_floating_point_v<Stored>) {
    if (!(value >= -9.2e18 && value <= 9.2e18) || value != std::floor(value)) reader.fail("it holds numbers that are not whole");
  } else if constexpr (std::is_integral_v<T> && std::is_unsigned_v<Stored> && sizeof(Stored) == 8) {
    if (value > std::uint64_t(std::numeric_limits<T>::max())) reader.fail("it holds numbers that are too large");
  } else if constexpr (std::is_same_v<T, float> && std::is_same_v<Stored, double>) {
    if (std::isfinite(value) && std::abs(value) > double(std::numeric_limits<float>::max()))
      reader.fail("it holds numbers that are too large for single precision");
  }
  return static_cast<T>(value);
}

template <class T, class Stored>
void convert_all(const std::string& bytes, const header& h, const header_reader& reader, std::vector<T>& out) {
  const bool swap = h.order == '>' && sizeof(Stored) > 1;
  const char* from = bytes.data() + h.data;
  for (std::size_t i = 0; i < out.size(); i++) out[i] = convert<T>(load<Stored>(from + i * sizeof(Stored), swap), reader);
}

template <class T>
void convert_any(const std::string& bytes, const header& h, const header_reader& reader, std::vector<T>& out) {
  switch (h.kind) {
    case 'f': return h.size == 4 ? convert_all<T, float>(bytes, h, reader, out) : convert_all<T, double>(bytes, h, reader, out);
    case 'i':
      if (h.size == 1) return convert_all<T, std::int8_t>(bytes, h, reader, out);
      if (h.size == 2) return convert_all<T, std::int16_t>(bytes, h, reader, out);
      if (h.size == 4) return convert_all<T, std::int32_t>(bytes, h, reader, out);
      return convert_all<T, std::int64_t>(bytes, h, reader, out);
    default:
      if (h.size == 1) return convert_all<T, std::uint8_t>(bytes, h, reader, out);
      if (h.size == 2) return convert_all<T, std::uint16_t>(bytes, h, reader, out);
      if (h.size == 4) return convert_all<T, std::uint32_t>(bytes, h, reader, out);
      return convert_all<T, std::uint64_t>(bytes, h, reader, out);
  }
}

template <class T>
std::vector<T> to_row_major(const std::vector<T>& from, const std::vector<std::size_t>& shape) {
  std::vector<T> out(from.size());
  std::vector<std::size_t> index(shape.size(), 0);
  for (const T& value : from) {  // the first index runs fastest in the file
    std::size_t place = 0;
    for (std::size_t a = 0; a < shape.size(); a++) place = place * shape[a] + index[a];
    out[place] = value;
    for (std::size_t a = 0; a < shape.size() && ++index[a] == shape[a]; a++) index[a] = 0;
  }
  return out;
}

template <class T>
const char* type_name() {
  if constexpr (std::is_same_v<T, double>) return "<f8";
  if constexpr (std::is_same_v<T, float>) return "<f4";
  if constexpr (std::is_same_v<T, std::int32_t>) return "<i4";
  return "<i8";
}

}  // namespace

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); i++) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

template <class T>
npy_array<T> read_npy(const std::string& path) {
  const std::string bytes = read_file(path);
  const header h = read_header(path, bytes);
  const header_reader reader(path, {});
  const std::size_t held = (bytes.size() - h.data) / h.size;
  std::size_t count = 1;
  for (const std::size_t n : h.shape) {
    if (n != 0 && count > held / n && count != 0) count = held + 1;  // more than there is, without overflow
    else count *= n;
  }
  if (count > held)
    reader.fail("it is cut off: its shape " + shape_text(h.shape) + " needs more than its " + std::to_string(held) + " numbers");
  if (count * h.size != bytes.size() - h.data) reader.fail("more bytes follow than its shape " + shape_text(h.shape) + " has");
  npy_array<T> array{h.shape, std::vector<T>(count)};
  convert_any(bytes, h, reader, array.values);
  if (h.column_major && h.shape.size() > 1) array.values = to_row_major(array.values, h.shape);
  return array;
}

template <class T>
void write_npy(const std::string& path, const std::vector<std::size_t>& shape, const T* values) {
  std::size_t count = 1;
  for (const std::size_t n : shape) count *= n;
  std::string text =
      std::string("{'descr': '") + type_name<T>() + "', 'fortran_order': False, 'shape': " + shape_text(shape) + ", }";
  const bool long_header = text.size() + 64 + 12 > 65535;
  const std::size_t fixed = long_header ? 12 : 10;
  text.append(64 - (fixed + text.size() + 1) % 64, ' ');
  text += '\n';
  std::string start = std::string("\x93NUMPY") + char(long_header ? 2 : 1) + '\0';
  for (std::size_t i = 0; i < fixed - 8; i++) start += char(text.size() >> (8 * i) & 0xff);
  start += text;
  write_file_atomically(path, {{start.data(), start.size()}, {values, count * sizeof(T)}});
}

template <class T>
void require_finite(const npy_array<T>& array, const std::string& path) {
  for (std::size_t i = 0; i < array.values.size(); i++) {
    if (std::isfinite(double(array.values[i]))) continue;
    std::vector<std::size_t> index(array.shape.size());
    std::size_t rest = i;
    for (std::size_t a = index.size(); a-- > 0;) {
      index[a] = rest % array.shape[a];
      rest /= array.shape[a];
    }
    throw error("'" + path + "' has a value that is not finite at index " + shape_text(index) + ": remove or replace such rows");
  }
}

template npy_array<double> read_npy<double>(const std::string&);
template npy_array<float> read_npy<float>(const std::string&);
template npy_array<std::int64_t> read_npy<std::int64_t>(const std::string&);
template void write_npy<double>(const std::string&, const std::vector<std::size_t>&, const double*);
template void write_npy<float>(const std::string&, const std::vector<std::size_t>&, const float*);
template void write_npy<std::int32_t>(const std::string&, const std::vector<std::size_t>&, const std::int32_t*);
template void write_npy<std::int64_t>(const std::string&, const std::vector<std::size_t>&, const std::int64_t*);
template void require_finite<double>(const npy_array<double>&, const std::string&);
template void require_finite<float>(const npy_array<float>&, const std::string&);

}  // namespace dimwise
