// tests/property/random_models.cpp: kernels of random recordings against the oracle, values and gradients, in both precisions.
#include <chrono>
#include <cstdlib>
#include <set>
#include <vector>

#include "catch.hpp"
#include "dimwise/kernel/interpret.hpp"
#include "support/kernel_failures.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {

/// Random recordings may be zero by cancellation, as x / x - 1 is; numbers below 1e-3 are compared to that.
failure_options bounds(double value, double single) {
  failure_options o;
  o.bounds.value = value;
  o.bounds.single = single;
  o.bounds.least = 1e-3;
  return o;
}

template <class T>
kernel_maker<T> interpreted() {
  return [](const table& t, std::vector<output_info> outputs) { return interpret<T>(t, std::move(outputs), true); };
}

/// How many recordings: DIMWISE_RANDOM_MODELS asks for more than the default.
std::uint64_t recordings(std::uint64_t by_default) {
  const char* wanted = std::getenv("DIMWISE_RANDOM_MODELS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : by_default;
}

}  // namespace

TEST_CASE("random recordings are well-formed, finite, and the same for the same seed") {
  for (std::uint64_t seed = 0; seed < 100; seed++) {
    const table_builder b = random_table(seed);
    INFO("seed " << seed << "\n" << to_text(b.view()));
    REQUIRE(why_ill_formed(b.view()) == "");
    REQUIRE(to_text(b.view()) == to_text(random_table(seed).view()));
    basic_oracle<fifty_digits> o(b.view());
    o.set_parameters(draw_parameters(b.view(), seed));
    o.set_sample(draw_sample(b.view(), seed, 0));
    for (const auto& v : o.value(b.objectives[0].node)) REQUIRE(isfinite(v));
  }
}

TEST_CASE("random recordings hold every operation, nested derivatives and every number of dimensions") {
  std::set<op> seen;
  std::set<int> dimensions;
  int nested = 0, mixed = 0, of_sums = 0;
  for (std::uint64_t seed = 0; seed < 1000; seed++) {
    random_table_options tables;
    tables.inner = seed % 2;
    const table_builder b = random_table(seed, tables);
    dimensions.insert(b.d);
    for (const node& n : b.nodes) {
      seen.insert(n.o);
      if (n.o != op::D) continue;
      bool holds_d = false, holds_dt = false;
      std::vector<char> below(b.nodes.size(), 0);
      below[std::size_t(n.a)] = 1;
      for (int i = n.a; i >= 0; i--) {
        const node& x = b.nodes[std::size_t(i)];
        if (!below[std::size_t(i)]) continue;
        holds_d = holds_d || x.o == op::D;
        holds_dt = holds_dt || x.o == op::dt;
        if (x.a >= 0) below[std::size_t(x.a)] = 1;
        if (x.b >= 0) below[std::size_t(x.b)] = 1;
      }
      nested += holds_d;
      mixed += holds_dt;
      of_sums += b.d > 1 && b.nodes[std::size_t(n.a)].k.d == depends::everything;
    }
  }
  CHECK(seen.size() == std::size_t(op::detach) + 1);
  CHECK(dimensions.size() == 6);
  CHECK(nested > 100);
  CHECK(mixed > 10);
  CHECK(of_sums > 10);
}

TEST_CASE("random recordings in double precision") {
  CHECK(smallest_failure<double>(0, recordings(300), {}, interpreted<double>(), bounds(1e-10, 0)) == "");
}

TEST_CASE("random recordings of what the language's words record") {
  random_table_options tables;
  tables.inner = true;
  CHECK(smallest_failure<double>(3000, 3000 + recordings(300), tables, interpreted<double>(), bounds(1e-10, 0)) == "");
}

TEST_CASE("ten thousand random recordings in double precision", "[.long]") {
  // the bars: values to 1e-11, gradients to 1e-8
  const std::uint64_t count = recordings(10000);
  const auto started = std::chrono::steady_clock::now();
  check_record value, gradient;
  std::size_t quantities = 0, large = 0;
  for (std::uint64_t seed = 0; seed < count; seed++) {
    random_table_options tables;
    tables.inner = seed % 4 == 3;
    if (seed % 10 == 9) tables.steps = 60, tables.outputs = 6, large++;
    failure_options options = bounds(1e-11, 0);
    const table_builder b = random_table(seed, tables);
    bool ok = true;
    for (const check_record& r : kernel_records<double>(b.view(), interpreted<double>(), options)) {
      check_record& worst = r.quantity == "value" || r.quantity == "residual" ? value : gradient;
      if (!(r.max_relative_error < worst.max_relative_error)) worst = r, worst.where += ", seed " + std::to_string(seed);
      quantities++;
      ok = ok && r.ok;
    }
    if (!ok) FAIL_CHECK(smallest_failure<double>(seed, seed + 1, tables, interpreted<double>(), options));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  WARN(count << " random recordings (" << large << " large ones), " << quantities << " quantities in " << int(seconds)
             << " s; worst value " << value.max_relative_error << " (" << value.where << "), worst gradient "
             << gradient.max_relative_error << " (" << gradient.where << ")");
  CHECK(value.max_relative_error > 0);
}

TEST_CASE("random recordings in single precision") {
  random_table_options tables;
  tables.largest_x_order = 2;
  tables.largest_t_order = 1;
  CHECK(smallest_failure<float>(1000, 1000 + recordings(100), tables, interpreted<float>(), bounds(0, 1e-3)) == "");
}

TEST_CASE("large recordings") {
  random_table_options tables;
  tables.steps = 80;
  tables.outputs = 6;
  failure_options options = bounds(1e-9, 0);
  options.gradient_entries = 2;
  CHECK(smallest_failure<double>(2000, 2000 + recordings(100) / 10, tables, interpreted<double>(), options) == "");
}
