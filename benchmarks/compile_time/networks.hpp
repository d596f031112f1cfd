// benchmarks/compile_time/networks.hpp: a model of `networks` HollowNets in `d` dimensions, each differentiated 1 to `order`
// times, with a loss: how compile time depends on each of the three.
#pragma once
#include <dimwise/language.hpp>

#include <utility>

namespace {

/// Networks of their own: the same name would be the same network.
template <int n>
constexpr auto corpus_name = [] {
  dimwise::fixed_string name("net0");
  name.text[3] = char('0' + n);
  return name;
}();
template <int n>
constexpr auto corpus_network = dimwise::hollow_net<corpus_name<n>>(dimwise::masked_mlp{32}, dimwise::features{16},
                                                                    dimwise::mlp{32, 32});

template <int d, int order, int networks>
constexpr void corpus_model(dimwise::model& m) {
  static_assert(order >= 1 && order <= 6 && networks >= 1 && networks <= 8);
  using namespace dimwise;
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  const auto one = [&]<int n>(std::integral_constant<int, n>) {
    auto f = corpus_network<n>(x, t);
    value y = f + D<1>(f);
    [&]<int... k>(std::integer_sequence<int, k...>) { ((y = y + D<k + 2>(f)), ...); }
    (std::make_integer_sequence<int, order - 1>{});
    return y;
  };
  value y = one(std::integral_constant<int, 0>{});
  [&]<int... n>(std::integer_sequence<int, n...>) { ((y = y * one(std::integral_constant<int, n + 1>{})), ...); }
  (std::make_integer_sequence<int, networks - 1>{});
  m.output<"y">(y);
  m.minimize<"loss">(sum(sq(y)), m.samples<"points">());
}

}  // namespace
