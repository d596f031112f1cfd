# tests/codegen/checks.sh: what tests of commands begin with: an empty folder that goes away, and counted checks.
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
passed=0
failed=0
check() {  # check WHAT COMMAND...
  what=$1
  shift
  if "$@" >out.txt 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED $what"; head -n 5 out.txt; fi
}
