#!/usr/bin/env bash
# tests/static/compile_time.sh: the language header compiles in 0.8 s of CPU, and the time to record a model is linear in its operators.
# Usage: compile_time.sh COMPILER. Least times of several runs; the bounds leave room for a busy machine (linear is a factor of 4, quadratic 16).
# The last line is "N passed, N failed".
set -u
compiler=$1
cd "$(dirname "$0")" || exit 1
source=../../benchmarks/compile_time/operators.cpp
# cpu RUNS OPERATORS: milliseconds
cpu() {
  local best=999999 n
  for ((run = 0; run < $1; run++)); do
    TIMEFORMAT='%3U %3S'
    n=$({ time "$compiler" -std=c++20 -I../../include -fsyntax-only -DOPERATORS="$2" "$source" >/dev/null 2>&1; } 2>&1 | awk '{ print int(1000 * ($1 + $2)) }')
    [ "$n" -ge "$best" ] || best=$n
  done
  echo "$best"
}
"$compiler" -std=c++20 -I../../include -fsyntax-only -DOPERATORS=2000 "$source" || { echo "0 passed, 2 failed"; exit 1; }
header=$(cpu 5 0) small=$(cpu 3 500) large=$(cpu 3 2000)
passed=0 failed=0
judge() { if [ "$1" -eq 1 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $2"; fi; }
limit=800
factor=$(((large - header) * 100 / (small > header ? small - header : 1)))
echo "header $header ms; recording of 500 operators $small ms, of 2,000 $large ms: $((factor / 100)).$((factor % 100)) times as long without the header"
judge $((header <= limit)) "the header takes $header ms of CPU, at most $limit are allowed"
judge $((factor <= 800)) "four times the operators take $((factor / 100)).$((factor % 100)) times as long; 4 is linear, at most 8 is allowed"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
