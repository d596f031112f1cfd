#!/bin/sh
# tests/readme.sh: the program that README opens with is examples/readme/fokker_planck.cpp, and it compiles. Usage: readme.sh PROGRAM
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$here/..
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
awk '/^```cpp$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' "$root/README.md" >"$work/readme.cpp"
sed 1d "$root/examples/readme/fokker_planck.cpp" >"$work/example.cpp"
diff "$work/readme.cpp" "$work/example.cpp" || { echo "README and examples/readme/fokker_planck.cpp differ"; exit 1; }
DIMWISE_CACHE=$work/cache "$1" info "$root/examples/readme/fokker_planck.cpp" | grep 'fokker_planck (used in relative form)'
