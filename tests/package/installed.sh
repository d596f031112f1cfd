#!/bin/sh
# tests/package/installed.sh: an installed copy is found by CMake, links, and its program compiles models. Usage: installed.sh BUILD
build=$1
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
step() {  # step NAME COMMAND...
  name=$1
  shift
  if "$@" >"$work/log" 2>&1; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED $name:"
    tail -n 30 "$work/log"
  fi
}
step "install" cmake --install "$build" --prefix "$work/prefix"
step "configure a consumer" cmake -S "$here/consumer" -B "$work/consumer" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH="$work/prefix"
step "build it" cmake --build "$work/consumer"
step "run it" "$work/consumer/spring" info
step "run a kernel without the runtime library" "$work/consumer/headers"
step "the installed program builds a model" env DIMWISE_CACHE="$work/cache" "$work/prefix/bin/dimwise" info "$here/consumer/spring.cpp"
step "and has the workloads" test -f "$work/prefix/share/dimwise/benchmarks/w4.cpp"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
