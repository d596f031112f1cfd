// codegen/tool/new_model.hpp: `dimwise new`.
#pragma once
#include <string>

namespace dimwise::tool {

/// Writes NAME.cpp, a commented model that compiles and learns, and NAME.csv, data made for it: 300 particles at each of 15 times
/// between 0 and 1, pulled towards a point that runs once around a circle. Throws `error` where the name is no C++ name or a file
/// exists. Prints what to do next.
void new_model(const std::string& name);

}  // namespace dimwise::tool
