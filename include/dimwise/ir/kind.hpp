// ir/kind.hpp: what is known of a value without knowing its numbers: level, width, dependence, dimension-wise differentiability.
#pragma once
#include <cstdint>

namespace dimwise {

/// Where a value lives. `point`: one per sample. `dim`: one per sample and dimension.
/// `units`: the hidden units of a masked stream, one per sample, sorted by degree (only conditioners make and read them).
enum class level : std::uint8_t { point, dim, units };

/// For a dim-level value, component i depends on coordinates before i (1), its own (2), after i (4).
/// `scaled_own`: a sum of point-level factors times values of their own coordinate; `sum` takes the factors out.
/// `single_coordinate`: the whole state has one coordinate (d = 1), so every value is dimension-wise differentiable.
enum class depends : std::uint8_t {
  nothing = 0,
  before = 1,
  own = 2,
  autoregressive = 3,
  after = 4,
  hollow = 5,
  own_and_after = 6,
  everything = 7,
  scaled_own = 15,
  single_coordinate = 18
};

/// Why a value is dense (not dimension-wise differentiable).
enum class because : std::uint8_t {
  it_is_not_dense,
  it_sums_values_that_see_other_coordinates,
  it_is_one_component_of_values_that_see_other_coordinates,
  a_network_mixed_all_coordinates,
  it_is_a_product_with_a_direction_that_depends_on_x,
  two_mixing_values_met
};

struct kind {
  level l = level::point;
  depends d = depends::nothing;
  bool dimwise = true;  ///< the Taylor jet along the own coordinate needs no pass per dimension
  int width = 1;        ///< features
  because why = because::it_is_not_dense;
  constexpr bool operator==(const kind&) const = default;
};

}  // namespace dimwise
