// tests/property/shrinking.cpp: failing recordings get small, and faulty kernels fail.
#include <algorithm>

#include "catch.hpp"
#include "support/kernel_failures.hpp"
#include "support/oracle_kernel.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {

bool holds(const table_builder& b, op what, int order) {
  for (const auto& n : b.nodes)
    if (n.o == what && n.n >= order) return true;
  return false;
}

}  // namespace

TEST_CASE("a recording shrinks to what still fails, and stays well-formed") {
  for (const op what : {op::D, op::readout, op::sum, op::logsumexp, op::dt}) {
    int tried = 0;
    for (std::uint64_t seed = 0; seed < 200 && tried < 3; seed++) {
      const table_builder b = random_table(seed);
      const int order = what == op::D ? 2 : 0;
      if (!holds(b, what, order)) continue;
      tried++;
      const table_builder small = shrink(b, [&](const table_builder& c) {
        REQUIRE(why_ill_formed(c.view()) == "");
        return holds(c, what, order);
      });
      INFO(to_text(b.view()) << "became\n" << to_text(small.view()));
      CHECK(holds(small, what, order));
      CHECK(small.nodes.size() <= 12);
    }
    CHECK(tried == 3);
  }
}

TEST_CASE("a kernel with a fault in one operation is found and reported with a small recording") {
  // what this kernel computes for sin is cos
  const kernel_maker<double> faulty = [](const table& t,
                                         std::vector<output_info> outputs) -> std::unique_ptr<kernel_interface<double>> {
    struct owner : oracle_kernel<double> {
      std::vector<node> nodes;
      owner(const table& of, std::vector<node> changed, std::vector<output_info> o)
          : oracle_kernel<double>(with(of, changed), std::move(o)), nodes(std::move(changed)) {}
      static table with(table of, const std::vector<node>& changed) {
        of.nodes = changed.data();
        return of;
      }
    };
    std::vector<node> nodes(t.nodes, t.nodes + t.node_count);
    for (auto& n : nodes)
      if (n.o == op::sin) n.o = op::cos;
    return std::make_unique<owner>(t, std::move(nodes), std::move(outputs));
  };
  failure_options options;
  options.gradient_entries = 2;
  options.bounds.least = 1e-3;
  random_table_options tables;
  tables.steps = 12;
  const std::string report = smallest_failure<double>(0, 60, tables, faulty, options);
  INFO(report);
  CHECK(report.find("seed ") == 0);
  CHECK(report.find("sin(") != std::string::npos);
  CHECK(std::count(report.begin(), report.end(), '%') < 14);
}

TEST_CASE("rules that recordings must keep are noticed") {
  table_builder b(2);
  const int x = b.state();
  b.D(1, b.apply(op::sin, x));
  REQUIRE(why_ill_formed(b.view()) == "");
  auto wrong = b;
  wrong.nodes.back().a = int(wrong.nodes.size()) - 1;
  CHECK(why_ill_formed(wrong.view()) != "");
  wrong = b;
  wrong.nodes.back().k.d = depends::hollow;
  CHECK(why_ill_formed(wrong.view()) != "");
}
