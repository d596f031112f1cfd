#!/bin/sh
# tests/compile_fail/run.sh: wrong models must be refused with the sentence and the user's line; their twins (-DTWIN) must compile.
# Usage: run.sh COMPILER [file.cpp ...]. The last line is "N passed, N failed".
#
# The bad line of a file ends in one of
#   // expect: REGEX          an error; sentence and line within the first 2 lines of output, at most 20 lines in all
#   // expect warning: REGEX  the same for a warning
#   // expect late [N]: REGEX an error of the recording; sentence and line anywhere in at most 20 (N) lines
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
compiler=${1:?usage: run.sh COMPILER [file.cpp ...]}
shift
if ! command -v "$compiler" >/dev/null 2>&1; then
  echo "$compiler is not installed: nothing was tested"
  echo "0 passed, 0 failed"
  exit 0
fi
cd "$here" || exit 1
[ $# -gt 0 ] || set -- *.cpp
output=$(mktemp) || exit 1
trap 'rm -f "$output"' EXIT
LC_ALL=C
export LC_ALL
passed=0
failed=0

compile() {  # compile FILE FLAG...
  file=$1
  shift
  "$compiler" -std=c++20 -fsyntax-only -I../../include "$@" "$file" >"$output" 2>&1
}
fail() {  # fail FILE REASON
  failed=$((failed + 1))
  echo "FAILED $1 ($compiler): $2"
  cut -c1-300 "$output" | head -n 24 | sed 's/^/    /'
}

for file in "$@"; do
  if compile "$file" -DTWIN -Wall -Wextra -Wpedantic -Werror; then passed=$((passed + 1)); else fail "$file" "the twin must compile"; fi
  line=$(grep -n '// expect' "$file" | head -n 1 | cut -d: -f1)
  directive=$(sed -n "${line}s/.*\/\/ \(expect[^:]*\): .*/\1/p" "$file")
  regex=$(sed -n "${line}s/.*\/\/ expect[^:]*: //p" "$file")
  compile "$file"
  status=$?
  lines=$(wc -l <"$output")
  limit=20
  window=2
  case $directive in
    "expect late"*) window=1000; number=${directive#expect late}; limit=${number:-20} ;;
  esac
  if [ "$directive" = "expect warning" ]; then
    wanted=0
  else
    wanted=1
  fi
  if [ "$status" -ne "$wanted" ]; then fail "$file" "exit status $status, expected $wanted"
  elif ! head -n "$window" "$output" | grep -Eq -- "$regex"; then fail "$file" "no '$regex' within the first $window lines"
  elif ! head -n "$window" "$output" | grep -q -- "^$file:$line:"; then fail "$file" "line $line is not named within the first $window lines"
  elif [ "$lines" -gt "$limit" ]; then fail "$file" "$lines lines of output, at most $limit wanted"
  else passed=$((passed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
