#!/usr/bin/env bash
# tests/static/compile_counts.sh: what compile time is made of, by counts that are the same on every machine: operations that g++ evaluates while
# compiling a model (its own limit for them is the measure), and functions and bytes in the object file.
# Usage: compile_counts.sh. Uses g++, whose counts these are, and clang 14, where it is installed, for its own count. The last line is "N passed, N failed".
set -u
cd "$(dirname "$0")/../../benchmarks/compile_time" || exit 1
command -v g++ >/dev/null || { echo "g++ is not installed: nothing was tested"; echo "0 passed, 0 failed"; exit 0; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
flags=(-std=c++20 -I../../include -mavx2 -mfma -ffp-contract=fast -DDIMWISE_RUNTIME_KERNELS)

# within OPERATIONS SOURCE FLAG...: the costliest constant of the file (the recording, one of its jet programs) takes at most so many operations
within() {
  local limit=$1
  shift
  if g++ "${flags[@]}" -O1 -fsyntax-only -fconstexpr-ops-limit="$limit" "$@" >"$work/log" 2>&1; then passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $* takes more than $limit operations at compile time:"
    grep -m 1 error "$work/log" | cut -c1-200
  fi
}
# A fifth more than measured with g++ 12: 2.9 and 11.4 million (4.0 times as many for four times the operators), 0.69 million for W4 at any d, 0.25
# million at any order, 0.24 million and 2.0 million for one network and eight.
within 3400000 -DKERNEL -DOPERATORS=500 operators.cpp
within 13700000 -DKERNEL -DOPERATORS=2000 operators.cpp
within 820000 -DDIMWISE_D=8 ../w4.cpp
within 820000 -DDIMWISE_D=4096 ../w4.cpp
within 300000 -DDIMENSIONS=8 -DORDER=2 -DNETWORKS=1 networks.cpp
within 300000 -DDIMENSIONS=4096 -DORDER=6 -DNETWORKS=1 networks.cpp
within 2400000 -DDIMENSIONS=8 -DORDER=2 -DNETWORKS=8 networks.cpp

# The same for clang, which counts steps: 0.78 and 3.07 million, 63 thousand for W4, 0.16 million for eight networks. A compiler's own limit is a million, so
# that a model like W4 needs no flag.
within_clang() {
  local limit=$1
  shift
  if clang++-14 "${flags[@]}" -O1 -fsyntax-only -fconstexpr-steps="$limit" "$@" >"$work/log" 2>&1; then passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $* takes clang more than $limit steps at compile time:"
    grep -m 1 error "$work/log" | cut -c1-200
  fi
}
if command -v clang++-14 >/dev/null; then
  within_clang 940000 -DKERNEL -DOPERATORS=500 operators.cpp
  within_clang 3700000 -DKERNEL -DOPERATORS=2000 operators.cpp
  within_clang 76000 -DDIMWISE_D=4096 ../w4.cpp
  within_clang 192000 -DDIMENSIONS=8 -DORDER=2 -DNETWORKS=8 networks.cpp
fi

# object NAME FLAG...: sets text and functions, and how many of these are layers and what only they call: orders with many coefficients have none
object() {
  g++ "${flags[@]}" -O1 -c -o "$work/object" "$@" >"$work/log" 2>&1 || { echo "FAILED: $* does not compile:"; head -n 5 "$work/log"; text=-1 functions=-1 layers=-1; return; }
  text=$(size "$work/object" | awk 'NR == 2 { print $1 }')
  functions=$(nm --defined-only "$work/object" | grep -c ' [tTwW] ')
  layers=$(nm -C --defined-only "$work/object" | grep -cE ' [tTwW] .*steps::(layer<|detail::(layer_tile|asks_with_each_tile)<|detail::depth_range\()')
}
judge() { if [ "$1" -eq 1 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $2"; fi; }
object -DDIMENSIONS=2 -DORDER=2 -DNETWORKS=1 networks.cpp
small_text=$text small_functions=$functions small_layers=$layers
object -DDIMENSIONS=4096 -DORDER=2 -DNETWORKS=1 networks.cpp
judge $((text > 0 && text == small_text && functions == small_functions)) "the object of a model has $small_text bytes and $small_functions functions at d = 2, $text and $functions at d = 4096"
object -DDIMENSIONS=2 -DORDER=6 -DNETWORKS=1 networks.cpp
judge $((text > 0 && functions - layers == small_functions - small_layers && layers <= small_layers && 2 * text <= 3 * small_text)) "from order 2 to 6 an object grows from $small_text bytes and $small_functions functions to $text and $functions; half as many bytes more are allowed, and no functions but layers fewer ($small_layers and $layers)"
object -DDIMENSIONS=2 -DORDER=2 -DNETWORKS=8 networks.cpp
judge $((text > 0 && functions <= small_functions + 16)) "eight networks of one kind have $functions functions, one has $small_functions: they share the steps that agree, and at most 16 may be new"
# What the optimiser is given to work on, by the memory it takes: 47 and 83 MB for orders 2 and 6. (A recurrence that instantiates the terms that are not
# there before it leaves them out takes 60 and 159.)
optimised() { g++ "${flags[@]}" -O1 -c -ftime-report -o "$work/object" -DDIMENSIONS=2 -DNETWORKS=1 -DORDER="$1" networks.cpp 2>&1 | sed -n 's/.*phase opt and generate.* \([0-9]*\)M (.*/\1/p'; }
low=$(optimised 2) high=$(optimised 6)
judge $((${low:-0} > 0 && 10 * ${high:-0} <= 21 * ${low:-0})) "from order 2 to 6 what g++ optimises grows from ${low:-?} to ${high:-?} MB; a factor of 2.1 is allowed"
# Nothing of matrix products, copies or plans belongs to a model's own file.
shared=$(nm -C --defined-only "$work/object" | grep -v 'layer_tile<' | grep -cE 'gemm|describe_roots|output_info|steps::(products|weight_gradient|store|load_state|add)<|plan<|buffer_layout')
judge $((shared == 0)) "a model's object holds $shared functions that belong to the runtime library"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
