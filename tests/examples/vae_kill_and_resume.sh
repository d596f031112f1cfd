#!/usr/bin/env bash
# tests/examples/vae_kill_and_resume.sh: a run of the VAE example that is killed at any moment ends in the same table. Usage: vae_kill_and_resume.sh BINARY
binary=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
cat >short.json <<'END'
{"rows": ["vae", "iaf", "hollow"], "seeds": [1], "epochs": 2, "batch": 48, "hidden": 32, "warm_up_epochs": 1, "validation_images": 20, "checkpoint_seconds": 0.05,
 "iaf": {"flows": 2, "hidden": 70}, "flow": {"steps": 1, "evaluation_steps": 1}, "evaluation": {"images": 8, "samples": 20}}
END
"$binary" synthetic --out data --images 480 || exit 1
run=("$binary" run short.json --mnist data/mnist --omniglot data/omniglot)
values() { sed -E '/seconds/d' "$1"/*/*/seed1/result.json; }

start=$(date +%s%N)
"${run[@]}" --out whole >/dev/null || exit 1
milliseconds=$((($(date +%s%N) - start) / 1000000))
kills=0
for part in 7 5 4 3 3; do
  "${run[@]}" --out broken >/dev/null &
  process=$!
  sleep "$(awk "BEGIN { print $milliseconds / 1000 / $part }")"
  kill -9 "$process" 2>/dev/null && kills=$((kills + 1))
  wait "$process" 2>/dev/null
done
echo "killed $kills times within $milliseconds ms"
"${run[@]}" --out broken >/dev/null || exit 1
[ "$(values whole)" = "$(values broken)" ] && [ "$kills" -ge 1 ] && grep -q "Hollow-CNF" broken/table.md
