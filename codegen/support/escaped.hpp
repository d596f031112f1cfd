// codegen/support/escaped.hpp: text inside HTML, SVG and Graphviz labels.
#pragma once
#include <string>

namespace dimwise {

/// Text with what would be read as markup escaped.
inline std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

}  // namespace dimwise
