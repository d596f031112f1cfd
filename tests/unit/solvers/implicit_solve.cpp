// tests/unit/solvers/implicit_solve.cpp: published stiff problems to their reference digits, and a corrector that does not go
// wrong in silence.
#include "dimwise/solvers/implicit_solve.hpp"

#include <cmath>
#include <functional>
#include <map>

#include "catch.hpp"
#include "examples/stiff/problems.hpp"
#include "src/solvers/stacked_system.hpp"
#include "support/ode_models.hpp"

using namespace dimwise;
using namespace dimwise::testing;

namespace {

const std::vector<stiff::published>& published() {
  static const auto all = stiff::all_published();
  return all;
}
ode_problem<double> problem(std::size_t i) {
  switch (i) {
    case 0: return double_problem<stiff::van_der_pol>();
    case 1: return double_problem<stiff::robertson>();
    case 2: return double_problem<stiff::hires>();
    case 3: return double_problem<stiff::oregonator>();
    default: return double_problem<stiff::pollution>();
  }
}
implicit_options with(multistep formula, corrector how, double tolerance, const stiff::published& p) {
  implicit_options o;
  o.formula = formula, o.how = how;
  o.rtol = tolerance;
  o.atol_of = p.atol(tolerance);
  return o;
}
implicit_solution solved(std::size_t i, const implicit_options& o) {
  const stiff::published& p = published()[i];
  return solve_implicit(problem(i), {1, p.start.data(), nullptr, 0, p.end}, o);
}
double relative_error(const implicit_solution& r, const stiff::published& p) {
  double worst = 0;
  for (std::size_t i = 0; i < p.reference.size(); i++) worst = std::max(worst, std::abs(r.state[i] / p.reference[i] - 1));
  return worst;
}

/// Root mean square of the relative errors, in units of the tolerance.
double units(const implicit_solution& r, std::size_t i, double rtol) {
  const stiff::published& p = published()[i];
  double sum = 0;
  for (std::size_t k = 0; k < p.reference.size(); k++) sum += std::pow((r.state[k] / p.reference[k] - 1) / rtol, 2);
  return std::sqrt(sum / double(p.reference.size()));
}

constexpr auto net = hollow_net<"net">(masked_mlp{24, 24}, features{6}, mlp{12});
/// Rates 1 to 1000, coupled by a HollowNet.
template <int d>
constexpr void relaxation(model& m) {
  auto x = m.state<"x", d>();
  auto t = m.time<"t">();
  auto a = m.input_per_dim<"rate">();
  auto f = -a * (x - 2.0 * net(x, t) - sin(t + a));
  m.ode<"relaxation">(f, carry<"energy">(sum(sq(x))));
}
constexpr void plain_relaxation(model& m) {
  auto x = m.state<"x", 8>();
  auto t = m.time<"t">();
  auto a = m.input_per_dim<"rate">();
  m.ode<"relaxation">(-a * (x - 2.0 * net(x, t) - sin(t + a)));
}
std::vector<double> rates(std::size_t samples, std::size_t d) {
  std::vector<double> r;
  for (std::size_t e = 0; e < samples * d; e++)
    r.push_back(std::pow(1000.0, double(e % d) / double(d - 1)) * (1 + 0.1 * double(e / d)));
  return r;
}

}  // namespace

TEST_CASE("published problems to their reference digits") {
  struct way {
    multistep formula;
    corrector how;
  };
  const way ways[] = {{multistep::bdf, corrector::jacobi_newton},
                      {multistep::bdf, corrector::newton},
                      {multistep::bdf, corrector::newton_krylov},
                      {multistep::adams, corrector::jacobi_newton},
                      {multistep::adams, corrector::newton}};
  for (const double rtol : {1e-6, 1e-9})
    for (std::size_t i = 0; i < published().size(); i++)
      for (const way& w : ways) {
        auto o = with(w.formula, w.how, rtol, published()[i]);
        const bool adams = w.formula == multistep::adams,
                   hopeless = adams && i == 4;  // Adams takes a million steps and more on Pollution
        if (hopeless) o.most_steps = 5000;
        const auto r = solved(i, o);
        INFO(published()[i].name << (adams ? ", Adams" : ", BDF") << ", corrector " << int(w.how) << ", rtol " << rtol << ": "
                                 << relative_error(r, published()[i]) << ", " << units(r, i, rtol) << " units; " << r.text);
        CHECK(r.ok() == !hopeless);
        if (hopeless) {
          CHECK(r.text.find("as many steps as it was allowed") != std::string::npos);
          continue;
        }
        CHECK(units(r, i, rtol) < 60);
        if (rtol < 1e-8) CHECK(relative_error(r, published()[i]) < (adams ? 1e-6 : 3e-7));
        CHECK(r.counters.accepted > 100);
        if (w.how == corrector::newton_krylov) CHECK(r.counters.field < r.counters.products);  // exact ones: not counted with f
        if (w.how == corrector::newton) CHECK((r.counters.jacobian > 0 && !r.fell_back));
      }
  const auto few = [&] {
    auto o = with(multistep::adams, corrector::functional, 1e-9, published()[0]);
    o.most_steps = 2000;
    return solved(0, o);
  }();
  CHECK(few.status == solve_status::too_many_steps);
}

TEST_CASE("local errors that add up are noticed, and the problem is solved again") {
  const std::size_t oregonator = 3;
  auto o = with(multistep::adams, corrector::jacobi_newton, 1e-6, published()[oregonator]);
  o.largest_sum = 0;
  const auto once = solved(oregonator, o);
  CHECK(units(once, oregonator, 1e-6) > 60);
  CHECK(once.error_sum == 0);
  CHECK(once.tolerance_scale == 1);
  o.largest_sum = implicit_options{}.largest_sum;
  o.save_at = {100, 360};
  const auto again = solved(oregonator, o);
  const double error = units(again, oregonator, 1e-6);
  INFO(error << " units; " << again.text);
  CHECK(error < 60);
  CHECK(again.error_sum > o.largest_sum);
  CHECK(again.tolerance_scale == 0.1);
  CHECK(again.error < 4 * error);
  CHECK(again.error > error / 4);
  CHECK(again.counters.field > 2 * once.counters.field);
  CHECK(again.counters.accepted > 2 * once.counters.accepted);
  CHECK(again.text.find("solved again with the tolerances times 0.1: the error at the end is estimated as") != std::string::npos);
  CHECK(std::vector<double>(again.saved.end() - 3, again.saved.end()) == again.state);
  o.largest_error = 1e-3 * again.error;  // more rounds, each with smaller tolerances
  const auto strict = solved(oregonator, o);
  CHECK(strict.tolerance_scale < 0.01);
  CHECK(units(strict, oregonator, 1e-6) < 0.2 * error);
  o.largest_error = implicit_options{}.largest_error;
  o.most_steps = once.counters.accepted + 100;
  const auto short_of_steps = solved(oregonator, o);
  CHECK(short_of_steps.ok());
  CHECK(short_of_steps.state == once.state);
  CHECK(short_of_steps.error == 0);
  CHECK(short_of_steps.text.find("times 0.1, which did not reach the end") != std::string::npos);
}

TEST_CASE("Jacobi-Newton on HIRES is wrong in silence without the watch, and says what it did with it") {
  auto o = with(multistep::bdf, corrector::jacobi_newton, 1e-6, published()[2]);
  o.watch = false;
  const auto blind = solved(2, o);
  CHECK(blind.status == solve_status::success);
  CHECK(relative_error(blind, published()[2]) > 1e-4);
  CHECK(!blind.fell_back);
  o.watch = true;
  const auto watched = solved(2, o);
  CHECK(watched.fell_back);
  CHECK(watched.fall_back_time > 1);
  CHECK(watched.text.find("Solved by Newton, after Jacobi-Newton to time") != std::string::npos);
  CHECK(relative_error(watched, published()[2]) < 5e-5);
  CHECK(watched.counters.diagonal > 100);
  o.save_at = {0, 1, 20, 300};  // what Jacobi-Newton had saved is taken back
  const auto saved = solved(2, o);
  o.how = corrector::newton;
  CHECK(saved.saved == solved(2, o).saved);
  o.how = corrector::jacobi_newton;
  o.save_at.clear();
  CHECK(watched.radius > 0.5);
}

TEST_CASE("counts on a stiff relaxation, all correctors to the same digits") {
  const auto parameters = draw_parameters(recording<plain_relaxation>::view, 5);
  auto p = double_problem<plain_relaxation>(parameters.data());
  const auto a = rates(1, 8);
  const double* inputs[] = {a.data()};
  p.inputs = inputs;
  const std::vector<double> zero(8, 0.0);
  implicit_options o;
  o.how = corrector::newton;
  o.rtol = o.atol = 1e-10;
  const auto exact = solve_implicit(p, {1, zero.data(), nullptr, 0, 3}, o);
  o.rtol = o.atol = 1e-6;
  std::map<std::pair<multistep, corrector>, solve_counters> count;
  for (const multistep formula : {multistep::adams, multistep::bdf})
    for (const corrector how : {corrector::functional, corrector::jacobi_newton, corrector::newton, corrector::newton_krylov}) {
      o.formula = formula, o.how = how;
      const auto r = solve_implicit(p, {1, zero.data(), nullptr, 0, 3}, o);
      REQUIRE(r.ok());
      CHECK(!r.fell_back);
      CHECK((r.error_sum > 0.1) == (how != corrector::functional));  // far from a second solve
      CHECK(r.error_sum < 0.5 * o.largest_sum);
      CHECK(r.tolerance_scale == 1);
      double worst = 0;
      for (std::size_t i = 0; i < 8; i++)
        worst = std::max(worst, std::abs(r.state[i] - exact.state[i]) / (1e-6 + 1e-6 * std::abs(exact.state[i])));
      INFO(int(formula) << " " << int(how) << ": " << worst << ", " << r.counters.field << " evaluations");
      CHECK(worst < 60);
      count[{formula, how}] = r.counters;
    }
  CHECK(count[{multistep::adams, corrector::jacobi_newton}].field <
        0.25 * double(count[{multistep::adams, corrector::functional}].field));
  CHECK(count[{multistep::bdf, corrector::jacobi_newton}].field <
        0.10 * double(count[{multistep::adams, corrector::functional}].field));
  CHECK(count[{multistep::bdf, corrector::jacobi_newton}].diagonal == count[{multistep::bdf, corrector::jacobi_newton}].field);
}

/// A chain in which neighbours push from both sides: couplings of one sign, so that what Jacobi-Newton leaves does not average
/// out.
constexpr void chain(model& m) {
  auto x = m.state<"x", 8>();
  auto a = m.input_per_dim<"rate">();
  m.ode<"chain">(-a * (x - 0.25 * tanh(shift<1>(x, periodic) + shift<-1>(x, periodic)) - 0.5 * sin(m.time<"t">() + a)));
}

TEST_CASE("what is left of a corrector does not echo in the predictor and keep the steps short") {
  auto p = double_problem<chain>();
  std::vector<double> rate, x0;
  for (int i = 0; i < 8; i++) rate.push_back(10 * std::pow(20.0, i / 7.0)), x0.push_back(0.7 * std::sin(3.7 * i * i));
  const double* inputs[] = {rate.data()};
  p.inputs = inputs;
  for (const multistep formula : {multistep::bdf, multistep::adams}) {
    implicit_options o;
    o.formula = formula, o.largest_order = formula == multistep::bdf ? 5 : 3;
    const auto jacobi = solve_implicit(p, {1, x0.data(), nullptr, 0, 6}, o);
    o.how = corrector::newton;
    const auto newton = solve_implicit(p, {1, x0.data(), nullptr, 0, 6}, o);
    INFO(int(formula) << ": " << jacobi.counters.accepted << " steps, with Newton " << newton.counters.accepted << "; "
                      << jacobi.text);
    CHECK(!jacobi.fell_back);
    CHECK(jacobi.counters.accepted < 1.4 * double(newton.counters.accepted));
    CHECK(jacobi.counters.field < 2.5 * double(jacobi.counters.accepted));
  }
}

TEST_CASE("a batch is one system: carried quantities, saved values, threads") {
  constexpr std::size_t samples = 40, d = 3;
  const auto parameters = draw_parameters(recording<relaxation<3>>::view, 6);
  auto p = double_problem<relaxation<3>>(parameters.data());
  const auto a = rates(samples, d);
  const double* inputs[] = {a.data()};
  p.inputs = inputs;
  const std::vector<double> zero(samples * d, 0.0), ten(samples, 10.0);
  implicit_options o;
  o.save_at = {0, 0.5, 2};
  for (const corrector how : {corrector::jacobi_newton, corrector::newton, corrector::newton_krylov}) {
    o.how = how;
    const auto r = solve_implicit(p, {samples, zero.data(), ten.data(), 0, 2}, o);
    REQUIRE(r.ok());
    CHECK(solve_implicit(p, {samples, zero.data(), ten.data(), 0, 2}, o, 3).state == r.state);
    CHECK(std::vector<double>(r.saved.end() - std::ptrdiff_t(samples * d), r.saved.end()) == r.state);
    CHECK(r.saved[0] == 0);
    CHECK(r.saved_carried[0] == 10);
    implicit_options tight;
    tight.rtol = tight.atol = 1e-9;
    tight.how = corrector::newton;
    for (const std::size_t s : {std::size_t(0), std::size_t(17)}) {
      const double* own[] = {a.data() + s * d};
      p.inputs = own;
      const auto one = solve_implicit(p, {1, zero.data(), nullptr, 0, 2}, tight);
      for (std::size_t i = 0; i < d; i++) CHECK(std::abs(one.state[i] - r.state[s * d + i]) < 3e-5);
      CHECK(std::abs(one.carried[0] + 10 - r.carried[s]) < 3e-4);
      p.inputs = inputs;
    }
  }
  o.save_at = {3};
  CHECK_THROWS_WITH(solve_implicit(p, {samples, zero.data(), nullptr, 0, 2}, o), Catch::Contains("save_at"));
  const auto refused = [&](const char* says, const std::function<void(implicit_options&)>& change) {
    o = {};
    change(o);
    CHECK_THROWS_WITH(solve_implicit(p, {samples, zero.data(), nullptr, 0, 2}, o), Catch::Contains(says));
  };
  refused("atol_of", [](auto& c) { c.atol_of = {1}; });
  refused("atol -1", [](auto& c) { c.atol_of = {1, -1, 1}; });
  refused("tolerances", [](auto& c) { c.rtol = NAN; });
  refused("1 to 5", [](auto& c) { c.largest_order = 6; });
  refused("1 to 12", [](auto& c) { c.formula = multistep::adams, c.largest_order = -1; });
  refused("first_step", [](auto& c) { c.first_step = -1; });
  refused("largest_step", [](auto& c) { c.largest_step = NAN; });
  refused("most_steps", [](auto& c) { c.most_steps = 0; });
  o = {}, o.atol = 0;
  const auto no_weight = solve_implicit(p, {samples, zero.data(), nullptr, 0, 2}, o);
  CHECK(!no_weight.ok());
  CHECK(no_weight.text.find("set atol above zero") != std::string::npos);
}

TEST_CASE("rows of the Jacobians of few samples come together, with the digits of one product each") {
  constexpr std::size_t d = 3;
  const auto parameters = draw_parameters(recording<relaxation<3>>::view, 6);
  auto p = double_problem<relaxation<3>>(parameters.data());
  for (const std::size_t samples : {std::size_t(1), std::size_t(5), std::size_t(20), std::size_t(100)}) {
    const auto a = rates(samples, d);
    const double* inputs[] = {a.data()};
    p.inputs = inputs;
    std::vector<double> y(samples * (d + 1), 0.0), unit(samples * d), row(samples * d);
    for (std::size_t e = 0; e < samples * d; e++) y[e] = std::sin(double(e));
    team workers(2);
    detail::stacked_system system(p, samples, workers);
    std::size_t seen = 0;
    system.jacobian(0.7, y.data(), [&](std::size_t i, const double* together) {
      CHECK(i == seen++);
      detail::stacked_system other(p, samples, workers);
      for (std::size_t e = 0; e < samples * d; e++) unit[e] = e % d == i;
      other.transposed_product(0.7, y.data(), unit.data(), row.data());
      CHECK(std::equal(row.begin(), row.end(), together));
    });
    CHECK(seen == d);
    CHECK(system.counters.products == d);
  }
}
