// codegen/runner/graph.hpp: `info --graph`: pictures of a model after each pass of the compiler.
#pragma once
#include <string>

#include "dimwise/kernel/compiled_model.hpp"

namespace dimwise {

/// Writes NAME.dot and NAME.svg for each pass, and a page index.html with all of them, into `folder`. `of` names an output, an
/// equation's side ("heat.residual") or an objective; empty: the first objective, else the first equation, else all outputs.
/// Without Graphviz only the .dot files and the memory chart are written, and `error` says so.
void write_graphs(const compiled_model& model, const std::string& folder, const std::string& of);

}  // namespace dimwise
