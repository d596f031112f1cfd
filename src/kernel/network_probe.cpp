// src/kernel/network_probe.cpp: finds the networks of a recording by the names of their tensors and adds their derivatives.
#include "dimwise/kernel/network_probe.hpp"

#include <map>
#include <string_view>

#include "dimwise/analysis/dependence.hpp"
#include "dimwise/kernel/interpret.hpp"

namespace dimwise {

namespace {
/// "drift" for "drift.transformer.2.weight"; empty where `part` does not follow the network's name.
std::string_view network_of(std::string_view tensor, std::string_view part) {
  const std::size_t at = tensor.find(part);
  return at == std::string_view::npos ? std::string_view{} : tensor.substr(0, at);
}
}  // namespace

network_probe::network_probe(const table& recording)
    : extended(recording), nodes(recording.nodes, recording.nodes + recording.node_count) {
  std::vector<output_info> outputs;
  const auto add = [&](const std::string& name, int i) {
    outputs.push_back({name, i, nodes[std::size_t(i)].k.l, nodes[std::size_t(i)].k.width});
  };
  // one call of a network is its last linear layer; the same network called twice is probed at its last call
  std::map<std::string, int, std::less<>> last_layer, readout;
  for (int i = 0; i < recording.node_count; i++) {
    const node& x = recording.nodes[i];
    if (x.o == op::readout)
      if (const auto net = network_of(recording.tensors[x.weight].name.view(), ".conditioner."); !net.empty())
        readout[std::string(net)] = i;
    if (x.o == op::linear && x.k.l == level::dim && x.k.width == 1 && x.k.dimwise && sees_own(x.k))
      if (const auto net = network_of(recording.tensors[x.weight].name.view(), ".transformer."); !net.empty())
        last_layer[std::string(net)] = i;
  }
  for (const auto& [net, i] : readout) add("check." + net + ".conditioner", i);
  for (const auto& [net, i] : last_layer) {
    add("check." + net + ".value", i);
    for (int k = 1; k <= 4; k++) {
      node x;
      x.o = op::D;
      x.k = nodes[std::size_t(i)].k;
      x.a = i;
      x.n = k;
      nodes.push_back(x);
      add("check." + net + ".D" + std::to_string(k), int(nodes.size()) - 1);
    }
  }
  extended.nodes = nodes.data();
  extended.node_count = int(nodes.size());
  if (outputs.empty()) return;
  double_kernel = interpret<double>(extended, outputs, false);
  float_kernel = interpret<float>(extended, outputs, false);
}

}  // namespace dimwise
