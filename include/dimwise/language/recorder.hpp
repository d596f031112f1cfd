// language/recorder.hpp: the recording behind a model: hash-consed nodes, named tensors, slots and entries, as lists of plain
// data.
#pragma once
#include <cstdint>

#include "../analysis/node_facts.hpp"
#include "../analysis/node_kind.hpp"
#include "../core/list.hpp"
#include "expression.hpp"
#include "refused.hpp"

namespace dimwise::detail {

constexpr std::uint64_t hash_text(std::string_view s, std::uint64_t h = 0xcbf29ce484222325ull) {
  for (const char c : s) h = (h ^ std::uint64_t(static_cast<unsigned char>(c))) * 0x100000001b3ull;
  return h;
}
/// Computed once for each name, outside the evaluation that records a model.
template <fixed_string Name>
inline constexpr std::uint64_t name_hash = hash_text(Name.view());

/// The tensors of one named network: consecutive, `first` .. `first + count - 1`.
struct named_block {
  std::uint64_t name = 0;
  std::uint64_t what = 0;  ///< which sort of network made it
  int first = 0, count = 0;
};

class recorder {
 public:
  list<node> nodes;
  list<tensor> tensors;
  list<named_block> blocks;
  list<input_slot> inputs;
  list<constant_slot> constants;
  list<equation_entry> equations;
  list<output_entry> outputs;
  list<sde_entry> sdes;
  list<ode_entry> odes;
  list<sample_set> sets;
  list<integral_entry> integrals;
  list<mixture_entry> mixtures;
  list<objective_entry> objectives;
  list<stage_entry> stages;
  data_transform transformation{};
  short_name state_name, time_name;
  int d = 1, parameters = 0, state_node = -1;
  list<int> states;             ///< nodes of the states; the first is state_node
  bool D_by_the_state = false;  ///< a derivative was taken that does not say by which state
  bool broken = false;          ///< something was refused; what follows is not judged any more
  void (*refusal)() = nullptr;  ///< the sentence, where only the recording knows it: raised by the operation that the user wrote
  handle culprit[2];            ///< what the refused operation was given, as far as it says
  int open_equations = 0;       ///< `lhs == rhs` written, not yet given to m.equation

  constexpr recorder() {
    nodes.reserve(64);
    inputs.reserve(4), constants.reserve(4), equations.reserve(4), outputs.reserve(4), sdes.reserve(2), odes.reserve(2),
        sets.reserve(4);
    mixtures.reserve(2), objectives.reserve(4), stages.reserve(4);
  }
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;

  // --- nodes
  constexpr const kind& kind_of(handle h) const { return nodes.data[h.id].k; }
  constexpr const node& operator[](handle h) const { return nodes.data[h.id]; }
  /// Remembers a refusal, which `make` or the operation that the user wrote raises: so a compiler's message names few functions
  /// of ours.
  constexpr handle refuse(void (*sentence)(), handle a = {}, handle b = {}) {
    if (!broken) refusal = sentence, culprit[0] = a, culprit[1] = b;
    return poison();
  }
  /// Whether h can be used here; refuses values of other models.
  constexpr bool owns(handle h) {
    if (h.m == this) return true;
    if (h.m->broken) poison();  // refused before
    else refuse(refused::this_value_was_recorded_by_another_model);
    return false;
  }

  /// The node x: an equal one if there is one, else a new one.
  constexpr handle put(const node& x) {
    if (slots.count < 2 * nodes.count + 8) rehash();
    const int bits = slots.count - 1;
    int* const s = slots.data;
    const node* const q = nodes.data;
    int h = int(hash(x)) & bits, i = -1;
    while ((i = s[h]) >= 0) {
      if (q[i] == x) return {this, i};
      h = (h + 1) & bits;
    }
    s[h] = nodes.count;
    nodes.push_back(x);
    depths.push_back(depth_of(x));
    return {this, nodes.count - 1};
  }
  /// The index of node x, or -1.
  constexpr int find(const node& x) const {
    if (slots.count == 0) return -1;
    int h = int(hash(x)) & (slots.count - 1), i = -1;
    while ((i = slots.data[h]) >= 0) {
      if (nodes.data[i] == x) return i;
      h = (h + 1) & (slots.count - 1);
    }
    return -1;
  }
  constexpr handle leaf(op o, kind k, int n = 0, double number = 0) {
    node x;
    x.o = o;
    x.k = k;
    x.n = n;
    x.value = number;
    return put(x);
  }
  constexpr handle literal(double number) { return leaf(op::literal, kind{}, 0, number); }
  constexpr handle unary(op o, handle a, double number = 0, int n = 0) {
    if (!owns(a)) return poison();
    node x;
    x.o = o;
    x.a = a.id;
    x.k = o == op::D ? derivative_kind(kind_of(a)) : pointwise_kind(kind_of(a));
    x.n = n;
    x.value = number;
    if (o == op::D || o == op::dt) {
      const order_depth below = depth_of(x);
      if (below.x > 7 || below.t > 7) return refuse(refused::the_orders_of_nested_derivatives_add_up_to_more_than_7, a);
    }
    return put(x);
  }
  /// add, sub, mul, div, concat.
  constexpr handle binary(op o, handle a, handle b) {
    if (!owns(a) || !owns(b)) return poison();
    const kind &ka = kind_of(a), &kb = kind_of(b);
    if (ka.l == level::units || kb.l == level::units) return refuse(refused::hidden_units_cannot_be_used_here, a, b);
    if (o != op::concat && !widths_fit(ka, kb)) return refuse(refused::the_operands_have_different_feature_widths, a, b);
    node x;
    x.o = o;
    x.a = a.id;
    x.b = b.id;
    x.k = joined_kind(ka, kb, o);
    return put(x);
  }
  constexpr int number_of_state(int i) const {
    for (int q = 0; q < states.count; q++)
      if (states.data[q] == i) return q;
    return -1;
  }
  /// For derivatives by the state of a model that has one.
  constexpr bool has_one_state() {
    D_by_the_state = true;
    if (states.count > 1) refuse(refused::say_by_which_state);
    return states.count <= 1;
  }
  /// What takes one state is refused where there are several.
  constexpr void check_states() {
    if (states.count < 2) return;
    bool one = transformation.what != transform::none || sdes.count > 0 || odes.count > 0;
    for (const sample_set& s : sets) one = one || (s.source != sample_source::file && s.source != sample_source::box);
    if (one) refuse(refused::several_states_are_read_from_files_and_boxes_only);
  }
  /// v with `flags` of held_flag.
  constexpr handle held(handle v, int flags) {
    if (!owns(v)) return poison();
    node x;
    x.o = op::held;
    x.a = v.id;
    x.k = held_kind(kind_of(v), flags);
    x.n = flags;
    return put(x);
  }
  /// What is below node i (node_fact).
  constexpr unsigned facts_of(int i) {
    for (int j = facts.count; j <= i; j++) {
      const node& x = nodes.data[j];
      facts.push_back(facts_of_node(x, nodes.data, x.a < 0 ? 0u : facts.data[x.a], x.b < 0 ? 0u : facts.data[x.b]));
    }
    return facts.data[i];
  }
  /// What a refused operation returns, so that one mistake is one error.
  constexpr handle poison() {
    broken = true;
    return literal(0);
  }

  // --- names
  template <fixed_string Name, class Entry>
  constexpr void name_is_free(const list<Entry>& entries) {
    for (const Entry& e : entries)
      if (e.name == short_name(Name)) refuse(refused::this_name_is_already_taken<Name>);
  }
  /// Adds a tensor after all others; its name must be new.
  constexpr int add_tensor(tensor x, void (*name_is_taken)()) {
    const std::uint64_t h = hash_text(x.name.view());
    for (int i = 0; i < tensors.count; i++)
      if (tensor_hashes.data[i] == h) refuse(name_is_taken);
    x.offset = parameters;
    parameters += x.size();
    tensors.push_back(x);
    tensor_hashes.push_back(h);
    return tensors.count - 1;
  }

 private:
  /// Orders of D and dt that add up below a value, on the way where they are most.
  struct order_depth {
    int x = 0, t = 0;
  };
  list<int> slots;           ///< open addressing; -1: free
  list<order_depth> depths;  ///< of each node
  list<std::uint64_t> tensor_hashes;
  list<unsigned> facts;  ///< of the first nodes

  constexpr order_depth depth_of(const node& x) const {
    if (x.a < 0 || x.o == op::detach) return {};
    order_depth r = depths.data[x.a];
    if (x.b >= 0) {
      const order_depth& b = depths.data[x.b];
      if (b.x > r.x) r.x = b.x;
      if (b.t > r.t) r.t = b.t;
    }
    if (x.o == op::D) r.x += x.n;
    if (x.o == op::dt) r.t += x.n;
    // constant along the own coordinate
    if (x.o == op::masked_input || x.o == op::masked_hidden || x.o == op::readout) r.x = 0;
    if (x.o == op::held && x.n & held_along_x) r.x = 0;
    if (x.o == op::held && x.n & held_along_t) r.t = 0;
    return r;
  }
  static constexpr std::uint64_t hash(const node& x) {
    constexpr std::uint64_t f = 0x9e3779b97f4a7c15ull;
    std::uint64_t h = ((std::uint64_t(x.o) | std::uint64_t(std::uint32_t(x.n + x.offset.columns + 64 * x.offset.rows)) << 16) ^
                       (std::uint64_t(std::uint32_t(x.a)) << 32 | std::uint32_t(x.b)) * f) *
                      f;
    const std::uint64_t v = std::bit_cast<std::uint64_t>(x.value);  // short numbers differ in their high bits only
    h = (h ^ h >> 29 ^ v ^ v >> 32 ^ std::uint32_t(x.weight)) * f;
    return h ^ h >> 32;
  }
  constexpr void rehash() {
    const int size = slots.count ? 4 * slots.count : 256;
    slots.count = 0;
    slots.reserve(size);
    slots.count = size;
    for (int i = 0; i < size; i++) slots.data[i] = -1;
    for (int i = 0; i < nodes.count; i++) {
      int h = int(hash(nodes.data[i])) & (size - 1);
      while (slots.data[h] >= 0) h = (h + 1) & (size - 1);
      slots.data[h] = i;
    }
  }
};

template <class E>
constexpr void break_recording(const E& e) {
  e.m->poison();
}

/// Whether the recorded class is the one in the type.
constexpr bool agree(const kind& recorded, const kind& k) {
  return recorded.l == k.l && recorded.d == k.d && recorded.dimwise == k.dimwise &&
         (recorded.width == k.width || k.width == recorded_width);
}

/// h in the type that says K.
template <kind K, fixed_string Name, bool Typed = true>
constexpr auto make(handle h) {
  if (h.m->refusal) h.m->refusal();
#ifdef DIMWISE_DIAGNOSE
  constexpr bool typed = false;  // the recorder judges at run time, where it can say more (diagnose.hpp)
#else
  constexpr bool typed = Typed;
#endif
  if constexpr (!typed) {
    return value(h);
  } else {
    constexpr level l = K.l;
    constexpr depends d = K.d;
    constexpr int w = K.width;
    constexpr because why = K.why;
    if (!h.m->broken && !agree(h.m->kind_of(h), K)) refused::the_type_and_the_table_disagree();
    if constexpr (K.dimwise) return expression<l, d, w, Name>(h);
    else return dense_expression<l, why, w, Name>(h);
  }
}

}  // namespace dimwise::detail
