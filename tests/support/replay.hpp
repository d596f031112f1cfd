// tests/support/replay.hpp: a recording written down again through the language, at run time: what a program of the same
// operations would record, or the sentence that refuses it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "table_builder.hpp"

namespace dimwise::testing {

/// What the language makes of the operations of a recording, which need not be well-formed. Kinds and shapes of tensors in the
/// recording are not looked at, only operations, operands, numbers and widths that a program would name.
struct replayed {
  std::string refusal;                 ///< the sentence; empty if it was accepted
  int refused_node = -1;               ///< the operation that was refused
  std::vector<int> node_of;            ///< of the recording's nodes, in `view()`; -1 where it is not needed
  std::vector<std::string> tensor_of;  ///< names that the language gives to the recording's tensors
  table view() const;
  struct arrays;
  std::shared_ptr<arrays> owned;
};
replayed replay(const table& recording);

/// The name of a layer in the language, from the name of its weight: "net.left.0.weight" is "net.left" for the first layer of a
/// stream, "net.left.0" for others.
std::string layer_name(const table& recording, const node& x);

/// Parameters of a replayed recording (or of a compiled program of it) with the numbers of the original one: by name; tensors
/// that the original lacks (biases of layers that had none) are 0.
std::vector<double> matching_parameters(const table& original, const std::vector<double>& values,
                                        const std::vector<std::string>& tensor_of, const table& other);

}  // namespace dimwise::testing
