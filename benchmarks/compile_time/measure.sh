#!/usr/bin/env bash
# benchmarks/compile_time/measure.sh: what a model's file costs to compile: CPU seconds (the least of several runs), memory of the compiler, and what it
# emits, over operators, order, networks and dimensions. Kernels are compiled as the dimwise program compiles them: with the runtime library, that is
# without what all models share; the last rows take that from the headers too.
# Usage: measure.sh [--runs N] [--json FILE] [--only WORD] [COMPILER ...]   default: 3 runs, g++ clang++-14 clang++-19 where installed.
#        WORD: one of header, recording, operators, order, networks, dimensions, readme, w1, w4, headers
set -u
here=$(cd "$(dirname "$0")" && pwd)
runs=3 json= only=
while [ $# -gt 0 ]; do
  case $1 in
    --runs | --json | --only) [ $# -ge 2 ] || { echo "measure.sh: $1 needs a value" >&2; exit 2; } ;;
    -*) echo "measure.sh: $1 is unknown; there are --runs, --json and --only" >&2; exit 2 ;;
    *) break ;;
  esac
  case $1 in --runs) runs=$2 ;; --json) json=$2 ;; --only) only=$2 ;; esac
  shift 2
done
[ $# -gt 0 ] || set -- g++ clang++-14 clang++-19
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
rows=0
[ -z "$json" ] || printf '[' >"$json"

# row GROUP NAME SOURCE FLAG...: compiles and prints one line
row() {
  local group=$1 name=$2 source=$here/$3 best= n memory=null text=null functions=null
  shift 3
  [ -z "$only" ] || [ "$only" = "$group" ] || return 0
  for ((run = 0; run < runs; run++)); do
    rm -f "$work/object"
    if [ -x /usr/bin/time ]; then
      /usr/bin/time -o "$work/time" -f '%U %S %M' "$compiler" "${flags[@]}" "$@" "$source" >"$work/log" 2>&1 || { echo "$name does not compile with $compiler:"; head -n 5 "$work/log"; exit 1; }
      memory=$(awk '{ printf "%.0f", $3 / 1024 }' "$work/time")
    else
      TIMEFORMAT='%3U %3S'
      { time "$compiler" "${flags[@]}" "$@" "$source" >"$work/log" 2>&1; } 2>"$work/time"
    fi
    n=$(awk '{ print $1 + $2 }' "$work/time")
    best=$(awk -v a="$n" -v b="${best:-$n}" 'BEGIN { print a < b ? a : b }')
  done
  if [ -e "$work/object" ]; then
    text=$(size "$work/object" | awk 'NR == 2 { print $1 }')
    functions=$(nm --defined-only "$work/object" | grep -c ' [tTwW] ')
  fi
  printf '  %-44s %6.2f s' "$name" "$best"
  [ "$memory" = null ] || printf ' %5d MB' "$memory"
  [ "$text" = null ] || printf ' %8d bytes, %3d functions' "$text" "$functions"
  printf '\n'
  if [ -n "$json" ]; then
    [ "$rows" -eq 0 ] || printf ',' >>"$json"
    printf '\n {"compiler": "%s", "group": "%s", "name": "%s", "seconds": %s, "megabytes": %s, "text_bytes": %s, "functions": %s}' \
      "$version" "$group" "$name" "$best" "$memory" "$text" "$functions" >>"$json"
  fi
  rows=$((rows + 1))
}

for compiler in "$@"; do
  command -v "$compiler" >/dev/null || continue
  version=$("$compiler" --version | head -n 1)
  flags=(-std=c++20 -I"$here/../../include")
  case $version in *clang*) flags+=(-fconstexpr-steps=50000000 -Wno-unknown-warning-option -Wno-invalid-feature-combination) ;; esac
  kernel=(-O3 -march=native -ffp-contract=fast -c -o "$work/object")
  once=("${kernel[@]}" -DDIMWISE_RUNTIME_KERNELS)
  echo "$version"
  row header "language header alone" operators.cpp -fsyntax-only -DOPERATORS=0
  row header "kernel header alone" operators.cpp -fsyntax-only -DOPERATORS=0 -DKERNEL -DDIMWISE_RUNTIME_KERNELS -march=native
  for n in 250 500 1000 2000; do row recording "recording of $n operators" operators.cpp -fsyntax-only -DOPERATORS=$n; done
  for n in 12 250 500 1000 2000; do row operators "kernel and gradient of $n operators" operators.cpp "${once[@]}" -DKERNEL -DOPERATORS=$n; done
  for k in 1 2 3 4 5 6; do row order "D<1> to D<$k> of a HollowNet, with loss" networks.cpp "${once[@]}" -DDIMENSIONS=8 -DORDER=$k -DNETWORKS=1; done
  for n in 1 2 4 8; do row networks "$n HollowNets, D<2>, with loss" networks.cpp "${once[@]}" -DDIMENSIONS=8 -DORDER=2 -DNETWORKS=$n; done
  for d in 2 64 4096; do row dimensions "a HollowNet in $d dimensions, with loss" networks.cpp "${once[@]}" -DDIMENSIONS=$d -DORDER=2 -DNETWORKS=1; done
  row readme "the model of README" ../../examples/readme/fokker_planck.cpp "${once[@]}"
  for k in 0 4; do row w1 "W1, k = $k" ../w1.cpp "${once[@]}" -DDIMWISE_K=$k; done
  for d in 8 4096; do row w4 "W4, d = $d" ../w4.cpp "${once[@]}" -DDIMWISE_D=$d; done
  row headers "W4, d = 8, from headers alone" ../w4.cpp "${kernel[@]}" -DDIMWISE_D=8
done
[ -z "$json" ] || printf '\n]\n' >>"$json"
[ "$rows" -gt 0 ]
