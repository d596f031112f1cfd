// kernel/tile_choices.hpp: which register tile each matrix product uses on this machine, as the command `tune` measured it.
#pragma once
#include <compare>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/inline.hpp"

namespace dimwise {

/// A matrix product, as far as the time of its tiles depends on it.
struct product_key {
  char what = 'p';  ///< p: product, t: transposed, f and u: these with an elementary function behind, g: gradient of a weight
  int bytes = 4;    ///< of an element
  int rows = 0, depth = 0, packs = 0;  ///< packs: vectors of columns
  friend auto operator<=>(const product_key&, const product_key&) = default;
};

/// Rows and packs of a register tile.
struct tile_choice {
  int rows = 0, packs = 0;
  friend bool operator==(const tile_choice&, const tile_choice&) = default;
};

/// What `tune` found for one product: nanoseconds with the usual tile and with the fastest.
struct tile_measurement {
  product_key product;
  tile_choice best;
  double usual_ns = 0, best_ns = 0;
};

class tile_choices {
 public:
  /// Null where the product was never measured.
  DIMWISE_INLINE const tile_choice* find(const product_key& product) const {
    for (const auto& [known, choice] : of_)
      if (known == product) return &choice;
    return nullptr;
  }
  void set(const product_key& product, const tile_choice& choice);
  std::size_t size() const { return of_.size(); }

  /// One line for each product, "f 4 64 64 3: 8 3" (the members in their order). Lines that are none are left out.
  static tile_choices from_text(std::string_view text);
  std::string text() const;

 private:
  std::vector<std::pair<product_key, tile_choice>> of_;  ///< in the order of the keys
};

/// The file of this processor and instruction set: what $DIMWISE_TILES names, or tiles-PROCESSOR-ISA.txt in
/// $XDG_CACHE_HOME/dimwise or ~/.cache/dimwise. Empty where DIMWISE_TILES is empty or "off", or there is no home: nothing is
/// remembered.
std::string tile_file(std::string_view isa);

/// What that file holds; nothing where it cannot be read.
tile_choices read_tile_file(std::string_view isa);

/// The same, read once in the life of the program.
const tile_choices& remembered_tiles(std::string_view isa);

}  // namespace dimwise
