// language/forward_laplacian.hpp: sums of second derivatives carried through a plain network beside its first derivatives.
#pragma once
#include "factored_sum.hpp"
#include "pair_map.hpp"

namespace dimwise::detail {

/// L(y) = sum_i w_i d^2 y / dx_i^2 of point-level values whose series along each x_i is known (Li et al., Forward Laplacian,
/// 2023; collapsed Taylor mode): L(f(a)) = f'(a) L(a) + f''(a) sum_i w_i (da/dx_i)^2, L is linear, L(a b) = a L(b) + b L(a) + 2
/// sum_i w_i da/dx_i db/dx_i. So layers carry d first derivatives and one L, where D<2> would carry d second ones as well. Not
/// every operation has a rule here.
class forward_laplacian {
 public:
  /// `weights`: the w_i, one feature, or -1 for 1.
  constexpr forward_laplacian(recorder& r, int weights) : m(r), w(weights), zero(r.literal(0).id) {}

  /// L(v), or the id -1 where something below v has no rule.
  constexpr handle operator()(handle v) {
    stack.push_back(v.id);
    while (stack.count && known) {
      const int i = stack.data[stack.count - 1];
      if (done.find(i, 0) < 0) {
        const int r = step(i);
        if (r < 0) continue;
        done.insert(i, 0, r);
      }
      stack.count--;
    }
    return {&m, known ? done.find(v.id, 0) : -1};
  }

 private:
  recorder& m;
  int w, zero;
  bool known = true;
  list<int> stack;
  pair_map done;

  constexpr handle at(int i) { return {&m, i}; }
  constexpr handle number(double v) { return m.literal(v); }
  constexpr handle times(handle a, handle b) { return m.binary(op::mul, a, b); }
  constexpr handle minus(handle a, handle b) { return m.binary(op::sub, a, b); }
  constexpr int none() {
    known = false;
    return -1;
  }
  constexpr int wanted(int i) {
    const int r = done.find(i, 0);
    if (r < 0) stack.push_back(i);
    return r;
  }
  constexpr handle weighted(handle v) { return w < 0 ? v : times(at(w), v); }
  /// sum_i w_i da/dx_i db/dx_i.
  constexpr handle products(int a, int b) {
    const handle x = m.unary(op::D, at(a), 0, 1);
    return record_sum(weighted(a == b ? m.unary(op::sq, x) : times(x, m.unary(op::D, at(b), 0, 1))));
  }
  /// l with the features of v.
  constexpr handle widened(int l, int v) {
    if (m.nodes[l].k.width == m.nodes[v].k.width) return at(l);
    return m.binary(op::add, at(l), times(at(zero), at(v)));
  }
  /// A linear function of the own coordinate.
  constexpr bool affine(int i) const {
    const node& x = m.nodes[i];
    if (x.k.d == depends::nothing || x.o == op::state) return true;
    switch (x.o) {
      case op::add:
      case op::sub:
      case op::concat: return affine(x.a) && affine(x.b);
      case op::mul:
        return (m.nodes[x.a].k.d == depends::nothing && affine(x.b)) || (m.nodes[x.b].k.d == depends::nothing && affine(x.a));
      case op::slice:
      case op::linear: return affine(x.a);
      default: return false;
    }
  }

  /// f' and f'' of y = f(a), without cancellation where f saturates.
  struct slopes {
    handle first, second;
  };
  constexpr slopes slopes_of(const node& x, handle y) {
    const handle a = at(x.a);
    const auto sigmoid_of = [&](double factor) { return m.unary(op::sigmoid, times(number(factor), a)); };
    const auto bell = [&](double factor) {
      return times(number(factor * 1.1283791670955125739), m.unary(op::exp, times(number(-1), m.unary(op::sq, a))));
    };
    switch (x.o) {
      case op::exp: return {y, y};
      case op::log: {
        const handle r = m.binary(op::div, number(1), a);
        return {r, times(number(-1), m.unary(op::sq, r))};
      }
      case op::tanh: {
        const handle s = times(number(4), times(sigmoid_of(2), sigmoid_of(-2)));
        return {s, times(number(-2), times(y, s))};
      }
      case op::sigmoid: {
        const handle other = sigmoid_of(-1), s = times(y, other);
        return {s, times(s, minus(other, y))};
      }
      case op::softplus: {
        const handle s = m.unary(op::sigmoid, a);
        return {s, times(s, sigmoid_of(-1))};
      }
      case op::sin: return {m.unary(op::cos, a), times(number(-1), y)};
      case op::cos: return {times(number(-1), m.unary(op::sin, a)), times(number(-1), y)};
      case op::sq: return {times(number(2), a), number(2)};
      case op::sqrt: {
        const handle s = m.binary(op::div, number(0.5), y);
        return {s, times(number(-0.5), m.binary(op::div, s, a))};
      }
      case op::expm1: {
        const handle e = m.unary(op::exp, a);
        return {e, e};
      }
      case op::log1p: {
        const handle r = m.binary(op::div, number(1), m.binary(op::add, a, number(1)));
        return {r, times(number(-1), m.unary(op::sq, r))};
      }
      case op::sinh: return {m.unary(op::cosh, a), y};
      case op::cosh: return {m.unary(op::sinh, a), y};
      case op::tan: {
        const handle s = m.binary(op::add, m.unary(op::sq, y), number(1));
        return {s, times(number(2), times(y, s))};
      }
      case op::asin:
      case op::acos: {
        const handle q = times(minus(number(1), a), m.binary(op::add, number(1), a)), sign = number(x.o == op::asin ? 1 : -1);
        return {times(sign, m.unary(op::power, q, -0.5)), times(sign, times(a, m.unary(op::power, q, -1.5)))};
      }
      case op::atan: {
        const handle s = m.binary(op::div, number(1), m.binary(op::add, m.unary(op::sq, a), number(1)));
        return {s, times(number(-2), times(a, m.unary(op::sq, s)))};
      }
      case op::cbrt: {
        const handle s = m.binary(op::div, number(1.0 / 3), m.unary(op::sq, y));
        return {s, times(number(-2.0 / 3), m.binary(op::div, s, a))};
      }
      case op::power: {
        const double p = x.value;
        if (p == 1 || p == 2) return {};  // no power is left to differentiate
        return {times(number(p), m.unary(op::power, a, p - 1)), times(number(p * (p - 1)), m.unary(op::power, a, p - 2))};
      }
      case op::normal_cdf: {
        const handle s = times(number(0.39894228040143267794), m.unary(op::exp, times(number(-0.5), m.unary(op::sq, a))));
        return {s, times(number(-1), times(a, s))};
      }
      case op::erf:
      case op::erfc: {
        const handle s = bell(x.o == op::erf ? 1 : -1);
        return {s, times(number(-2), times(a, s))};
      }
      default: return {};
    }
  }

  constexpr int step(int i) {
    const node x = m.nodes[i];
    if (x.k.d == depends::nothing) return zero;
    if (x.k.l != level::point) return none();
    if (x.o == op::sum) {  // of values of their own coordinate
      if (affine(x.a)) return zero;
      return record_sum(weighted(m.unary(op::D, at(x.a), 0, 2))).id;
    }
    if (x.o == op::held && x.n & held_along_x) return zero;
    const int a = x.a < 0 ? zero : wanted(x.a);
    const int b = x.b < 0 ? zero : wanted(x.b);
    if (a < 0 || b < 0) return -1;
    switch (x.o) {
      case op::linear:
      case op::slice:
      case op::sum_features:
      case op::frozen: {
        if (a == zero) return zero;
        if (x.o == op::linear && m.tensors[x.weight].rank == 3) return none();
        node y = x;
        y.a = widened(a, x.a).id;
        y.bias = -1;
        y.k = kind_of_node(y, m.nodes.data, m.tensors.data);
        return m.put(y).id;
      }
      case op::add:
      case op::sub:
        if (a == zero && b == zero) return zero;
        return widened(b == zero   ? a
                       : a == zero ? (x.o == op::add ? b : times(number(-1), at(b)).id)
                                   : m.binary(x.o, at(a), at(b)).id,
                       i)
            .id;
      case op::concat:
        if (a == zero && b == zero) return zero;
        return m.binary(op::concat, widened(a, x.a), widened(b, x.b)).id;
      case op::mul: {
        handle r{};
        const auto add = [&](handle term) { r = r.id < 0 ? term : m.binary(op::add, r, term); };
        if (a != zero) add(times(at(a), at(x.b)));
        if (b != zero) add(times(at(x.a), at(b)));
        if (m.nodes[x.a].k.d != depends::nothing && m.nodes[x.b].k.d != depends::nothing)
          add(times(number(2), products(x.a, x.b)));
        return r.id < 0 ? zero : r.id;
      }
      case op::div:
        if (m.nodes[x.b].k.d != depends::nothing) return none();
        return a == zero ? zero : m.binary(op::div, at(a), at(x.b)).id;
      default: {
        const slopes s = slopes_of(x, at(i));
        if (s.first.id < 0) return none();
        const handle curved = times(s.second, products(x.a, x.a));
        return a == zero ? curved.id : m.binary(op::add, times(s.first, at(a)), curved).id;
      }
    }
  }
};

}  // namespace dimwise::detail
