// language/parameters.hpp: named tensors: how they start, and how a network takes its own in a fixed order.
#pragma once
#include "recorder.hpp"

namespace dimwise {

/// Every entry starts N(0, deviation^2).
struct normal {
  double deviation = 1;
};
/// How a parameter starts: a number (every entry equal to it), or normal{deviation}.
struct initial_value {
  initial init = initial::constant;
  double scale = 0;
  constexpr initial_value(double number) : scale(number) {}
  constexpr initial_value(normal n) : init(initial::normal), scale(n.deviation) {}
};
/// Given to m.parameter: kept as it starts or as it is loaded.
struct untrained {};
struct untrained_or_trained {
  bool trained = true;
  constexpr untrained_or_trained() = default;
  constexpr untrained_or_trained(untrained) : trained(false) {}
};

namespace detail {

constexpr kind leaf_kind(level l, int width) { return {l, depends::nothing, true, width, because::it_is_not_dense}; }

/// A name with its hash and its refusals, for code that is not a template over it.
struct named {
  std::string_view text;
  std::uint64_t hash = 0;
  void (*has_another_shape)() = nullptr;
  void (*is_taken)() = nullptr;
};
template <fixed_string Name>
inline constexpr named naming{Name.view(), name_hash<Name>, &refused::this_name_already_has_another_shape<Name>,
                              &refused::this_name_is_already_taken<Name>};

/// Everything of a tensor but its name and place.
struct tensor_shape {
  int rank = 1;
  int shape[3] = {1, 1, 1};
  initial init = initial::normal;
  double scale = 0;
  mask masked = mask::none;
  int dims = 1, coordinate_width = 1;
  bool trained = true;
};

/// The tensors of one named network, asked for in the same order at every call. The first call makes them, later ones must ask
/// for the same shapes. `what` is the sort of the network: a network and a table cannot share a name.
class parameter_scope {
 public:
  constexpr parameter_scope(recorder& r, const named& n, std::string_view what) : m(r), name(n) {
    const std::uint64_t sort = hash_text(what);
    for (int i = 0; i < m.blocks.count; i++)
      if (m.blocks[i].name == name.hash) block = i;
    known = block >= 0;
    if (!known) {
      m.blocks.push_back({name.hash, sort, m.tensors.count, 0});
      block = m.blocks.count - 1;
    }
    differs = m.blocks[block].what != sort;
    next = m.blocks[block].first;
  }
  /// Index of the next tensor, called "<name>.<prefix>.<part>.<number>.<leaf>"; empty parts and a negative number are left out.
  struct path {
    std::string_view part{}, leaf{};
    int number = -1;
  };
  constexpr int tensor(const tensor_shape& s, const path& p, std::string_view meaning) {
    const int i = next++;
    if (known) {
      const named_block& b = m.blocks[block];
      if (i < b.first + b.count && same(m.tensors[i], s)) return i;
      differs = true;
      return b.first;
    }
    dimwise::tensor x;
    x.name = full_name(p);
    x.rank = s.rank;
    for (int j = 0; j < 3; j++) x.shape[j] = s.shape[j];
    x.init = s.init, x.scale = s.scale, x.masked = s.masked, x.dims = s.dims, x.coordinate_width = s.coordinate_width;
    x.trained = s.trained;
    x.meaning = short_name(meaning);
    return m.add_tensor(x, name.is_taken);
  }
  /// After the last tensor.
  constexpr void finish() {
    const int count = next - m.blocks[block].first;
    if (differs || (known && count != m.blocks[block].count)) m.refuse(name.has_another_shape);
    m.blocks[block].count = count;
  }
  recorder& m;
  std::string_view prefix{};  ///< of all tensors until it is changed

 private:
  named name;
  int block = -1, next = 0;
  bool known = false, differs = false;

  static constexpr bool same(const dimwise::tensor& x, const tensor_shape& s) {
    return x.rank == s.rank && x.shape[0] == s.shape[0] && x.shape[1] == s.shape[1] && x.shape[2] == s.shape[2] &&
           x.init == s.init && x.scale == s.scale && x.masked == s.masked && x.dims == s.dims &&
           x.coordinate_width == s.coordinate_width && x.trained == s.trained;
  }
  constexpr short_name full_name(const path& p) {
    char digits[4]{};
    int n = 0;
    if (p.number >= 10) digits[n++] = char('0' + p.number / 10 % 10);
    if (p.number >= 0) digits[n++] = char('0' + p.number % 10);
    short_name r(name.text);
    std::size_t length = name.text.size();
    for (const std::string_view s : {prefix, p.part, std::string_view(digits, std::size_t(n)), p.leaf}) {
      if (s.empty()) continue;
      r.append(".").append(s);
      length += 1 + s.size();
    }
    if (length >= short_name::capacity) m.refuse(refused::a_name_of_a_parameter_is_longer_than_63_characters);
    return r;
  }
};

}  // namespace detail
}  // namespace dimwise
