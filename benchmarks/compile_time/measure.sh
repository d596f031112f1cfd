#!/usr/bin/env bash
# benchmarks/compile_time/measure.sh: CPU seconds to include the language header and to record (and compile) models of 250 to 2,000 operators.
# Usage: measure.sh [COMPILER ...]     default: g++ clang++-14 clang++-19, those that are installed
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- g++ clang++-14 clang++-19

# cpu COMPILER FLAG...: the least user and system time of three runs
cpu() {
  local best= n
  for _ in 1 2 3; do
    TIMEFORMAT='%3U %3S'
    n=$({ time "$@" "$here/operators.cpp" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }')
    best=$(awk -v a="$n" -v b="${best:-$n}" 'BEGIN { print a < b ? a : b }')
  done
  printf '%s' "$best"
}

for compiler in "$@"; do
  command -v "$compiler" >/dev/null || continue
  flags=(-std=c++20 -I"$here/../../include")
  case $("$compiler" --version) in *clang*) flags+=(-fconstexpr-steps=50000000 -Wno-invalid-feature-combination) ;; esac
  echo "$("$compiler" --version | head -n 1)"
  printf '  header alone                 %6.2f s\n' "$(cpu "$compiler" "${flags[@]}" -fsyntax-only -DOPERATORS=0)"
  for n in 250 500 1000 2000; do
    printf '  recording of %4d operators   %5.2f s\n' "$n" "$(cpu "$compiler" "${flags[@]}" -fsyntax-only -DOPERATORS=$n)"
  done
  for n in 250 500 1000 2000; do
    printf '  kernel of %4d operators      %5.2f s\n' "$n" "$(cpu "$compiler" "${flags[@]}" -O1 -march=native -ffp-contract=fast -DKERNEL -DOPERATORS=$n -c -o /dev/null)"
  done
done
