#!/bin/sh
# tests/refusals_page.sh: the programs and sentences of docs/reference/refusals.md are those of tests/compile_fail.
# The last line is "N passed, N failed".
cd "$(dirname "$0")/.." || exit 1
page=docs/reference/refusals.md
passed=0
failed=0
# part FILE FROM TO: the lines between two preprocessor lines of a test, as the page shows them.
part() {
  awk -v from="$2" -v to="$3" '$0 ~ to && on { exit } on { sub(/ *\/\/ expect.*/, ""); sub(/^  /, ""); print } $0 ~ from { on = 1 }' "$1"
}
# block FILE N: the N-th program of a section of the page.
block() {
  awk -v file="<!-- $1 -->" -v number="$2" '
    /^## / { here = 0 } $0 == file { here = 1; n = 0 }
    here && /^```$/ { inside = 0 } inside && n == number { print } here && /^```cpp$/ { inside = 1; n++ }' "$page"
}
files=$(sed -n 's/^<!-- \(.*\) -->$/\1/p' "$page")
for file in $files; do
  last=$(grep -n '^#ifdef TWIN' "$file" | tail -n 1 | cut -d: -f1)
  tail -n "+$last" "$file" >"${TMPDIR:-/tmp}/refusal.$$"
  wrong=$(part "${TMPDIR:-/tmp}/refusal.$$" '^#else' '^#endif')
  right=$(part "${TMPDIR:-/tmp}/refusal.$$" '^#ifdef TWIN' '^#else')
  rm -f "${TMPDIR:-/tmp}/refusal.$$"
  sentence=$(awk -v file="<!-- $file -->" '/^## / { here = 0 } $0 == file { here = 1 } here && /^> / { print substr($0, 3) }' "$page")
  regex=$(sed -n 's/.*\/\/ expect[^:]*: //p' "$file")
  reason=
  [ "$wrong" = "$(block "$file" 1)" ] || reason="the refused program differs"
  [ "$right" = "$(block "$file" 2)" ] || reason="the program to write instead differs"
  printf '%s\n' "$sentence" | grep -Eq -- "$regex" || reason="the sentence is not the one that the test expects: $regex"
  if [ -z "$reason" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED $file: $reason"; fi
done
[ "$passed" -ge 12 ] || { failed=$((failed + 1)); echo "FAILED $page: fewer than 12 refusals"; }
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
