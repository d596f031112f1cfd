// tests/unit/oracle/compare.cpp: arrays for kernels, errors relative to terms, and the choice of entries.
#include "dimwise/oracle/compare.hpp"

#include <cmath>

#include "catch.hpp"
#include "support/oracle_kernel.hpp"
#include "support/table_builder.hpp"

using namespace dimwise;
using namespace dimwise::testing;

TEST_CASE("samples become the arrays that kernels read") {
  table_builder b(2);
  b.input("a", 3);
  b.input_per_dim("b", 1);
  b.constant("c", 0.5);
  const table t = b.view();
  sample_inputs first, second;
  first.state = {1, 2}, second.state = {3, 4};
  first.time = 5, second.time = 6;
  first.inputs = {{7, 8, 9}, {10, 11}};
  second.inputs = {{}, {12, 13}};
  const kernel_arguments<float> in(t, {first, second});
  const auto& v = in.view();
  CHECK(v.samples == 2);
  CHECK(v.state[2] == 3);
  CHECK(v.time[1] == 6);
  CHECK(v.inputs[0][2] == 9);
  CHECK(v.inputs[0][3] == 0);
  CHECK(v.inputs[1][3] == 13);
  CHECK(v.constants[0] == 0.5f);
}

TEST_CASE("double precision is relative to the value, float to the largest term") {
  table_builder b(1);
  const int large = b.scaled(64, b.state());
  b.output("difference", b.apply(op::sub, b.apply(op::add, large, b.literal(1)), large));
  const table t = b.view();
  sample_inputs s;
  s.state = {1};
  reference_values exact(t, {}, {s});
  const auto info = info_of(t, "difference", b.outputs[0].node);
  const oracle_kernel<double> by_value(t, {info}, [](auto, auto, auto, double v) { return v * (1 + 1e-6); });
  const oracle_kernel<float> by_term(t, {info}, [](auto, auto, auto, float v) { return v * (1 + 1e-3f); });
  const auto d = compare_outputs(by_value, exact, {{"n", "value"}}), f = compare_outputs(by_term, exact, {{"n", "value"}});
  CHECK(d[0].max_relative_error == Approx(1e-6));
  CHECK(!d[0].ok);
  CHECK(f[0].max_relative_error == Approx(1e-3 / 65).epsilon(1e-3));
  CHECK(f[0].ok);
}

TEST_CASE("gradients of a value with several numbers, all entries or a part of them") {
  table_builder b(2);
  b.output("h", b.conditioner("net.conditioner", b.state(), b.time(), {3}, 2));
  const table t = b.view();
  reference_values exact(t, draw_parameters(t, 1), {draw_sample(t, 1, 0), draw_sample(t, 1, 1)});
  oracle_kernel<double> kernel(t, {info_of(t, "h", b.outputs[0].node)});
  const auto all_entries = compare_gradient(kernel, 0, exact, {"h", "gradient"}, {1, 1000, 2});
  REQUIRE(all_entries.size() == std::size_t(t.tensor_count));
  for (const auto& r : all_entries) {
    INFO(to_text(r));
    CHECK(r.ok);
    CHECK(r.max_relative_error < 1e-14);
  }
  // an error in one entry is found if that entry is among those drawn, and all are drawn where there are few
  const tensor& last = t.tensors[t.tensor_count - 1];
  kernel.spoil_gradient = [&](double* g) { g[last.offset] += 1; };
  int broken = 0;
  for (const auto& r : compare_gradient(kernel, 0, exact, {"h", "gradient"}, {1, 1000, 2})) broken += !r.ok;
  CHECK(broken == 1);
}

TEST_CASE("a derivative that is zero but for rounding counts as zero") {
  table_builder b(3);
  b.output("o", b.D(2, b.apply(op::mul, b.apply(op::div, b.parameter("p", level::point, 1), b.literal(0.615)), b.state())));
  const table t = b.view();
  reference_values exact(t, draw_parameters(t, 1), {draw_sample(t, 1, 0)});
  for (const auto& g : exact.gradient(b.outputs[0].node, 0, 0)) CHECK(g == 0);
}

TEST_CASE("tensors that are not trained have no gradient") {
  table_builder b(1);
  const int w = b.parameter("w", level::point, 1), v = b.parameter("v", level::point, 1);
  b.objective("loss", b.sum(b.apply(op::mul, b.apply(op::mul, w, v), b.state())));
  b.tensors[1].trained = false;
  const table t = b.view();
  reference_values exact(t, draw_parameters(t, 1), {draw_sample(t, 1, 0)});
  oracle_kernel<double> kernel(t, {info_of(t, "loss", b.objectives[0].node)});
  CHECK(compare_gradient(kernel, 0, exact, {"loss", "gradient"}).size() == 1);
  kernel.spoil_gradient = [](double* g) { g[1] = 1e-3; };
  const auto records = compare_gradient(kernel, 0, exact, {"loss", "gradient"});
  REQUIRE(records.size() == 2);
  CHECK(!records[0].ok);
  CHECK(records[0].where.find("must have no gradient") != std::string::npos);
}
