// tests/unit/oracle/check.cpp: `check` passes a right model and finds each kind of fault that is put into one.
#include "dimwise/oracle/check.hpp"

#include <algorithm>
#include <limits>

#include "catch.hpp"
#include "dimwise/core/error.hpp"
#include "support/oracle_kernel.hpp"
#include "support/table_builder.hpp"

using namespace dimwise;
using testing::info_of;
using testing::oracle_kernel;
using testing::table_builder;

namespace {

struct fixture {
  table_builder b{3};
  int h = -1, d2 = -1, p = -1;
  fixture() {
    const int x = b.state(), t = b.time();
    h = b.conditioner("drift.conditioner", x, t, {4, 4}, 3);
    const int f = b.mlp("drift.transformer", b.concat(b.concat(x, t), h), {4, 1}, true);
    const int l = b.gaussian_mixture("density", 2, t);
    p = b.apply(op::exp, l);
    const auto rhs = [&](int density) {
      return b.sum(b.apply(op::sub, b.scaled(0.1, b.D(2, density)), b.D(1, b.apply(op::mul, f, density))));
    };
    const int relative_p = b.apply(op::exp_relative, l);
    b.equation("fokker_planck", b.dt(1, p), rhs(p), b.apply(op::sub, b.dt(1, relative_p), rhs(relative_p)));
    b.objective("matching", b.apply(op::sq, b.equations[0].relative));
    d2 = b.D(2, f);
    b.output("curvature", d2);
    b.output("check.drift.conditioner", h);
    b.output("fokker_planck.residual", b.equations[0].residual);
    b.output("fokker_planck.relative", b.equations[0].relative);
  }
  template <class T>
  std::unique_ptr<oracle_kernel<T>> outputs(typename oracle_kernel<T>::fault fault = {}) const {
    const table t = b.view();
    std::vector<output_info> infos;
    for (const auto& o : b.outputs) infos.push_back(info_of(t, std::string(o.name.view()), o.node));
    return std::make_unique<oracle_kernel<T>>(t, infos, fault);
  }
  template <class T>
  std::unique_ptr<oracle_kernel<T>> objective() const {
    const table t = b.view();
    return std::make_unique<oracle_kernel<T>>(t, std::vector{info_of(t, "objective.matching", b.objectives[0].node)});
  }
  compiled_model model() const {
    compiled_model m;
    m.name = "small";
    m.recording = b.view();
    m.in_double.outputs = outputs<double>();
    m.in_double.objectives.push_back(objective<double>());
    m.in_float.outputs = outputs<float>();
    m.in_float.objectives.push_back(objective<float>());
    return m;
  }
};

check_options few() {
  check_options o;
  o.samples = 2;
  o.gradient_entries = 3;
  return o;
}

const check_record* find(const std::vector<check_record>& records, const std::string& name, const std::string& quantity,
                         const std::string& precision) {
  for (const auto& r : records)
    if (r.name == name && r.quantity == quantity && r.precision == precision) return &r;
  return nullptr;
}

std::string broken_ones(const std::vector<check_record>& records) {
  std::string text;
  for (const auto& r : records)
    if (!r.ok) text += r.name + " " + r.quantity + " " + r.precision + "; ";
  return text;
}

}  // namespace

TEST_CASE("a right model passes, with one record for each quantity and precision") {
  fixture f;
  const auto m = f.model();
  const auto parameters = draw_parameters(m.recording, 5);
  std::size_t told = 0;
  auto options = few();
  options.progress = [&](const check_record&) { told++; };
  const auto records = check(m, parameters, options);
  CHECK(told == records.size());
  CHECK(broken_ones(records) == "");
  CHECK(all_ok(records));
  for (const char* precision : {"double", "float"}) {
    const auto* d2 = find(records, "curvature", "value", precision);
    REQUIRE(d2);
    CHECK(d2->order == 2);
    CHECK(d2->bound == (precision[0] == 'd' ? 1e-11 : 5e-5));
    CHECK(d2->max_relative_error < (precision[0] == 'd' ? 1e-15 : 1e-6));
    CHECK(!d2->where.empty());
    CHECK(find(records, "drift", "hollow", precision));
    CHECK(std::count_if(records.begin(), records.end(), [&](const check_record& r) {
            return r.name == "drift" && r.quantity == "D" && r.precision == precision && r.order >= 1 && r.order <= 4;
          }) == 4);
    CHECK(find(records, "fokker_planck", "residual", precision));
    CHECK(find(records, "fokker_planck", "relative", precision));
    CHECK(find(records, "matching", "value", precision));
    CHECK(find(records, "matching", "gradient of drift.transformer.0.weight", precision));
    CHECK(find(records, "matching", "gradient of density.mean.slope", precision));
  }
  CHECK(find(records, "drift", "hollow", "oracle"));
  const auto* relative = find(records, "fokker_planck", "relative form is residual / p", "oracle");
  REQUIRE(relative);
  CHECK(relative->max_relative_error < 1e-20);
  const auto text = to_text(records);
  CHECK(text.find("0 broken") != std::string::npos);
  CHECK(text.find("D^2") != std::string::npos);
}

TEST_CASE("a wrong value is found: too far off, not finite, never written") {
  fixture f;
  auto m = f.model();
  const auto parameters = draw_parameters(m.recording, 5);
  auto options = few();
  options.in_float = false;
  options.gradient_entries = 1;
  const double faults[] = {1e-9, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()};
  for (double by : faults) {
    m.in_double.outputs = f.outputs<double>(
        [&](std::size_t j, std::size_t s, std::size_t e, double v) { return j == 0 && s == 1 && e == 2 ? v * (1 + by) : v; });
    const auto records = check(m, parameters, options);
    CHECK(broken_ones(records) == "curvature value double; ");
    CHECK(find(records, "curvature", "value", "double")->where == "sample 1, dimension 2");
  }
}

TEST_CASE("a kernel that lets a component see its own coordinate is found though its values are within the bound") {
  fixture f;
  auto m = f.model();
  auto options = few();
  options.in_double = false;
  options.gradient_entries = 1;
  bool first = true;
  m.in_float.outputs = f.outputs<float>([&](std::size_t j, std::size_t s, std::size_t e, float v) {
    if (j == 1 && s == 0 && e == 4) {
      const float moved = first ? v : std::nextafter(v, 2.0f);
      first = false;
      return moved;
    }
    return v;
  });
  const auto records = check(m, draw_parameters(m.recording, 5), options);
  CHECK(broken_ones(records) == "drift hollow float; ");
}

TEST_CASE("a gradient is held to its bound, and to exact zeros where nothing may flow") {
  fixture f;
  auto m = f.model();
  const table t = m.recording;
  const auto parameters = draw_parameters(t, 5);
  auto options = few();
  options.in_float = false;
  options.gradient_entries = 1000;
  auto kernel = f.objective<double>();
  int weight = 0;
  for (int w = 0; w < t.tensor_count; w++)
    if (t.tensors[w].masked == mask::input_left) weight = w;
  const tensor& masked = t.tensors[weight];
  int free_entry = -1, masked_entry = -1;
  for (int r = 0; r < masked.shape[0]; r++)
    for (int c = 0; c < masked.shape[1]; c++) (allowed(masked, 0, r, c) ? free_entry : masked_entry) = r * masked.shape[1] + c;
  auto* spoiled = kernel.get();
  m.in_double.objectives[0] = std::move(kernel);
  spoiled->spoil_gradient = [&](double* g) { g[masked.offset + free_entry] *= 1 + 1e-6; };
  const std::string quantity = "gradient of " + std::string(masked.name.view());
  CHECK(broken_ones(check(m, parameters, options)) == "matching " + quantity + " double; ");
  spoiled->spoil_gradient = [&](double* g) { g[masked.offset + masked_entry] = 1e-300; };
  const auto records = check(m, parameters, options);
  CHECK(broken_ones(records) == "matching " + quantity + " double; ");
  CHECK(find(records, "matching", quantity, "double")->where.find("must have no gradient") != std::string::npos);
}

TEST_CASE("hollowness is exact on a masked conditioner, and a leaking parameter vector is found") {
  for (int d : {1, 2, 3, 7}) {
    table_builder b(d);
    const int x = b.state();
    const int h = b.conditioner("net.conditioner", b.concat(x, b.apply(op::sq, x)), b.time(), {4, 3}, 2);
    b.output("h", h);
    const table t = b.view();
    auto parameters = draw_parameters(t, 2);
    const auto s = draw_sample(t, 2, 0);
    auto records = check_hollowness(t, parameters, {s});
    // the network and, where it sees anything, the output that it is
    REQUIRE(records.size() == std::size_t(d == 1 ? 1 : 2));
    CHECK(records[0].name == (d == 1 ? "net" : "h"));
    CHECK(all_ok(records));
    records.erase(records.begin(), records.end() - 1);
    CHECK(records[0].name == "net");
    CHECK(records[0].ok);
    CHECK(records[0].max_relative_error == 0);
    if (d == 1) continue;
    // one masked entry of each masked tensor, however small
    for (int w = 0; w < t.tensor_count; w++) {
      const tensor& x_w = t.tensors[w];
      int entry = -1;
      for (int i = 0, e = 0; i < (x_w.rank == 3 ? x_w.shape[0] : 1); i++)
        for (int r = 0; r < x_w.shape[x_w.rank == 3 ? 1 : 0]; r++)
          for (int c = 0; c < x_w.shape[x_w.rank - 1]; c++, e++)
            if (x_w.rank > 1 && !allowed(x_w, i, r, c)) entry = e;
      if (entry < 0) continue;
      auto leaking = parameters;
      leaking[std::size_t(x_w.offset + entry)] = 1e-30;
      records = check_hollowness(t, leaking, {s});
      INFO(d << " " << x_w.name.view() << " " << entry);
      CHECK(!records.back().ok);
      CHECK(records.back().max_relative_error > 0);
    }
  }
}

TEST_CASE("sums of others, shifts and named values are blind to what their class leaves out, and a wrong class is found") {
  table_builder b(6);
  const int x = b.state(), v = b.apply(op::mul, b.apply(op::sin, x), b.time());
  const int before = b.sum_others(-1, v), others = b.sum_others(0, v);
  const int above = b.shift(v, {-1, 0, 3, false}), around = b.shift(b.concat(v, x), {1, 1, 3, true});
  b.output("autoregressive", b.dt(1, b.apply(op::mul, b.apply(op::add, before, above), x)));
  b.output("hollow", b.apply(op::mul, around, others));
  b.output("everything", b.apply(op::add, others, x));
  const auto s = draw_sample(b.view(), 3, 0);
  auto records = check_hollowness(b.view(), {}, {s});
  std::vector<std::string> names;
  for (const auto& r : records) names.push_back(r.name);
  CHECK(names == std::vector<std::string>{"autoregressive", "hollow", "shift", "sum_before", "sum_others"});
  CHECK(broken_ones(records) == "");
  // the same values under classes that claim too much
  b.nodes[std::size_t(b.outputs[2].node)].k.d = depends::hollow;
  b.nodes[std::size_t(b.outputs[0].node)].k.d = depends::own_and_after;
  b.nodes[std::size_t(around)].k.d = depends::before;
  records = check_hollowness(b.view(), {}, {s});
  CHECK(broken_ones(records) == "autoregressive hollow oracle; everything hollow oracle; shift hollow oracle; ");
  CHECK(find(records, "everything", "hollow", "oracle")->where.find("component") != std::string::npos);
}

TEST_CASE("a kernel whose autoregressive value follows a later coordinate is found") {
  table_builder b(3);
  const int x = b.state();
  b.output("y", b.apply(op::mul, b.sum_others(-1, x), x));
  compiled_model m;
  m.name = "small";
  m.recording = b.view();
  bool first = true;
  m.in_double.outputs = std::make_unique<oracle_kernel<double>>(b.view(), std::vector{info_of(b.view(), "y", b.outputs[0].node)},
                                                                [&](std::size_t, std::size_t s, std::size_t e, double v) {
                                                                  if (s != 0 || e != 1) return v;
                                                                  const double moved = first ? v : std::nextafter(v, 1e9);
                                                                  first = false;
                                                                  return moved;
                                                                });
  auto options = few();
  options.in_float = false;
  const auto records = check(m, {}, options);
  CHECK(broken_ones(records) == "y hollow double; ");
  CHECK(find(records, "y", "hollow", "double")->where == "sample 0, component 1 follows coordinate 2");
}

TEST_CASE("a relative form that is not residual / p is found") {
  fixture f;
  f.b.equations[0].relative = f.b.apply(op::add, f.b.equations[0].relative, f.b.literal(1e-9));
  auto m = f.model();
  auto options = few();
  options.in_float = false;
  options.gradient_entries = 1;
  const auto records = check(m, draw_parameters(m.recording, 5), options);
  CHECK(broken_ones(records) == "fokker_planck relative form is residual / p oracle; ");
}

TEST_CASE("a wrong number of parameters is refused") {
  fixture f;
  const auto m = f.model();
  CHECK_THROWS_AS(check(m, {1.0}, few()), error);
}
