// codegen/print/from_table.cpp: see from_table.hpp.
#include "codegen/print/from_table.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "codegen/print/expanded.hpp"

namespace dimwise::print {
namespace {

constexpr int long_formula = 12;  // parts; a shorter one is repeated rather than named

formula number(double v) {
  formula f;
  f.value = v;
  return f;
}

formula symbol(std::string_view name, bool indexed) {
  formula f;
  f.what = part::symbol;
  f.text = name;
  f.indexed = indexed;
  return f;
}

formula compound(part what, std::vector<formula> terms, int n = 0, double value = 0) {
  formula f;
  f.what = what;
  f.terms = std::move(terms);
  f.n = n;
  f.value = value;
  return f;
}

formula call(std::string_view name, bool indexed, std::vector<formula> arguments) {
  formula f = compound(part::call, std::move(arguments));
  f.text = name;
  f.indexed = indexed;
  return f;
}

class builder {
 public:
  builder(const table& t, const std::vector<int>& roots, bool expand)
      : t_(t),
        expand_(expand),
        below_(std::size_t(t.node_count)),
        formula_(std::size_t(t.node_count)),
        uses_(std::size_t(t.node_count)) {
    for (int i = 0; i < t.node_count; i++) collect_networks(i);
    // Children as they are printed, so that what a network hides is neither counted nor named.
    std::vector<bool> live(std::size_t(t.node_count));
    for (int r : roots)
      if (r >= 0) live[std::size_t(r)] = true;
    for (int i = t.node_count - 1; i >= 0; i--) {
      if (!live[std::size_t(i)]) continue;
      for (int c : printed_children(i)) {
        live[std::size_t(c)] = true;
        uses_[std::size_t(c)]++;
      }
    }
    for (int i = 0; i < t.node_count; i++)
      if (live[std::size_t(i)]) make(i);
    for (int r : roots) result.roots.push_back(r >= 0 ? formula_[std::size_t(r)] : number(0));
  }
  formulas result;

 private:
  const node& at(int i) const { return t_.nodes[i]; }
  bool dim(int i) const { return at(i).k.l == level::dim; }
  std::string own_network(int i) const {
    const int w = at(i).weight;
    return w >= 0 ? network_of(t_.tensors[w]) : std::string();
  }
  void collect_networks(int i) {
    auto& set = below_[std::size_t(i)];
    for (int c : {at(i).a, at(i).b})
      if (c >= 0) set.insert(below_[std::size_t(c)].begin(), below_[std::size_t(c)].end());
    if (const std::string own = own_network(i); !own.empty()) set.insert(own);
  }
  // A part of a mixture that is no more than a leaf keeps its own name.
  const mixture_entry* mixture_of(int i, std::string& what) const {
    if (at(i).a < 0) return nullptr;
    for (int m = 0; m < t_.mixture_count; m++) {
      const mixture_entry& e = t_.mixtures[m];
      what = i == e.log_density     ? ""
             : i == e.log_weights   ? ".log_weights"
             : i == e.mean          ? ".mean"
             : i == e.log_deviation ? ".log_deviation"
                                    : "-";
      if (what != "-") return &e;
    }
    return nullptr;
  }

  // A state besides the first: its input plus x - x, the second one held. Below D by one of several states the others are held;
  // that goes without saying.
  const input_slot* further_state(int i) const {
    if (at(i).o == op::held && at(i).n & held_for_D) i = at(i).a;
    const node& x = at(i);
    if (x.o != op::add || at(x.a).o != op::input_per_dim || !t_.inputs[at(x.a).n].state) return nullptr;
    return at(x.b).o == op::sub && at(at(x.b).a).o == op::state ? &t_.inputs[at(x.a).n] : nullptr;
  }
  bool held_first_state(int i) const { return at(i).o == op::held && at(i).n & held_for_D && at(at(i).a).o == op::state; }
  std::string_view state_name(int number) const {
    for (int i = 0, q = 0; i < t_.input_count; i++)
      if (t_.inputs[i].state && ++q == number) return t_.inputs[i].name.view();
    return t_.state_name.view();
  }
  bool several_states() const { return state_name(1) != t_.state_name.view(); }

  // What a network is applied to: the first values below `root` that contain nothing of the network. A second application of the
  // same network below it is an argument, too.
  std::vector<int> arguments_of(int root) const {
    const std::string network = own_network(root);
    std::vector<int> found, open = {at(root).a, at(root).b};
    std::set<int> seen;
    while (!open.empty()) {
      const int i = open.back();
      open.pop_back();
      if (i < 0 || !seen.insert(i).second) continue;
      if (at(i).o == op::literal) continue;
      const bool inside = below_[std::size_t(i)].count(network) && at(i).weight != at(root).weight;
      if (inside || at(i).o == op::concat) {
        open.push_back(at(i).a);
        open.push_back(at(i).b);
      } else {
        found.push_back(i);
      }
    }
    // The state first, then time, then the rest as written.
    auto rank = [&](int i) { return at(i).o == op::state ? 0 : at(i).o == op::time ? 1 : 2; };
    std::sort(found.begin(), found.end(), [&](int a, int b) { return std::pair(rank(a), a) < std::pair(rank(b), b); });
    return found;
  }
  std::vector<int> leaves_of(int root) const {
    std::vector<int> found, open = {root};
    std::set<int> seen;
    while (!open.empty()) {
      const int i = open.back();
      open.pop_back();
      if (i < 0 || !seen.insert(i).second) continue;
      const op o = at(i).o;
      if (o == op::state || o == op::time || o == op::input || o == op::input_per_dim || o == op::constant) found.push_back(i);
      open.push_back(at(i).a);
      open.push_back(at(i).b);
    }
    auto rank = [&](int i) { return at(i).o == op::state ? 0 : at(i).o == op::time ? 1 : 2; };
    std::sort(found.begin(), found.end(), [&](int a, int b) { return std::pair(rank(a), a) < std::pair(rank(b), b); });
    return found;
  }
  bool is_network(int i) const { return at(i).weight >= 0 && at(i).o != op::parameter; }

  std::vector<int> printed_children(int i) const {
    std::string what;
    if (mixture_of(i, what)) return leaves_of(i);
    if (further_state(i) || held_first_state(i)) return {};
    if (is_network(i)) return arguments_of(i);
    std::vector<int> children;
    if (const std::vector<derivative_term>* terms = written_out(i)) {
      for (const derivative_term& x : *terms)
        for (const derivative_factor& f : x.factors) children.push_back(f.node);
      return children;
    }
    for (int c : {at(i).a, at(i).b})
      if (c >= 0) children.push_back(c);
    return children;
  }
  // The terms of a derivative, where derivatives are written out.
  const std::vector<derivative_term>* written_out(int i) const {
    if (!expand_ || (at(i).o != op::D && at(i).o != op::dt)) return nullptr;
    const auto [found, added] = terms_.try_emplace(i);
    if (added) found->second = derivative_terms(t_, i);
    return found->second ? &*found->second : nullptr;
  }
  formula factor_of(const derivative_factor& f, double power) const {
    formula g = formula_[std::size_t(f.node)];
    if (f.k) g = compound(part::derivative, {g}, f.k);
    if (f.m) g = compound(part::in_time, {g}, f.m);
    return power == 1 ? g : compound(part::power, {g}, 0, power);
  }
  formula sum_of(const std::vector<derivative_term>& terms) const {
    formula all = number(0);
    for (std::size_t j = 0; j < terms.size(); j++) {
      const derivative_term& x = terms[j];
      std::vector<formula> above, below;
      const double size = std::abs(x.coefficient);
      if (size != 1) above.push_back(number(size));
      for (const derivative_factor& f : x.factors) (f.power < 0 ? below : above).push_back(factor_of(f, std::abs(f.power)));
      if (above.empty()) above.push_back(number(size));
      const auto product_of = [](std::vector<formula> f) {
        return f.size() == 1 ? f[0] : compound(part::multiply, std::move(f));
      };
      formula y = product_of(std::move(above));
      if (!below.empty()) y = compound(part::divide, {y, product_of(std::move(below))});
      if (x.coefficient < 0) y = compound(part::negative, {y});
      all = j == 0 ? y : joined(all, y);
    }
    return all;
  }

  static int size(const formula& f) {
    int n = 1;
    for (const formula& g : f.terms) n += size(g);
    return n;
  }

  void make(int i) {
    formula f = spell(i);
    if (uses_[std::size_t(i)] > 1 && size(f) >= long_formula) {
      const std::string name = "v" + std::to_string(result.definitions.size() + 1 - std::size_t(exponentials_));
      result.definitions.emplace_back(name, std::move(f));
      result.indexed.push_back(dim(i));
      f = symbol(name, dim(i));
    } else if (expand_ && uses_[std::size_t(i)] > 1 && at(i).o == op::exp && !dim(i)) {
      const std::string name = exponentials_++ ? "p" + std::to_string(exponentials_) : "p";
      result.definitions.emplace_back(name, std::move(f));
      result.indexed.push_back(false);
      f = symbol(name, false);
    } else if (expand_ && uses_[std::size_t(i)] > 2 && f.what == part::call && size(f) > 3 && !is_network(i)) {
      // a function of a network, say, that the rules repeat
      const std::string name = "v" + std::to_string(result.definitions.size() + 1 - std::size_t(exponentials_));
      result.definitions.emplace_back(name, std::move(f));
      result.indexed.push_back(dim(i));
      f = symbol(name, dim(i));
    }
    formula_[std::size_t(i)] = std::move(f);
  }

  // The values that a chain of concat joins.
  std::vector<formula> parts_of(int i) const {
    std::vector<formula> parts;
    for (; at(i).o == op::concat; i = at(i).a) parts.insert(parts.begin(), formula_[std::size_t(at(i).b)]);
    parts.insert(parts.begin(), formula_[std::size_t(i)]);
    return parts;
  }
  // x in place of x_i, where other components are meant.
  static formula without_index(formula f) {
    if (f.what == part::symbol) f.indexed = false;
    return f;
  }
  // Arguments of a network: x_i where it sees nothing but the own coordinate, x where it sees others.
  std::vector<formula> seen_by(int network, const std::vector<int>& nodes) const {
    const depends d = at(network).k.d;
    const bool own = dim(network) && (d == depends::own || d == depends::nothing);
    std::vector<formula> all;
    for (int i : nodes) {
      all.push_back(formula_[std::size_t(i)]);
      if (all.back().what == part::symbol) all.back().indexed = all.back().indexed && own;
    }
    return all;
  }

  formula spell(int i) const {
    const node& x = at(i);
    std::string what;
    if (const std::vector<derivative_term>* terms = written_out(i)) return sum_of(*terms);
    if (const mixture_entry* m = mixture_of(i, what))
      return call(std::string(m->name.view()) + what, dim(i), seen_by(i, leaves_of(i)));
    if (const input_slot* s = further_state(i)) return symbol(s->name.view(), true);
    if (held_first_state(i)) return symbol(t_.state_name.view(), true);
    if (is_network(i)) return call(own_network(i), dim(i), seen_by(i, arguments_of(i)));
    const formula a = x.a >= 0 ? formula_[std::size_t(x.a)] : formula(), b = x.b >= 0 ? formula_[std::size_t(x.b)] : formula();
    auto minus = [](const formula& f) { return compound(part::negative, {f}); };
    auto is_number = [](const formula& f, double v) { return f.what == part::number && f.value == v; };
    switch (x.o) {
      case op::literal: return number(x.value);
      case op::constant: return symbol(t_.constants[x.n].name.view(), false);
      case op::time: return symbol(t_.time_name.view(), false);
      case op::along: return symbol("s", false);
      case op::input:
      case op::input_per_dim: return symbol(t_.inputs[x.n].name.view(), dim(i));
      case op::state: return symbol(t_.state_name.view(), true);
      case op::index: return symbol("i", false);
      case op::indicator: return symbol("[i == " + std::to_string(x.n) + "]", false);
      case op::parameter: return symbol(t_.tensors[x.weight].name.view(), dim(i));
      case op::add: return joined(a, b);
      case op::sub: return is_number(a, 0) ? minus(b) : joined(a, minus(b));
      case op::mul: {
        if (is_number(a, -1)) return minus(b);
        if (is_number(b, -1)) return minus(a);
        if (a.what == part::negative) return minus(product(a.terms[0], b));
        return product(a, b);
      }
      case op::div: return compound(part::divide, {a, b});
      case op::pow: return call("pow", dim(i), {a, b});
      case op::sq: return compound(part::power, {a}, 0, 2);
      case op::power: return compound(part::power, {a}, 0, x.value);
      case op::concat: return call("concat", dim(i), {a, b});
      case op::choose: {
        std::vector<formula> branches =
            at(x.b).o == op::concat ? std::vector<formula>{formula_[std::size_t(at(x.b).a)], formula_[std::size_t(at(x.b).b)]}
                                    : std::vector<formula>{b};
        branches.insert(branches.begin(), call(x.n == 1 ? "not_negative" : "positive", dim(x.a), {a}));
        return call("where", dim(i), std::move(branches));
      }
      case op::slice: return call("slice", dim(i), {a, number(x.n), number(x.k.width)});
      case op::sum: return compound(part::sum, {a});
      case op::component: return compound(part::component, {a}, x.n);
      case op::unstack: {
        std::vector<formula> parts = parts_of(x.a);
        if (x.k.width == 1 && int(parts.size()) == t_.d) return call("components", true, std::move(parts));
        return call("unstack", true, {a});
      }
      case op::shift: {
        const bool line = x.offset.width == t_.d && x.offset.rows == 0;
        formula f = compound(part::shifted, {a});
        f.text = (line ? "" : std::to_string(x.offset.rows) + ", ") + std::to_string(x.offset.columns);
        if (!line)
          f.terms.push_back(
              symbol("grid{" + std::to_string(t_.d / x.offset.width) + ", " + std::to_string(x.offset.width) + "}", false));
        if (x.offset.periodic) f.terms.push_back(symbol("periodic", false));
        return f;
      }
      case op::sum_others: return call(x.n < 0 ? "sum_before" : x.n > 0 ? "sum_after" : "sum_others", true, {without_index(a)});
      case op::D:
        if (several_states()) return call("D<" + std::to_string(x.n) + ">", true, {a, symbol(state_name(int(x.value)), true)});
        return compound(part::derivative, {a}, x.n);
      case op::dt: return compound(part::in_time, {a}, x.n);
      default: return call(function_name(x.o), dim(i), {a});
    }
  }

  // Sums and products of more than two are one list.
  static formula joined(const formula& a, const formula& b) {
    std::vector<formula> terms = a.what == part::add ? a.terms : std::vector<formula>{a};
    if (b.what == part::add) terms.insert(terms.end(), b.terms.begin(), b.terms.end());
    else terms.push_back(b);
    return compound(part::add, std::move(terms));
  }
  static formula product(const formula& a, const formula& b) {
    std::vector<formula> factors = a.what == part::multiply ? a.terms : std::vector<formula>{a};
    factors.push_back(b);
    return compound(part::multiply, std::move(factors));
  }

  const table& t_;
  bool expand_;
  mutable std::map<int, std::optional<std::vector<derivative_term>>> terms_;
  int exponentials_ = 0;
  std::vector<std::set<std::string>> below_;
  std::vector<formula> formula_;
  std::vector<int> uses_;
};

}  // namespace

std::string network_of(const tensor& t) {
  const std::string_view name = t.name.view();
  return std::string(name.substr(0, name.find('.')));
}

formulas from_table(const table& recording, const std::vector<int>& roots, bool expand) {
  return std::move(builder(recording, roots, expand).result);
}

expanded_equation expanded_sides(const table& t, const equation_entry& e) {
  std::vector<int> roots = {e.lhs, e.rhs};
  expanded_equation r;
  int p = -1;
  if (e.relative >= 0) {
    // residual / p is (lhs - rhs) / p, each side of its own
    const node& x = t.nodes[e.relative];
    r.divided = x.o == op::sub;
    if (r.divided) roots.insert(roots.end(), {x.a, x.b});
    for (int i = 0; i < e.relative; i++)
      if (t.nodes[i].o == op::exp_relative) p = i;
    r.divided = r.divided && p >= 0;
  }
  if (r.divided) roots.push_back(t.nodes[p].a);
  formulas all = from_table(t, roots, true);
  r.lhs = all.roots[0], r.rhs = all.roots[1];
  if (r.divided) {
    r.divided_lhs = all.roots[2], r.divided_rhs = all.roots[3];
    r.divisor = call("exp", false, {all.roots[4]});
    for (const auto& [name, f] : all.definitions)
      if (as_text(f) == as_text(r.divisor)) r.divisor = symbol(name, false);
  }
  r.definitions = std::move(all.definitions);
  r.indexed = std::move(all.indexed);
  return r;
}

const char* function_name(op o) {
  switch (o) {
    case op::exp: return "exp";
    case op::log: return "log";
    case op::tanh: return "tanh";
    case op::softplus: return "softplus";
    case op::sigmoid: return "sigmoid";
    case op::erf: return "erf";
    case op::erfc: return "erfc";
    case op::normal_cdf: return "normal_cdf";
    case op::expm1: return "expm1";
    case op::log1p: return "log1p";
    case op::tan: return "tan";
    case op::asin: return "asin";
    case op::acos: return "acos";
    case op::atan: return "atan";
    case op::sinh: return "sinh";
    case op::cosh: return "cosh";
    case op::cbrt: return "cbrt";
    case op::relu: return "relu";
    case op::abs: return "abs";
    case op::sin: return "sin";
    case op::cos: return "cos";
    case op::sqrt: return "sqrt";
    case op::exp_relative: return "exp_relative";
    case op::logsumexp: return "logsumexp";
    case op::sum_features: return "sum_features";
    case op::frozen: return "frozen";
    case op::held: return "held";
    case op::detach: return "detach";
    default: return "?";
  }
}

}  // namespace dimwise::print
