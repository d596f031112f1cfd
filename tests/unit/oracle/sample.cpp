// tests/unit/oracle/sample.cpp: random samples and parameters for checks: named seeds, masks, the step, rounding.
#include "dimwise/oracle/sample.hpp"

#include "catch.hpp"
#include "support/table_builder.hpp"

using namespace dimwise;
using testing::table_builder;

TEST_CASE("samples are a function of seed and number") {
  table_builder b(3);
  b.input("step", 1);
  b.input_per_dim("next", 2);
  b.constant("c", 0.25);
  const table t = b.view();
  const auto a = draw_sample(t, 1, 0), same = draw_sample(t, 1, 0), other = draw_sample(t, 1, 1), seed = draw_sample(t, 2, 0);
  CHECK(a.state == same.state);
  CHECK(a.state != other.state);
  CHECK(a.state != seed.state);
  REQUIRE(a.state.size() == 3);
  REQUIRE(a.inputs.size() == 2);
  REQUIRE(a.inputs[0].size() == 1);
  CHECK(a.inputs[0][0] >= 0.5);
  CHECK(a.inputs[0][0] < 1.5);
  CHECK(a.inputs[1].size() == 6);
  CHECK(a.constants == std::vector<double>{0.25});
  CHECK(a.time >= 0);
  CHECK(a.time < 1);
}

TEST_CASE("times are those of the sample sets") {
  table_builder b(1);
  sample_set s;
  s.t0 = 4, s.t1 = 6;
  b.sets.push_back(s);
  for (std::uint64_t i = 0; i < 20; i++) {
    const double t = draw_sample(b.view(), 1, i).time;
    CHECK(t >= 4);
    CHECK(t < 6);
  }
}

TEST_CASE("parameters follow the tensors, masked entries are zero, constant ones are moved") {
  table_builder b(3);
  b.conditioner("net.conditioner", b.state(), -1, {4}, 2);
  b.parameter("zero", level::point, 50, 0);
  const table t = b.view();
  const auto p = draw_parameters(t, 1);
  CHECK(p != draw_parameters(t, 2));
  for (int w = 0; w < t.tensor_count; w++) {
    const tensor& x = t.tensors[w];
    if (x.rank != 2 || x.masked == mask::none) continue;
    for (int r = 0; r < x.shape[0]; r++)
      for (int c = 0; c < x.shape[1]; c++) CHECK((p[std::size_t(x.offset + r * x.shape[1] + c)] != 0) == allowed(x, 0, r, c));
  }
  double sum = 0;
  for (std::size_t i = p.size() - 50; i < p.size(); i++) sum += p[i] * p[i];
  CHECK(sum / 50 == Approx(0.01).epsilon(0.5));
}

TEST_CASE("rounding gives numbers of single precision") {
  std::vector<double> p{0.1, 1.0};
  round_to_float(p);
  CHECK(p[0] == double(0.1f));
  CHECK(p[1] == 1.0);
  sample_inputs s;
  s.state = {0.1};
  s.time = 0.1;
  s.inputs = {{0.1}};
  s.constants = {0.1};
  round_to_float(s);
  CHECK(s.state[0] == double(0.1f));
  CHECK(s.time == double(0.1f));
  CHECK(s.inputs[0][0] == double(0.1f));
  CHECK(s.constants[0] == double(0.1f));
}
