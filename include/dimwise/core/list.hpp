// core/list.hpp: a growing array for constant evaluation; std::vector costs clang 3-4 times as many constexpr steps.
#pragma once

namespace dimwise {

template <class T>
struct list {
  T* data = nullptr;
  int count = 0, capacity = 0;

  constexpr list() = default;
  constexpr list(int n, const T& value) {
    reserve(n);
    while (count < n) data[count++] = value;
  }
  constexpr list(const list&) = delete;
  constexpr list& operator=(const list&) = delete;
  constexpr ~list() { delete[] data; }

  constexpr void reserve(int n) {
    if (n <= capacity) return;
    T* grown = new T[n]{};
    for (int i = 0; i < count; i++) grown[i] = data[i];
    delete[] data;
    data = grown;
    capacity = n;
  }
  constexpr void push_back(const T& value) {
    if (count == capacity) reserve(capacity ? 2 * capacity : 32);
    data[count++] = value;
  }
  constexpr T& operator[](int i) { return data[i]; }
  constexpr const T& operator[](int i) const { return data[i]; }
  constexpr int size() const { return count; }
  constexpr T* begin() { return data; }
  constexpr T* end() { return data + count; }
  constexpr const T* begin() const { return data; }
  constexpr const T* end() const { return data + count; }
};

}  // namespace dimwise
