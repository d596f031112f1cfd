#!/bin/sh
# tests/package/headers_alone.sh: every public header compiles alone, without a warning. Usage: headers_alone.sh COMPILER INCLUDE FLAG...
compiler=$1 include=$2
shift 2
passed=0 failed=0
output=$(mktemp) || exit 1
trap 'rm -f "$output"' EXIT
for header in $(cd "$include" && find dimwise -name '*.hpp' | sort); do
  if printf '#include <%s>\n#include <%s>\n' "$header" "$header" |
     "$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror -I"$include" "$@" -x c++ - >"$output" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED $header:"
    head -n 10 "$output"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
