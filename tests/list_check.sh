#!/bin/sh
# tests/list_check.sh: fails when a test source is not listed in tests/CMakeLists.txt, or a listed one does not exist.
cd "$(dirname "$0")" || exit 1
passed=0 failed=0
listed=$(awk '/^ *dimwise_tests\(/ { inside = 1 }
  inside {
    line = $0; sub(/#.*/, "", line); closing = line ~ /\)[ \t]*$/; gsub(/dimwise_tests\(|\)/, " ", line)
    n = split(line, word, /[ \t]+/)
    for (i = 1; i <= n; i++) {
      if (word[i] == "") continue
      if (folder == "") { folder = word[i]; names = 1; continue }
      if (word[i] ~ /^(LIBRARIES|OPTIONS|LABELS)$/) names = 0
      if (names) print folder "/" word[i] ".cpp"
    }
    if (closing) { inside = 0; folder = "" }
  }' CMakeLists.txt | sort)
for file in $(find unit property laws static reference golden codegen -name '*.cpp' 2>/dev/null | sort); do
  if printf '%s\n' "$listed" | grep -qx -- "$file" || grep -q -- " $file[ )]" CMakeLists.txt; then passed=$((passed + 1))
  else echo "tests/$file is not listed in tests/CMakeLists.txt: add it to a dimwise_tests(...) line."; failed=$((failed + 1)); fi
done
for file in $listed; do
  [ -f "$file" ] || { echo "tests/CMakeLists.txt lists tests/$file, which does not exist."; failed=$((failed + 1)); }
done
[ "$failed" -eq 0 ] && echo "$passed test sources are listed"
[ "$failed" -eq 0 ]
