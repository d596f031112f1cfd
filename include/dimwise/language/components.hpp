// language/components.hpp: single components x[j], and systems of equations given component by component.
#pragma once
#include "features.hpp"
#include "sums.hpp"

namespace dimwise {

namespace detail {
template <class E>
constexpr auto component_of(const E& v, int j) {
  constexpr kind k = component_kind(E::k);
  return make<k, E::name, E::typed>(record_component(v, j));
}

/// One number per sample, as far as the type knows; or a number.
template <class F>
concept ComponentFunction = Operand<F> &&(!known<F>() || (kind_of<F>().l == level::point && kind_of<F>().width <= 1));
template <class... F>
concept ComponentFunctions = (Operand<F> && ...) && (Term<F> || ...);

template <class F, class... Rest>
constexpr kind components_kind() {
  kind k = kind_of<F>();
  ((k = joined_kind(k, kind_of<Rest>(), op::concat)), ...);
  return unstack_kind(k, 1);
}
constexpr handle record_components(recorder& m, const handle* f, int count) {
  if (m.state_node < 0) return m.refuse(refused::this_model_has_no_state);
  if (count != m.d) return m.refuse(refused::components_needs_one_value_for_each_dimension);
  for (int i = 0; i < count; i++)
    if (m.owns(f[i]) && (m.kind_of(f[i]).l != level::point || m.kind_of(f[i]).width != 1))
      return m.refuse(refused::each_of_the_components_is_one_number_a_sample);
  handle all = f[0];
  for (int i = 1; i < count; i++) all = m.binary(op::concat, all, f[i]);
  return record_unstack(all, 1);
}
}  // namespace detail

constexpr value value::operator[](int j) const { return detail::component_of(*this, j); }

#define DIMWISE_COMPONENTS                                                                                                     \
  "components(f_0, ..., f_{d-1}) takes one number per sample for each dimension, made of the components x[0], x[1], ...; one " \
  "of these is a value for each dimension: write the system with x itself, or take a component of it"

/// The value whose component i is f_i (dim level): a system written out, f_i made of single components x[j], sums, the time,
/// parameters and numbers. Dimension-wise differentiable, f_i by x_i, where every f_i is differentiable by every coordinate.
/// Cost: D needs the series of every f_j along every x_i, O(d^2); meant for systems that are written out.
template <class... F>
requires(detail::ComponentFunctions<F...> && (detail::ComponentFunction<F> && ...)) constexpr auto components(F... f) {
  detail::recorder& m = detail::recorder_of_any(f...);
  const handle each[] = {detail::recorded(m, f)...};
  const handle h = detail::record_components(m, each, int(sizeof...(F)));
  if (m.refusal) m.refusal();
  constexpr kind k = detail::components_kind<F...>();
  return detail::make<k, detail::name_of_any<F...>(), (detail::known<F>() && ...)>(h);
}
template <class... F>
requires(detail::ComponentFunctions<F...> && !(detail::ComponentFunction<F> && ...)) DIMWISE_REFUSE(DIMWISE_COMPONENTS)
constexpr auto components(F... f) { return detail::make<unstack_kind(kind{}, 1), "">(detail::recorder_of_any(f...).poison()); }

}  // namespace dimwise
