// tests/unit/simd/software_pipeline.cpp: functions in stages give the bits of all stages in order, for any number of groups.
#include <dimwise/simd/software_pipeline.hpp>

#include <cstring>
#include <dimwise/simd/sigmoid.hpp>
#include <dimwise/simd/tanh.hpp>
#include <vector>

#include "../../catch.hpp"

using namespace dimwise::simd;

namespace {

/// Three stages whose result tells in which order they saw which vector.
struct counted {
  static constexpr int stages = 3;
  pack<float> a, b, c;
  void stage(stage_number<0>, const pack<float>& x) { a = x; }
  void stage(stage_number<1>) { b = a * pack<float>(2.0f); }
  void stage(stage_number<2>) { c = b + pack<float>(1.0f); }
  pack<float> value(const pack<float>&) const { return c; }
};

/// Whether a pipeline over so many groups gives the same bits as one vector after another, and loads and uses each once, in
/// order.
template <class Stages, int Group>
bool same_bits(int groups) {
  using T = typename decltype(Stages().value({}))::value_type;
  const int vectors = groups * Group;
  const std::size_t n = std::size_t(vectors * lanes<T>);
  std::vector<T> x(n), got(n, T(7)), want(n, T(8));
  for (std::size_t i = 0; i < n; i++) x[i] = T(int(i * 37 + std::size_t(groups)) % 101 - 50) * T(i % 2 ? 0.04 : 2);
  int used = 0;
  software_pipeline<Stages, Group>(
      groups, [&](int g, auto v) { return load(x.data() + (g * Group + v) * lanes<T>); },
      [&](auto v, const Stages& f) {
        REQUIRE(used % Group == v);
        const pack<T> argument = load(x.data() + used * lanes<T>);
        store(got.data() + used++ * lanes<T>, f.value(argument));
      });
  for (std::size_t i = 0; i < n; i += std::size_t(lanes<T>)) {
    const pack<T> argument = load(x.data() + i);
    Stages f;
    run_stages(f, argument);
    store(want.data() + i, f.value(argument));
  }
  return used == vectors && std::memcmp(got.data(), want.data(), got.size() * sizeof(T)) == 0;
}

template <class Stages>
void compare() {
  for (int groups = least_groups<Stages, 3>; groups < 9; groups++) {
    INFO(groups);
    CHECK(same_bits<Stages, 3>(groups));
  }
  for (int groups = least_groups<Stages, 1>; groups < 9; groups++) CHECK(same_bits<Stages, 1>(groups));
}

}  // namespace

TEST_CASE("each vector goes through all stages, in order", "[simd]") { compare<counted>(); }

#if defined(DIMWISE_SIMD_AVX512)
TEST_CASE("elementary functions in a pipeline give the bits of one vector after another", "[simd]") {
  compare<exp_stages>();
  compare<tanh_stages<float, false>>();
  compare<tanh_stages<float, true>>();
  compare<tanh_stages<double, false>>();
  compare<tanh_stages<double, true>>();
  compare<sigmoid_stages<false>>();
  compare<sigmoid_stages<true>>();
}
#endif
