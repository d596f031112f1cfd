// tests/support/replay.cpp: see replay.hpp.
#include "replay.hpp"

#include <stdexcept>

#include "dimwise/language.hpp"
#include "dimwise/language/recording.hpp"

namespace dimwise::testing {

struct replayed::arrays {
  detail::recording_sizes sizes;
  detail::dynamic_arrays data;
  explicit arrays(const detail::recording_sizes& n) : sizes(n), data(n) {}
};
table replayed::view() const { return detail::table_of(owned->data, owned->sizes); }

std::string layer_name(const table& t, const node& x) {
  std::string name(t.tensors[x.weight].name.view());
  const char* side = t.tensors[x.weight].masked == mask::readout_right ? ".right.weight" : ".left.weight";
  const std::string tail = x.o == op::masked_input ? ".0.weight"
                           : x.o == op::readout    ? side
                           : x.o == op::parameter  ? ""
                                                   : ".weight";
  if (name.size() <= tail.size() || name.compare(name.size() - tail.size(), tail.size(), tail) != 0)
    throw std::logic_error("the tensor " + name + " has no name that a layer of the language gives");
  return name.substr(0, name.size() - tail.size());
}

namespace {

[[noreturn]] void another_shape() { throw error("this name already has another shape"); }
[[noreturn]] void taken() { throw error("this name is already taken"); }

class writer {
 public:
  explicit writer(const table& recording) : t(recording), values(std::size_t(t.node_count), value(handle{})) {
    state(std::make_integer_sequence<int, 8>{});
  }

  replayed write() {
    replayed r;
    r.tensor_of.resize(std::size_t(t.tensor_count));
    try {
      for (int i = 0; i < t.node_count; i++) {
        r.refused_node = i;
        values[std::size_t(i)] = record(t.nodes[i], r);
        if (m.refusal) m.refusal();
      }
      r.refused_node = -1;
      finish();
    } catch (const error& e) {
      r.refusal = e.what();
      return r;
    }
    const detail::canonical_order order(m);
    r.owned = std::make_shared<replayed::arrays>(detail::sizes_of(m, order));
    detail::store(m, order, r.owned->data);
    for (const value& v : values) r.node_of.push_back(order.node_number(v.id));
    return r;
  }

 private:
  const table& t;
  model m{detail::recording_key{}};
  std::vector<value> values;

  value at(int i) const { return values[std::size_t(i)]; }
  value operand(int i) const { return i < 0 ? value(handle{}) : at(i); }

  template <class Make>
  value layer(const node& x, replayed& r, const char* what, const Make& make) {
    const std::string name = layer_name(t, x);
    const detail::named n{name, detail::hash_text(name), another_shape, taken};
    detail::parameter_scope scope(m, n, what);
    const value v = make(scope);
    scope.finish();
    if (m.refusal) m.refusal();
    const node& y = m[v];
    const int mine[] = {x.weight, x.weight2, x.bias}, theirs[] = {y.weight, y.weight2, y.bias};
    for (int j = 0; j < 3; j++)
      if (mine[j] >= 0) r.tensor_of[std::size_t(mine[j])] = std::string(m.tensors[theirs[j]].name.view());
    return v;
  }

  template <int... Order>
  static value derivative(value v, int order, std::integer_sequence<int, Order...>) {
    value r = v;
    ((order == Order + 1 ? void(r = D<Order + 1>(v)) : void()), ...);
    return r;
  }
  template <int... Order>
  static value in_time(value v, int order, std::integer_sequence<int, Order...>) {
    value r = v;
    ((order == Order + 1 ? void(r = dt<Order + 1>(v)) : void()), ...);
    return r;
  }

  value record(const node& x, replayed& r) {
    const value a = operand(x.a), b = operand(x.b);
    const int w = x.k.width;
    switch (x.o) {
      case op::literal: return m.literal(x.value);
      case op::constant: m.constants.push_back(t.constants[x.n]); return m.leaf(op::constant, kind{}, m.constants.count - 1);
      case op::time: return m.time<"t">();
      case op::input:
      case op::input_per_dim:
        m.inputs.push_back(t.inputs[x.n]);
        return m.leaf(x.o, detail::leaf_kind(x.o == op::input ? level::point : level::dim, t.inputs[x.n].width),
                      m.inputs.count - 1);
      case op::state: return state(std::make_integer_sequence<int, 8>{});
      case op::parameter: {
        const tensor& p = t.tensors[x.weight];
        return layer(x, r, "parameter", [&](detail::parameter_scope& scope) {
          detail::tensor_shape s;
          s.rank = p.rank;
          for (int j = 0; j < p.rank; j++) s.shape[j] = p.shape[j];
          s.scale = p.scale;
          node y;
          y.o = op::parameter;
          y.k = detail::leaf_kind(p.rank == 2 ? level::dim : level::point, p.shape[p.rank - 1]);
          y.weight = scope.tensor(s, {}, "");
          return value(m.put(y));
        });
      }
      case op::add: return a + b;
      case op::sub: return a - b;
      case op::mul: return a * b;
      case op::div: return a / b;
      case op::pow: return pow(a, b);
      case op::choose: {
        // as two values where it is written so, else as the halves of one
        const node& branches = t.nodes[x.b];
        const bool written = branches.o == op::concat && m.kind_of(at(branches.a)).width == m.kind_of(at(branches.b)).width;
        const int half = m.kind_of(b).width / 2, rest = m.kind_of(b).width - half;
        const value first = written ? at(branches.a) : value(detail::record_slice(b, 0, half)),
                    second = written ? at(branches.b) : value(detail::record_slice(b, half, rest));
        if (m.refusal) m.refusal();
        return x.n == 1 ? where(a >= 0.0, first, second) : where(a > 0.0, first, second);
      }
      case op::exp: return exp(a);
      case op::log: return log(a);
      case op::tanh: return tanh(a);
      case op::softplus: return softplus(a);
      case op::sigmoid: return sigmoid(a);
      case op::erf: return erf(a);
      case op::erfc: return erfc(a);
      case op::normal_cdf: return normal_cdf(a);
      case op::expm1: return expm1(a);
      case op::log1p: return log1p(a);
      case op::tan: return tan(a);
      case op::asin: return asin(a);
      case op::acos: return acos(a);
      case op::atan: return atan(a);
      case op::sinh: return sinh(a);
      case op::cosh: return cosh(a);
      case op::cbrt: return cbrt(a);
      case op::relu: return relu(a);
      case op::abs: return abs(a);
      case op::sin: return sin(a);
      case op::cos: return cos(a);
      case op::sqrt: return sqrt(a);
      case op::sq: return sq(a);
      case op::power: return pow(a, x.value);
      case op::exp_relative: return m.unary(op::exp_relative, a);
      case op::frozen: return frozen(a);
      case op::detach: return detach(a);
      case op::held:
        if (x.n != (held_along_x | held_along_t)) throw std::logic_error("what is held along one axis is not replayed");
        return held(a);
      case op::along: throw std::logic_error("the way along a direction is not replayed");
      case op::logsumexp: return logsumexp(a);
      case op::sum_features: return sum_features(a);
      case op::concat: return concat(a, b);
      case op::slice: return detail::record_slice(a, x.n, w);
      case op::unstack: return detail::record_unstack(a, w);
      case op::sum:
        if (x.n == 1) throw std::logic_error("the first layer of a plain network is not replayed");
        return sum(a);
      case op::index: return m.leaf(op::index, detail::leaf_kind(level::dim, 1));
      case op::indicator: return m.leaf(op::indicator, detail::leaf_kind(level::dim, 1), x.n);
      case op::component: return a[x.n];
      case op::sum_others: return x.n < 0 ? sum_before(a) : x.n > 0 ? sum_after(a) : sum_others(a);
      case op::shift: {
        const value r = detail::record_shift(a, {t.d / x.offset.width, x.offset.width}, x.offset);
        if (m.refusal) m.refusal();
        return r;
      }
      case op::D: return derivative(a, x.n, std::make_integer_sequence<int, 7>{});
      case op::dt: return in_time(a, x.n, std::make_integer_sequence<int, 7>{});
      case op::linear:
        return layer(x, r, "linear", [&](detail::parameter_scope& s) {
          return detail::linear_layer(s, a, w, t.tensors[x.weight].rank == 3, {}, -1);
        });
      case op::masked_input:
        return layer(x, r, x.n ? "masked_right" : "masked_left",
                     [&](detail::parameter_scope& s) { return detail::stream_layer(s, a, b, w, x.n == 1); });
      case op::masked_hidden:
        return layer(x, r, "masked_hidden", [&](detail::parameter_scope& s) { return detail::hidden_stream_layer(s, a, w); });
      case op::readout:
        return layer(x, r, "readout", [&](detail::parameter_scope& s) { return detail::stream_readout(s, a, b, w); });
    }
    throw std::logic_error("an operation that replay does not know");
  }
  template <int... D>
  value state(std::integer_sequence<int, D...>) {
    value r{handle{}};
    ((t.d == D + 1 ? void(r = m.state<"x", D + 1>()) : void()), ...);
    if (r.id < 0) throw std::logic_error("more dimensions than replay knows");
    return r;
  }

  void finish() {
    for (int i = 0; i < t.output_count; i++) {
      if (m.kind_of(at(t.outputs[i].node)).l == level::units) m.refuse(refused::hidden_units_cannot_be_used_here);
      m.outputs.push_back({t.outputs[i].name, at(t.outputs[i].node).id});
    }
    for (int i = 0; i < t.equation_count; i++) {
      equation_entry e;
      e.name = t.equations[i].name;
      e.lhs = at(t.equations[i].lhs).id, e.rhs = at(t.equations[i].rhs).id;
      e.residual = (at(t.equations[i].lhs) - at(t.equations[i].rhs)).id;
      m.equations.push_back(e);
    }
    for (int i = 0; i < t.objective_count; i++) {
      const value v = at(t.objectives[i].node);
      if (m.kind_of(v).l != level::point || m.kind_of(v).width != 1) m.refuse(refused::an_objective_must_be_one_number_a_sample);
      objective_entry o;
      o.name = t.objectives[i].name;
      o.node = v.id;
      o.set = m.box<"points">(-1, 1).index;
      m.objectives.push_back(o);
    }
    if (m.refusal) m.refusal();
  }
};

}  // namespace

replayed replay(const table& recording) { return writer(recording).write(); }

std::vector<double> matching_parameters(const table& original, const std::vector<double>& values,
                                        const std::vector<std::string>& tensor_of, const table& other) {
  std::vector<double> r(std::size_t(other.parameters), 0.0);
  for (int i = 0; i < other.tensor_count; i++)
    for (int j = 0; j < original.tensor_count; j++) {
      if (tensor_of[std::size_t(j)] != other.tensors[i].name.view()) continue;
      if (original.tensors[j].size() != other.tensors[i].size())
        throw std::logic_error("a tensor changed its shape: " + tensor_of[std::size_t(j)]);
      for (int e = 0; e < other.tensors[i].size(); e++)
        r[std::size_t(other.tensors[i].offset + e)] = values[std::size_t(original.tensors[j].offset + e)];
    }
  return r;
}

}  // namespace dimwise::testing
