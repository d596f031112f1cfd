// tests/support/random_table.cpp: draws recordings operation by operation, keeping track of ranges and orders.
#include "random_table.hpp"

#include <algorithm>
#include <cmath>

#include "dimwise/analysis/dependence.hpp"
#include "dimwise/core/random.hpp"

namespace dimwise::testing {
namespace {

/// What is known of a value that was made: a rough range (`low` is sure where it is positive) and the orders below it.
struct made {
  int node;
  double low, high;
  int x_order = 0, t_order = 0;
};

class maker {
 public:
  maker(std::uint64_t seed, const random_table_options& o) : o_(o), numbers_(stream(seed, "random_table")), b_(1) {
    b_ = table_builder(1 + pick(o.largest_d));
  }

  table_builder make() {
    leaves();
    for (int i = 0; i < o_.steps; i++) step();
    finish();
    return without_unused(b_);
  }

 private:
  int pick(int n) { return int(numbers_.below(std::uint64_t(n), 0, at_++)); }
  double number(double low, double high) { return low + (high - low) * numbers_.uniform(1, at_++); }
  const kind& of(const made& v) const { return b_.nodes[std::size_t(v.node)].k; }
  int width() { return 1 + pick(o_.largest_width); }
  std::string name(const char* what) { return what + std::to_string(names_++); }

  made add(int node, double low, double high, const made& a) { return keep({node, low, high, a.x_order, a.t_order}); }
  made add(int node, double low, double high, const made& a, const made& b) {
    return keep({node, low, high, std::max(a.x_order, b.x_order), std::max(a.t_order, b.t_order)});
  }
  made keep(made m) {
    pool_.push_back(m);
    return m;
  }
  static double size(const made& v) { return std::max(std::abs(v.low), std::abs(v.high)); }

  void leaves() {
    keep({b_.state(), -4, 4});
    keep({b_.state(), -4, 4});
    keep({b_.time(), 0, 1});
    if (o_.inner)
      keep({b_.apply(op::add, b_.state(), b_.apply(op::mul, b_.along(), b_.parameter(name("direction"), level::dim, 1))), -4, 4});
    keep({b_.apply(op::mul, b_.state(), b_.apply(op::sin, b_.time())), -4, 4});
    keep({b_.literal(number(-2, 2)), -2, 2});
    keep({b_.index(), 0, double(b_.d - 1)});
    keep({b_.indicator(pick(b_.d)), 0, 1});
    keep({b_.constant(name("constant"), number(-2, 2)), -2, 2});
    keep({b_.input(name("input"), width()), -4, 4});
    keep({b_.input_per_dim(name("per_dim"), width()), -4, 4});
    keep({b_.parameter(name("point"), level::point, width()), -4, 4});
    keep({b_.parameter(name("dim"), level::dim, width()), -4, 4});
  }

  bool sees_time(int node) {
    for (int i = int(sees_time_.size()); i < int(b_.nodes.size()); i++) {
      const auto& n = b_.nodes[std::size_t(i)];
      sees_time_.push_back(n.o == op::time || n.o == op::along || (n.a >= 0 && sees_time_[std::size_t(n.a)]) ||
                           (n.b >= 0 && sees_time_[std::size_t(n.b)]));
    }
    return sees_time_[std::size_t(node)];
  }

  /// Later values more often.
  made any() {
    const int n = int(pool_.size());
    return pool_[std::size_t(pick(2) ? n - 1 - pick(std::min(n, 6)) : pick(n))];
  }
  template <class Holds>
  bool find(made& found, const Holds& holds) {
    for (int tries = 0; tries < 30; tries++) {
      found = any();
      if (holds(found)) return true;
    }
    return false;
  }
  made bounded(const made& v, double limit = 3) { return size(v) <= limit ? v : add(b_.apply(op::tanh, v.node), -1, 1, v); }
  made positive(const made& v) {
    if (v.low >= 0.1) return v;
    const double least = number(0.2, 1);
    const made s = pick(2) ? add(b_.apply(op::softplus, v.node), 0, size(v) + 1, v)
                           : add(b_.apply(op::sq, bounded(v).node), 0, std::pow(std::min(size(v), 3.0), 2), v);
    return add(b_.apply(op::add, s.node, b_.literal(least)), least, s.high + least, s);
  }

  void step() {
    made a{};
    switch (pick(23)) {
      case 22: {
        grid_offset by;
        do by.width = 1 + pick(b_.d);
        while (b_.d % by.width != 0);
        by.rows = pick(3) - 1, by.columns = pick(5) - 2, by.periodic = pick(2);
        if (by.rows == 0 && by.columns == 0) by.columns = 1;
        if (by.periodic && by.source(0, b_.d) == 0) break;
        if (find(a, [&](const made& v) { return others_operand(of(v), by.side()); }))
          add(b_.shift(a.node, by), std::min(a.low, 0.0), std::max(a.high, 0.0), a);
        break;
      }
      case 20: {
        const int j = pick(b_.d);
        if (find(a, [&](const made& v) {
              return of(v).l == level::dim && of(v).d != depends::scaled_own && (pick(2) || own_only(of(v)));
            }))
          add(b_.component(j, a.node), a.low, a.high, a);
        break;
      }
      case 21: {
        std::vector<int> each;
        made all{-1, 0, 0};
        const bool differentiable = pick(4) != 0;
        while (int(each.size()) < b_.d && find(a, [&](const made& v) {
                 return of(v).l == level::point && of(v).width == 1 && (of(v).dimwise || !differentiable);
               })) {
          each.push_back(a.node);
          if (each.size() == 1) all = a;
          all.low = std::min(all.low, a.low), all.high = std::max(all.high, a.high);
          all.x_order = std::max(all.x_order, a.x_order), all.t_order = std::max(all.t_order, a.t_order);
        }
        if (int(each.size()) == b_.d) add(b_.components(each), all.low, all.high, all);
        break;
      }
      case 19: {
        const int side = pick(3) - 1;
        if (find(a, [&](const made& v) { return others_operand(of(v), side); }))
          add(b_.sum_others(side, a.node), a.low > 0 ? 0 : a.low * b_.d, a.high > 0 ? a.high * b_.d : 0, a);
        break;
      }
      case 18: {
        made b{}, c{};
        a = any();
        if (find(b, [&](const made& v) { return of(v).width == of(a).width; }) &&
            find(c, [&](const made& v) { return of(v).width == 1 && v.x_order + v.t_order == 0; }))
          add(b_.choose(c.node, a.node, b.node, pick(2)), std::min(a.low, b.low), std::max(a.high, b.high), a, b);
        break;
      }
      case 0:
      case 1: pointwise(any()); break;
      case 2:
      case 3:
      case 4: two_operands(); break;
      case 5: {
        a = positive(any());
        const int which = pick(6);
        if (which == 3) add(b_.apply(op::log1p, a.node), 0, std::log(a.high + 1), a);
        else if (which == 4) add(b_.apply(op::cbrt, a.node), 0.4, std::cbrt(a.high) + 1, a);
        else if (which == 5) {  // on both sides of the kink, never at it
          const made u = pick(2) ? a : add(b_.scaled(-1, a.node), -a.high, -a.low, a);
          if (pick(2)) add(b_.apply(op::abs, u.node), a.low, a.high, u);
          else add(b_.apply(op::relu, u.node), 0, a.high, u);
        } else if (which == 0) add(b_.apply(op::log, a.node), -3, std::log(a.high + 1) + 1, a);
        else if (which == 1) add(b_.apply(op::sqrt, a.node), 0.1, std::sqrt(a.high) + 1, a);
        else add(b_.power(a.node, number(-1.5, 1.5)), 0, 40, a);
        break;
      }
      case 6: {
        made b{};
        a = any();
        if (of(a).width < o_.largest_width && find(b, [&](const made& v) { return of(v).width + of(a).width <= 8; }))
          add(b_.concat(a.node, b.node), std::min(a.low, b.low), std::max(a.high, b.high), a, b);
        break;
      }
      case 7:
        if (!find(a, [&](const made& v) { return of(v).width > 1; })) break;
        if (const int which = pick(3); which == 0) {
          const int first = pick(of(a).width);
          add(b_.slice(a.node, first, 1 + pick(of(a).width - first)), a.low, a.high, a);
        } else if (which == 1) add(b_.sum_features(a.node), a.low * of(a).width, a.high * of(a).width, a);
        else add(b_.logsumexp(bounded(a, 8).node), -8, 8 + std::log(of(a).width), a);
        break;
      case 8: {
        a = bounded(any());
        const made y = add(b_.linear(name("linear"), a.node, width(), pick(3) == 0, pick(4) != 0), -8, 8, a);
        if (pick(2)) bounded(y, 0);
        break;
      }
      case 9: {
        if (!find(a, [&](const made& v) { return of(v).l == level::point; })) break;
        const int w = width();
        const int stacked = b_.mlp(name("mlp"), bounded(a).node, {width(), w * b_.d});
        add(b_.unstack(stacked), -8, 8, a);
        break;
      }
      case 10: conditioner(); break;
      case 11:
        if (find(a, [&](const made& v) { return of(v).l == level::dim && of(v).d != depends::scaled_own; }))
          add(b_.sum(a.node, o_.inner && pick(3) == 0), a.low * b_.d, a.high * b_.d, a);
        break;
      case 12:
      case 13: {
        const int k = 1 + std::min(pick(o_.largest_x_order), pick(o_.largest_x_order));
        const bool again = pick(2);  // of something that holds a D
        const auto fits = [&](const made& v) {
          return (of(v).dimwise ? sees_own(of(v)) || single(of(v)) : o_.inner && b_.has_series(v.node)) &&
                 v.x_order + k <= o_.largest_x_order;
        };
        if (!(again && find(a, [&](const made& v) { return fits(v) && v.x_order > 0; })) && !find(a, fits)) break;
        if (again && pick(2)) {
          const made u = bounded(a, 50);
          a = add(b_.apply(op::mul, u.node, b_.state()), -200, 200, u);
        }
        keep({b_.D(k, a.node), -50, 50, a.x_order + k, a.t_order});
        break;
      }
      case 14:
      case 15:
      case 16: {
        const int k = 1 + pick(o_.largest_t_order);
        if (find(a, [&](const made& v) { return v.t_order + k <= o_.largest_t_order && sees_time(v.node); }))
          keep({b_.dt(k, a.node), -50, 50, a.x_order, a.t_order + k});
        break;
      }
      default: {
        a = any();
        const int which = pick(7);
        if (which > 3) add(b_.held(a.node, held_flags(a)), a.low, a.high, a);
        else if (which == 0) add(b_.apply(op::frozen, a.node), a.low, a.high, a);
        else if (which == 1) add(b_.apply(op::detach, a.node), a.low, a.high, a);
        else if (find(a, [&](const made& v) { return of(v).l == level::point; }))
          add(b_.apply(op::exp_relative, bounded(a).node), 1, 1, a);
      }
    }
  }

  int held_flags(const made& a) {
    if (!o_.inner) return held_along_x | held_along_t;
    if (of(a).l == level::point && pick(3) == 0) return held_for_each_dimension | (pick(2) ? held_along_x : 0);
    const int along = 1 + pick(3);
    if (along & held_along_t && b_.d > 1 && pick(6) == 0) return along | held_product;
    return along & held_along_x && pick(2) ? along | holds_nothing_of_x : along;
  }

  void pointwise(const made& a) {
    switch (pick(13)) {
      case 10:
      case 11: {
        const made u = bounded(a);
        const double e = std::exp(size(u));
        const int which = pick(4);
        if (which == 0) add(b_.apply(op::expm1, u.node), -1, e, u);
        else if (which == 1) add(b_.apply(op::sinh, u.node), -e, e, u);
        else if (which == 2) add(b_.apply(op::cosh, u.node), 1, e, u);
        else add(b_.apply(op::normal_cdf, bounded(u, 3).node), 0, 1, u);
        break;
      }
      case 12: {
        const int which = pick(4);
        const made u = bounded(a, which == 3 ? 1000 : 1),
                   half = which == 3 ? u : add(b_.scaled(0.8, u.node), 0.8 * u.low, 0.8 * u.high, u);
        const op o = which == 0 ? op::tan : which == 1 ? op::asin : which == 2 ? op::acos : op::atan;
        add(b_.apply(o, half.node), which == 2 ? 0.6 : -2, which == 2 ? 2.6 : 2, u);
        break;
      }
      case 8: add(b_.apply(op::erf, bounded(a, 4).node), -1, 1, a); break;
      case 9: add(b_.apply(op::erfc, bounded(a, 2).node), 0, 2, a); break;
      case 0: add(b_.apply(op::tanh, a.node), -1, 1, a); break;
      case 1: add(b_.apply(op::sigmoid, a.node), 0, 1, a); break;
      case 2: add(b_.apply(op::sin, bounded(a, 8).node), -1, 1, a); break;
      case 3: add(b_.apply(op::cos, bounded(a, 8).node), -1, 1, a); break;
      case 4: add(b_.apply(op::softplus, a.node), 0, size(a) + 1, a); break;
      case 5: {
        const made u = bounded(a);
        add(b_.apply(op::exp, u.node), 0.04, std::exp(size(u)), u);
        break;
      }
      case 6: {
        const made u = bounded(a, 8);
        add(b_.apply(op::sq, u.node), 0, size(u) * size(u), u);
        break;
      }
      default: {
        const made u = bounded(a);
        const int n = 2 + pick(3);
        add(b_.power(u.node, n), -std::pow(3.0, n), std::pow(3.0, n), u);
      }
    }
  }

  void two_operands() {
    made a = any(), b{};
    if (!find(b, [&](const made& v) { return of(v).width == of(a).width || of(v).width == 1 || of(a).width == 1; })) return;
    const int which = pick(7);
    if (which == 6) {
      a = positive(a), b = bounded(b, 2);
      if (a.high <= 100) add(b_.apply(op::pow, a.node, b.node), 0, std::pow(std::max(a.high, 1 / a.low), size(b)), a, b);
    } else if (which < 2) {
      const double s = size(a) + size(b);
      const bool grows = which == 0 && a.low > 0 && b.low > 0;
      add(b_.apply(which ? op::sub : op::add, a.node, b.node), grows ? a.low + b.low : -s, s, a, b);
    } else if (which < 5) {
      a = bounded(a, 8), b = bounded(b, 8);
      const double s = size(a) * size(b);
      add(b_.apply(op::mul, a.node, b.node), a.low > 0 && b.low > 0 ? a.low * b.low : -s, s, a, b);
    } else {
      b = positive(b);
      const double s = size(a) / b.low;
      add(b_.apply(op::div, a.node, b.node), a.low > 0 ? a.low / b.high : -s, s, a, b);
    }
  }

  void conditioner() {
    made a{}, c{-1, 0, 0};
    if (!find(a, [&](const made& v) { return of(v).l == level::dim && unmixed(of(v)); })) return;
    a = bounded(a, 4);
    if (pick(2) && !find(c, [&](const made& v) { return of(v).l == level::point && of(v).d == depends::nothing; }))
      c = {-1, 0, 0};
    std::vector<int> hidden{1 + pick(6)};
    if (pick(2)) hidden.push_back(1 + pick(6));
    if (c.node >= 0) c = bounded(c, 4);
    using streams = table_builder::streams;
    const streams which = pick(2) ? streams::both : pick(2) ? streams::left : streams::right;
    const made h = add(b_.conditioner(name("net") + ".conditioner", a.node, c.node, hidden, width(), which), -1, 1, a, c);
    if (!pick(2)) return;
    const made in = pick(2) ? a : made{b_.state(), -4, 4};  // a transformer on top: a HollowNet
    add(b_.mlp(name("transformer"), b_.concat(bounded(in, 4).node, h.node), {width(), 1 + pick(2)}), -8, 8, in, h);
  }

  /// A point-level scalar of moderate size made of any value.
  made scalar(made v) {
    if (size(v) > 8) v = add(b_.apply(op::tanh, v.node), -1, 1, v);
    v = add(b_.apply(op::sq, v.node), 0, size(v) * size(v), v);
    if (of(v).width > 1) v = add(b_.sum_features(v.node), 0, v.high * 8, v);
    return of(v).l == level::dim ? add(b_.sum(v.node), 0, v.high * b_.d, v) : v;
  }

  void finish() {
    std::vector<made> chosen, scalars;
    for (int i = 0; i < o_.outputs; i++) {
      made v{};
      if (!find(v, [&](const made& w) {
            return b_.nodes[std::size_t(w.node)].a >= 0 && (i != 0 || w.x_order > 1) &&
                   std::none_of(chosen.begin(), chosen.end(), [&](const made& c) { return c.node == w.node; });
          }))
        continue;
      chosen.push_back(v);
      b_.output("output" + std::to_string(i), v.node);
      if (of(v).l == level::point && of(v).width == 1) scalars.push_back(v);
    }
    if (scalars.size() >= 2) b_.equation("equation", scalars[0].node, scalars[1].node);
    made total{b_.literal(0.5), 0.5, 0.5};
    for (const made& v : chosen) {
      const made s = scalar(v);
      total = add(b_.apply(op::add, total.node, s.node), 0.5, total.high + s.high, total, s);
    }
    b_.objective("objective", total.node);
  }

  random_table_options o_;
  random_stream numbers_;
  std::uint64_t at_ = 0;
  table_builder b_;
  int names_ = 0;
  std::vector<made> pool_;
  std::vector<char> sees_time_;
};

}  // namespace

table_builder random_table(std::uint64_t seed, const random_table_options& options) { return maker(seed, options).make(); }

}  // namespace dimwise::testing
