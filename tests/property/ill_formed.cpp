// tests/property/ill_formed.cpp: the language accepts random well-formed programs and records what they say; programs with one
// random change are refused, or what is recorded of them is right.
#include <cmath>
#include <cstdlib>
#include <map>

#include "catch.hpp"
#include "dimwise/analysis/node_kind.hpp"
#include "dimwise/kernel/interpret.hpp"
#include "support/kernel_failures.hpp"
#include "support/replay.hpp"
#include "support/table_program.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {

/// How many programs: DIMWISE_RANDOM_MODELS asks for more than the default.
std::uint64_t programs(std::uint64_t by_default) {
  const char* wanted = std::getenv("DIMWISE_RANDOM_MODELS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : by_default;
}

/// Values of dim level for which component i moves with a coordinate that its class says it does not see.
std::string false_claims(const table& t, const std::vector<double>& parameters, std::uint64_t seed) {
  sample_inputs sample = draw_sample(t, seed, 0);
  const auto values = [&](const sample_inputs& s) {
    basic_oracle<fifty_digits> o(t);
    o.set_parameters(parameters);
    o.set_sample(s);
    std::vector<std::vector<fifty_digits>> r;
    for (int i = 0; i < t.node_count; i++) r.push_back(t.nodes[i].k.l == level::units ? std::vector<fifty_digits>{} : o.value(i));
    return r;
  };
  const auto before = values(sample);
  std::string text;
  for (int j = 0; j < t.d; j++) {
    sample_inputs moved = sample;
    moved.state[std::size_t(j)] += 0.37;
    const auto after = values(moved);
    for (int n = 0; n < t.node_count; n++) {
      const kind& k = t.nodes[n].k;
      if (k.l == level::units) continue;
      for (std::size_t e = 0; e < before[std::size_t(n)].size(); e++) {
        const int i = k.l == level::dim ? int(e) / k.width : -1;
        const bool sees = k.l == level::point ? k.d != depends::nothing
                                              : single(k) || (bits(k.d) & (j < i    ? 1
                                                                           : j == i ? 2
                                                                                    : 4)) != 0;
        // what D and dt give is good to the digits of a difference only
        const fifty_digits difference = abs(after[std::size_t(n)][e] - before[std::size_t(n)][e]);
        if (!sees && difference > 1e-6 * (1 + abs(before[std::size_t(n)][e])))
          return "node " + std::to_string(n) + ": component " + std::to_string(i) + " moves with coordinate " + std::to_string(j);
      }
    }
  }
  return "";
}

bool moderate(const table& t, const std::vector<double>& parameters, std::uint64_t seed) {
  for (std::uint64_t s = 0; s < 2; s++) {
    basic_oracle<fifty_digits> o(t);
    o.set_parameters(parameters);
    o.set_sample(draw_sample(t, seed, s));
    for (int i = 0; i < t.node_count; i++)
      if (t.nodes[i].k.l != level::units)
        for (const auto& v : o.value(i))
          if (!isfinite(v) || abs(v) > 1e5) return false;
  }
  return true;
}

/// What the rules say of a changed recording: the first node that breaks one, and whether the language must refuse it. (A linear
/// layer takes any width, D of what does not move is zero, sum takes factors out: programs may, tables may not.)
enum class verdict { well_formed, refused, unknown };
verdict judge(table_builder b) {
  if (settle(b)) return verdict::well_formed;
  const std::string why = why_ill_formed(b.view());
  for (const char* rule : {"widths of a pointwise operation", "operand that mixes coordinates", "context that depends",
                           "hidden units outside", "operand of a readout", "operand of a masked layer",
                           "operand of a sum of others", "operand of a shift", "orders beyond 7"})
    if (why.find(rule) != std::string::npos) return verdict::refused;
  if (why.find("operand of D") != std::string::npos) {
    const node& x = b.nodes[std::size_t(std::atoi(why.c_str() + 5))];
    if (!b.nodes[std::size_t(x.a)].k.dimwise) return verdict::refused;
  }
  return verdict::unknown;
}

struct tally {
  int programs = 0, accepted = 0, refused = 0, judged = 0, compared = 0;
  std::map<std::string, int> sentences;
};

/// Empty, or what is wrong with how the language takes a changed program.
std::string wrong(const table_builder& b, std::uint64_t seed, tally& n) {
  const verdict v = judge(b);
  const replayed r = replay(b.view());
  n.programs++;
  n.judged += v != verdict::unknown;
  if (!r.refusal.empty()) {
    n.refused++;
    n.sentences[r.refusal]++;
    return v == verdict::well_formed ? "a well-formed program is refused: " + r.refusal : "";
  }
  n.accepted++;
  if (v == verdict::refused) return "an ill-formed program is accepted";
  const table t = r.view();
  if (const int i = first_wrong_kind(t); i >= 0)
    return "the class of node " + std::to_string(i) + " does not follow from its operands";
  const auto parameters = draw_parameters(t, seed);
  if (!moderate(t, parameters, seed)) return "";
  if (const std::string claim = false_claims(t, parameters, seed); !claim.empty()) return claim;
  n.compared++;
  failure_options options;
  options.samples = 2;
  options.gradient_entries = 2;
  options.seed = seed;
  options.bounds.value = 1e-6;
  options.bounds.gradient = 1e-5;
  options.bounds.least = 1e-2;
  return kernel_failures<double>(
      t, [](const table& of, std::vector<output_info> outputs) { return interpret<double>(of, std::move(outputs), true); },
      options);
}

}  // namespace

TEST_CASE("well-formed programs are accepted and mean what they say") {
  for (std::uint64_t seed = 0; seed < programs(300); seed++) {
    const table_builder b = random_table(seed);
    const table t = b.view();
    const replayed r = replay(t);
    INFO("seed " << seed << "\n" << to_text(t));
    REQUIRE(r.refusal == "");
    const table u = r.view();
    REQUIRE(first_wrong_kind(u) == -1);
    const auto parameters = draw_parameters(t, seed);
    basic_oracle<fifty_digits> ours(t), theirs(u);
    ours.set_parameters(parameters);
    theirs.set_parameters(matching_parameters(t, parameters, r.tensor_of, u));
    sample_inputs sample = draw_sample(t, seed, 0), other = sample;
    // the inputs that the program needs, in its own order
    other.inputs.clear(), other.constants.clear();
    for (int i = 0; i < u.input_count; i++)
      for (int j = 0; j < t.input_count; j++)
        if (t.inputs[j].name == u.inputs[i].name) other.inputs.push_back(sample.inputs[std::size_t(j)]);
    for (int i = 0; i < u.constant_count; i++) other.constants.push_back(u.constants[i].value);
    ours.set_sample(sample), theirs.set_sample(other);
    for (int i = 0; i < t.output_count; i++) {
      const auto exact = ours.value(t.outputs[i].node), recorded = theirs.value(u.outputs[i].node);
      REQUIRE(exact.size() == recorded.size());
      for (std::size_t e = 0; e < exact.size(); e++)
        CHECK(double(abs(exact[e] - recorded[e])) <= 1e-9 * (1 + double(abs(exact[e]))));
    }
  }
}

TEST_CASE("programs with one change are refused, or right") {
  tally n;
  for (std::uint64_t seed = 0; seed < programs(1500); seed++) {
    const table_builder b = random_slip(seed);
    std::string text = wrong(b, seed, n);
    if (!text.empty()) {
      tally unused;
      const table_builder small = shrink(b, [&](const table_builder& c) { return !wrong(c, seed, unused).empty(); });
      text = wrong(small, seed, unused) + "\n" + to_text(small.view()) + to_program(small.view());
    }
    INFO("seed " << seed);
    CHECK(text == "");
  }
  std::string counts;
  for (const auto& [sentence, count] : n.sentences) counts += "\n" + std::to_string(count) + " times: " + sentence;
  WARN(n.programs << " changed programs, " << n.accepted << " accepted (" << n.compared << " compared with the oracle), "
                  << n.refused << " refused; " << n.judged << " judged by the rules as well" << counts);
  CHECK(n.refused > n.programs / 10);
  CHECK(n.compared > n.programs / 10);
  CHECK(n.sentences.size() >= 10);
}
