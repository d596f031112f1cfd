#!/bin/sh
# tests/property/compiled_programs.sh: random recordings as programs, compiled by a real compiler and compared with the oracle.
# Usage: compiled_programs.sh PROGRAM_SOURCE FIRST COUNT BATCH COMPILER OPTIONS... LIBRARIES...   (OPTIONS may be lists with semicolons)
# BATCH programs stand in one file. The last line is "N passed, N failed".
source=$1 first=$2 count=$3 batch=$4 compiler=$5
shift 5
if ! command -v "$compiler" >/dev/null 2>&1; then
  echo "$compiler is not installed: nothing was tested"
  echo "0 passed, 0 failed"
  exit 0
fi
options= libraries=
for word in "$@"; do
  case $word in
    -*) options="$options $(printf '%s' "$word" | tr ';' ' ')" ;;
    *) libraries="$libraries $word" ;;
  esac
done
case $("$compiler" --version) in
  *clang*) options="$options -fconstexpr-steps=50000000 -Wno-unknown-warning-option -Wno-invalid-feature-combination" ;;
  *) options="$options -Wno-restrict -Wno-maybe-uninitialized -Wno-uninitialized" ;;
esac
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
passed=0 failed=0 started=$(date +%s)
last=$((first + count))
while [ "$first" -lt "$last" ]; do
  [ $((first + batch)) -le "$last" ] || batch=$((last - first))
  file=$folder/programs_$first
  "$source" "$first" "$batch" >"$file.cpp" || exit 1
  # shellcheck disable=SC2086
  if "$compiler" -std=c++20 $options -Wall -Wextra -Wpedantic -Werror -I. "$file.cpp" $libraries -pthread -o "$file" >"$file.log" 2>&1; then
    "$file" >"$file.log" 2>&1
    result=$(tail -n 1 "$file.log")
    case $result in
      *" passed, "*" failed") ;;
      *) result="0 passed, $batch failed" ;;
    esac
    sed '$d' "$file.log"
    passed=$((passed + ${result%% *}))
    result=${result#*, }
    failed=$((failed + ${result%% *}))
  else
    echo "FAILED: the programs of seeds $first to $((first + batch - 1)) do not compile"
    cut -c1-400 "$file.log" | head -n 30
    failed=$((failed + batch))
  fi
  first=$((first + batch))
done
echo "$compiler: $(($(date +%s) - started)) s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
