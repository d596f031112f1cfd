#!/bin/sh
# tests/property/refused_programs.sh: random programs with one wrong operation that the recorder refuses: the compiler refuses them, too, and
# names their line. Usage: refused_programs.sh PROGRAM_SOURCE COUNT COMPILER. The last line is "N passed, N failed".
source=$1 count=$2 compiler=$3
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
"$source" refused "$folder" "$count" || exit 1
LC_ALL=C
export LC_ALL
passed=0 failed=0
fail() {
  failed=$((failed + 1))
  echo "FAILED $(sed -n 1p "$1"): $2"
  cat "$1"
  cut -c1-300 "$folder/log" | head -n 20
}
for file in "$folder"/*.cpp; do
  line=$(grep -n '// refused' "$file" | cut -d: -f1)
  "$compiler" -std=c++20 -fsyntax-only -I../include "$file" >"$folder/log" 2>&1
  status=$?
  if [ "$status" -ne 1 ]; then fail "$file" "exit status $status: it must be refused"
  elif ! grep -q "^$file:$line:" "$folder/log"; then fail "$file" "line $line is not named"
  else passed=$((passed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
