#!/usr/bin/env bash
# tests/codegen/launcher.sh: what ./dimwise says about missing packages, without installing any, and how results are counted.
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
expect() {  # expect NAME STATUS REGEX COMMAND...
  local name=$1 status=$2 regex=$3
  shift 3
  "$@" >"$work/out" 2>&1
  local got=$?
  if [ "$got" -eq "$status" ] && grep -Eq -- "$regex" "$work/out"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED $name: status $got, wanted $status and '$regex'"
    head -n 10 "$work/out"
  fi
}

# A machine that lacks some programs: a PATH with links to the others.
mkdir "$work/bin"
for tool in bash env dirname readlink sort tr sed id awk grep mkdir cat rm mktemp nproc tail g++ cmake; do
  ln -s "$(command -v "$tool")" "$work/bin/$tool"
done
expect "names what is missing" 1 'install them and try again.*gnuplot-nox.*ninja-build' \
  env PATH="$work/bin" DIMWISE_BUILD="$work/build" bash "$root/dimwise" info
printf '#!/bin/sh\nexit 1\n' >"$work/bin/apt-get"
chmod +x "$work/bin/apt-get"
expect "installs nothing where that is forbidden" 1 'install them and try again' \
  env PATH="$work/bin" DIMWISE_NO_INSTALL=1 DIMWISE_BUILD="$work/build" bash "$root/dimwise" info
if [ "$(id -u)" -eq 0 ]; then
  expect "says what it installs and that it failed" 1 'installing from the distribution: gnuplot-nox graphviz ninja-build' \
    env PATH="$work/bin" DIMWISE_BUILD="$work/build" bash "$root/dimwise" info
  # An installation that works: the missing programs appear, what follows is the configuration, which this cmake refuses.
  cat >"$work/bin/apt-get" <<SCRIPT
#!/bin/sh
echo "apt-get \$*" >>"$work/calls"
case "\$*" in *install*) for t in ninja gnuplot dot; do printf '#!/bin/sh\nexit 0\n' >"$work/bin/\$t"; chmod +x "$work/bin/\$t"; done ;; esac
SCRIPT
  printf '#!/bin/sh\necho "no configuration today"; exit 3\n' >"$work/cmake"
  chmod +x "$work/cmake" && rm "$work/bin/cmake" && mv "$work/cmake" "$work/bin/cmake"
  for t in chmod printf; do ln -sf "$(type -P "$t")" "$work/bin/$t"; done
  expect "goes on after the installation; a failing step shows its text" 1 'no configuration today' \
    env PATH="$work/bin" DIMWISE_BUILD="$work/build" bash "$root/dimwise" info
  expect "asks nothing and leaves recommended packages out" 0 'install -y .*--no-install-recommends gnuplot-nox graphviz ninja-build' cat "$work/calls"
fi
expect "test: unknown argument" 1 "unknown argument '--everything'" bash "$root/dimwise" test --everything

log() { printf '1/1 Testing: %s\nOutput:\n----\n%s\n<end of output>\n%s\n' "$1" "$2" "$3"; }
{ log a 'All tests passed (12 assertions in 5 test cases)' 'Test Passed.'
  log b 'test cases: 4 | 3 passed | 1 failed' 'Test Failed.'
  log c '7 passed, 0 failed' 'Test Passed.'
  log d 'nothing to count' 'Test Passed.'
  log e 'crashed' 'Test Failed.'
  log f 'All tests passed (1 assertion in 1 test case)' 'Test Failed.'; } >"$work/log"
expect "counting" 1 '^17 passed, 3 failed$' awk -f "$root/tests/count.awk" "$work/log"
log a 'All tests passed (12 assertions in 5 test cases)' 'Test Passed.' >"$work/log"
expect "counting without failures" 0 '^5 passed, 0 failed$' awk -f "$root/tests/count.awk" "$work/log"
: >"$work/log"
expect "no test is no success" 1 '^0 passed, 0 failed$' awk -f "$root/tests/count.awk" "$work/log"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
