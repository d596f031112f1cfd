// tests/codegen/graph.cpp: pictures of the passes: every operation is in them, with its level, orders and cost; SVG where
// Graphviz is there.
#include <set>

#include "catch.hpp"
#include "codegen/binary.hpp"
#include "codegen/draw/dot.hpp"
#include "codegen/draw/passes.hpp"
#include "codegen/draw/words.hpp"
#include "codegen/pull_model.hpp"
#include "dimwise/language.hpp"
#include "dimwise/language/recording.hpp"
#include "support/folder.hpp"

using namespace dimwise;
using dimwise_tests::contains;
using dimwise_tests::folder;
using dimwise_tests::run_in;

namespace {

constexpr auto drift = hollow_net<"drift">(masked_mlp{4}, features{2}, mlp{4});

constexpr void flow(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  m.output<"divergence">(sum(D<1>(tanh(drift(x, t)) * x)));
}

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) n++;
  return n;
}

}  // namespace

TEST_CASE("six pictures, with every live operation of the recording in the first two") {
  const table& t = recording<flow>::view;
  const auto all = draw::pictures_of_passes(t, {{"divergence", t.outputs[0].node}});
  REQUIRE(all.size() == 6);
  for (int k : {0, 1})
    for (int i = 0; i < t.node_count; i++) CHECK(contains(all[std::size_t(k)].dot, "\"" + std::to_string(i) + "\" [fillcolor="));
  CHECK(contains(all[0].dot, "label=<<b>drift</b>>"));  // a frame for the network
  CHECK(contains(all[0].dot, "sees others"));
  CHECK(contains(all[0].dot, "color=\"#dc2626\""));    // the sum is dense
  CHECK(contains(all[1].dot, "1 x \u00b7 sees all"));  // the transformer is asked for the first derivative
  CHECK(contains(all[1].dot, " flop"));
  CHECK(contains(all[2].dot, "derivative by x, order 1"));
  CHECK(contains(all[3].dot, "gradient of drift.transformer.0.weight"));
  CHECK(contains(all[4].dot, "for each of the 3 dimensions"));
  CHECK(count_of(all[5].svg, "<rect") > 10);
  for (const auto& p : all) CHECK(p.svg.empty() != p.dot.empty());
}

TEST_CASE("every operation has a word") {
  for (int o = 0; o <= int(op::detach); o++) {
    INFO(o);
    CHECK(std::string(draw::word(op(o))) != "?");
  }
}

TEST_CASE("work is what the plan counts") {
  const table& t = recording<flow>::view;
  double products = 0;
  for (int i = 0; i < t.node_count; i++)
    if (t.nodes[i].weight >= 0) products += draw::work(t, t.nodes[i], 1);
  CHECK(products > 0);
  CHECK(draw::flop_text(1234) == "1.23 kflop");
  CHECK(draw::coefficients(value_only | bit_of(coefficient(2, 0)) | bit_of(coefficient(0, 1))) == "1 x\u00b2 t");
}

TEST_CASE("info --graph writes pictures and a page; without Graphviz it says what is missing") {
  const folder where;
  const auto drawn = run_in(where.path(), {DIMWISE_PULL_BINARY, "info", "--graph", "passes"});
  INFO(drawn.output);
  CHECK(drawn.code == 0);
  const std::string page = read_file(where / "passes/index.html");
  CHECK(count_of(page, "data:image/svg+xml;base64,") == 6);
  CHECK(contains(read_file(where / "passes/1-recorded.svg"), "<svg"));
  const auto other = run_in(where.path(), {DIMWISE_PULL_BINARY, "info", "--graph", "pull", "--graph-of", "pull"});
  CHECK(other.code == 0);
  CHECK(contains(read_file(where / "pull/1-recorded.dot"), "strength"));
  const auto unknown = run_in(where.path(), {DIMWISE_PULL_BINARY, "info", "--graph", "pull", "--graph-of", "push"});
  CHECK(unknown.code == 1);
  CHECK(contains(unknown.output, "has no value 'push'. It has: distance"));
  const auto without = run_in(where.path(), {"env", "PATH=/nowhere", DIMWISE_PULL_BINARY, "info", "--graph", "bare"});
  CHECK(without.code == 1);
  CHECK(contains(without.output, "install Graphviz (Debian package graphviz)"));
  CHECK(file_exists(where / "bare/3-jets.dot"));
}
