// benchmarks/compile_time/networks.hpp: a model of `networks` HollowNets in `d` dimensions, each differentiated 1 to `order` times, with a loss: how
// compile time depends on each of the three.
#pragma once
#include <dimwise/language.hpp>

namespace {

/// Networks of their own: the same name would be the same network.
template <int>
constexpr auto corpus_network = dimwise::hollow_net<"net">(dimwise::masked_mlp{32}, dimwise::features{16}, dimwise::mlp{32, 32});
template <>
constexpr auto corpus_network<1> = dimwise::hollow_net<"net1">(dimwise::masked_mlp{32}, dimwise::features{16}, dimwise::mlp{32, 32});
template <>
constexpr auto corpus_network<2> = dimwise::hollow_net<"net2">(dimwise::masked_mlp{32}, dimwise::features{16}, dimwise::mlp{32, 32});
template <>
constexpr auto corpus_network<3> = dimwise::hollow_net<"net3">(dimwise::masked_mlp{32}, dimwise::features{16}, dimwise::mlp{32, 32});
template <>
constexpr auto corpus_network<4> = dimwise::hollow_net<"net4">(dimwise::masked_mlp{32}, dimwise::features{16}, dimwise::mlp{32, 32});
template <>
constexpr auto corpus_network<5> = dimwise::hollow_net<"net5">(dimwise::masked_mlp{32}, dimwise::features{16}, dimwise::mlp{32, 32});
template <>
constexpr auto corpus_network<6> = dimwise::hollow_net<"net6">(dimwise::masked_mlp{32}, dimwise::features{16}, dimwise::mlp{32, 32});
template <>
constexpr auto corpus_network<7> = dimwise::hollow_net<"net7">(dimwise::masked_mlp{32}, dimwise::features{16}, dimwise::mlp{32, 32});

template <int d, int order, int networks>
constexpr void corpus_model(dimwise::model& m) {
  static_assert(order >= 1 && order <= 6 && networks >= 1 && networks <= 8);
  using namespace dimwise;
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  const auto one = [&]<int n>(std::integral_constant<int, n>) {
    auto f = corpus_network<n>(x, t);
    value y = f + D<1>(f);
    if constexpr (order >= 2) y = y + D<2>(f);
    if constexpr (order >= 3) y = y + D<3>(f);
    if constexpr (order >= 4) y = y + D<4>(f);
    if constexpr (order >= 5) y = y + D<5>(f);
    if constexpr (order >= 6) y = y + D<6>(f);
    return y;
  };
  value y = one(std::integral_constant<int, 0>{});
  if constexpr (networks >= 2) y = y * one(std::integral_constant<int, 1>{});
  if constexpr (networks >= 3) y = y * one(std::integral_constant<int, 2>{});
  if constexpr (networks >= 4) y = y * one(std::integral_constant<int, 3>{});
  if constexpr (networks >= 5) y = y * one(std::integral_constant<int, 4>{});
  if constexpr (networks >= 6) y = y * one(std::integral_constant<int, 5>{});
  if constexpr (networks >= 7) y = y * one(std::integral_constant<int, 6>{});
  if constexpr (networks >= 8) y = y * one(std::integral_constant<int, 7>{});
  m.output<"y">(y);
  m.minimize<"loss">(sum(sq(y)), m.samples<"points">());
}

}  // namespace
