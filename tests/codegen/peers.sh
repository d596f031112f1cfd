#!/usr/bin/env bash
# tests/codegen/peers.sh PROGRAM: the libraries that dimwise is compared with, those that are installed, compute the same digits. Small sizes.
program=$1 passed=0 failed=0
prefix=$(dirname "$(dirname "$program")")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
compare() {  # compare NAME ARGUMENTS...
  local name=$1
  shift
  if "$program" bench --seconds 0.01 --json "$work/json" "$@" >"$work/out" 2>&1 && grep -q 'times ours' "$work/out" && ! grep -q 'stopped before' "$work/out"; then
    passed=$((passed + $(grep -c 'times ours, digits' "$work/out")))
  else
    failed=$((failed + 1))
    echo "FAILED $name"
    tail -n 20 "$work/out"
  fi
}
installed() { [ -n "$(find "$prefix"/peers/python/lib/*/site-packages -maxdepth 1 -name "$1" 2>/dev/null)" ]; }
if installed jax; then
  jax=(--peer 'JAX natural' --peer 'JAX expert')
  compare "W1 with JAX" --workload W1 --k 3 --samples 256 "${jax[@]}"
  compare "W2 with JAX" --workload W2 --k 2 --samples 64 "${jax[@]}"
  compare "W3 with JAX" --workload W3 --d 8 --k 2 --samples 64 "${jax[@]}"
  compare "W4 with JAX" --workload W4 --d 8 --samples 64 "${jax[@]}"
  compare "W5 with JAX" --workload W5 --d 2 --samples 16 "${jax[@]}"
else
  echo "JAX is not installed (./dimwise bench --peers installs it): not compared"
fi
if installed heyoka; then compare "W2 with heyoka" --workload W2 --k 1 --samples 64 --peer 'heyoka constants'; else echo "heyoka is not installed: not compared"; fi
for name in 'Boost fvar:w2_boost_fvar' 'ADOL-C:w2_adolc' 'Eigen AutoDiffScalar:w2_eigen' 'Ceres Jet:w2_ceres'; do
  if [ -x "$prefix/peers/bin/${name##*:}" ]; then compare "W2 with ${name%%:*}" --workload W2 --k 2 --samples 64 --peer "${name%%:*}"; else echo "${name%%:*} is not installed: not compared"; fi
done
# a workload whose file has a bench of its own
if "$program" bench --workload W6 --d 2 --lambda 10 --rho 0.1 --seconds 0.01 --json "$work/json" >"$work/out" 2>&1 && [ "$(grep -c '"workload": "W6"' "$work/json")" -eq 10 ] &&
   [ "$(grep -Ec '"(evaluations|compile_seconds|unit|isa|lambda)":' "$work/json")" -eq 50 ]; then passed=$((passed + 1)); else
  failed=$((failed + 1))
  echo "FAILED W6"
  tail -n 20 "$work/out"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
