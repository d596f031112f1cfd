// codegen/draw/words.hpp: short words for operations, orders, dependence and cost, for pictures.
#pragma once
#include <string>
#include <vector>

#include "dimwise/ir/jet_program.hpp"

namespace dimwise::draw {

/// "tanh", "D", "sum", ...: as the language says it.
const char* word(op o);
const char* word(jet_op o);
const char* word(function f);
/// "others" for a hollow value, "own", "all", ...
const char* short_dependence(const kind& k);
/// "1 x x² t" for a set of Taylor coefficients; long sets are cut.
std::string coefficients(orders s);
/// "820 flop", "1.4 kflop", ...; empty for 0.
std::string flop_text(double flop);

/// Entries of a weight that are not masked.
double free_entries(const table& recording, int tensor);
/// Work of one node for one sample: multiply-adds count twice.
double work(const table& recording, const node& x, int coefficients);
double work(const table& recording, const jet_program_view& program, int i);

/// For each node of a recording the network or mixture that it is a part of: its layers, and what stands between them. Empty for
/// others.
std::vector<std::string> network_parts(const table& recording);

}  // namespace dimwise::draw
