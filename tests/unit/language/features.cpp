// tests/unit/language/features.cpp: joining, cutting, adding up and dealing out features.
#include "catch.hpp"
#include "interpreter.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;
using dimwise::testing::interpreter;
using dimwise::testing::output_node;

namespace {
void program(model& m) {
  auto x = m.state<"x", 2>();
  auto c = m.input<"c", 3>();
  auto w = m.input<"w", 6>();
  m.output<"concat">(concat(x, c, 2.0 * x));
  m.output<"slice">(slice<1, 2>(c));
  m.output<"logsumexp">(logsumexp(c));
  m.output<"sum">(sum_features(c));
  m.output<"mean">(mean_features(c));
  m.output<"unstack">(unstack<3>(w));
}
}  // namespace

TEST_CASE("features") {
  const auto r = record(&program);
  const interpreter run(r.view());
  auto at = [&](std::string_view name, int i, int w) { return run.value(output_node(run.t, name), i, w); };
  const auto& c = run.inputs[0];
  for (int i = 0; i < 2; i++) {
    const double x = run.x[std::size_t(i)];
    CHECK(at("concat", i, 0) == x);
    CHECK(at("concat", i, 1) == c[0]);
    CHECK(at("concat", i, 3) == c[2]);
    CHECK(at("concat", i, 4) == 2 * x);
    for (int w = 0; w < 3; w++) CHECK(at("unstack", i, w) == run.inputs[1][std::size_t(3 * i + w)]);
  }
  CHECK(at("slice", 0, 0) == c[1]);
  CHECK(at("slice", 0, 1) == c[2]);
  CHECK(at("logsumexp", 0, 0) == Approx(std::log(std::exp(c[0]) + std::exp(c[1]) + std::exp(c[2]))));
  CHECK(at("sum", 0, 0) == Approx(c[0] + c[1] + c[2]));
  CHECK(at("mean", 0, 0) == Approx((c[0] + c[1] + c[2]) / 3));
}

TEST_CASE("slices and vectors that do not fit are refused with a sentence") {
  CHECK_THROWS_WITH(record([](model& m) {
                      value c = m.input<"c", 3>();
                      m.output<"r">(slice<2, 2>(c));
                    }),
                    Catch::Contains("slice"));
  CHECK_THROWS_WITH(record([](model& m) {
                      auto x = m.state<"x", 2>();
                      m.output<"r">(x + unstack<1>(m.input<"c", 3>()));
                    }),
                    Catch::Contains("unstack"));
}
