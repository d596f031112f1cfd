// core/fixed_string.hpp: text as a template parameter, and text of bounded length inside constexpr tables.
#pragma once
#include <cstddef>
#include <string_view>

namespace dimwise {

/// A string literal of exact length, usable as a template parameter. N counts the final zero.
template <std::size_t N>
struct fixed_string {
  char text[N]{};
  constexpr fixed_string(const char (&literal)[N]) {
    for (std::size_t i = 0; i < N; i++) text[i] = literal[i];
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
  constexpr bool empty() const { return N == 1; }
};

/// A name inside a recorded table: at most 63 characters, compared by content.
struct short_name {
  static constexpr std::size_t capacity = 64;
  char text[capacity]{};
  constexpr short_name() = default;
  constexpr short_name(std::string_view s) { append(s); }
  template <std::size_t N>
  constexpr short_name(const fixed_string<N>& s) {
    static_assert(N <= capacity, "a name has at most 63 characters");
    append(s.view());
  }
  /// Adds text at the end; what does not fit is an error of the caller and cut off.
  constexpr short_name& append(std::string_view s) {
    std::size_t n = size();
    for (std::size_t i = 0; i < s.size() && n + 1 < capacity; i++) text[n++] = s[i];
    return *this;
  }
  constexpr std::size_t size() const {
    std::size_t n = 0;
    while (n < capacity && text[n]) n++;
    return n;
  }
  constexpr std::string_view view() const { return {text, size()}; }
  constexpr bool operator==(const short_name& other) const {
    for (std::size_t i = 0; i < capacity; i++) {
      if (text[i] != other.text[i]) return false;
      if (!text[i]) return true;
    }
    return true;
  }
};

}  // namespace dimwise
