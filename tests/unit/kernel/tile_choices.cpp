// tests/unit/kernel/tile_choices.cpp: register tiles that were measured and remembered: the file that keeps them, and digits that
// do not depend on them.
#include "dimwise/kernel/tile_choices.hpp"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

#include "catch.hpp"
#include "dimwise/kernel.hpp"
#include "dimwise/kernel/plan_kernel.hpp"
#include "dimwise/training/initialise.hpp"
#include "support/folder.hpp"

using namespace dimwise;

namespace {

constexpr auto hollow = hollow_net<"hollow">(masked_mlp{40, 33}, features{17}, mlp{26, 9});
constexpr auto narrow = network<"narrow">(mlp{2, 1, 5}, outputs{2});

constexpr void everything(model& m) {
  auto x = m.state<"x", 5>();
  auto f = hollow(x, m.time<"t">());
  auto residual = D<2>(f) + f * D<1>(f) + sum_features(narrow(x, m.input<"context", 6>()));
  m.output<"loss">(sum(sq(residual)));
}

using program = kernel_detail::static_program<everything, kernel_purpose::outputs, 0, by_parameters>;
using values_program = kernel_detail::static_program<everything, kernel_purpose::outputs, 0, by_nothing>;

template <class T>
plan_kernel<T> kernel_with(const tile_choices& tiles) {
  const table& t = recording<everything>::view;
  const auto both = program::executable<T>();
  return {t,
          describe_roots(t, kernel_purpose::outputs, 0),
          values_program::executable<T>(),
          &both,
          false,
          plan_kernel<T>::default_block,
          tiles};
}

/// The products of a kernel, as `tune` finds them.
template <class T>
std::vector<product_key> products() {
  std::vector<product_key> keys;
  const table& t = recording<everything>::view;
  const auto forward = values_program::executable<T>();
  const auto both = program::executable<T>();
  for (const auto* e : {&forward, &both})
    for (const int block : {plan_kernel<T>::default_block, simd::lanes<T>}) {
      const plan<T> p(t, e->nodes, e->functions, block);
      for (const step<T>& s : p.steps)
        if (const product_key k = product_of(s); k.what) keys.push_back(k);
    }
  return keys;
}

/// Values and gradient of 77 samples.
template <class T>
std::pair<std::vector<T>, std::vector<double>> results(const kernel_interface<T>& k) {
  const table& t = recording<everything>::view;
  std::mt19937 engine(5);
  std::normal_distribution<double> normal;
  const std::size_t n = 77;
  const auto numbers = [&](std::size_t count) {
    std::vector<T> r(count);
    for (T& v : r) v = T(normal(engine));
    return r;
  };
  std::vector<T> parameters;
  for (double v : initial_parameters(t, 1)) parameters.push_back(T(v));
  const std::vector<T> x = numbers(n * 5), time = numbers(n), context = numbers(n * 6), cotangent = numbers(n);
  const T* inputs[] = {context.data()};
  const T* cotangents[] = {cotangent.data()};
  arguments<T> in;
  in.samples = n;
  in.state = x.data();
  in.time = time.data();
  in.inputs = inputs;
  std::vector<T> value(2 * n), workspace(std::max(k.evaluate_workspace(), k.gradient_workspace()));
  T *first[] = {value.data()}, *second[] = {value.data() + n};
  std::vector<double> gradient(std::size_t(t.parameters));
  k.evaluate(parameters.data(), in, 0, n, first, workspace.data());
  k.gradient(parameters.data(), in, 0, n, cotangents, second, gradient.data(), workspace.data());
  return {value, gradient};
}

}  // namespace

TEMPLATE_TEST_CASE("digits do not depend on the tiles that were chosen", "[kernel]", float, double) {
  using T = TestType;
  const auto [value, gradient] = results<T>(kernel_with<T>({}));
  CHECK(std::count(gradient.begin(), gradient.end(), 0.0) * 2 < std::ptrdiff_t(gradient.size()));
  const std::vector<product_key> keys = products<T>();
  REQUIRE(keys.size() > 8);
  for (const simd::tile_shape& shape : simd::tile_shapes) {
    tile_choices all;
    for (const product_key& k : keys) all.set(k, {shape.rows, shape.packs});
    const auto [of_tile, gradient_of_tile] = results<T>(kernel_with<T>(all));
    INFO("tile " << shape.rows << " x " << shape.packs);
    CHECK(std::memcmp(of_tile.data(), value.data(), value.size() * sizeof(T)) == 0);
    CHECK(gradient_of_tile == gradient);
  }
}

TEST_CASE("a plan takes the tiles that were remembered and no others", "[kernel]") {
  const table& t = recording<everything>::view;
  const auto forward = values_program::executable<float>();
  plan<float> p(t, forward.nodes, forward.functions, plan_kernel<float>::default_block);
  const simd::tile_shape last = simd::tile_shapes.back();
  tile_choices some;
  const product_key first =
      product_of(*std::find_if(p.steps.begin(), p.steps.end(), [](const auto& s) { return product_of(s).what != 0; }));
  some.set(first, {last.rows, last.packs});
  choose_tiles(p, some);
  const auto usual = [](const step<float>& s) {
    const product_key k = product_of(s);
    return k.what ? simd::usual_tile(k.rows, k.packs) : -1;
  };
  REQUIRE(simd::tile_shapes[std::size_t(simd::usual_tile(first.rows, first.packs))] != last);
  for (const step<float>& s : p.steps)
    CHECK(tile_of(s) == (product_of(s) == first ? int(simd::tile_shapes.size()) - 1 : usual(s)));
  some.set(first, {77, 1});  // of another version
  plan<float> q(t, forward.nodes, forward.functions, plan_kernel<float>::default_block);
  choose_tiles(q, some);
  for (const step<float>& s : q.steps) CHECK(tile_of(s) == usual(s));
}

TEST_CASE("measuring finds each product once, with a tile that there is", "[kernel]") {
  std::vector<tile_measurement> found;
  const plan_kernel<float> k = kernel_with<float>({});
  k.tune(found);
  REQUIRE(found.size() > 3);
  for (const tile_measurement& m : found) {
    CHECK(std::count_if(found.begin(), found.end(), [&](const tile_measurement& other) { return other.product == m.product; }) ==
          1);
    CHECK(std::count(simd::tile_shapes.begin(), simd::tile_shapes.end(), simd::tile_shape{m.best.rows, m.best.packs}) == 1);
    CHECK(m.best_ns <= m.usual_ns);
    CHECK(m.best_ns > 0);
  }
  const std::size_t all = found.size();
  k.tune(found);
  CHECK(found.size() == all);
}

TEST_CASE("choices come back from their text, and other lines are left out", "[kernel]") {
  tile_choices choices;
  choices.set({'f', 4, 64, 32, 3}, {4, 6});
  choices.set({'g', 8, 40, 192, 5}, {16, 1});
  const tile_choices again = tile_choices::from_text(choices.text());
  CHECK(again.size() == 2);
  REQUIRE(again.find({'g', 8, 40, 192, 5}) != nullptr);
  CHECK(*again.find({'g', 8, 40, 192, 5}) == tile_choice{16, 1});
  CHECK(again.find({'g', 4, 40, 192, 5}) == nullptr);
  const tile_choices spoiled = tile_choices::from_text(
      "f 4 64 32\n\x01\xff: 3\nf 4 64 32 3 4 6\nf 4 64 32 3: 4 6 9\nf 4 x 32 3: 4 6\nf 4 99999999999999999999 32 3: 4 6\np 4 1 2 "
      "3: 8 3\ng 8 4");
  CHECK(spoiled.size() == 1);
}

TEST_CASE("the file is found by the environment, and one that is spoiled or missing changes nothing", "[kernel]") {
  const dimwise_tests::folder at;
  const auto set = [](const char* name, const std::string& value) { REQUIRE(setenv(name, value.c_str(), 1) == 0); };
  unsetenv("DIMWISE_TILES");
  set("XDG_CACHE_HOME", at.path());
  const std::string path = tile_file("avx512");
  CHECK(path.rfind(at / "dimwise/tiles-", 0) == 0);
  CHECK(path != tile_file("avx2"));
  CHECK(read_tile_file("avx512").size() == 0);
  set("XDG_CACHE_HOME", "relative");
  set("HOME", "/home/somebody");
  CHECK(tile_file("avx512").rfind("/home/somebody/.cache/dimwise/", 0) == 0);
  unsetenv("HOME");
  CHECK(tile_file("avx512").empty());
  set("DIMWISE_TILES", "off");
  CHECK(tile_file("avx512").empty());
  CHECK(read_tile_file("avx512").size() == 0);
  const std::string named = at / "own.txt";
  set("DIMWISE_TILES", named);
  CHECK(tile_file("avx512") == named);
  std::ofstream(named) << "p 4 1 2 3: 8 3\nf 4 1";
  CHECK(read_tile_file("avx512").size() == 1);
  std::ofstream(named, std::ios::binary) << std::string(3 << 20, '\xfe');
  CHECK(read_tile_file("avx512").size() == 0);
  set("DIMWISE_TILES", at.path());  // a folder
  CHECK(read_tile_file("avx512").size() == 0);
}
