// networks/sizes.hpp: the words in which sizes and options of networks are given.
#pragma once
#include <initializer_list>
#include <type_traits>

#include "../language/refused.hpp"

namespace dimwise {

/// Widths of hidden layers, at most 8.
struct layer_widths {
  static constexpr int capacity = 8;
  int count = 0;
  int width[capacity]{};
  constexpr layer_widths() = default;
  constexpr layer_widths(std::initializer_list<int> widths) {
    for (const int w : widths) {
      if (count == capacity) refused::a_network_has_at_most_8_hidden_layers();
      if (w < 1) refused::every_width_must_be_at_least_1();
      width[count++] = w;
    }
  }
};
/// Fully connected hidden layers with tanh; `mlp{}` is a single linear layer.
struct mlp : layer_widths {
  using layer_widths::layer_widths;
  constexpr mlp() = default;
};
/// Hidden layers of a masked conditioner, the same for both streams, tanh after each. With fewer than d - 1 units in a layer,
/// some coordinates are unseen by some h_i (docs/explanation/table.md, "Masks").
struct masked_mlp : layer_widths {
  using layer_widths::layer_widths;
};
/// Features h_i of a conditioner.
struct features {
  int count = 1;
};
/// Outputs of a network.
struct outputs {
  int count = 1;
};
/// Number of Gaussians of a mixture.
struct mixture_components {
  int count = 1;
};

/// Option of networks applied to each dimension: weights of its own for every dimension instead of shared ones.
struct own_weights {};
/// Option of networks: the initial values of the last layer times this factor.
struct last_layer_scale {
  double factor = 1;
};

namespace detail {
/// What component i of a conditioner sees: all other coordinates, or those before it.
enum class sight : unsigned char { others, before };
/// The sizes of a conditioner: masked_mlp and the like.
template <class C>
inline constexpr bool is_conditioner_form = false;
template <>
inline constexpr bool is_conditioner_form<masked_mlp> = true;
template <class C>
concept ConditionerForm = is_conditioner_form<C>;

/// own_weights{} or last_layer_scale{s}.
template <class Option>
concept NetworkOption = std::is_same_v<Option, own_weights> || std::is_same_v<Option, last_layer_scale>;

struct network_options {
  bool own = false;
  double last_scale = 1;
  template <NetworkOption... Options>
  constexpr explicit network_options(Options... options) {
    (set(options), ...);
  }

 private:
  constexpr void set(own_weights) { own = true; }
  constexpr void set(last_layer_scale s) { last_scale = s.factor; }
};
}  // namespace detail

}  // namespace dimwise
