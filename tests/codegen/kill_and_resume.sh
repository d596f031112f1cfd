#!/usr/bin/env bash
# tests/codegen/kill_and_resume.sh: training that is killed at any moment goes on to the same digits. Usage: kill_and_resume.sh BINARY
binary=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
{ echo t,x_0,x_1; for i in $(seq 500); do echo "$i,$((i * 7919 % 1000)).5,$((i * 104729 % 997))"; done; } >rows.csv
train=("$binary" train --data rows.csv --seed 4 --precision double --batch 64 --checkpoint-seconds 0.05 --steps 400000 --validate-every 20000 --quiet)
digits() {  # of the learned parameters, as an array that depends on nothing else
  "$binary" eval --parameters "$1" --state zero.npy --time 0 --output pull --out "$2" >/dev/null
}
printf '\x93NUMPY\x01\x00\x76\x00%-117s\n%b' "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }" "$(printf '\\0%.0s' $(seq 16))" >zero.npy

start=$(date +%s%N)
"${train[@]}" --out whole.safetensors >/dev/null || exit 1
milliseconds=$((($(date +%s%N) - start) / 1000000))
kills=0
for part in 5 5 5; do
  # shellcheck disable=SC2046
  "${train[@]}" --out broken.safetensors $([ -f broken.checkpoint.safetensors ] && echo --resume) >/dev/null &
  process=$!
  sleep "$(awk "BEGIN { print $milliseconds / 1000 / $part }")"
  kill -9 "$process" 2>/dev/null && kills=$((kills + 1))
  wait "$process" 2>/dev/null
  [ -f broken.safetensors ] && break
done
echo "killed $kills times within $milliseconds ms"
if [ ! -f broken.safetensors ]; then "${train[@]}" --out broken.safetensors --resume >/dev/null || exit 1; fi
digits whole.safetensors whole.npy && digits broken.safetensors broken.npy && cmp whole.npy broken.npy && [ "$kills" -ge 1 ]
