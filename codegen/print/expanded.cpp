// codegen/print/expanded.cpp: see expanded.hpp.
#include "codegen/print/expanded.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "dimwise/analysis/dependence.hpp"

namespace dimwise::print {
namespace {

using terms = std::vector<derivative_term>;

/// Too many terms.
struct too_long {};

class calculus {
 public:
  calculus(const table& recording, std::size_t limit) : t(recording), most(limit), time(std::size_t(t.node_count), 0) {
    for (int i = 0; i < t.node_count; i++) {
      const node& x = t.nodes[i];
      time[std::size_t(i)] = x.o == op::time || (x.a >= 0 && time[std::size_t(x.a)]) || (x.b >= 0 && time[std::size_t(x.b)]);
    }
  }

  /// A value as a polynomial of values without a rule.
  const terms& of(int i) {
    const auto [at, added] = known.try_emplace(i);
    if (added) at->second = expand(i);
    return at->second;
  }

 private:
  const table& t;
  std::size_t most;
  std::vector<char> time;
  std::map<int, terms> known;

  static terms number(double v) { return v == 0 ? terms{} : terms{{v, {}}}; }
  static terms atom(int node, int k = 0, int m = 0, double power = 1) { return {{1, {{node, k, m, power}}}}; }

  static void multiply(derivative_term& a, const derivative_factor& f) {
    for (std::size_t j = 0; j < a.factors.size(); j++) {
      derivative_factor& g = a.factors[j];
      if (g.node != f.node || g.k != f.k || g.m != f.m) continue;
      g.power += f.power;
      if (g.power == 0) a.factors.erase(a.factors.begin() + std::ptrdiff_t(j));
      return;
    }
    a.factors.push_back(f);
  }
  static bool alike(const derivative_term& a, const derivative_term& b) {
    return a.factors.size() == b.factors.size() &&
           std::all_of(a.factors.begin(), a.factors.end(), [&](const derivative_factor& f) {
             return std::find(b.factors.begin(), b.factors.end(), f) != b.factors.end();
           });
  }
  void add(terms& sum, const derivative_term& x) const {
    for (std::size_t j = 0; j < sum.size(); j++) {
      if (!alike(sum[j], x)) continue;
      sum[j].coefficient += x.coefficient;
      if (sum[j].coefficient == 0) sum.erase(sum.begin() + std::ptrdiff_t(j));
      return;
    }
    if (x.coefficient == 0) return;
    sum.push_back(x);
    if (sum.size() > most) throw too_long();
  }
  terms plus(const terms& a, const terms& b, double sign = 1) const {
    terms r = a;
    for (derivative_term x : b) {
      x.coefficient *= sign;
      add(r, x);
    }
    return r;
  }
  terms times(const terms& a, const terms& b) const {
    terms r;
    for (const derivative_term& x : a)
      for (const derivative_term& y : b) {
        derivative_term z = x;
        z.coefficient *= y.coefficient;
        for (const derivative_factor& f : y.factors) multiply(z, f);
        add(r, z);
      }
    return r;
  }

  /// a^c: of one term by its factors; of a sum, multiplied out where c is 2 or 3; else it has no rule.
  bool power(const terms& a, double c, terms& r) const {
    if (a.size() == 1 && (a[0].coefficient > 0 || c == std::floor(c))) {
      derivative_term x = a[0];
      x.coefficient = std::pow(x.coefficient, c);
      for (derivative_factor& f : x.factors) f.power *= c;
      r = {x};
      return true;
    }
    if (c != 2 && c != 3) return false;
    r = times(a, a);
    if (c == 3) r = times(r, a);
    return true;
  }

  terms expand(int i) {
    const node& x = t.nodes[i];
    terms r;
    for (int m = 0; m < t.mixture_count; m++)  // a density is known by its name
      if (i == t.mixtures[m].log_density || i == t.mixtures[m].mean || i == t.mixtures[m].log_deviation ||
          i == t.mixtures[m].log_weights)
        return atom(i);
    switch (x.o) {
      case op::literal: return number(x.value);
      case op::add: return plus(of(x.a), of(x.b));
      case op::sub: return plus(of(x.a), of(x.b), -1);
      case op::mul: return times(of(x.a), of(x.b));
      case op::div: return power(of(x.b), -1, r) ? times(of(x.a), r) : times(of(x.a), atom(x.b, 0, 0, -1));
      case op::sq: return power(of(x.a), 2, r) ? r : atom(x.a, 0, 0, 2);
      case op::power: return power(of(x.a), x.value, r) ? r : atom(x.a, 0, 0, x.value);
      case op::sqrt: return power(of(x.a), 0.5, r) ? r : atom(x.a, 0, 0, 0.5);
      case op::frozen: return of(x.a);
      case op::D:
      case op::dt: {
        terms v = of(x.a);
        for (int n = 0; n < x.n; n++) v = derivative(v, x.o == op::dt);
        return v;
      }
      default: return atom(i);
    }
  }

  /// The derivative of one factor without its power.
  terms derivative_of(const derivative_factor& f, bool by_time) {
    const node& x = t.nodes[f.node];
    if (f.k == 0 && f.m == 0 && (x.o == op::exp || x.o == op::exp_relative))
      return times(atom(f.node), derivative(of(x.a), by_time));
    if (x.o == op::detach || (x.o == op::held && (x.n & (by_time ? held_along_t : held_along_x)))) return {};
    if (by_time) {
      if (!time[std::size_t(f.node)]) return {};
      if (x.o == op::time) return f.m == 0 ? number(1) : terms{};
    } else {
      if (x.k.l == level::point ? x.k.d == depends::nothing : !sees_own(x.k) && !single(x.k)) return {};
      if (x.o == op::state) return f.k == 0 ? number(1) : terms{};
    }
    return atom(f.node, f.k + !by_time, f.m + by_time);
  }
  terms derivative(const terms& v, bool by_time) {
    terms r;
    for (const derivative_term& x : v)
      for (std::size_t j = 0; j < x.factors.size(); j++) {
        derivative_term rest = x;
        const derivative_factor f = x.factors[j];
        rest.factors.erase(rest.factors.begin() + std::ptrdiff_t(j));
        rest.coefficient *= f.power;
        derivative_factor lower = f;
        lower.power = f.power - 1;
        if (lower.power != 0) rest.factors.insert(rest.factors.begin() + std::ptrdiff_t(j), lower);
        derivative_factor bare = f;
        bare.power = 1;
        r = plus(r, times({rest}, derivative_of(bare, by_time)));
      }
    return r;
  }
};

}  // namespace

std::optional<std::vector<derivative_term>> derivative_terms(const table& t, int node, std::size_t most) {
  try {
    terms all = calculus(t, most).of(node);
    for (derivative_term& x : all) {
      std::erase_if(x.factors,
                    [&](const derivative_factor& f) { return f.k == 0 && f.m == 0 && t.nodes[f.node].o == op::exp_relative; });
      // lower derivatives first, as they are written
      std::stable_sort(x.factors.begin(), x.factors.end(),
                       [](const derivative_factor& a, const derivative_factor& b) { return a.k + a.m < b.k + b.m; });
    }
    return all;
  } catch (const too_long&) {
    return std::nullopt;
  }
}

}  // namespace dimwise::print
