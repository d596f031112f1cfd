// tests/unit/language/learning.cpp: sample sets, objectives, stages and transforms as they are recorded.
#include "catch.hpp"

#include <dimwise/language.hpp>
#include <dimwise/language/recording.hpp>

using namespace dimwise;

namespace {
constexpr auto density = gaussian_mixture<"density">(mixture_components{2});
constexpr auto drift = hollow_net<"drift">(masked_mlp{4}, features{2}, mlp{3});
constexpr void program(model& m) {
  auto x = m.state<"x", 2>();
  auto t = m.time<"t">();
  auto l = density(x, t);
  auto f = drift(x, t);
  auto data = m.samples<"data">();
  auto days = m.transitions<"days">();
  auto near = m.jittered<"near">(data, 0.2);
  auto drawn = m.drawn<"drawn">(density, 0.5, 2);
  auto again = m.drawn<"again">(l, 0, 1);
  auto box = m.box<"box">(-3, 3, 0, 6);
  auto first = m.stage<"density">({.steps = 3000, .batch = 2000, .rate = 5e-3});
  m.minimize<"likelihood">(-l, data);
  m.minimize<"smooth">(sum(sum_features(sq(dt<2>(density.mean(x, t))))), box, weight{1e-3});
  m.stage<"drift">({.steps = 100, .warm_up = 5, .final_rate = 0.1, .clip = 0, .decay = 0.1});
  m.minimize<"matching">(pseudo_huber(sum(f)), drawn);
  m.minimize<"more">(mean(sq(f)), near, first, weight{0.5});
  m.minimize<"step">(sum(sq(m.input_per_dim<"next">() - x)), days);
  m.minimize<"last">(absolute(t), again);
  m.whiten({.harmonics = 2, .period = 365.25});
}
static_assert(recording<program>::view.objective_count == 6);
}  // namespace

TEST_CASE("everything that learning reads") {
  const auto r = record(&program);
  const table t = r.view();
  REQUIRE(t.set_count == 6);
  CHECK(t.sets[0].source == sample_source::file);
  CHECK(t.sets[0].name.view() == "data");
  CHECK(t.sets[1].source == sample_source::transitions);
  CHECK(t.sets[2].source == sample_source::jittered);
  CHECK(t.sets[2].of == 0);
  CHECK(t.sets[2].spread == 0.2);
  for (const int i : {3, 4}) {
    CHECK(t.sets[i].source == sample_source::density);
    CHECK(t.sets[i].mixture == 0);
  }
  CHECK(t.sets[3].t0 == 0.5);
  CHECK(t.sets[3].t1 == 2);
  CHECK(t.sets[5].source == sample_source::box);
  CHECK(t.sets[5].lower == -3);
  CHECK(t.sets[5].upper == 3);
  CHECK(t.sets[5].t1 == 6);
  REQUIRE(t.stage_count == 2);
  CHECK(t.stages[0].steps == 3000);
  CHECK(t.stages[0].batch == 2000);
  CHECK(t.stages[0].rate == 5e-3);
  CHECK(t.stages[0].warm_up == 100);
  CHECK(t.stages[1].name.view() == "drift");
  CHECK(t.stages[1].warm_up == 5);
  CHECK(t.stages[1].final_rate == 0.1);
  CHECK(t.stages[1].clip == 0);
  CHECK(t.stages[1].decay == 0.1);
  REQUIRE(t.objective_count == 6);
  CHECK(t.objectives[0].stage == 0);
  CHECK(t.objectives[0].weight == 1);
  CHECK(t.objectives[1].weight == 1e-3);
  CHECK(t.objectives[1].set == 5);
  CHECK(t.objectives[2].stage == 1);
  CHECK(t.objectives[3].stage == 0);
  CHECK(t.objectives[3].weight == 0.5);
  for (int i = 0; i < 6; i++) {
    const kind& k = t.nodes[t.objectives[i].node].k;
    CHECK(k.l == level::point);
    CHECK(k.width == 1);
  }
  CHECK(t.transform.what == transform::whiten);
  CHECK(t.transform.harmonics == 2);
  CHECK(t.transform.period == 365.25);
}

TEST_CASE("sets of points, integrals and constraints") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 3>();
    auto t = m.time<"t">();
    auto faces = m.faces<"faces">(-1, 2, 0, 3);
    auto sobol = m.sobol<"sobol">(-1, 2).draws(64);
    auto grid = m.grid<"grid">(-1, 2, 10, 0, 3, 4);
    auto gauss = m.gauss<"gauss">(-1, 2, 5, 1, 1);
    m.slice<"slice">(0, 1, 0.5);
    auto mass = m.integral<"mass">(exp(-sum(sq(x))), gauss);
    m.stage<"first">({.how = method::lbfgs});
    m.stage<"second">({.how = method::levenberg_marquardt, .redraw = 7});
    auto e = m.equation<"decay">(dt(m.parameter<"a">(1.0) * t) == sum(x) * t);
    e.weighted(2.5);
    m.least_squares<"on faces">(e, faces);
    m.least_squares<"on sobol">(e, sobol, weight{4});
    m.minimize<"on grid">(sum(sq(x)), grid);
    m.constrain<"normalised">(mass, 1.5, weight{3});
  });
  const table t = r.view();
  REQUIRE(t.set_count == 5);
  CHECK(t.sets[0].source == sample_source::faces);
  CHECK(t.sets[0].upper == 2);
  CHECK(t.sets[0].t1 == 3);
  CHECK(t.sets[1].source == sample_source::sobol);
  CHECK(t.sets[1].draws == 64);
  CHECK(t.sets[2].source == sample_source::grid);
  CHECK(t.sets[2].points == 10);
  CHECK(t.sets[2].time_points == 4);
  CHECK(t.sets[3].source == sample_source::gauss);
  CHECK(t.sets[3].t0 == t.sets[3].t1);
  CHECK(t.sets[4].source == sample_source::box);
  CHECK(t.sets[4].t0 == 0.5);
  CHECK(t.sets[4].t1 == 0.5);
  REQUIRE(t.integral_count == 1);
  CHECK(t.integrals[0].name.view() == "mass");
  CHECK(t.integrals[0].set == 3);
  CHECK(t.nodes[t.integrals[0].node].o == op::exp);
  CHECK(t.stages[0].redraw == 500);
  CHECK(t.stages[1].redraw == 7);
  REQUIRE(t.objective_count == 4);
  CHECK(t.objectives[0].weight == 2.5);
  CHECK(t.objectives[0].residual == t.equations[0].residual);
  CHECK(t.objectives[1].weight == 4);
  CHECK(t.objectives[3].integral == 0);
  CHECK(t.objectives[3].target == 1.5);
  CHECK(t.objectives[3].weight == 3);
  CHECK(t.objectives[3].node == t.integrals[0].node);
  CHECK(t.objectives[3].set == 3);
  const auto times = record([](model& m) {
    auto t = m.time<"t">();
    m.minimize<"a">(sq(m.parameter<"a">(0.0) - t), m.times<"span">(1, 4));
  });
  CHECK(times.view().sets[0].t1 == 4);
}

TEST_CASE("a stage is made where none is written") {
  const auto r = record([](model& m) {
    auto x = m.state<"x", 2>();
    m.minimize<"a">(sum(sq(x)), m.samples<"data">());
    m.standardise();
  });
  REQUIRE(r.view().stage_count == 1);
  CHECK(r.view().stages[0].name.view() == "training");
  CHECK(r.view().stages[0].steps == stage_entry{}.steps);
  CHECK(r.view().transform.what == transform::standardise);
}

TEST_CASE("wrong records are refused with a sentence") {
  auto message = [](void (*build)(model&)) -> std::string {
    try {
      record(build);
    } catch (const error& e) {
      return e.what();
    }
    return "";
  };
  CHECK_THAT(message([](model& m) { m.minimize<"a">(value(m.state<"x", 2>()), m.samples<"data">()); }),
             Catch::Contains("one number a sample"));
  CHECK_THAT(message([](model& m) { m.minimize<"a">(value(m.input<"c", 2>()), m.samples<"data">()); }),
             Catch::Contains("one number a sample"));
  CHECK_THAT(message([](model& m) { m.box<"b">(0, 1); }), Catch::Contains("m.state"));
  CHECK_THAT(message([](model& m) {
               m.state<"x", 2>();
               m.box<"b">(1, 1);
             }),
             Catch::Contains("lower"));
  const auto with_state = [&](auto set) {
    return message([](model& m) {
      auto x = m.state<"x", 8>();
      decltype(set){}(m, x);
    });
  };
  CHECK_THAT(with_state([](model& m, auto) { m.grid<"g">(0, 1, 10); }), Catch::Contains("more than a million"));
  CHECK_THAT(with_state([](model& m, auto) { m.grid<"g">(0, 1, 0); }), Catch::Contains("at least one point"));
  CHECK_THAT(with_state([](model& m, auto) { m.grid<"g">(0, 1, 2, 1, 1, 3); }), Catch::Contains("t0 must come before t1"));
  CHECK_THAT(with_state([](model& m, auto) { m.gauss<"g">(0, 1, 1, 0, 1, 300); }), Catch::Contains("at most 200"));
  CHECK_THAT(with_state([](model& m, auto) { m.gauss<"g">(0, 1, 2).draws(5); }), Catch::Contains("all their points"));
  CHECK_THAT(with_state([](model& m, auto) { m.box<"g">(0, 1, 2, 1); }), Catch::Contains("t0 must come before t1"));
  CHECK_THAT(with_state([](model& m, auto) { m.times<"g">(0, 1); }), Catch::Contains("without m.state"));
  CHECK_THAT(with_state([](model& m, auto x) { m.integral<"i">(sum(x), m.samples<"d">()); }), Catch::Contains("cover no volume"));
  CHECK_THAT(with_state([](model& m, auto x) { m.integral<"i">(value(x), m.box<"b">(0, 1)); }),
             Catch::Contains("one number a sample"));
  CHECK_THAT(with_state([](model& m, auto) { m.stage<"s">({.how = method::lbfgs, .redraw = 1}); }),
             Catch::Contains("L-BFGS compares gradients"));
  CHECK_THAT(message([](model& m) {
               m.state<"x", 3667>();
               m.sobol<"b">(0, 1);
             }),
             Catch::Contains("3,666 dimensions"));
  CHECK_THAT(message([](model& m) { m.drawn<"b">(density, 0, 1); }), Catch::Contains("m.drawn"));
  CHECK_THAT(message([](model& m) {
               m.samples<"a">();
               m.samples<"a">();
             }),
             Catch::Contains("'a' is already taken"));
  CHECK_THAT(message([](model& m) {
               m.stage<"a">();
               m.stage<"a">();
             }),
             Catch::Contains("'a' is already taken"));
}
