#!/bin/sh
# tests/networks_page.sh: every example of docs/reference/networks.md compiles, and has the class that the page says.
# The last line is "N passed, N failed".
cd "$(dirname "$0")/.." || exit 1
compiler=${1:-g++}
page=docs/reference/networks.md
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
# One model of all rows `| `example` | class | ...`, and the program at the end of the page.
awk '
  BEGIN {
    print "#include <dimwise/language.hpp>\n#include <dimwise/language/recording.hpp>\nusing namespace dimwise;\nnamespace {"
    print "constexpr bool is(kind k, depends d) { return k.dimwise && k.d == d; }"
    print "constexpr void page(model& m) {"
  }
  /^```cpp$/ { inside = 1; next }
  /^```$/ { inside = 0 }
  inside { print "  " $0 }
  /^\| `/ {
    split($0, part, "`"); example = part[2]
    rest = substr($0, index($0, "` | ") + 4); class = substr(rest, 1, index(rest, " |") - 1)
    n++
    print "  auto row" n " = " example ";"
    if (class == "dense") print "  static_assert(!decltype(row" n ")::k.dimwise);"
    else print "  static_assert(is(decltype(row" n ")::k, depends::" class "));"
    print "  m.output<\"row" n "\">(row" n ");"
  }
  END { print "  m.output<\"f\">(f);\n}\n[[maybe_unused]] constexpr table recorded = recording<page>::view;\n}  // namespace\n// " n " rows" }
' "$page" >"$folder/page.cpp"
rows=$(tail -n 1 "$folder/page.cpp" | tr -dc '0-9')
if [ "${rows:-0}" -lt 25 ]; then echo "FAILED $page: only ${rows:-0} examples were found"; echo "0 passed, 1 failed"; exit 1; fi
if "$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror -Iinclude "$folder/page.cpp" >"$folder/output" 2>&1; then
  echo "$rows passed, 0 failed"
else
  grep -E "error" "$folder/output" | head -n 10
  echo "0 passed, 1 failed"
  exit 1
fi
