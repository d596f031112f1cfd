// tests/codegen/refusal.cpp: the long form of a refusal: the way from the state to the refused operation, and what to write
// instead.
#include "catch.hpp"
#include "codegen/binary.hpp"
#include "dimwise/diagnose.hpp"
#include "support/folder.hpp"

using namespace dimwise;
using dimwise_tests::contains;
using dimwise_tests::folder;
using dimwise_tests::run_in;

namespace {

constexpr auto drift = hollow_net<"drift">(masked_mlp{4}, features{2}, mlp{4});
constexpr auto plain = network<"plain">(mlp{4});

template <class Build>
std::string explained(Build&& build) {
  std::string text;
  record_until_refused(build, [&](const refused_recording& r) {
    text = explain(r);
    return 4;
  });
  return text;
}
struct leaves {
  value x, t;
  explicit leaves(model& m) : x(m.state<"x", 3>()), t(m.time<"t">()) {}
};

}  // namespace

TEST_CASE("D of a sum: each step, where it gets dense, and the sum of derivatives instead") {
  const std::string text = explained([](model& m) {
    const leaves l(m);
    m.output<"r">(D<2>(sum(drift(l.x, l.t) * l.x) * 2.0));
  });
  INFO(text);
  CHECK(text.find("D<k>(v): v is dense") == 0);
  CHECK(contains(text, "1. x"));
  CHECK(contains(text, "2. drift(x, t)"));
  CHECK(contains(text, "the sum moves with x_i in all of its terms: dense from here on"));
  CHECK(contains(text, "5. sum(drift(x, t) * x) * 2"));
  CHECK(contains(text, "sum(D<k>(drift(x, t) * x))"));
}

TEST_CASE("D of a plain network names it") {
  const std::string text = explained([](model& m) {
    const leaves l(m);
    m.output<"r">(D<1>(value(plain(l.x, l.t))));
  });
  INFO(text);
  CHECK(contains(text, "its first layer adds up all coordinates"));
  CHECK(contains(text, "hollow_net<\"plain\">"));
}

TEST_CASE("a conditioner of a value that mixes coordinates") {
  const std::string text = explained([](model& m) {
    const leaves l(m);
    m.output<"r">(drift(l.x * drift(l.x, l.t), l.t));
  });
  INFO(text);
  CHECK(contains(text, "x * drift(x, t)"));
  CHECK(contains(text, "functions of them coordinate by coordinate"));
}

TEST_CASE("widths of both operands") {
  const std::string text = explained([](model& m) {
    const value a = m.input<"a", 3>(), b = m.input<"b", 4>();
    m.output<"r">(a * b);
  });
  INFO(text);
  CHECK(contains(text, "a has 3 features, b has 4"));
}

TEST_CASE("a model that is not refused") {
  CHECK(explained([](model& m) { m.output<"r">(D<1>(m.state<"x", 3>())); }) == "");
}

TEST_CASE("dimwise check of a refused model file") {
  const folder where;
  where.write("bad.cpp", R"(#include <dimwise/run.hpp>
using namespace dimwise;

constexpr auto drift = hollow_net<"drift">(masked_mlp{4}, features{2}, mlp{4});

constexpr void bad(model& m) {
  auto x = m.state<"x", 3>();
  auto t = m.time<"t">();
  m.output<"r">(sum(sq(D<1>(sum(drift(x, t))))));
}

int main(int argc, char** argv) { return run<bad>(argc, argv); }
)");
  const auto ran = run_in(where.path(), {"env", "DIMWISE_CACHE=" + where / "cache", DIMWISE_PROGRAM, "check", "bad.cpp"});
  INFO(ran.output);
  CHECK(ran.code == 1);
  CHECK(ran.output.find("bad.cpp is refused:\n  bad.cpp:9: m.output<\"r\">(sum(sq(D<1>(sum(drift(x, t))))));") == 0);
  CHECK(contains(ran.output, "How this comes about:\n  1. x"));
  CHECK(contains(ran.output, "What to write instead:\n  sum(D<k>(drift(x, t)))"));
  // what is no matter of the recording is the compiler's to say
  where.write("typo.cpp", "#include <dimwise/run.hpp>\nint main() { return undeclared; }\n");
  const auto typo = run_in(where.path(), {"env", "DIMWISE_CACHE=" + where / "cache", DIMWISE_PROGRAM, "check", "typo.cpp"});
  CHECK(typo.code == 1);
  CHECK(contains(typo.output, "undeclared"));
}
