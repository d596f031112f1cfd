// kernel/split_products.hpp: a plan whose matrix products are computed from bf16 parts (simd/split_tile.hpp): where those of
// operands lie, and which steps make and multiply them (kernel/split_steps.hpp).
#pragma once
#include <algorithm>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

#include "executable_program.hpp"
#include "plan.hpp"
#include "split_steps.hpp"
#include "split_weights.hpp"
#include "tune.hpp"

namespace dimwise {
inline namespace DIMWISE_SIMD_ISA {

#if defined(DIMWISE_SIMD_SPLIT)
/// Turns the large products of a plan into products from parts. The parts of an operand are made before the first product that
/// reads them, strip by strip where the step before it makes the operand, in memory behind that of the plan, and serve until the
/// operand is written again. What is split depends on the sizes of layers alone, so that digits do not depend on how many samples
/// are computed together.
class split_plan {
 public:
  /// The plan must not outlive this object. interleaved_steps run it.
  split_plan(plan<float>& of, split_weights& weights) : p_(of), weights_(weights), end_((of.workspace + 15) / 16 * 16) {
    std::vector<step<float>> steps = std::move(p_.steps);
    const std::vector<phase> phases = std::move(p_.phases);
    p_.steps.clear();
    p_.phases.clear();
    bool in_turn = false;  // with the phase before
    for (std::size_t i = 0; i < phases.size(); i++) {
      const phase& f = phases[i];
      const auto begin = steps.begin() + std::ptrdiff_t(f.begin), end = steps.begin() + std::ptrdiff_t(f.end);
      if (!in_turn) {
        const auto last = steps.begin() + std::ptrdiff_t(phases[i + (f.dims > 0)].end);
        for (auto s = begin; s != last; ++s) join_operands(*s, begin, s, f.each_dimension);
        if (f.each_dimension) before_loop(begin, last);
      }
      in_turn = f.dims > 0;
      for (auto s = begin; s != end; ++s) {
        p_.steps.push_back(converted(*s, f.each_dimension));
        forget([&](const parts& m) { return writes(*s, m.of); });
      }
      if (f.each_dimension) forget([](const parts& m) { return m.in_loop; });
      close_phase(f.each_dimension, f.dims);
      if (f.once) p_.phases.back().once = true;
    }
    for (const phase& f : p_.phases)
      for (std::size_t i = f.begin; i < f.end; i++)
        if (read_as_parts_alone(i, f.end)) make_parts_alone(p_.steps[i]);
    p_.workspace = end_;
    p_.group = std::max(p_.group, 2);  // for interleaved_steps
  }

 private:
  using operand = std::vector<matrix_product>;  ///< of one product, or of several: their operands, one after another
  struct parts {
    operand of;
    std::ptrdiff_t at, size;
    bool in_loop;
  };
  plan<float>& p_;
  split_weights& weights_;
  std::ptrdiff_t end_;
  std::vector<parts> made_, free_;
  std::deque<std::vector<split_product>> split_;
  std::deque<operand> operands_;
  std::vector<std::pair<matrix_product, operand>> joined_;  ///< products in place of several
  std::deque<step<float>> followers_;
  std::deque<std::vector<matrix_product>> products_;
  std::deque<std::vector<row_reference>> rows_;
  std::ptrdiff_t strip_ = -1, strip_size_ = 0;  ///< the rows of a strip whose results are read as parts alone

  void close_phase(bool each_dimension, int dims = 0) {
    const std::size_t begin = p_.phases.empty() ? 0 : p_.phases.back().end;
    if (begin < p_.steps.size()) p_.phases.push_back({begin, p_.steps.size(), each_dimension, dims});
  }
  template <class Which>
  void forget(Which which) {
    for (const parts& m : made_)
      if (which(m)) free_.push_back(m);
    std::erase_if(made_, which);
  }
  static bool large(const matrix_product& m) {
    return m.a_col == 1 && m.rows >= split_detail::least_rows && m.depth >= split_detail::least_depth;
  }
  static bool products(const step<float>& s) {
    return s.split || tile_in(s, steps::products_of<float>) >= 0 || s.run == steps::products<float, simd::outer_tile>;
  }

  static int last_dim(int d, int turn) { return turn < 0 ? d - 1 : std::min(d - 1, turn); }
  static bool overlap(std::ptrdiff_t begin, std::ptrdiff_t size, const matrix_product& m, int d) {
    const std::ptrdiff_t end = m.b + last_dim(d, m.b_turn) * m.b_dim + (m.depth - 1) * m.b_row + m.columns;
    return begin >= 0 && begin < end && m.b < begin + size;
  }
  /// Whether a step writes to the operand of a product, or could.
  static bool writes(const step<float>& s, const matrix_product& m) {
    for (const step<float>* part = &s; part; part = part->follower)
      if (overlap(part->out.base, last_dim(s.d, part->out.turn) * part->out.dim + part->width * part->out.row, m, s.d))
        return true;
    if (products(s))
      for (int j = 0; j < s.product_count; j++)
        if (overlap(s.products[j].c, (s.d - 1) * s.products[j].c_dim + s.products[j].rows * s.products[j].c_row, m, s.d))
          return true;
    return false;
  }
  static bool writes(const step<float>& s, const operand& rows) {
    return std::any_of(rows.begin(), rows.end(), [&](const matrix_product& m) { return writes(s, m); });
  }
  /// Whether the same rows are read.
  static bool same(const matrix_product& a, const matrix_product& b) {
    return a.b == b.b && a.b_dim == b.b_dim && a.b_row == b.b_row && a.depth == b.depth && a.columns == b.columns;
  }
  operand operand_of(const matrix_product& m) const {
    for (const auto& [product, rows] : joined_)
      if (product.a == m.a && same(product, m)) return rows;
    return {m};
  }
  /// The operands of term j of the sum that begins with p and of those behind it that can be one operand: their weights lie side
  /// by side, the widest leaves enough rows of its last tile free for the others, and apart(m) does not hold.
  template <class Apart>
  static operand operands_from(const matrix_product* p, int j, int d, Apart apart) {
    operand rows;
    for (int depth = 0, widest = 0; j < p->terms; j++) {
      matrix_product m = p[j];
      m.columns = p->columns;
      if (d == 1) m.b_dim = 0;
      widest = std::max(widest, m.depth);
      const bool beside =
          rows.empty() || (m.a == rows[0].a + depth && m.a_dim == rows[0].a_dim && m.a_row == rows[0].a_row && m.a_col == 1);
      depth += m.depth;
      if (!beside || m.rule != extent_rule::full || m.b_dim != 0 ||
          split_detail::blocks_of(depth) > split_detail::blocks_of(widest) || apart(m))
        break;
      rows.push_back(m);
    }
    return rows;
  }
  /// Puts one product in the place of such terms, which would otherwise be multiplied as they are, before the tile products,
  /// where they have few columns of weights. [begin, end): the steps of the phase that run before. What a product of these makes
  /// is split in strips, and stays apart; and in a loop all that they make, so that the others are split once, before it.
  template <class Steps>
  void join_operands(step<float>& s, Steps begin, Steps end, bool in_loop) {
    if (!products(s)) return;
    const auto apart = [&](const matrix_product& m) {
      const auto maker = std::find_if(std::make_reverse_iterator(end), std::make_reverse_iterator(begin),
                                      [&](const step<float>& t) { return writes(t, m); });
      return maker != std::make_reverse_iterator(begin) && (in_loop || products(*maker));
    };
    std::vector<matrix_product> list;
    steps::detail::each_sum(s, [&](int first) {
      const matrix_product* const p = s.products + first;
      const std::size_t start = list.size();
      if (p->terms == 0) return list.push_back(*p);
      for (int j = 0; j < p->terms;) {
        operand rows = operands_from(p, j, s.d, apart);
        matrix_product one = p[j];
        one.b_dim = 0;
        one.depth = 0;
        for (const matrix_product& m : rows) one.depth += m.depth;
        split_product q;
        if (rows.size() > 1 && large(one) && weights_.place(one, s.d, q)) {
          list.push_back(one);
          j += int(rows.size());
          one.columns = p->columns;
          joined_.emplace_back(one, std::move(rows));
        } else {
          list.push_back(p[j++]);
        }
      }
      list[start].terms = int(list.size() - start);
    });
    if (int(list.size()) == s.product_count) return;
    products_.push_back(std::move(list));
    s.products = products_.back().data();
    s.product_count = int(products_.back().size());
  }
  /// Calls f(index, product with the columns of its sum) for the terms of products that are worth it.
  template <class F>
  static void each_large_term(const step<float>& s, F&& f) {
    if (!products(s)) return;
    steps::detail::each_sum(s, [&](int first) {
      for (int j = first; j < first + s.products[first].terms; j++) {
        matrix_product m = s.products[j];
        m.columns = s.products[first].columns;
        if (large(m)) f(j, m);
      }
    });
  }
  /// Whether a step makes the operand of a product in strips of as many rows as a tile is deep.
  bool makes(const step<float>& s, const matrix_product& m) const {
    if (!s.split || !s.follower) return false;
    const row_reference& out = s.follower->out;
    return m.b >= out.base && m.b < out.base + out.row && m.b_row == out.row && m.b_dim == out.dim && m.b_turn == out.turn &&
           m.depth == s.follower->width;
  }
  /// What a loop over dimensions reads but does not write is split once, before it.
  template <class Steps>
  void before_loop(Steps begin, Steps end) {
    const auto written = [&](const operand& rows) {
      return std::any_of(begin, end, [&](const step<float>& s) { return writes(s, rows); });
    };
    forget([&](const parts& m) { return written(m.of); });
    for (auto s = begin; s != end; ++s)
      each_large_term(*s, [&](int, const matrix_product& m) {
        if (split_product q; m.b_dim == 0 && !written(operand_of(m)) && weights_.place(m, s->d, q)) parts_of(*s, m, false);
      });
    close_phase(false);
  }
  step<float> converted(step<float> s, bool in_loop) {
    std::vector<split_product> list(std::size_t(s.product_count));
    bool any = false;
    each_large_term(s, [&](int j, const matrix_product& m) {
      split_product& q = list[std::size_t(j)];
      if (!weights_.place(m, s.d, q)) return;
      q.b = parts_of(s, m, in_loop);
      any = true;
    });
    if (!any) return s;
    steps::detail::each_sum(s, [&](int first) {
      const matrix_product& p = s.products[first];
      const auto begin = list.begin() + first;
      const bool all = std::all_of(begin, begin + p.terms, [](const split_product& q) { return q.b >= 0; });
      if (p.bias >= 0 && all) weights_.place_bias(p, s.d, *begin);
    });
    split_.push_back(std::move(list));
    s.split = split_.back().data();
    s.run = nullptr;
    return s;
  }
  /// Where the parts of the product's operand are; emits the step that makes them.
  std::ptrdiff_t parts_of(const step<float>& reader, const matrix_product& m, bool in_loop) {
    const operand rows = operand_of(m);
    for (const parts& q : made_)
      if (std::equal(q.of.begin(), q.of.end(), rows.begin(), rows.end(), same)) return q.at;
    parts made{rows, end_, split_detail::elements(split_detail::blocks_of(m.depth) * (m.columns / simd::tile_lines)), in_loop};
    const bool in_strips = rows.size() == 1 && !p_.steps.empty() &&
                           (p_.phases.empty() || p_.phases.back().end < p_.steps.size()) && makes(p_.steps.back(), m);
    const auto read = [&](std::ptrdiff_t at) {  // by the step that makes the operand meanwhile
      const step<float>& maker = p_.steps.back();
      return std::any_of(maker.split, maker.split + maker.product_count, [&](const split_product& q) { return q.b == at; });
    };
    const auto reused = std::find_if(free_.begin(), free_.end(),
                                     [&](const parts& q) { return q.size == made.size && !(in_strips && read(q.at)); });
    if (reused != free_.end()) {
      made.at = reused->at;
      free_.erase(reused);
    } else {
      end_ += made.size;
    }
    operands_.push_back(rows);
    step<float> s;
    s.run = steps::split_operand;
    s.d = reader.d;
    s.samples = reader.samples;
    s.width = m.depth;
    s.out.base = made.at;
    s.products = operands_.back().data();
    s.product_count = int(rows.size());
    made_.push_back(made);
    if (in_strips) {
      step<float>& maker = p_.steps.back();
      followers_.push_back(s);
      const step<float>* split = &followers_.back();
      followers_.push_back(*maker.follower);
      followers_.back().follower = split;
      followers_[followers_.size() - 2].follower = maker.follower->follower;
      maker.follower = &followers_.back();
    } else {
      p_.steps.push_back(s);
    }
    return made.at;
  }

  /// Whether nobody but products from parts reads what follows step i of a phase that ends with `end`. Memory to which a product
  /// of the same phase writes its result is somebody else's from then on.
  bool read_as_parts_alone(std::size_t i, std::size_t end) const {
    const step<float>& s = p_.steps[i];
    const step<float>* const f = s.follower;
    if (!s.split || s.strip || !f || !f->follower || !steps::takes_two_rows(*f) || f->out.dim != 0 ||
        s.products->rows % simd::tile_depth != 0)
      return false;
    const auto within = [&](std::ptrdiff_t place) { return place >= f->out.base && place < f->out.base + f->width * f->out.row; };
    for (std::size_t j = i + 1; j < p_.steps.size(); j++) {
      bool written = false;
      for (const step<float>* t = &p_.steps[j]; t && !written; t = t->follower) {
        for (int k = 0; k < 3; k++)
          for (int c = 0; c < count(t->in_set[k]); c++)
            if (within(t->in[k][c].base)) return false;
        for (int k = 0; k < t->product_count; k++)
          if (within(t->products[k].b) && !(t->split && t->split[k].b >= 0)) return false;
        if (!products(*t)) continue;
        bool adds = false;
        steps::detail::each_sum(*t, [&](int first) {
          if (!within(t->products[first].c)) return;
          adds = adds || t->products[first].accumulate;
          written = true;
        });
        if (adds) return false;
      }
      if (written && j < end) return true;
    }
    return true;
  }
  /// The sums lie in one strip of rows then, so that fewer lines go between the nearest caches; unless some coefficients are
  /// constants, which have rows of their own.
  void make_parts_alone(step<float>& s) {
    const step<float>& old = *s.follower;
    followers_.push_back(old);
    step<float>& f = followers_.back();
    f.parts_alone = true;
    s.follower = &f;
    const std::ptrdiff_t row = old.out.row, size = 2 * simd::tile_lines * row;
    const auto of_row = [&](std::ptrdiff_t place) { return place >= old.out.base && place < old.out.base + row; };
    const row_reference* const end = old.in[0] + count(old.in_set[0]);
    if (!std::all_of(old.in[0], end, [&](const row_reference& r) { return of_row(r.base); })) return;
    if (size > strip_size_) {
      strip_ = end_;
      strip_size_ = size;
      end_ += size;
    }
    rows_.emplace_back(old.in[0], end);
    products_.emplace_back(s.products, s.products + s.product_count);
    for (matrix_product& m : products_.back())
      if (of_row(m.c)) m.c += strip_ - old.out.base;
    for (row_reference& r : rows_.back()) r.base += strip_ - old.out.base;
    s.products = products_.back().data();
    f.in[0] = rows_.back().data();
    s.strip = f.strip = true;
  }
};

/// Samples of a block of values from parts, as long as two blocks stay in the second cache of the processors that have AMX: an
/// even number of vectors, which fills tile registers; five where turns are single vectors anyway (1 to 2 % faster than six with
/// W1). `block` where no product is large enough.
inline int block_from_parts(const table& t, const executable_program<float>& program, int block) {
  constexpr int lanes = simd::lanes<float>;
  constexpr std::ptrdiff_t second_cache = 2 << 20;  // bytes
  bool odd = false;
  for (const int vectors : {6, 5, 4}) {
    if (vectors == 5 && !odd) continue;
    split_weights weights;
    plan<float> p(t, program.nodes, program.functions, vectors * lanes);
    const split_plan split(p, weights);
    if (!weights.size()) return block;
    odd = vectors_of_turn(p.coefficients) == 1;
    if (vectors == 6 && odd) continue;
    if (2 * p.workspace * std::ptrdiff_t(sizeof(float)) <= second_cache) return vectors * lanes;
  }
  return 2 * lanes;
}
#endif

}  // namespace DIMWISE_SIMD_ISA
}  // namespace dimwise
